// Exceptions: asked for by one person, granted by others as far as policy wants it, listed,
// revoked.

#include <fmt/format.h>

#include "gate/policy_desk.h"
#include "policy/canonical_time.h"
#include "policy/explain.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t reason_bytes_max = 2000;
// A consent to an exception waits this long for the others that it takes.
constexpr std::int64_t consent_life_ms = std::int64_t{14} * 86'400'000;

std::string id_of(base::Random& random) {
    std::array<std::uint8_t, 4> bytes{};
    random.fill(bytes);
    return "exc-" + base::to_hex(bytes);
}

std::string key_of(const policy::Exception& exception) {
    return "policy.exception." + exception.lifts;
}

Json shown(const policy::Exception& exception) {
    Json effects{wire::JsonArray{}};
    for (const policy::Effect effect : exception.effects) effects.push(policy::name_of(effect));
    return JsonObject{{"id", exception.id},
                      {"lifts", exception.lifts},
                      {"effects", std::move(effects)},
                      {"target", exception.target},
                      {"space", exception.space},
                      {"project", exception.project},
                      {"person", exception.person},
                      {"owner", exception.owner},
                      {"reason", exception.reason},
                      {"approver", exception.approver},
                      {"until", base::format_time(exception.until_ms)}};
}

audit::Event event_for(const ExceptionRequest& request, const std::string& person,
                       std::string_view outcome) {
    audit::Event event(audit::EventKind::policy_change);
    event.set(audit::Field::person, person)
        .set(audit::Field::id, request.exception.id)
        .set(audit::Field::outcome, outcome)
        .set(audit::Field::reason, request.exception.reason)
        .detail("exception", shown(request.exception))
        .detail("requester", request.requester)
        .detail("wanted", request.wanted);
    return event;
}

// The names of those whose consent counts, "token bob, token eve".
std::string approvers_of(const ExceptionRequest& request) {
    std::string names;
    for (const policy::Consent& consent : request.consents) {
        names += (names.empty() ? "" : ", ") + consent.person;
    }
    return names;
}

std::string takes(const policy::Decision& decision, const std::string& requester) {
    std::string text;
    for (const policy::ApprovalRequirement& requirement : decision.requirements) {
        text += (text.empty() ? "" : ", and ") + policy::describe(requirement, requester);
    }
    return text.empty() ? "somebody who may approve" : text;
}

// Without any consent: what it takes to grant what this requester asks for.
policy::Decision undecided(Judge& judge, const policy::Question& asked) {
    policy::Question question = asked;
    question.consents.clear();
    return judge.decide_now(question);
}

}  // namespace

// A duration from now, a time or a day.
Result<base::WallTime_ms> PolicyDesk::until_of(const Json& arguments,
                                               std::string_view otherwise) const {
    const std::string text = TRY(wire::text_at_or(arguments, "until", otherwise));
    if (const auto duration_ms = policy::parse_duration_ms(text)) {
        return parts_.clock.wall_ms() + *duration_ms;
    }
    const auto time_ms = policy::parse_time(text);
    if (!time_ms || *time_ms <= parts_.clock.wall_ms()) {
        return fail(Code::invalid_input,
                    fmt::format("\"{}\": expected an end to come, such as 7d, 12h, 2027-01-31 or "
                                "2027-01-31T12:00:00Z",
                                text));
    }
    return *time_ms;
}

