#include "gate/keeper.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "crypto/ticket.h"
#include "policy/question_text.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

// A Permit is used at once or asked for again.
constexpr std::int64_t permit_life_ms = 60'000;
constexpr std::size_t sessions_counted_max = 10'000;
constexpr std::size_t question_bytes_in_event_max = 40'000;

// What hardshelld may write into the log by itself. Decisions and approvals are the keeper's own.
bool daemon_may_record(audit::EventKind kind) {
    using enum audit::EventKind;
    for (const auto allowed :
         {message_in, message_out, tool_call, effect_ended, skill_change, config_change, sign_in,
          process_start, process_stop, process_crash}) {
        if (kind == allowed) return true;
    }
    return false;
}

void send(os::Channel& channel, std::uint64_t id, FrameKind kind, const Json& payload) {
    // A peer that is gone needs no answer; the main loop sees that it is.
    const auto sent = channel.send(id, static_cast<std::uint16_t>(kind),
                                   base::bytes_of(wire::canonical_json(payload)));
    static_cast<void>(sent.ok());
}

void send_error(os::Channel& channel, std::uint64_t id, const base::Error& error) {
    send(channel, id, FrameKind::failure,
         JsonObject{{"code", base::code_name(error.code)}, {"what", error.what}});
}

// Texts whose member the log knows go there, the rest into the event's detail.
audit::Event event_from(audit::EventKind kind, const Json& fields) {
    static const std::map<std::string_view, audit::Field> known{
        {"session", audit::Field::session}, {"turn", audit::Field::turn},
        {"person", audit::Field::person},   {"decision", audit::Field::decision},
        {"outcome", audit::Field::outcome}, {"provider", audit::Field::provider},
        {"model", audit::Field::model},     {"process", audit::Field::process},
        {"tool", audit::Field::tool},       {"reason", audit::Field::reason}};
    audit::Event event(kind);
    if (fields.object() == nullptr) return event;
    for (const auto& [key, value] : *fields.object()) {
        const auto found = known.find(key);
        if (found != known.end() && value.text() != nullptr) {
            event.set(found->second, *value.text());
        } else {
            event.detail(key, value);
        }
    }
    return event;
}

const std::string* compartment_of(const Action& action) {
    if (const auto* recall = std::get_if<Recall>(&action)) return &recall->compartment;
    if (const auto* remember = std::get_if<Remember>(&action)) return &remember->compartment;
    return nullptr;
}

// What is erased stays readable where it lay, so what is left gets another key.
bool erases(const Action& action) {
    const auto* remember = std::get_if<Remember>(&action);
    if (remember == nullptr) return false;
    return remember->operation == Remember::Operation::forget ||
           remember->operation == Remember::Operation::expire ||
           remember->operation == Remember::Operation::rekey;
}

}  // namespace

// Generations begin at the time, so that no ticket of an earlier keeper is of this one's.
Keeper::Keeper(Parts parts, ApprovalBook book)
    : parts_(std::move(parts)),
      book_(std::move(book)),
      generation_(static_cast<std::uint64_t>(parts_.clock.wall_ms())) {
    add_own_verbs();
}

void Keeper::add_verb(std::string name, Access access, Verb verb) {
    verbs_[std::move(name)] = {access, std::move(verb)};
}

void Keeper::record(audit::Event event) {
    const auto queued = parts_.log.append_later(event);
    static_cast<void>(queued.ok());  // a log that failed refuses every decision from now on
}

void Keeper::send_answer(const Sender& sender, std::uint64_t id, const Json& answer) {
    send(*sender.channel, id, FrameKind::answer, answer);
}

void Keeper::send_failure(const Sender& sender, std::uint64_t id, const base::Error& error) {
    send_error(*sender.channel, id, error);
}

void Keeper::handle(const Sender& sender, const os::Frame& frame) {
    const auto done = handle_payload(sender, frame);
    if (!done) send_error(*sender.channel, frame.id, done.error());
}

