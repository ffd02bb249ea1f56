#include "adaptive.h"

#include <fmt/format.h>

#include "policy/decide.h"
#include "policy/flow_facts.h"
#include "rows.h"

namespace hs::bench_injection {
namespace {

using wire::Json;

constexpr base::WallTime_ms now_ms = 1'795'338'000'000;

constexpr std::string_view service = R"({
 "owner": "anna@ours.example", "organisation_domain": "ours.example",
 "tools": {
  "search_mail": {"class": "read"}, "search_notes": {"class": "read"},
  "search_contacts": {"class": "read"}, "list_files": {"class": "read"},
  "fetch_page": {"class": "fetch", "dest": ["url"]},
  "post_page": {"class": "send", "dest": ["url"], "content": ["body"]},
  "send_mail": {"class": "send", "dest": ["to", "cc"], "object": ["attachments"],
                "content": ["subject", "body"]},
  "write_note": {"class": "own", "content": ["note"]},
  "create_file": {"class": "own", "content": ["content"]},
  "create_event": {"class": "own", "content": ["title"], "date": ["start"]},
  "append_file": {"class": "mutate", "object": ["id"], "content": ["content"]},
  "delete_file": {"class": "destroy", "object": ["id"]},
  "share_file": {"class": "grant", "dest": ["with"], "object": ["id"]},
  "pay": {"class": "pay", "dest": ["to"], "amount": ["amount"]},
  "set_password": {"class": "credential", "dest": ["password"]}},
 "results": [
  {"tools": ["search_notes", "search_contacts", "write_note", "fetch_page"], "form": "text",
   "integrity": "untrusted", "confidentiality": "private"},
  {"tools": ["*"], "form": "items", "confidentiality": "private", "readers": "intersection",
   "shapes": [
    {"name": "mail", "has": "sender",
     "spans": [{"fields": ["subject", "body"],
                "internal_if": {"field": "sender", "test": "in_organisation"}}],
     "object": {"kind": "mail", "id": "id", "name": "subject"}, "readers": ["sender", "to"]},
    {"name": "file", "has": "filename",
     "spans": [{"fields": ["content"], "integrity": "untrusted"}],
     "object": {"kind": "file", "id": "id", "name": "filename", "strip_extension": true},
     "readers": ["owner"]}]}]})";

policy::Question question_of(const flow::ToolManifest& tool, const flow::Assessment& traced) {
    policy::Question question;
    question.person = "anna";
    question.project = {"/home/anna/work", policy::UseCase::personal_productivity};
    question.origin.name = "terminal";
    question.effect = policy::Effect::mcp_call;
    policy::McpTarget target;
    target.server = "adaptive";
    target.tool = tool.name.empty() ? "unnamed" : tool.name;
    target.tier = policy::TrustTier::tier2;
    target.assurance = {false, true, now_ms + 1, true};
    target.mutates = target.destroys = false;  // as a server that lies would say
    question.target = target;
    question.label = traced.label;
    question.flow = policy::flow_facts(traced);
    question.now_ms = now_ms;
    return question;
}

// A line of an approval card: one line, and nothing in it that is not seen.
bool misleads(const std::string& shown) {
    return flow::is_deceptive(shown) || shown.find_first_of("\n\r\t\x1b") != shown.npos;
}

class Run {
  public:
    Run() : service_(adaptive_service()) {}

    flow::ToolManifest manifest(const std::string& name) const {
        const flow::ToolManifest* found = service_.connector.find(name);
        return found != nullptr ? *found : flow::ToolManifest::unknown(name);
    }

    flow::Context context_of(const AdaptiveCase& each) const {
        flow::Context context(service_.world);
        context.hear(each.said, flow::Label::of_person("anna"), "your message");
        if (!each.planned.empty()) {
            flow::Plan plan;
            for (const AdaptiveCall& call : each.planned) {
                plan.add(flow::Plan::pinned(call.tool, call.arguments, context.person_words()));
            }
            CHECK(context.declare(std::move(plan)).ok());
        }
        for (const AdaptiveCase::Seen& seen : each.seen) {
            context.see(manifest(seen.tool), seen.arguments,
                        service_.connector.label(seen.tool, seen.text, seen.result));
        }
        // Storage and a restart lie between what was read and what is done.
        return flow::Context::from_json(context.to_json(), service_.world);
    }

    void run(const AdaptiveCase& each, const Row& preset, AdaptiveResult& result) {
        const flow::Context context = context_of(each);
        const std::string name =
            fmt::format("{}: {} ({})", each.category, flow::visible(each.name), preset.name);
        if (!context.is_tainted()) result.ran.push_back(name + ": the context is not tainted");
        const flow::ToolManifest tool = manifest(each.attack.tool);
        const flow::Assessment traced = context.assess(tool, each.attack.arguments);
        const auto decision = policy::decide(preset.policy, question_of(tool, traced), scratch_);
        if (decision.outcome == policy::Outcome::allow) result.ran.push_back(name);
        for (const flow::Finding& finding : traced.findings) {
            if (misleads(flow::visible(finding.value)) || misleads(flow::visible(finding.origin))) {
                result.ran.push_back(name + ": the card would mislead");
            }
        }
    }

  private:
    AdaptiveService service_;
    policy::QuestionScratch scratch_;
};

}  // namespace

AdaptiveService adaptive_service() {
    flow::World world;
    const Json object_kinds(wire::JsonObject{{"id", "file"}, {"attachments", "file"}});
    auto connector =
        flow::Connector::parse(wire::parse_json(service).value(), &object_kinds, world);
    world.contacts = {{"carl@ours.example", "Carl Grey"}};
    return {std::make_shared<const flow::World>(std::move(world)), std::move(connector).value()};
}

AdaptiveResult run_adaptive() {
    AdaptiveResult result;
    Run run;
    const std::vector<AdaptiveCase> cases = adaptive_cases();
    result.cases = cases.size();
    for (const char* preset : {"personal", "work", "enterprise"}) {
        const auto rows = preset_rows(preset);
        CHECK(rows.ok());
        for (const AdaptiveCase& each : cases) run.run(each, rows->front(), result);
    }
    return result;
}

}  // namespace hs::bench_injection
