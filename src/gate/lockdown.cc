#include "gate/lockdown.h"

#include <fmt/format.h>

#include "os/file.h"
#include "policy/approvers.h"
#include "policy/explain.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::size_t file_bytes_max = std::size_t{256} << 10U;
constexpr std::string_view setting = "lockdown";

audit::Event event_for(const std::string& person, const std::string& reason,
                       std::string_view outcome) {
    audit::Event event(audit::EventKind::lockdown);
    event.set(audit::Field::person, person)
        .set(audit::Field::outcome, outcome)
        .set(audit::Field::reason, reason);
    return event;
}

Result<std::string> reason_of(const Json& arguments) {
    std::string reason = TRY(wire::text_at(arguments, "reason"));
    if (reason.empty() || reason.size() > LockdownDesk::reason_bytes_max) {
        return fail(Code::invalid_input, "a reason is needed, for the record: --reason TEXT");
    }
    return reason;
}

}  // namespace

std::string LockdownState::text() const {
    JsonArray given;
    for (const auto& one : consents) {
        given.push_back(JsonObject{{"person", one.person}, {"at_ms", one.at_ms}});
    }
    return wire::canonical_json(JsonObject{{"person", person},
                                           {"reason", reason},
                                           {"since_ms", since_ms},
                                           {"consents", std::move(given)}});
}

Result<LockdownState> parse_lockdown(std::string_view text) {
    const Json json = TRY(wire::parse_json(text));
    LockdownState state;
    state.person = TRY(wire::text_at(json, "person"));
    state.reason = TRY(wire::text_at(json, "reason"));
    state.since_ms = TRY(wire::integer_at(json, "since_ms"));
    for (const Json& item : *TRY(wire::array_at(json, "consents"))) {
        state.consents.push_back(
            {TRY(wire::text_at(item, "person")), TRY(wire::integer_at(item, "at_ms"))});
    }
    return state;
}

std::optional<LockdownState> load_lockdown(const std::string& path) {
    const auto text = os::read_text(path, file_bytes_max);
    if (!text && text.error().code == Code::not_found) return std::nullopt;
    auto state = text ? parse_lockdown(*text) : Result<LockdownState>(text.failure());
    if (state) return std::move(*state);
    LockdownState unknown;
    unknown.person = "nobody known";
    unknown.reason = "the lockdown's file cannot be read: " + state.error().what;
    return unknown;
}

LockdownDesk::LockdownDesk(Parts parts)
    : parts_(std::move(parts)), state_(load_lockdown(parts_.path)) {
    on_ = state_.has_value();
    parts_.questions.set_lockdown(on_);
}

void LockdownDesk::add_verbs() {
    using Access = Keeper::Access;
    parts_.keeper.add_verb(
        "lockdown.on", Access::person_only,
        [this](const Sender& sender, const Json& arguments) { return begin(sender, arguments); });
    parts_.keeper.add_verb(
        "lockdown.lift", Access::person_only,
        [this](const Sender& sender, const Json& arguments) { return lift(sender, arguments); });
    parts_.keeper.add_verb("lockdown.status", Access::daemon_or_person,
                           [this](const Sender&, const Json&) -> Result<Json> { return status(); });
}

// Voiding comes first: what is being decided in this very moment must not act any more. The record
// and the file follow before the answer; if either fails, everything is stopped all the same.
Result<Json> LockdownDesk::begin(const Sender& sender, const Json& arguments) {
    const std::string reason = TRY(reason_of(arguments));
    if (on_ && state_) {
        return fail(Code::conflict,
                    fmt::format("the lockdown is on already, since {}, by {}",
                                base::format_time(state_->since_ms), state_->person));
    }
    state_ = LockdownState{sender.name, reason, parts_.clock.wall_ms(), {}};
    on_ = true;
    begun_ = std::chrono::steady_clock::now();
    parts_.questions.set_lockdown(true);
    parts_.keeper.revoke_all();
    parts_.stop_all();
    for (const auto& listener : listeners_) listener();
    const auto kept = os::write_file_atomic(parts_.path, base::bytes_of(state_->text()));
    const auto recorded = parts_.log.append_and_wait(event_for(sender.name, reason, "on"));
    parts_.keeper.tell_daemon(JsonObject{{"lockdown", true}});
    TRY(kept);
    TRY(recorded);
    return status();
}