Result<> Keeper::handle_payload(const Sender& sender, const os::Frame& frame) {
    const Json payload = TRY(wire::parse_json(base::text_of(frame.payload)));
    switch (static_cast<FrameKind>(frame.kind)) {
        case FrameKind::decide:
            return decide(sender, frame.id, payload);
        case FrameKind::record:
            return take_record(sender, frame.id, payload);
        case FrameKind::question:
            return take_question(sender, frame.id, payload);
        case FrameKind::answer:
        case FrameKind::failure:
        case FrameKind::news:
        case FrameKind::line:
        case FrameKind::line_end:
        default:
            return fail(Code::invalid_input, "the keeper does not take such a frame");
    }
}

Result<> Keeper::send_when_durable(const Sender& sender, std::uint64_t id, audit::Event event,
                                   Json answer) {
    return parts_.log.append(event, [channel = sender.channel, id,
                                     answer = std::move(answer)](Result<std::uint64_t> index) {
        if (index) {
            send(*channel, id, FrameKind::answer, answer);
        } else {
            send_error(*channel, id,
                       base::Error{index.error().code,
                                   "nothing was done, because it could not be recorded: " +
                                       index.error().what,
                                   index.error().where});
        }
    });
}

Result<> Keeper::decide(const Sender& sender, std::uint64_t id, const Json& payload) {
    if (sender.kind != Sender::Kind::daemon) {
        return fail(Code::denied, "only the daemon asks for permits");
    }
    const Json* action = payload.find("action");
    const Json* circumstances = payload.find("circumstances");
    if (action == nullptr || circumstances == nullptr) {
        return fail(Code::invalid_input, "\"action\" and \"circumstances\" are needed");
    }
    Decision decision;
    decision.id = base::make_id(parts_.clock, parts_.random);
    decision.circumstances = TRY(circumstances_from_json(*circumstances));
    TRY(parts_.governance.check_use(decision.circumstances.person));
    if (parts_.plans != nullptr) parts_.plans->note(decision.circumstances);
    decision.asked =
        TRY(parts_.questions.ask(TRY(action_from_json(*action)), decision.circumstances));
    policy::Question& question = decision.asked.question;
    question.now_ms = parts_.clock.wall_ms();
    if (counters_.size() >= sessions_counted_max) counters_.clear();
    question.session = counters_[decision.circumstances.session];
    const std::string approval = TRY(wire::text_at_or(payload, "approval", ""));
    if (!approval.empty()) TRY(decide_claim(decision, approval));
    hold_to_no_memory(decision);
    TRY(take_carried(decision, payload));
    decision.judgement = parts_.judge.decide(question, decision.id);
    hold_to_manifest(decision);
    explain_class(decision);
    Json answer = TRY(conclude(decision));
    auto event = TRY(event_of(decision, answer));
    // The last is waited for, and with it those before.
    for (audit::Event& more : model_events(decision)) {
        TRY(parts_.log.append_later(std::exchange(event, std::move(more))));
    }
    return send_when_durable(sender, id, std::move(event), std::move(answer));
}

// A conversation in which such a skill was loaded leaves nothing behind, whoever asks in it.
void Keeper::hold_to_no_memory(Decision& decision) const {
    const auto* remember = std::get_if<Remember>(&decision.asked.action);
    const std::string& session = decision.circumstances.session;
    if (remember == nullptr || remember->operation != Remember::Operation::add) return;
    const bool full = without_memory_.size() >= sessions_counted_max;
    if (session.empty() || (!full && !without_memory_.contains(session))) return;
    decision.asked.refused =
        "this conversation has loaded a skill whose manifest says that nothing of it is remembered";
}

// What a skill's manifest does not admit is denied, whatever policy says.
void Keeper::hold_to_manifest(Decision& decision) const {
    if (decision.asked.refused.empty()) return;
    decision.judgement.outcome = Judgement::Outcome::deny;
    decision.judgement.reason = decision.asked.refused;
    decision.judgement.remedy.clear();
}

// Puts the consents that were given into the question; whether they suffice is policy's word.
Result<> Keeper::decide_claim(Decision& decision, const std::string& approval) {
    const Approval* held = book_.find(approval);
    if (held == nullptr) return fail(Code::not_found, "there is no such approval");
    if (held->digest != decision.asked.digest) {
        return fail(Code::denied,
                    "the action is not the one that was approved, byte for byte; it "
                    "must be asked for again");
    }
    for (const ApprovalAnswer& answer : held->answers) {
        if (!answer.consent) continue;
        decision.asked.question.consents.push_back(consent_of(answer, held->expiry_ms));
    }
    decision.approval = approval;
    return {};
}

