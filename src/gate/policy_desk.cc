#include "gate/policy_desk.h"

#include <fmt/format.h>

#include "policy/explain.h"
#include "policy/tiers.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t words_bytes_max = 16'384;

Json tables_json(const std::vector<policy::TierTable>& tables) {
    Json list{wire::JsonArray{}};
    for (const policy::TierTable& table : tables) list.push(policy::to_json(table));
    return list;
}

Json rules_json(const std::vector<policy::RuleRow>& rows) {
    Json list{wire::JsonArray{}};
    for (const policy::RuleRow& row : rows) {
        list.push(JsonObject{{"id", row.id},
                             {"layer", row.layer},
                             {"effect", row.effect},
                             {"words", row.words},
                             {"approvers", row.approvers},
                             {"until", row.until}});
    }
    return list;
}

}  // namespace

void PolicyDesk::add(std::string name, Answer (PolicyDesk::*verb)(const Sender&, const Json&)) {
    parts_.keeper.add_verb(std::move(name), Keeper::Access::person_only,
                           [this, verb](const Sender& sender, const Json& arguments) {
                               return (this->*verb)(sender, arguments);
                           });
}

void PolicyDesk::add_open(std::string name,
                          Answer (PolicyDesk::*verb)(const Sender&, const Json&)) {
    parts_.keeper.add_verb(std::move(name), Keeper::Access::daemon_or_person,
                           [this, verb](const Sender& sender, const Json& arguments) {
                               return (this->*verb)(sender, arguments);
                           });
}

void PolicyDesk::add_verbs() {
    add_open("policy.describe", &PolicyDesk::describe);
    add_open("use.check", &PolicyDesk::check_use);
    add("policy.reload", &PolicyDesk::reload);
    add("policy.try", &PolicyDesk::try_action);
    add("policy.tiers", &PolicyDesk::tiers);
    add("policy.rules", &PolicyDesk::rules);
    add("policy.recorded", &PolicyDesk::recorded);
    add("policy.allow", &PolicyDesk::allow);
    add("policy.forget", &PolicyDesk::forget);
    add("exception.request", &PolicyDesk::request_exception);
    add("exception.grant", &PolicyDesk::grant_exception);
    add("exception.list", &PolicyDesk::list_exceptions);
    add("exception.revoke", &PolicyDesk::revoke_exception);
    add("project.classify", &PolicyDesk::classify);
    add("project.list", &PolicyDesk::projects);
    add("assess.list", &PolicyDesk::assessments);
    add("assess.show", &PolicyDesk::assessment);
    add("assess.answer", &PolicyDesk::assess);
    add("assess.review", &PolicyDesk::review);
    add("use.show", &PolicyDesk::use_text);
    add("use.acknowledge", &PolicyDesk::acknowledge_use);
}

Result<> PolicyDesk::change(audit::Event event, const std::function<Result<>()>& make) {
    TRY(parts_.log.append_and_wait(event));
    auto made = make();
    if (made) return {};
    TRY(parts_.log.append_and_wait(audit::Event(audit::EventKind::policy_change)
                                       .set(audit::Field::outcome, "failed")
                                       .set(audit::Field::reason, made.error().what)));
    return made;
}

PolicyDesk::Answer PolicyDesk::describe(const Sender&, const Json&) {
    Json json = parts_.judge.describe();
    if (!parts_.governance.problem().empty()) json["governance"] = parts_.governance.problem();
    return json;
}

// Both hold or neither: what people have said is a part of what policy decides with.
PolicyDesk::Answer PolicyDesk::reload(const Sender& sender, const Json&) {
    Result<> loaded = parts_.judge.reload();
    if (loaded) loaded = parts_.governance.reload();
    TRY(parts_.log.append_and_wait(
        audit::Event(audit::EventKind::policy_change)
            .set(audit::Field::person, sender.name)
            .set(audit::Field::policy, parts_.judge.current()->digest)
            .set(audit::Field::outcome, loaded ? "loaded" : "refused")
            .set(audit::Field::reason, loaded ? "" : loaded.error().what)));
    if (!loaded) {
        return fail(loaded.error().code,
                    fmt::format("{}\nNothing has changed: the policy in force is still {} (digest "
                                "{}).",
                                loaded.error().what,
                                wire::text_at(parts_.judge.describe(), "preset").value(),
                                parts_.judge.current()->digest.substr(0, 16)));
    }
    parts_.keeper.revoke_all();
    return parts_.judge.describe();
}

Circumstances PolicyDesk::circumstances(const Sender& sender, const Json& arguments) const {
    Circumstances who;
    who.person = sender.name;
    who.space = parts_.settings.text("space.name");
    who.agent = "main";
    who.origin = "cli";
    who.project = wire::text_at_or(arguments, "project", "").value();
    const auto untrusted = wire::boolean_at_or(arguments, "untrusted", false);
    who.label =
        untrusted && *untrusted ? flow::Label::unknown() : flow::Label::of_person(sender.name);
    return who;
}

// {words} or {recorded: {action, question}}: the action that the person means.
Result<PolicyDesk::Wanted> PolicyDesk::wanted(const Sender& sender, const Json& arguments) {
    const policy::SnapshotPointer snapshot = parts_.judge.current();
    const policy::ExceptionTable& exceptions = snapshot->exceptions;
    if (const Json* recorded = arguments.find("recorded")) {
        Asked asked = TRY(parts_.questions.ask_again(*recorded));
        asked.question.exceptions = exceptions.in_force(asked.question);
        return Wanted{std::move(asked.question), summary_of(asked.action)};
    }
    const std::string words = TRY(wire::text_at(arguments, "words"));
    if (words.size() > words_bytes_max) return fail(Code::exhausted, "the action is too long");
    policy::Question question =
        TRY(parts_.questions.ask_words(words, circumstances(sender, arguments)));
    question.exceptions = exceptions.in_force(question);
    return Wanted{std::move(question), words};
}

