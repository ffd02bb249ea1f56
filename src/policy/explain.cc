#include "policy/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

namespace hs::policy {
namespace {

using wire::Json;

std::string join(const std::vector<const Rule*>& rules) {
    std::string text;
    for (const Rule* rule : rules) text += (text.empty() ? "" : ", ") + rule->id;
    return text;
}

// The rules that a person should hear of first.
const std::vector<const Rule*>& deciding(const Decision& decision) {
    if (!decision.forbidden_by.empty()) return decision.forbidden_by;
    return decision.held_back.empty() ? decision.granted_by : decision.held_back;
}

void append_rules(std::string& text, std::string_view title,
                  const std::vector<const Rule*>& rules) {
    for (const Rule* rule : rules) {
        text += fmt::format("{} {} ({} layer, {}:{})", title, rule->id, layer_name(rule->layer),
                            rule->file, rule->line);
        const std::string& words = rule->ask.empty() ? rule->reason : rule->ask;
        if (!words.empty()) text += ": " + words;
        text += '\n';
    }
}

void append_obligations(std::string& text, const Obligations& obligations) {
    if (!obligations.sandbox.empty()) text += "sandbox: " + obligations.sandbox + "\n";
    for (const std::string_view name : obligations.redact.names()) {
        text += fmt::format("redacted: {}\n", name);
    }
    for (const auto& hosts : obligations.egress) {
        text += fmt::format("only to: {}\n", fmt::join(hosts, ", "));
    }
    if (!obligations.inspect.empty()) {
        text += fmt::format("looked into: {}\n", fmt::join(obligations.inspect, ", "));
    }
    if (obligations.ttl_ms) text += fmt::format("holds for: {} s\n", *obligations.ttl_ms / 1000);
}

std::string_view integrity_sentence(flow::Integrity integrity) {
    switch (integrity) {
        case flow::Integrity::untrusted:
            return "a stranger's text may have steered it";
        case flow::Integrity::internal:
            return "it comes from text of your organisation or project";
        case flow::Integrity::person:
            return "it comes from your own words";
    }
    return "";
}

std::string join_classes(const flow::DataClasses& classes) {
    std::string text;
    for (const flow::DataClass c : classes.list()) {
        text += (text.empty() ? "" : ", ") + std::string(flow::data_class_name(c));
    }
    return text;
}

void add_target_facts(std::vector<std::string>& facts, const Question& question) {
    if (const auto* host = std::get_if<HostTarget>(&question.target)) {
        for (const Zone zone : host->zones.list()) {
            facts.push_back(fmt::format("{} is in zone {}", host->host, name_of(zone)));
        }
    }
    if (const auto* command = std::get_if<CommandTarget>(&question.target)) {
        facts.push_back("runs " + command->executable);
        for (const ToolGroup group : command->groups.list()) {
            facts.push_back(fmt::format("{} is of group {}", command->name, name_of(group)));
        }
        if (command->runs_project_code) facts.emplace_back("it runs code of the project");
    }
    if (const auto* path = std::get_if<PathTarget>(&question.target)) {
        facts.emplace_back(path->is_granted ? "the path lies in a granted folder"
                                            : "the path lies in no granted folder");
        for (const flow::DataClass c : path->classes.list()) {
            facts.push_back(
                fmt::format("the name says it holds {} data", flow::data_class_name(c)));
        }
    }
    if (const auto* provider = std::get_if<ProviderTarget>(&question.target)) {
        facts.push_back(fmt::format("{} is of {}, {}", provider->name, name_of(provider->tier),
                                    provider->assurance.known_provider
                                        ? "a known provider"
                                        : "no provider that anybody vouches for"));
    }
}

std::vector<std::string> facts_of(const Question& question) {
    std::vector<std::string> facts{
        fmt::format("{} {}", name_of(question.effect), target_text(question.target)),
        std::string(integrity_sentence(question.label.integrity))};
    const std::string classes = join_classes(question.label.classes);
    if (!classes.empty()) facts.push_back("the assistant has seen data of class " + classes);
    if (question.project.name != "none") {
        facts.push_back(
            fmt::format("the project {} is {}", question.project.name,
                        question.project.use == UseCase::unclassified
                            ? "not classified"
                            : "of class " + std::string(name_of(question.project.use))));
    }
    add_target_facts(facts, question);
    if (question.flow.has_plan) {
        facts.push_back(fmt::format("the conversation is held to a plan, and this is {} of it",
                                    question.flow.is_in_plan ? "part" : "no part"));
    }
    for (const std::string& name : question.exceptions) {
        facts.push_back("the exception " + name + " holds");
    }
    if (question.lockdown) facts.emplace_back("the lockdown is on");
    for (const std::string& wall : question.unproven) {
        facts.push_back("the last proof missed a wall: " + wall);
    }
    return facts;
}

Json rules_json(const std::vector<const Rule*>& rules) {
    wire::JsonArray array;
    for (const Rule* rule : rules) {
        Json item{wire::JsonObject{}};
        item["id"] = rule->id;
        item["layer"] = layer_name(rule->layer);
        array.push_back(std::move(item));
    }
    return Json(std::move(array));
}

template <class Text>
Json texts_json(const std::vector<Text>& texts) {
    wire::JsonArray array;
    for (const Text& text : texts) array.emplace_back(text);
    return Json(std::move(array));
}

Json obligations_json(const Obligations& obligations) {
    Json json{wire::JsonObject{}};
    if (!obligations.sandbox.empty()) json["sandbox"] = obligations.sandbox;
    if (!obligations.redact.empty()) json["redact"] = texts_json(obligations.redact.names());
    if (obligations.ttl_ms) json["ttl_ms"] = *obligations.ttl_ms;
    json["log"] = log_level_name(obligations.log);
    if (!obligations.inspect.empty()) json["inspect"] = texts_json(obligations.inspect);
    if (obligations.egress.empty()) return json;
    wire::JsonArray egress;
    for (const auto& hosts : obligations.egress) egress.push_back(texts_json(hosts));
    json["egress"] = Json(std::move(egress));
    return json;
}

std::string shell_word(const std::string& text) {
    return command_line({text});
}

// Would the same be decided otherwise if the project were of a harmless class?
bool would_help_to_classify(const Decision& decision, const Question& question) {
    if (question.project.use != UseCase::unclassified || question.project.name == "none") {
        return false;
    }
    Question classified = question;
    classified.project.use = UseCase::open_source;
    QuestionScratch scratch;
    return decide(decision.snapshot, classified, scratch).outcome != Outcome::deny;
}

}  // namespace

std::string facts_text(const Question& question) {
    std::string text;
    for (const std::string& fact : facts_of(question)) text += "  " + fact + "\n";
    return text;
}

std::string summary(const Decision& decision) {
    const std::string rules = join(deciding(decision));
    const std::string by = rules.empty() ? "" : " by " + rules;
    return fmt::format("{} ({}{})", outcome_name(decision.outcome), why_name(decision.why), by);
}

std::string reason(const Decision& decision) {
    for (const Rule* rule : deciding(decision)) {
        const bool prefers_ask = decision.outcome == Outcome::ask || rule->reason.empty();
        const std::string& words = prefers_ask && !rule->ask.empty() ? rule->ask : rule->reason;
        if (!words.empty()) return words;
    }
    switch (decision.why) {
        case Why::permitted:
            return "a rule permits it";
        case Why::consented:
            return "a person approved it";
        case Why::needs_consent:
            return "a rule wants a person's consent";
        case Why::nobody_reachable:
            return "it needs a person's consent and nobody can be asked";
        case Why::forbidden:
            return "a rule forbids it";
        case Why::no_permit:
            return "no rule permits it";
        case Why::ceiling:
            return "a higher layer does not admit what a lower one grants";
        case Why::failed:
            return "policy could not be evaluated, so nothing is allowed";
    }
    return "";
}

std::string smallest_change(const Decision& decision, const Question& question) {
    switch (decision.why) {
        case Why::permitted:
            return "a forbid in any layer would stop it";
        case Why::consented:
            return "without the approval it would be asked";
        case Why::needs_consent:
        case Why::nobody_reachable: {
            std::string who;
            for (const ApprovalRequirement& requirement : decision.requirements) {
                who += (who.empty() ? "" : ", and ") + describe(requirement, question.person);
            }
            return "approval by " + (who.empty() ? std::string("anybody who may approve") : who);
        }
        case Why::forbidden: {
            const auto names = lifting_exceptions(decision);
            if (!names.empty()) {
                return fmt::format("the exception {}: hardshell policy exception request",
                                   fmt::join(names, " and "));
            }
            const Rule* rule = decision.forbidden_by.front();
            return fmt::format("only a change of the rule {} in the {} layer", rule->id,
                               layer_name(rule->layer));
        }
        case Why::no_permit:
            return "a rule that permits it: hardshell policy allow";
        case Why::ceiling:
            return fmt::format("a wider ceiling of the {} layer",
                               layer_name(decision.ceiling.value_or(Layer::builtin)));
        case Why::failed:
            return "mending the rule or the facts that failed";
    }
    return "";
}

std::vector<std::string> lifting_exceptions(const Decision& decision) {
    std::vector<std::string> names;
    const auto& policies = decision.snapshot->rules->authorizer.policies().policies();
    for (const Rule* rule : decision.forbidden_by) {
        std::set<std::string> lifts;
        for (const cedar::Policy& policy : policies) {
            if (policy.id == rule->id) lifts = exception_names(std::span(&policy, 1));
        }
        if (lifts.empty()) return {};
        if (std::find(names.begin(), names.end(), *lifts.begin()) == names.end()) {
            names.push_back(*lifts.begin());
        }
    }
    return names;
}

std::string remedy(const Decision& decision, const Question& question, std::string_view name) {
    switch (decision.why) {
        case Why::permitted:
        case Why::consented:
        case Why::needs_consent:
            return "";
        case Why::no_permit:
            if (would_help_to_classify(decision, question)) {
                return fmt::format(
                    "The project {} has no class yet; give it one: hardshell project "
                    "classify {}",
                    question.project.name, shell_word(question.project.name));
            }
            return fmt::format("To allow exactly this: hardshell policy allow {}", name);
        case Why::nobody_reachable:
            return fmt::format(
                "To allow exactly this without being asked: hardshell policy allow {}", name);
        case Why::forbidden:
            if (!lifting_exceptions(decision).empty()) {
                return fmt::format(
                    "It takes an exception: hardshell policy exception request {} "
                    "--because \"REASON\" --until 7d",
                    name);
            }
            return fmt::format("No approval lifts this; why: hardshell policy why {}", name);
        case Why::ceiling:
            return fmt::format("Your own rules cannot grant it; why: hardshell policy why {}",
                               name);
        case Why::failed:
            return fmt::format("What failed: hardshell policy why {}", name);
    }
    return "";
}

std::string explain(const Decision& decision, const Question& question) {
    std::string text = fmt::format("{}: {}\n", outcome_name(decision.outcome), reason(decision));
    append_rules(text, "granted by", decision.granted_by);
    append_rules(text, decision.outcome == Outcome::deny ? "forbidden by" : "wants consent:",
                 decision.forbidden_by);
    append_rules(text, "held back:", decision.held_back);
    append_obligations(text, decision.obligations);
    for (const ApprovalRequirement& requirement : decision.requirements) {
        text += fmt::format("approval ({}): {}\n", requirement.rule,
                            describe(requirement, question.person));
    }
    for (const std::string& fact : facts_of(question)) text += "fact: " + fact + "\n";
    for (const std::string& fault : decision.faults) text += "fault: " + fault + "\n";
    text += "would change it: " + smallest_change(decision, question) + "\n";
    text += fmt::format("policy: generation {}, {}\n", decision.snapshot->generation,
                        decision.snapshot->digest.substr(0, 12));
    return text;
}

Json to_json(const Decision& decision) {
    Json json{wire::JsonObject{}};
    json["outcome"] = outcome_name(decision.outcome);
    json["why"] = why_name(decision.why);
    json["granted_by"] = rules_json(decision.granted_by);
    json["forbidden_by"] = rules_json(decision.forbidden_by);
    json["held_back"] = rules_json(decision.held_back);
    if (decision.ceiling) json["ceiling"] = layer_name(*decision.ceiling);
    json["obligations"] = obligations_json(decision.obligations);
    wire::JsonArray requirements;
    for (const ApprovalRequirement& requirement : decision.requirements) {
        Json item{wire::JsonObject{}};
        item["rule"] = requirement.rule;
        item["approvers"] = texts_json(requirement.approvers);
        item["quorum"] = static_cast<std::int64_t>(requirement.quorum);
        if (requirement.needs_code) item["factor"] = std::string(factor_totp);
        item["excludes_requester"] = requirement.excludes_requester;
        requirements.push_back(std::move(item));
    }
    json["requirements"] = Json(std::move(requirements));
    json["faults"] = texts_json(decision.faults);
    json["generation"] = static_cast<std::int64_t>(decision.snapshot->generation);
    json["digest"] = decision.snapshot->digest;
    return json;
}

}  // namespace hs::policy