Result<Json> Keeper::conclude(Decision& decision) {
    policy::SessionCounters& counters = counters_[decision.circumstances.session];
    ++counters.calls;
    Judgement& judgement = decision.judgement;
    if (!decision.approval.empty() && judgement.outcome == Judgement::Outcome::ask) {
        judgement.outcome = Judgement::Outcome::deny;
        judgement.reason = "the approval does not suffice: " + judgement.reason;
    }
    if (judgement.outcome == Judgement::Outcome::ask) {
        ++counters.approvals;
        return ask_person(decision);
    }
    if (judgement.outcome == Judgement::Outcome::allow) return allow(decision);
    ++counters.denied;
    Json answer;
    answer["outcome"] = "deny";
    answer["decision"] = decision.id;
    answer["reason"] = judgement.remedy.empty()
                           ? judgement.reason
                           : fmt::format("{}. {}", judgement.reason, judgement.remedy);
    return answer;
}

// Before the plan is made; what does not hold is refused there.
std::string Keeper::shown_profile(const Decision& decision) const {
    const auto* command = std::get_if<RunCommand>(&decision.asked.action);
    if (command == nullptr) return decision.judgement.sandbox;
    const auto profile = profile_for(decision, *command);
    return profile ? (*profile)->name : decision.judgement.sandbox;
}

Result<Json> Keeper::allow(Decision& decision) {
    if (!decision.approval.empty()) {
        // Durable before the Permit is made: after a crash it cannot be claimed again.
        TRY(book_.claim(decision.approval, decision.asked.digest, parts_.clock.wall_ms()));
    }
    if (decision.asked.ends_memory && without_memory_.size() < sessions_counted_max) {
        without_memory_.insert(decision.circumstances.session);
    }
    const Judgement& judgement = decision.judgement;
    const base::WallTime_ms expiry_ms =
        parts_.clock.wall_ms() +
        std::min(permit_life_ms, judgement.ttl_ms.value_or(permit_life_ms));
    Json answer;
    answer["outcome"] = "allow";
    answer["decision"] = decision.id;
    // Only a command is completed here, with its program's hash.
    if (std::holds_alternative<RunCommand>(decision.asked.action)) {
        answer["action"] = to_json(decision.asked.action);
    }
    answer["sandbox"] = shown_profile(decision);
    answer["log"] = judgement.log;
    for (const auto& item : judgement.redact) answer["redact"].push(item);
    const flow::DataClasses read = classes_read(decision.asked);
    if (!read.empty()) answer["classes"] = flow::to_json(read);
    answer["expiry_ms"] = expiry_ms;
    answer["generation"] = static_cast<std::int64_t>(generation_);
    TRY(add_ticket(decision, expiry_ms, answer));
    return answer;
}

// The profile that policy obliges to, or the stricter one that was asked for.
Result<const policy::Profile*> Keeper::profile_for(const Decision& decision,
                                                   const RunCommand& command) const {
    const policy::Profile* obliged = parts_.judge.profile(decision.judgement.sandbox);
    if (obliged == nullptr) {
        return fail(Code::denied, fmt::format("the policies name no sandbox profile for this "
                                              "command ({}); add @sandbox to the rule",
                                              fmt::join(decision.judgement.policies, ", ")));
    }
    if (command.profile.empty() || command.profile == obliged->name) return obliged;
    const policy::Profile* wanted = parts_.judge.profile(command.profile);
    if (wanted == nullptr) {
        return fail(Code::not_found, fmt::format("there is no sandbox profile {}; see: hardshell "
                                                 "sandbox show",
                                                 command.profile));
    }
    if (wanted->rank <= obliged->rank) return wanted;
    return fail(Code::denied,
                fmt::format("policy obliges this command to the profile {} or a stricter one, and "
                            "{} is wider",
                            obliged->name, wanted->name));
}