// {words | recorded, because, until, owner?, target?, project}
PolicyDesk::Answer PolicyDesk::request_exception(const Sender& sender, const Json& arguments) {
    Wanted asked = TRY(wanted(sender, arguments));
    const policy::Decision decision = parts_.judge.decide_now(asked.question);
    if (decision.outcome != policy::Outcome::deny) {
        return fail(Code::conflict,
                    fmt::format("no exception is needed: {}", policy::summary(decision)));
    }
    const auto names = policy::lifting_exceptions(decision);
    if (decision.why != policy::Why::forbidden || names.empty()) {
        return fail(Code::denied, fmt::format("no exception lifts this ({}). What would: {}",
                                              policy::summary(decision),
                                              policy::smallest_change(decision, asked.question)));
    }
    ExceptionRequest request;
    request.requester = sender.name;
    request.wanted = asked.words;
    request.requested_ms = parts_.clock.wall_ms();
    policy::Exception& exception = request.exception;
    exception.id = id_of(parts_.random);
    exception.lifts = names.front();
    exception.effects = {asked.question.effect};
    exception.target =
        TRY(wire::text_at_or(arguments, "target", policy::target_text(asked.question.target)));
    exception.space = asked.question.space;
    if (asked.question.project.name != "none") exception.project = asked.question.project.name;
    exception.person = asked.question.person;
    exception.owner = TRY(wire::text_at_or(arguments, "owner", sender.name));
    exception.reason = TRY(wire::text_at(arguments, "because"));
    if (exception.reason.empty() || exception.reason.size() > reason_bytes_max) {
        return fail(Code::invalid_input, "a justification is needed: --because TEXT");
    }
    exception.until_ms = TRY(until_of(arguments, "7d"));
    if (exception.until_ms - request.requested_ms > policy::ExceptionTable::longest_ms) {
        return fail(Code::invalid_input, "an exception ends within a year: --until 90d");
    }
    policy::Question tried = asked.question;
    tried.exceptions = {exception.lifts};
    policy::QuestionScratch scratch;
    const auto then = policy::decide(parts_.judge.current(), tried, scratch);
    const auto needed = undecided(
        parts_.judge,
        parts_.questions.ask_change(sender.name, request.requester, key_of(exception), true));
    TRY(change(event_for(request, sender.name, "requested"), [&] { return book_.put(request); }));
    Json json = shown(exception);
    json["status"] = "open";
    json["then"] = policy::outcome_name(then.outcome);
    json["then_reason"] = policy::reason(then);
    json["takes"] =
        needed.outcome == policy::Outcome::allow ? "nobody else" : takes(needed, request.requester);
    return json;
}

// Whoever sits here, or whoever the token belongs to.
Result<std::string> PolicyDesk::grantor(const Sender& sender, const Json& arguments) const {
    const std::string token = TRY(wire::text_at_or(arguments, "token", ""));
    if (token.empty()) return sender.name;
    return "token " + TRY(parts_.token_name(token));
}

// {id, token?}. Policy decides whether this person's consent, with those before it, suffices.
PolicyDesk::Answer PolicyDesk::grant_exception(const Sender& sender, const Json& arguments) {
    const std::string id = TRY(wire::text_at(arguments, "id"));
    const ExceptionRequest* held = book_.find(id);
    if (held == nullptr || held->status != RequestStatus::open) {
        return fail(Code::not_found, fmt::format("there is no open request {}; see: hardshell "
                                                 "policy exception list",
                                                 id));
    }
    const std::string person = TRY(grantor(sender, arguments));
    ExceptionRequest request = *held;
    const base::WallTime_ms now_ms = parts_.clock.wall_ms();
    if (request.exception.until_ms <= now_ms) {
        return fail(Code::conflict, "the end that was asked for has passed; ask for it anew");
    }
    policy::Question question =
        parts_.questions.ask_change(person, request.requester, key_of(request.exception), true);
    const policy::Decision needed = undecided(parts_.judge, question);
    if (needed.outcome == policy::Outcome::allow) return put_in_force(std::move(request), person);
    const auto roles = parts_.governance.roles_of(person);
    if (needed.outcome == policy::Outcome::deny ||
        !policy::may_approve(needed.requirements, question, person, roles)) {
        return fail(Code::denied,
                    fmt::format("{} may not grant what {} asks for: it takes {}", person,
                                request.requester, takes(needed, request.requester)));
    }
    const auto is_same = [&](const policy::Consent& c) { return c.person == person; };
    std::erase_if(request.consents, is_same);
    request.consents.push_back({person, roles, now_ms, now_ms + consent_life_ms, "exception"});
    question.consents = request.consents;
    const policy::Decision decision = parts_.judge.decide_now(question);
    return consent_to(std::move(request), decision, question, person);
}

