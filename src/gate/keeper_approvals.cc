// The keeper's dealings with people: approvals are listed, answered, withdrawn, and run out.

#include <fmt/format.h>

#include "gate/keeper.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

Json shown(const Approval& approval) {
    return JsonObject{{"id", approval.id},
                      {"decision", approval.decision},
                      {"digest", approval.digest},
                      {"action", approval.action},
                      {"card", approval.card},
                      {"created", base::format_time(approval.created_ms)},
                      {"expires", base::format_time(approval.expiry_ms)},
                      {"status", name_of(approval.status)},
                      {"session", wire::text_at_or(approval.circumstances, "session", "").value()}};
}

}  // namespace

std::string Keeper::card_of(const Decision& decision, base::WallTime_ms expiry_ms) const {
    const Judgement& judgement = decision.judgement;
    std::string card = summary_of(decision.asked.action) + "\n";
    card += fmt::format("  why asked:  {}\n", judgement.reason);
    if (const auto* run = std::get_if<RunCommand>(&decision.asked.action)) {
        card += fmt::format("  program:    {} (sha256 {}…)\n", decision.asked.resolved_executable,
                            run->executable_sha256.substr(0, 16));
        for (const auto& script : run->scripts) {
            card += fmt::format("  script:     {} (sha256 {}…)\n", script.path,
                                script.sha256.substr(0, 16));
        }
        const auto& target = std::get<policy::CommandTarget>(decision.asked.question.target);
        if (target.runs_project_code) card += "  note:       it runs the project's own code\n";
        if (target.names_outside) card += "  note:       it names files outside the project\n";
        card += fmt::format("  sandbox:    {}, no network\n", judgement.sandbox);
    }
    if (const auto* write = std::get_if<WriteFile>(&decision.asked.action)) {
        card += fmt::format("  content:    sha256 {}…\n", write->content_sha256.substr(0, 16));
    }
    const flow::Label& label = decision.circumstances.label;
    if (label.integrity == flow::Integrity::untrusted) {
        card += "  provenance: the conversation holds text from strangers\n";
    }
    card += fmt::format("  valid until {}", base::format_time(expiry_ms).substr(0, 16));
    return card;
}

Result<Json> Keeper::list_approvals() const {
    Json list{wire::JsonArray{}};
    for (const Approval* approval : book_.pending()) list.push(shown(*approval));
    return Json(JsonObject{{"approvals", std::move(list)}});
}

void Keeper::tell(const std::string& approval, std::string_view outcome) {
    if (!daemon_) return;
    const Json news = JsonObject{{"approval", approval}, {"outcome", outcome}};
    const auto sent = daemon_->send(0, static_cast<std::uint16_t>(FrameKind::news),
                                    base::bytes_of(wire::canonical_json(news)));
    static_cast<void>(sent.ok());  // a daemon that is gone asks again when it is back
}

Result<Json> Keeper::answer_approval(const std::string& id, ApprovalAnswer answer,
                                     const std::string& reason) {
    const Approval* approval = book_.find(id);
    if (approval == nullptr) {
        return fail(Code::not_found,
                    fmt::format("there is no approval {}; see: hardshell approvals", id));
    }
    audit::Event event(audit::EventKind::approval_answered);
    event.set(audit::Field::id, id)
        .set(audit::Field::decision, approval->decision)
        .set(audit::Field::person, answer.by)
        .set(audit::Field::outcome, answer.consent ? "consent" : "refusal")
        .set(audit::Field::reason, reason);
    event.detail("attested", answer.attested);
    event.detail("digest", approval->digest);
    // The answer is on record before it counts.
    TRY(parts_.log.append_and_wait(event));
    const ApprovalStatus status = TRY(book_.answer(id, std::move(answer)));
    if (status == ApprovalStatus::approved) tell(id, "approved");
    if (status == ApprovalStatus::denied) tell(id, "denied");
    return shown(*book_.find(id));
}

void Keeper::tick() {
    for (const std::string& id : book_.expire(parts_.clock.wall_ms())) {
        record(audit::Event(audit::EventKind::approval_answered)
                   .set(audit::Field::id, id)
                   .set(audit::Field::outcome, "expired")
                   .set(audit::Field::reason, "nobody answered in time"));
        tell(id, "expired");
    }
}

