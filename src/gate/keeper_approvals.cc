// The keeper's dealings with people: approvals are listed, answered, withdrawn, and run out.

#include <fmt/format.h>

#include "flow/text.h"
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
                      {"answered_by", approval.answers.empty() ? "" : approval.answers.back().by},
                      {"session", wire::text_at_or(approval.circumstances, "session", "").value()}};
}

// Where the values that nobody vouches for were seen. Both texts may be a stranger's.
std::string provenance_of(const std::vector<flow::Finding>& findings) {
    constexpr int lines_max = 6;
    std::string lines;
    int count = 0;
    for (const flow::Finding& finding : findings) {
        // Of a program nothing is known, and the card shows all of it.
        if (finding.voucher != flow::Voucher::nobody || finding.role == "tool") continue;
        if (++count > lines_max) continue;
        lines +=
            fmt::format("              {} \"{}\" ", finding.role, flow::visible(finding.value));
        lines += finding.origin.empty()
                     ? std::string("was made up by the assistant\n")
                     : fmt::format("comes from {}\n", flow::visible(finding.origin));
    }
    return lines;
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
        const std::string name = shown_profile(decision);
        const policy::Profile* profile = parts_.judge.profile(name);
        const bool network = profile != nullptr && profile->network == policy::Network::egress;
        card += fmt::format("  sandbox:    {}, {}\n", name,
                            network ? "each connection is decided by itself" : "no network");
    }
    const auto from = sandboxes_.find(decision.circumstances.call);
    if (from != sandboxes_.end()) {
        card += fmt::format("  from:       the sandbox of {}\n", from->second.program);
        const auto* http = std::get_if<SendHttp>(&decision.asked.action);
        if (http != nullptr && http->target.ends_with("/git-receive-pack")) {
            card += "  note:       a git push; what it carries is not looked at\n";
        } else if (http != nullptr && http->body_bytes > 0 && http->body_sha256.empty()) {
            card += "  note:       its body is too large to be bound to this approval\n";
        }
    }
    if (const auto* write = std::get_if<WriteFile>(&decision.asked.action)) {
        card += fmt::format("  content:    sha256 {}…\n", write->content_sha256.substr(0, 16));
    }
    const flow::Label& label = decision.circumstances.label;
    if (label.integrity == flow::Integrity::untrusted) {
        card += "  provenance: the conversation holds text from strangers\n";
        card += provenance_of(decision.circumstances.findings);
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
    const Json news = JsonObject{{"approval", approval}, {"outcome", outcome}};
    const std::string text = wire::canonical_json(news);
    for (const auto& channel : {daemon_, egress_}) {
        if (!channel) continue;
        const auto sent =
            channel->send(0, static_cast<std::uint16_t>(FrameKind::news), base::bytes_of(text));
        static_cast<void>(sent.ok());  // who is gone asks again when it is back
    }
}

Result<Json> Keeper::answer_approval(const std::string& id, ApprovalAnswer answer,
                                     const std::string& reason, ApprovalBook::Enough enough) {
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
    if (!answer.factor.empty()) event.detail("factor", answer.factor);
    // The answer is on record before it counts.
    TRY(parts_.log.append_and_wait(event));
    const ApprovalStatus status = TRY(book_.answer(id, std::move(answer), enough));
    if (status == ApprovalStatus::approved) tell(id, "approved");
    if (status == ApprovalStatus::denied) tell(id, "denied");
    return shown(*book_.find(id));
}