// {reason, token?}. Policy decides whether this person's word, with those before it, suffices.
Result<Json> LockdownDesk::lift(const Sender& sender, const Json& arguments) {
    if (!state_) return fail(Code::conflict, "no lockdown is on");
    const std::string reason = TRY(reason_of(arguments));
    const std::string token = TRY(wire::text_at_or(arguments, "token", ""));
    const std::string person =
        token.empty() ? sender.name : "token " + TRY(parts_.token_name(token));
    policy::Question question = parts_.questions.ask_change(person, state_->person, setting, true);
    question.exceptions = parts_.judge.current()->exceptions.in_force(question);
    const policy::Decision needed = parts_.judge.decide_now(question);
    if (needed.outcome == policy::Outcome::allow) return end(person, reason);
    const bool counts = needed.outcome == policy::Outcome::ask &&
                        policy::may_approve(needed.requirements, question, person,
                                            parts_.governance.roles_of(person));
    if (counts) return consent_to(person, reason);
    parts_.keeper.record(event_for(person, reason, "refused"));
    return fail(Code::denied,
                fmt::format("{} may not lift the lockdown: {}. It takes: {}", person,
                            policy::reason(needed), policy::smallest_change(needed, question)));
}

Result<Json> LockdownDesk::consent_to(const std::string& person, const std::string& reason) {
    const base::WallTime_ms now_ms = parts_.clock.wall_ms();
    LockdownState next = *state_;
    std::erase_if(next.consents, [&](const LiftConsent& one) {
        return one.person == person || one.at_ms + consent_life_ms <= now_ms;
    });
    next.consents.push_back({person, now_ms});
    policy::Question question = parts_.questions.ask_change(person, state_->person, setting, true);
    for (const LiftConsent& one : next.consents) {
        question.consents.push_back({one.person, parts_.governance.roles_of(one.person), one.at_ms,
                                     one.at_ms + consent_life_ms, "lift"});
    }
    const policy::Decision decision = parts_.judge.decide_now(question);
    if (decision.outcome == policy::Outcome::allow) return end(person, reason);
    TRY(parts_.log.append_and_wait(event_for(person, reason, "consent")));
    TRY(os::write_file_atomic(parts_.path, base::bytes_of(next.text())));
    state_ = std::move(next);
    Json json = status();
    std::string missing;
    for (const auto& requirement : decision.requirements) {
        const std::uint32_t given = policy::count_for(requirement, question);
        if (given >= requirement.quorum) continue;
        missing +=
            fmt::format("{}{} of {} given, it takes {}", missing.empty() ? "" : ", and ", given,
                        requirement.quorum, policy::describe(requirement, state_->person));
    }
    json["missing"] = missing;
    return json;
}

// On record before it counts; every Permit of before stays void.
Result<Json> LockdownDesk::end(const std::string& person, const std::string& reason) {
    audit::Event event = event_for(person, reason, "lifted");
    event.detail("begun_by", state_->person)
        .detail("begun", base::format_time(state_->since_ms))
        .detail("because", state_->reason);
    JsonArray consents;
    for (const LiftConsent& one : state_->consents) consents.emplace_back(one.person);
    event.detail("consents", std::move(consents));
    TRY(parts_.log.append_and_wait(event));
    TRY(os::remove_file(parts_.path));
    state_.reset();
    on_ = false;
    begun_.reset();
    parts_.questions.set_lockdown(false);
    parts_.keeper.revoke_all();
    parts_.keeper.tell_daemon(JsonObject{{"lockdown", false}});
    return status();
}

Json LockdownDesk::status() const {
    if (!state_) return JsonObject{{"lockdown", false}};
    Json json = JsonObject{{"lockdown", true},
                           {"by", state_->person},
                           {"reason", state_->reason},
                           {"since", base::format_time(state_->since_ms)}};
    JsonArray consents;
    for (const LiftConsent& one : state_->consents) consents.emplace_back(one.person);
    json["consents"] = std::move(consents);
    return json;
}

}  // namespace hs::gate