void Keeper::add_own_verbs() {
    add_verb("approvals.list", Access::daemon_or_person,
             [this](const Sender&, const Json&) { return list_approvals(); });
    add_verb("approvals.show", Access::daemon_or_person,
             [this](const Sender&, const Json& arguments) -> Result<Json> {
                 const Approval* approval = book_.find(TRY(wire::text_at(arguments, "approval")));
                 if (approval == nullptr) return fail(Code::not_found, "there is no such approval");
                 return shown(*approval);
             });
    add_verb("approvals.answer", Access::person_only,
             [this](const Sender& sender, const Json& arguments) {
                 return answer_by_person(sender, arguments);
             });
    add_verb("approvals.answer_by_token", Access::daemon_or_person,
             [this](const Sender&, const Json& arguments) -> Result<Json> {
                 const std::string name =
                     TRY(parts_.token_name(TRY(wire::text_at(arguments, "token"))));
                 return answer_approval(
                     TRY(wire::text_at(arguments, "approval")),
                     {"token " + name, "a token with the scope approve",
                      TRY(wire::boolean_at(arguments, "consent")), parts_.clock.wall_ms()},
                     "");
             });
    add_verb("approvals.withdraw", Access::daemon_or_person,
             [this](const Sender& sender, const Json& arguments) -> Result<Json> {
                 const std::string id = TRY(wire::text_at(arguments, "approval"));
                 TRY(book_.withdraw(id));
                 record(audit::Event(audit::EventKind::approval_answered)
                            .set(audit::Field::id, id)
                            .set(audit::Field::outcome, "withdrawn")
                            .set(audit::Field::person, sender.name));
                 return Json(JsonObject{{"withdrawn", id}});
             });
    add_verb("log.note_reading", Access::person_only,
             [this](const Sender& sender, const Json& arguments) -> Result<Json> {
                 TRY(parts_.log.append_and_wait(
                     audit::Event(audit::EventKind::log_read)
                         .set(audit::Field::person, sender.name)
                         .detail("what", TRY(wire::text_at(arguments, "what")))));
                 // Whoever reads sees everything up to their own reading.
                 TRY(parts_.log.checkpoint_and_wait());
                 return Json(JsonObject{});
             });
    add_verb(
        "policy.describe", Access::daemon_or_person,
        [this](const Sender&, const Json&) -> Result<Json> { return parts_.judge.describe(); });
    add_verb("policy.reload", Access::person_only,
             [this](const Sender& sender, const Json&) -> Result<Json> {
                 const auto loaded = parts_.judge.reload();
                 TRY(parts_.log.append_and_wait(
                     audit::Event(audit::EventKind::policy_change)
                         .set(audit::Field::person, sender.name)
                         .set(audit::Field::outcome, loaded ? "loaded" : "refused")
                         .set(audit::Field::reason, loaded ? "" : loaded.error().what)));
                 TRY(loaded);
                 revoke_all();
                 return parts_.judge.describe();
             });
}

// {approval, consent, reason?, rule?}: rule true also writes the narrowest rule that would have
// allowed the action.
Result<Json> Keeper::answer_by_person(const Sender& sender, const Json& arguments) {
    const std::string id = TRY(wire::text_at(arguments, "approval"));
    const bool consent = TRY(wire::boolean_at(arguments, "consent"));
    const bool write_rule = TRY(wire::boolean_at_or(arguments, "rule", false));
    std::string rule;
    if (consent && write_rule) {
        const Approval* approval = book_.find(id);
        if (approval == nullptr) return fail(Code::not_found, "there is no such approval");
        const auto asked =
            TRY(parts_.questions.ask(TRY(action_from_json(approval->action)),
                                     TRY(circumstances_from_json(approval->circumstances))));
        policy::Question question = asked.question;
        question.now_ms = parts_.clock.wall_ms();
        rule = TRY(parts_.judge.allow_narrowly(question, sender.name));
        TRY(parts_.log.append_and_wait(audit::Event(audit::EventKind::policy_change)
                                           .set(audit::Field::person, sender.name)
                                           .set(audit::Field::outcome, "loaded")
                                           .set(audit::Field::reason, "allowed from an approval")
                                           .detail("rule", rule)));
    }
    Json answer = TRY(answer_approval(
        id, {sender.name, "the device of the requester", consent, parts_.clock.wall_ms()},
        TRY(wire::text_at_or(arguments, "reason", ""))));
    if (!rule.empty()) answer["rule"] = rule;
    return answer;
}

}  // namespace hs::gate