Result<> Keeper::add_ticket(Decision& decision, base::WallTime_ms expiry_ms, Json& answer) {
    const Action& action = decision.asked.action;
    crypto::Ticket ticket;
    base::Bytes covered;
    if (const auto* command = std::get_if<RunCommand>(&action)) {
        const policy::Profile* profile = TRY(profile_for(decision, *command));
        std::optional<skills::Loaded> skill;
        policy::Profile narrowed;
        if (!decision.circumstances.skill.empty()) {
            if (parts_.skills == nullptr) return fail(Code::denied, "no skill is installed");
            skill = TRY(parts_.skills->find(decision.circumstances.skill));
            narrowed = parts_.skills->narrowed(*profile, *skill, parts_.judge.tables().classes());
            profile = &narrowed;
        }
        LaunchPlaces places = parts_.launch;
        places.project = decision.circumstances.project;
        const bool network = profile->network == policy::Network::egress;
        SandboxAuthority authority;
        if (network) {
            authority = TRY(parts_.take_authority());
            places.authority = authority.pem;
            places.secrets = parts_.secret_names();
            if (skill) {
                std::erase_if(places.secrets, [&](const std::string& name) {
                    return !SkillBook::may_use_secret(*skill, name);
                });
            }
        }
        parts_.random.fill(ticket.nonce);
        if (network) note_sandbox(decision, *profile, ticket.nonce, authority.id);
        os::LaunchSpec spec =
            TRY(plan_launch(*command, decision.asked.resolved_executable, *profile, places));
        if (skill) {
            parts_.skills->show_folders(spec, *skill, places);
            TRY(parts_.skills->stage_folder(spec, *skill, *command));
        }
        covered = TRY(os::pack_launch_spec(spec));
        ticket.kind = os::LaunchSpec::ticket_kind;
    } else if (const std::string* compartment = compartment_of(action)) {
        // The key for the hand that acts, in the daemon's own process: no ticket covers it.
        covered = TRY(parts_.compartment_keys(*compartment, erases(action)));
        answer["envelope"] = base::to_base64(covered);
        crypto::wipe(covered);
        return {};
    } else if (std::holds_alternative<SendHttp>(action) || std::holds_alternative<Infer>(action) ||
               std::holds_alternative<SendMessage>(action)) {
        covered = TRY(parts_.envelope_for(action, decision.id, expiry_ms));
        ticket.kind = parts_.envelope_ticket_kind;
    } else {
        return {};  // happens in the daemon's own process, from the Permit's content
    }
    ticket.digest = crypto::sha256(covered);
    ticket.expiry_ms = expiry_ms;
    ticket.generation = generation_;
    if (ticket.kind != os::LaunchSpec::ticket_kind) parts_.random.fill(ticket.nonce);
    ticket.issued_by = parts_.instance;
    answer["ticket"] = base::to_base64(crypto::issue_ticket(parts_.ticket_key, ticket));
    answer["envelope"] = base::to_base64(covered);
    return {};
}

namespace {

audit::Event requested_event(const Approval& approval, const Circumstances& who) {
    audit::Event event(audit::EventKind::approval_requested);
    event.set(audit::Field::id, approval.id)
        .set(audit::Field::decision, approval.decision)
        .set(audit::Field::space, who.space)
        .set(audit::Field::session, who.session)
        .set(audit::Field::person, who.person);
    event.detail("digest", approval.digest).detail("expiry_ms", approval.expiry_ms);
    return event;
}

}  // namespace

Result<Json> Keeper::ask_person(Decision& decision) {
    const base::WallTime_ms now_ms = parts_.clock.wall_ms();
    Approval approval;
    approval.id = base::make_id(parts_.clock, parts_.random);
    approval.decision = decision.id;
    approval.digest = decision.asked.digest;
    approval.action = to_json(decision.asked.action);
    approval.circumstances = to_json(decision.circumstances);
    approval.created_ms = now_ms;
    approval.expiry_ms = now_ms + parts_.settings.integer("turn.approval_minutes") * 60'000;
    approval.card = card_of(decision, approval.expiry_ms);
    for (const auto& requirement : decision.judgement.requirements) {
        approval.quorum = std::max(approval.quorum, static_cast<std::int64_t>(requirement.quorum));
    }
    Json answer;
    answer["outcome"] = "ask";
    answer["decision"] = decision.id;
    answer["approval"] = approval.id;
    answer["card"] = approval.card;
    answer["expiry_ms"] = approval.expiry_ms;
    record(requested_event(approval, decision.circumstances));
    TRY(book_.add(std::move(approval)));
    return answer;
}