// In chat many people can press. A consent that counts for nothing must not use the approval up.
Result<Json> Keeper::answer_in_chat(const std::string& approval, ApprovalAnswer answer,
                                    const std::string& code) {
    auto enough = ApprovalBook::Enough::by_quorum;
    if (answer.consent) enough = TRY(weigh(approval, answer, code));
    return answer_approval(approval, std::move(answer), "answered in chat", enough);
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
                     "token " + TRY(parts_.token_name(TRY(wire::text_at(arguments, "token"))));
                 const std::string id = TRY(wire::text_at(arguments, "approval"));
                 return answer_on_device(id, {name, "a token with the scope approve"}, arguments);
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
    add_verb("doctor.status", Access::daemon_or_person,
             [this](const Sender&, const Json&) { return unproven_walls(); });
    add_verb("doctor.record", Access::person_only,
             [this](const Sender& sender, const Json& arguments) {
                 return record_proof(sender, arguments);
             });
}

// The narrowest rule that would have allowed the action, written if policy lets this person.
Result<std::string> Keeper::rule_from_approval(const Approval& approval,
                                               const std::string& person) {
    auto asked = TRY(parts_.questions.ask(TRY(action_from_json(approval.action)),
                                          TRY(circumstances_from_json(approval.circumstances))));
    policy::NarrowWish wish;
    wish.question = asked.question;
    wish.question.now_ms = parts_.clock.wall_ms();
    wish.question.exceptions = parts_.judge.current()->exceptions.in_force(wish.question);
    wish.owner = person;
    const policy::NarrowRule rule = TRY(parts_.judge.narrowest(wish));
    auto change = parts_.questions.ask_change(person, person, "policy.rule", true);
    const policy::Decision decision = parts_.judge.decide_now(change);
    if (decision.outcome != policy::Outcome::allow) {
        return fail(Code::denied,
                    "under this policy you may approve this once, and not write a "
                    "rule for it by yourself");
    }
    TRY(parts_.log.append_and_wait(audit::Event(audit::EventKind::policy_change)
                                       .set(audit::Field::person, person)
                                       .set(audit::Field::id, rule.id)
                                       .set(audit::Field::decision, approval.decision)
                                       .set(audit::Field::outcome, "allowed")
                                       .set(audit::Field::reason, rule.words)
                                       .detail("rule", rule.text)));
    TRY(parts_.judge.add_rule(rule));
    return rule.text;
}

// {outcome, findings: [{name, state}]}: what hardshell doctor has proven, or not.
Result<Json> Keeper::record_proof(const Sender& sender, const Json& arguments) {
    audit::Event event(audit::EventKind::doctor);
    event.set(audit::Field::person, sender.name)
        .set(audit::Field::outcome, TRY(wire::text_at(arguments, "outcome")));
    for (const Json& item : *TRY(wire::array_at(arguments, "findings"))) {
        event.detail(TRY(wire::text_at(item, "name")), TRY(wire::text_at(item, "state")));
    }
    TRY(parts_.log.append_and_wait(event));
    if (parts_.walls == nullptr) return Json(JsonObject{});
    TRY(parts_.walls->take(*TRY(wire::array_at(arguments, "findings"))));
    return unproven_walls();
}

// {unproven: [WALL]}: what is closed since the last proof.
Json Keeper::unproven_walls() const {
    Json list{wire::JsonArray{}};
    if (parts_.walls != nullptr) {
        for (const std::string& wall : parts_.walls->unproven()) list.push(wall);
    }
    return JsonObject{{"unproven", std::move(list)}};
}

// {approval, consent, reason?, rule?, code?}: rule true also writes the narrowest rule that would
// have allowed the action.
Result<Json> Keeper::answer_by_person(const Sender& sender, const Json& arguments) {
    const std::string id = TRY(wire::text_at(arguments, "approval"));
    const bool consent = TRY(wire::boolean_at(arguments, "consent"));
    const bool write_rule = TRY(wire::boolean_at_or(arguments, "rule", false));
    std::string rule;
    if (consent && write_rule) {
        TRY(check_approver(id, sender.name));
        rule = TRY(rule_from_approval(*book_.find(id), sender.name));
    }
    Json answer =
        TRY(answer_on_device(id, {sender.name, "the device of the requester"}, arguments));
    if (!rule.empty()) answer["rule"] = rule;
    return answer;
}

}  // namespace hs::gate