PolicyDesk::Answer PolicyDesk::try_action(const Sender& sender, const Json& arguments) {
    Wanted asked = TRY(wanted(sender, arguments));
    const std::string preset = TRY(wire::text_at_or(arguments, "preset", ""));
    const policy::Decision decision = preset.empty()
                                          ? parts_.judge.decide_now(asked.question)
                                          : TRY(parts_.judge.decide_under(preset, asked.question));
    Json json = policy::to_json(decision);
    json["action"] = asked.words;
    json["reason"] = policy::reason(decision);
    json["text"] = policy::explain(decision, asked.question);
    json["change"] = policy::smallest_change(decision, asked.question);
    json["remedy"] =
        policy::remedy(decision, asked.question, TRY(wire::text_at_or(arguments, "name", "")));
    json["question"] = policy::to_json(asked.question);
    return json;
}

PolicyDesk::Answer PolicyDesk::tiers(const Sender&, const Json&) {
    const auto tables = policy::tiers(parts_.judge.current(), parts_.clock.wall_ms());
    Json json = parts_.judge.describe();
    json["overview"] = policy::to_json(policy::overview(tables));
    json["tables"] = tables_json(tables);
    json["text"] = policy::to_text(policy::overview(tables)) + "\n" + policy::to_text(tables);
    return json;
}

PolicyDesk::Answer PolicyDesk::rules(const Sender&, const Json&) {
    Json json = parts_.judge.describe();
    json["rules"] = rules_json(policy::rule_rows(parts_.judge.current()));
    return json;
}

// A request that was too large for its record lies sealed beside the log.
PolicyDesk::Answer PolicyDesk::recorded(const Sender& sender, const Json& arguments) {
    const std::string content = TRY(wire::text_at(arguments, "content"));
    TRY(parts_.log.append_and_wait(audit::Event(audit::EventKind::log_read)
                                       .set(audit::Field::person, sender.name)
                                       .set(audit::Field::content, content)
                                       .detail("what", "a recorded request")));
    const auto bytes = TRY(parts_.blobs.get(content));
    return wire::parse_json(base::text_of(bytes));
}

// May the person change this by themselves, under the policy in force?
Result<policy::Decision> PolicyDesk::may_change(std::string_view person, std::string_view key,
                                                bool weakens) {
    policy::Question question = parts_.questions.ask_change(person, person, key, weakens);
    policy::Decision decision = parts_.judge.decide_now(question);
    if (decision.outcome == policy::Outcome::allow) return decision;
    return fail(Code::denied, fmt::format("{}: {}. It takes: {}", key, policy::reason(decision),
                                          policy::smallest_change(decision, question)));
}

// {words | recorded, project, until, because, write, expect}: without write the rule is only shown;
// with it, it must be the one that was shown.
PolicyDesk::Answer PolicyDesk::allow(const Sender& sender, const Json& arguments) {
    const Wanted asked = TRY(wanted(sender, arguments));
    policy::NarrowWish wish;
    wish.question = asked.question;
    wish.owner = sender.name;
    wish.justification = TRY(wire::text_at_or(arguments, "because", ""));
    if (!TRY(wire::text_at_or(arguments, "until", "")).empty()) {
        wish.until_ms = TRY(until_of(arguments, ""));
        if (wish.justification.empty()) {
            return fail(Code::invalid_input, "a rule with an end needs a reason: --because TEXT");
        }
    }
    const policy::NarrowRule rule = TRY(parts_.judge.narrowest(wish));
    Json json = JsonObject{{"id", rule.id},
                           {"rule", rule.text},
                           {"words", rule.words},
                           {"action", asked.words},
                           {"written", false}};
    if (wish.until_ms) json["until"] = base::format_time(*wish.until_ms);
    if (!TRY(wire::boolean_at_or(arguments, "write", false))) return json;
    if (TRY(wire::text_at_or(arguments, "expect", rule.id)) != rule.id) {
        return fail(Code::conflict, "the facts have changed since the rule was shown; try again");
    }
    TRY(may_change(sender.name, "policy.rule", true));
    TRY(change(audit::Event(audit::EventKind::policy_change)
                   .set(audit::Field::person, sender.name)
                   .set(audit::Field::id, rule.id)
                   .set(audit::Field::decision, TRY(wire::text_at_or(arguments, "decision", "")))
                   .set(audit::Field::outcome, "allowed")
                   .set(audit::Field::reason, rule.words)
                   .detail("rule", rule.text),
               [&] { return parts_.judge.add_rule(rule); }));
    json["written"] = true;
    return json;
}

PolicyDesk::Answer PolicyDesk::forget(const Sender& sender, const Json& arguments) {
    const std::string id = TRY(wire::text_at(arguments, "rule"));
    TRY(may_change(sender.name, "policy.rule", false));
    TRY(change(audit::Event(audit::EventKind::policy_change)
                   .set(audit::Field::person, sender.name)
                   .set(audit::Field::id, id)
                   .set(audit::Field::outcome, "forgotten"),
               [&] { return parts_.judge.remove_rule(id); }));
    parts_.keeper.revoke_all();
    return Json(JsonObject{{"forgotten", id}});
}

}  // namespace hs::gate
