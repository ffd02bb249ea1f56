// why: one recorded decision, explained: outcome, rules with their layers, facts, what would change
// it. Words instead of an id ask what would happen now.

#include <fmt/format.h>

#include "hardshell/policy_words.h"
#include "policy/explain.h"

namespace hs::cli {

using base::Result;
using wire::Json;

namespace {

std::string_view role_of(const std::string& key, const std::string& outcome) {
    if (key == "granted_by") return outcome == "ask" ? "asks" : "grants";
    if (key == "held_back") return "would grant, held back by a higher layer";
    return outcome == "ask" ? "wants consent" : "forbids";
}

void show_rules(const Screen& screen, const Json& explanation) {
    const std::string outcome = text_in(explanation, "outcome");
    for (const char* key : {"forbidden_by", "granted_by", "held_back"}) {
        for (const Json& rule : items_of(explanation, key)) {
            screen.line(clean(fmt::format("  {} ({} layer): {}", text_in(rule, "id"),
                                          text_in(rule, "layer"), role_of(key, outcome))));
        }
    }
    for (const Json& fault : items_of(explanation, "faults")) {
        screen.line(clean("  fault: " + (fault.text() ? *fault.text() : "")));
    }
}

void show_obligations(const Screen& screen, const Json& explanation) {
    const Json* obligations = explanation.find("obligations");
    if (obligations == nullptr) return;
    const std::string sandbox = text_in(*obligations, "sandbox");
    if (!sandbox.empty()) screen.line("  sandbox: " + clean(sandbox));
    for (const Json& item : items_of(*obligations, "redact")) {
        screen.line("  redacted: " + clean(item.text() ? *item.text() : ""));
    }
    for (const Json& item : items_of(explanation, "requirements")) {
        std::string who;
        for (const Json& name : items_of(item, "approvers")) {
            who += (who.empty() ? "" : ", ") + (name.text() ? *name.text() : "");
        }
        const Json* quorum = item.find("quorum");
        const std::string count = quorum != nullptr ? wire::canonical_json(*quorum) : "1";
        if (who.empty()) who = "those who may approve";
        screen.line(clean(fmt::format("  approval: {} of {}", count, who)));
    }
}

}  // namespace

Result<int> run_why(const Desk& desk) {
    const auto& words = desk.options.policy.words;
    if (words.size() != 1 || !is_decision_id(words.front())) return run_policy_try(desk);
    const RecordedDecision decision = TRY(find_decision(desk, words.front()));
    const Screen& screen = desk.screen;
    if (screen.form() == Form::json) {
        screen.json(decision.event);
        return exit_done;
    }
    screen.line(fmt::format("{}  {}", screen.tone(Tone::strong, decision.outcome),
                            clean(decision.summary)));
    screen.line(
        clean(fmt::format("{}  decision {}", base::format_time(decision.time_ms), decision.id)));
    screen.line("Rules:");
    show_rules(screen, decision.explanation);
    if (text_in(decision.explanation, "why") == "no permit") screen.line("  no rule permits it");
    show_obligations(screen, decision.explanation);
    const auto question = policy::question_from_json(decision.question);
    if (question) screen.write("Facts:\n" + clean(policy::facts_text(*question)));
    if (const Json* detail = decision.event.find("detail")) {
        const std::string plan = text_in(*detail, "plan");
        if (!plan.empty()) screen.line(clean("  the plan: " + plan));
    }
    const std::string change = text_in(decision.explanation, "change");
    if (!change.empty()) screen.line(clean("What would change it: " + change));
    screen.line(screen.tone(Tone::faint, "All of it: hardshell why --json " + decision.id));
    return exit_done;
}

}  // namespace hs::cli