PolicyDesk::Answer PolicyDesk::consent_to(ExceptionRequest request,
                                          const policy::Decision& decision,
                                          const policy::Question& question,
                                          const std::string& person) {
    if (decision.outcome == policy::Outcome::allow) {
        return put_in_force(std::move(request), person);
    }
    TRY(change(event_for(request, person, "consent"), [&] { return book_.put(request); }));
    std::string missing;
    for (const policy::ApprovalRequirement& requirement : decision.requirements) {
        const std::uint32_t given = policy::count_for(requirement, question);
        if (given >= requirement.quorum) continue;
        missing +=
            fmt::format("{}{} of {} given, it takes {}", missing.empty() ? "" : ", and ", given,
                        requirement.quorum, policy::describe(requirement, request.requester));
    }
    Json json = shown(request.exception);
    json["status"] = "open";
    json["missing"] = missing;
    return json;
}

PolicyDesk::Answer PolicyDesk::put_in_force(ExceptionRequest request, const std::string& person) {
    policy::Exception& exception = request.exception;
    request.status = RequestStatus::granted;
    const std::string approvers = approvers_of(request);
    exception.approver = approvers.empty() ? person : approvers;
    exception.alone = exception.approver == exception.owner;
    exception.from_ms = parts_.clock.wall_ms();
    auto all = TRY(parts_.judge.own_exceptions());
    // What has ended makes room.
    std::erase_if(
        all, [&](const policy::Exception& other) { return other.until_ms <= exception.from_ms; });
    all.push_back(exception);
    TRY(change(event_for(request, person, "granted"), [&]() -> Result<> {
        TRY(parts_.judge.set_exceptions(all));
        return book_.put(request);
    }));
    parts_.keeper.revoke_all();
    Json json = shown(exception);
    json["status"] = "granted";
    return json;
}

PolicyDesk::Answer PolicyDesk::list_exceptions(const Sender&, const Json&) {
    Json requests{wire::JsonArray{}};
    for (const ExceptionRequest& request : book_.all()) {
        if (request.status != RequestStatus::open) continue;
        Json item = shown(request.exception);
        item["requester"] = request.requester;
        item["wanted"] = request.wanted;
        item["status"] = "open";
        item["consents"] = approvers_of(request);
        requests.push(std::move(item));
    }
    Json exceptions{wire::JsonArray{}};
    for (const policy::Exception& exception : parts_.judge.current()->exceptions.all()) {
        Json item = shown(exception);
        const bool has_ended = exception.until_ms <= parts_.clock.wall_ms();
        item["status"] = has_ended ? "ended" : "in force";
        exceptions.push(std::move(item));
    }
    return Json(
        JsonObject{{"requests", std::move(requests)}, {"exceptions", std::move(exceptions)}});
}

// Taking back is always free: it only makes policy stricter.
PolicyDesk::Answer PolicyDesk::revoke_exception(const Sender& sender, const Json& arguments) {
    const std::string id = TRY(wire::text_at(arguments, "id"));
    auto all = TRY(parts_.judge.own_exceptions());
    const bool was_in_force = std::erase_if(all, [&](const policy::Exception& exception) {
                                  return exception.id == id;
                              }) > 0;
    const ExceptionRequest* held = book_.find(id);
    const bool is_known = held != nullptr && held->status != RequestStatus::withdrawn;
    if (!was_in_force && !is_known) {
        return fail(Code::not_found,
                    fmt::format("there is no exception or request {} to revoke; see: hardshell "
                                "policy exception list",
                                id));
    }
    audit::Event event(audit::EventKind::policy_change);
    event.set(audit::Field::person, sender.name)
        .set(audit::Field::id, id)
        .set(audit::Field::outcome, was_in_force ? "revoked" : "withdrawn");
    TRY(change(std::move(event), [&]() -> Result<> {
        if (was_in_force) TRY(parts_.judge.set_exceptions(all));
        if (!is_known) return {};
        ExceptionRequest request = *held;
        request.status = RequestStatus::withdrawn;
        return book_.put(std::move(request));
    }));
    if (was_in_force) parts_.keeper.revoke_all();
    return Json(JsonObject{{"id", id}, {"status", was_in_force ? "revoked" : "withdrawn"}});
}

}  // namespace hs::gate
