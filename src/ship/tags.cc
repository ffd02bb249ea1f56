#include "ship/tags.h"

#include <algorithm>

namespace hs::ship {

using audit::EventKind;

namespace {

const Technique indirect_injection{"AML.T0051.001", "LLM Prompt Injection: Indirect"};
const Technique tool_invocation{"AML.T0053", "AI Agent Tool Invocation"};
const Technique data_leakage{"AML.T0057", "LLM Data Leakage"};
const Technique context_poisoning{"AML.T0080", "AI Agent Context Poisoning"};
const Technique memory_poisoning{"AML.T0080.000", "AI Agent Context Poisoning: Memory"};
const Technique changed_configuration{"AML.T0081", "Modify AI Agent Configuration"};
const Technique tool_exfiltration{"AML.T0086", "Exfiltration via AI Agent Tool Invocation"};
const Technique credential_harvesting{"AML.T0098", "AI Agent Tool Credential Harvesting"};
const Technique destruction{"AML.T0101", "Data Destruction via AI Agent Tool Invocation"};
const Technique malicious_commands{"AML.T0102", "Generate Malicious Commands"};
const Technique escape{"AML.T0105", "Escape to Host"};
const Technique rug_pull{"AML.T0109", "AI Supply Chain Rug Pull"};
const Technique tool_poisoning{"AML.T0110", "AI Agent Tool Poisoning"};
const Technique resource_consumption{"AML.T0034.002", "Agentic Resource Consumption"};

class Collected {
  public:
    void owasp(std::initializer_list<const char*> ids) {
        for (const char* id : ids) tags_.owasp.emplace_back(id);
    }
    void atlas(const Technique& technique) { tags_.atlas.push_back(technique); }
    Tags take() {
        std::sort(tags_.owasp.begin(), tags_.owasp.end());
        tags_.owasp.erase(std::unique(tags_.owasp.begin(), tags_.owasp.end()), tags_.owasp.end());
        return std::move(tags_);
    }

  private:
    Tags tags_;
};

// A decision or effect bears on what its kind of effect could do in wrong hands.
void tag_effect(const audit::EventFacts& facts, Collected& tags) {
    const bool denied = facts.outcome == "deny";
    if (facts.effect == "run") {
        tags.owasp({"ASI05", "LLM06"});
        tags.atlas(tool_invocation);
        if (denied) tags.atlas(malicious_commands);
    }
    if (facts.effect == "http") {
        tags.owasp({"ASI02", "LLM02"});
        tags.atlas(facts.integrity == "untrusted" ? tool_exfiltration : tool_invocation);
    }
    if (facts.effect == "file.write") {
        tags.owasp({"ASI02", "LLM06"});
        tags.atlas(denied ? destruction : tool_invocation);
    }
    if (facts.effect == "file.read" && denied) {
        tags.owasp({"ASI03", "LLM02"});
        tags.atlas(credential_harvesting);
    }
    if (facts.effect == "infer") tags.owasp({"LLM10"});
    if (facts.effect == "configure") {
        tags.owasp({"ASI03"});
        tags.atlas(changed_configuration);
    }
    if (denied && facts.integrity == "untrusted") {
        tags.owasp({"ASI01", "LLM01"});
        tags.atlas(indirect_injection);
    }
}

void tag_finding(const audit::RecordedEvent& event, Collected& tags) {
    const wire::Json* detail = event.json.find("detail");
    const wire::Json* rule = detail != nullptr ? detail->find("rule") : nullptr;
    const std::string name = rule != nullptr && rule->text() != nullptr ? *rule->text() : "";
    const auto is = [&name](std::string_view start) { return name.starts_with(start); };
    if (is("volume") || is("hours")) {
        tags.owasp({"ASI10", "LLM10"});
        tags.atlas(resource_consumption);
    } else if (is("secret")) {
        tags.owasp({"ASI03", "LLM02"});
        tags.atlas(credential_harvesting);
    } else if (is("host") || is("leave") || is("destination")) {
        tags.owasp({"ASI02", "LLM02"});
        tags.atlas(tool_exfiltration);
    } else if (is("skill")) {
        tags.owasp({"ASI04", "LLM03"});
        tags.atlas(rug_pull);
        tags.atlas(tool_poisoning);
    } else if (is("policy") || is("config")) {
        tags.owasp({"ASI03"});
        tags.atlas(changed_configuration);
    } else if (is("log")) {
        tags.owasp({"ASI10"});
        tags.atlas(escape);
    } else {
        tags.owasp({"ASI10"});
        tags.atlas(tool_invocation);
    }
}

}  // namespace

Tags tags_of(const audit::RecordedEvent& event, const audit::EventFacts& facts) {
    Collected tags;
    switch (event.kind) {
        case EventKind::decision:
        case EventKind::effect_ended:
            tag_effect(facts, tags);
            break;
        case EventKind::connection:
            tags.owasp({"ASI02"});
            if (facts.effect == "infer") tags.atlas(data_leakage);
            if (facts.effect != "infer") tags.atlas(tool_exfiltration);
            break;
        case EventKind::secret_use:
            tags.owasp({"ASI03", "LLM02"});
            if (facts.outcome == "refused") tags.atlas(credential_harvesting);
            break;
        case EventKind::message_in:
            if (facts.integrity == "untrusted") tags.atlas(context_poisoning);
            break;
        case EventKind::memory_write:
            tags.owasp({"ASI06", "LLM04"});
            tags.atlas(memory_poisoning);
            break;
        case EventKind::skill_change:
            tags.owasp({"ASI04", "LLM03"});
            tags.atlas(rug_pull);
            break;
        case EventKind::config_change:
        case EventKind::policy_change:
            tags.owasp({"ASI03"});
            tags.atlas(changed_configuration);
            break;
        case EventKind::approval_requested:
        case EventKind::approval_answered:
            tags.owasp({"ASI09"});
            break;
        case EventKind::finding:
            tag_finding(event, tags);
            break;
        case EventKind::log_fork:
        case EventKind::lockdown:
        case EventKind::incident:
            tags.owasp({"ASI10"});
            break;
        case EventKind::message_out:
        case EventKind::model_call:
        case EventKind::tool_call:
        case EventKind::permit_revoked:
        case EventKind::sign_in:
        case EventKind::process_start:
        case EventKind::process_stop:
        case EventKind::process_crash:
        case EventKind::log_read:
        case EventKind::clock_jump:
        case EventKind::epoch_begun:
        case EventKind::doctor:
        case EventKind::witness:
        case EventKind::ship:
        case EventKind::review:
        case EventKind::leaver:
            break;
    }
    return tags.take();
}

}  // namespace hs::ship