Result<audit::Event> Keeper::event_of(const Decision& decision, const Json& answer) {
    const Circumstances& who = decision.circumstances;
    audit::Event event(audit::EventKind::decision);
    event.set(audit::Field::decision, decision.id)
        .set(audit::Field::space, who.space)
        .set(audit::Field::session, who.session)
        .set(audit::Field::turn, who.turn)
        .set(audit::Field::person, who.person)
        .set(audit::Field::agent, who.agent)
        .set(audit::Field::outcome, wire::text_at(answer, "outcome").value())
        .set(audit::Field::reason, decision.judgement.reason);
    if (!who.skill.empty()) event.set(audit::Field::tool, who.tool);
    for (const char* key : {"approval", "expiry_ms", "sandbox"}) {
        if (const Json* value = answer.find(key)) event.detail(key, *value);
    }
    if (!decision.approval.empty()) event.detail("approval", decision.approval);
    if (!decision.asked.plan.empty()) event.detail("plan", decision.asked.plan);
    event.detail("origin", who.origin);
    event.detail("call", who.call);
    event.detail("digest", decision.asked.digest);
    event.detail("explanation", decision.judgement.explanation);
    std::string text = R"({"action":)";
    text += decision.asked.text;
    text += R"(,"question":)";
    policy::append_json(text, decision.asked.question);
    text += '}';
    if (text.size() <= question_bytes_in_event_max) {
        event.detail_text("request", std::move(text));
        return event;
    }
    // Too large for a record: sealed beside the log and named by its hash.
    const std::string blob = TRY(parts_.blobs.put(base::bytes_of(text), parts_.random));
    event.set(audit::Field::content, blob);
    event.detail("summary", summary_of(decision.asked.action).substr(0, 1000));
    return event;
}

Result<> Keeper::take_record(const Sender& sender, std::uint64_t id, const Json& payload) {
    const auto kind = TRY(audit::parse_kind(TRY(wire::text_at(payload, "kind"))));
    if (sender.kind == Sender::Kind::daemon && !daemon_may_record(kind)) {
        return fail(Code::denied, "the daemon may not write this kind of event");
    }
    if (sender.kind == Sender::Kind::person && kind != audit::EventKind::log_read) {
        return fail(Code::denied, "only reading of the log is recorded from outside");
    }
    const Json* fields = payload.find("fields");
    audit::Event event = event_from(kind, fields != nullptr ? *fields : Json());
    if (!TRY(wire::boolean_at_or(payload, "durable", false))) {
        // Nobody waits; a log that failed tells the next who asks.
        return parts_.log.append_later(event);
    }
    return send_when_durable(sender, id, std::move(event), Json(JsonObject{}));
}

Result<> Keeper::take_question(const Sender& sender, std::uint64_t id, const Json& payload) {
    const std::string name = TRY(wire::text_at(payload, "verb"));
    const auto found = verbs_.find(name);
    if (found == verbs_.end())
        return fail(Code::not_found, fmt::format("the keeper knows no verb {}", name));
    if (found->second.first == Access::person_only && sender.kind != Sender::Kind::person) {
        return fail(Code::denied, "only a person may do this: use the hardshell program");
    }
    const Json* arguments = payload.find("arguments");
    const Json answer =
        TRY(found->second.second(sender, arguments != nullptr ? *arguments : Json()));
    send(*sender.channel, id, FrameKind::answer, answer);
    return {};
}

void Keeper::tell_daemon(const Json& news) {
    if (daemon_) send(*daemon_, 0, FrameKind::news, news);
}

std::uint64_t Keeper::revoke_all() {
    ++generation_;
    tell_daemon(JsonObject{{"generation", static_cast<std::int64_t>(generation_)}});
    record(audit::Event(audit::EventKind::permit_revoked)
               .detail("generation", static_cast<std::int64_t>(generation_)));
    return generation_;
}

}  // namespace hs::gate
