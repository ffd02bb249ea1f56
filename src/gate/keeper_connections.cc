// The keeper's word on the connections of sandboxes: egress asks for each of them, as the sandbox
// that it comes from, and within what policy obliged the run to.

#include <fmt/format.h>

#include "base/bytes.h"
#include "gate/keeper.h"
#include "policy/decide.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;
using Ask = ConnectionAsk;
using Answer = ConnectionAnswer;

constexpr std::size_t sandboxes_max = 1024;
// Permits that were never used leave nothing behind for longer than this.
constexpr base::WallTime_ms unused_ms = 10 * 60'000;
// How long an answer holds without a new question: a connection to a host, one more look at a page.
// What a person consented to lasts for the connections to that host, or for one push. Everything
// that changes or sends is asked for each time.
constexpr base::WallTime_ms allowed_ms = 60'000;
constexpr base::WallTime_ms consented_ms = 15 * 60'000;
constexpr base::WallTime_ms envelope_ms = 60'000;

std::string outside_of_run(const Ask& ask) {
    return fmt::format("{}:{} is outside of what this run was permitted to connect to", ask.host,
                       ask.port);
}

// A push is one thing for a person, although git asks twice: for the references, then with the
// objects.
std::string consented_target(const Ask& ask) {
    constexpr std::string_view references = "/info/refs?service=git-receive-pack";
    if (!ask.target.ends_with(references)) return ask.target;
    return ask.target.substr(0, ask.target.size() - references.size()) + "/git-receive-pack";
}

bool is_push(const Ask& ask) {
    return consented_target(ask).ends_with("/git-receive-pack");
}

SendHttp http_of(const Ask& ask) {
    SendHttp action;
    const bool push = is_push(ask);
    action.method = push ? "POST" : ask.method;
    action.scheme = ask.is_tls ? "https" : "http";
    action.host = ask.host;
    action.port = ask.port;
    action.target = push ? consented_target(ask) : ask.target;
    action.content_type = push ? "application/x-git-receive-pack-request" : ask.content_type;
    // What is pushed streams by; its size differs between the two requests of one push.
    if (push) return action;
    action.body_sha256 = ask.body_sha256;
    action.body_bytes = static_cast<std::uint64_t>(ask.body_bytes);
    action.operation = ask.operation;
    return action;
}

Answer denial(std::string decision, std::string reason) {
    Answer answer;
    answer.decision = std::move(decision);
    answer.reason = std::move(reason);
    return answer;
}

}  // namespace

void Keeper::note_sandbox(const Decision& decision, const policy::Profile& profile,
                          const crypto::TicketNonce& nonce, std::string authority) {
    const base::WallTime_ms now_ms = parts_.clock.wall_ms();
    std::erase_if(sandboxes_, [&](const auto& item) {
        return !item.second.is_open && item.second.noted_ms + unused_ms < now_ms;
    });
    if (sandboxes_.size() >= sandboxes_max) return;  // it will find no way out, and be told so
    Sandbox sandbox;
    sandbox.nonce = base::to_hex(nonce);
    sandbox.authority = std::move(authority);
    sandbox.circumstances = decision.circumstances;
    sandbox.circumstances.call = decision.id;
    // What runs inside was started by a person and is not the person.
    if (sandbox.circumstances.agent.empty()) sandbox.circumstances.agent = "sandbox";
    sandbox.program = decision.asked.resolved_executable;
    sandbox.limits.open_max = profile.connections.open;
    sandbox.limits.sent_bytes_max = profile.connections.sent_mb << 20U;
    sandbox.limits.received_bytes_max = profile.connections.received_mb << 20U;
    sandbox.inspects_all = profile.connections.inspect == policy::Inspect::always;
    sandbox.egress = decision.judgement.egress;
    sandbox.inspect = decision.judgement.inspect;
    sandbox.noted_ms = now_ms;
    sandboxes_[decision.id] = std::move(sandbox);
}

Result<SandboxOrder> Keeper::open_sandbox(base::ByteView nonce) {
    const std::string wanted = base::to_hex(nonce);
    for (auto& [id, sandbox] : sandboxes_) {
        if (sandbox.nonce != wanted) continue;
        if (sandbox.is_open) return fail(Code::conflict, "this sandbox is open already");
        sandbox.is_open = true;
        return SandboxOrder{id, wanted, sandbox.authority, sandbox.program, sandbox.limits};
    }
    return fail(Code::not_found, "no run with a network was permitted under this ticket");
}

std::string Keeper::program_of(base::ByteView nonce) const {
    const std::string wanted = base::to_hex(nonce);
    for (const auto& [id, sandbox] : sandboxes_) {
        if (sandbox.nonce == wanted && sandbox.is_open) return sandbox.program;
    }
    return {};
}

std::string Keeper::close_sandbox(base::ByteView nonce) {
    const std::string wanted = base::to_hex(nonce);
    for (auto at = sandboxes_.begin(); at != sandboxes_.end(); ++at) {
        if (at->second.nonce != wanted) continue;
        std::string id = at->first;
        sandboxes_.erase(at);
        return id;
    }
    return {};
}

void Keeper::note_sent(const std::string& sandbox, std::int64_t bytes) {
    const auto found = sandboxes_.find(sandbox);
    if (found == sandboxes_.end() || bytes < 0) return;
    counters_[found->second.circumstances.session].sent_bytes += bytes;
}

void Keeper::handle_connection(const Sender& egress, const os::Frame& frame) {
    const auto payload = wire::parse_json(base::text_of(frame.payload));
    Result<> done = payload ? Result<>() : Result<>(payload.failure());
    if (payload) done = decide_connection(egress, frame.id, *payload);
    if (!done) send_failure(egress, frame.id, done.error());
}

Result<> Keeper::decide_connection(const Sender& egress, std::uint64_t id, const Json& payload) {
    const Ask ask = TRY(connection_ask_from_json(payload));
    const auto found = sandboxes_.find(ask.sandbox);
    if (found == sandboxes_.end() || !found->second.is_open) {
        return fail(Code::not_found, "the sandbox has ended");
    }
    Sandbox& sandbox = found->second;
    Decision decision;
    decision.id = base::make_id(parts_.clock, parts_.random);
    decision.circumstances = sandbox.circumstances;
    Answer answer;
    switch (ask.kind) {
        case Ask::Kind::open:
            answer = TRY(decide_open(decision, ask, sandbox));
            break;
        case Ask::Kind::addresses:
            answer = TRY(decide_addresses(decision, ask));
            break;
        case Ask::Kind::request:
            answer = TRY(decide_request(decision, ask, sandbox));
            break;
    }
    // Nothing happens by looking into a connection or by knowing addresses: what is asked for then
    // is decided and recorded by itself.
    const bool no_effect =
        answer.outcome == Answer::Outcome::inspect ||
        (ask.kind == Ask::Kind::addresses && answer.outcome != Answer::Outcome::deny);
    if (no_effect) {
        send_answer(egress, id, to_json(answer));
        return {};
    }
    Json told;
    told["outcome"] = answer.outcome == Answer::Outcome::ask    ? "ask"
                      : answer.outcome == Answer::Outcome::deny ? "deny"
                                                                : "allow";
    if (!answer.approval.empty()) told["approval"] = answer.approval;
    told["expiry_ms"] = answer.expiry_ms;
    audit::Event event = TRY(event_of(decision, told));
    event.set(audit::Field::reason, answer.reason);
    event.detail("run", ask.sandbox);
    return send_when_durable(egress, id, std::move(event), to_json(answer));
}

Result<> Keeper::judge_connection(Decision& decision, Action action, const std::string& approval) {
    decision.asked = TRY(parts_.questions.ask(std::move(action), decision.circumstances));
    policy::Question& question = decision.asked.question;
    question.now_ms = parts_.clock.wall_ms();
    question.session = counters_[decision.circumstances.session];
    decision.approval.clear();
    if (!approval.empty()) TRY(decide_claim(decision, approval));
    decision.judgement = parts_.judge.decide(question, decision.id);
    hold_to_manifest(decision);
    return {};
}

// The common end of a connection's and a request's decision.
Result<Answer> Keeper::settle_connection(Decision& decision, Answer::Outcome allowed,
                                         base::WallTime_ms holds_ms) {
    const Judgement& judgement = decision.judgement;
    policy::SessionCounters& counters = counters_[decision.circumstances.session];
    ++counters.calls;
    const base::WallTime_ms now_ms = parts_.clock.wall_ms();
    if (judgement.outcome == Judgement::Outcome::allow) {
        const bool consented = !decision.approval.empty();
        if (consented && !decision.claimed)
            TRY(book_.claim(decision.approval, decision.asked.digest, now_ms));
        Answer answer;
        answer.outcome = allowed;
        answer.decision = decision.id;
        answer.expiry_ms = now_ms + std::min(holds_ms, judgement.ttl_ms.value_or(holds_ms));
        return answer;
    }
    if (judgement.outcome == Judgement::Outcome::deny || !decision.approval.empty()) {
        ++counters.denied;
        return denial(decision.id, judgement.reason);
    }
    Answer answer;
    answer.outcome = Answer::Outcome::ask;
    answer.decision = decision.id;
    answer.reason = judgement.reason;
    answer.approval = pending_for(decision);
    if (answer.approval.empty()) {
        ++counters.approvals;
        answer.approval = TRY(wire::text_at(TRY(ask_person(decision)), "approval"));
    }
    answer.expiry_ms = book_.find(answer.approval)->expiry_ms;
    return answer;
}

// Ten connections to one place are one question to a person.
std::string Keeper::pending_for(const Decision& decision) const {
    for (const Approval* approval : book_.pending()) {
        if (approval->digest != decision.asked.digest) continue;
        const auto call = wire::text_at_or(approval->circumstances, "call", "");
        if (call && *call == decision.circumstances.call) return approval->id;
    }
    return {};
}

Result<Answer> Keeper::decide_open(Decision& decision, const Ask& ask, const Sandbox& sandbox) {
    TRY(judge_connection(decision, Connect{ask.host, ask.port, ask.is_tls, sandbox.program},
                         ask.approval));
    if (!policy::egress_allows(sandbox.egress, ask.host, ask.port)) {
        return denial(decision.id, outside_of_run(ask));
    }
    const bool can_inspect = ask.inside == Ask::Inside::http;
    const bool must_inspect =
        can_inspect && (sandbox.inspects_all ||
                        parts_.secret_for({ask.host, "", "", sandbox.program}).has_value() ||
                        policy::egress_names(sandbox.inspect, ask.host, ask.port));
    const bool passes = decision.judgement.outcome == Judgement::Outcome::allow;
    if (passes && !must_inspect)
        return settle_connection(decision, Answer::Outcome::tunnel,
                                 decision.approval.empty() ? allowed_ms : consented_ms);
    if (!can_inspect)
        return settle_connection(decision, Answer::Outcome::tunnel,
                                 decision.approval.empty() ? allowed_ms : consented_ms);
    // Looking into it lets policy tell reading from sending. It is worth while when reading may go.
    Decision reading;
    reading.id = decision.id;
    reading.circumstances = decision.circumstances;
    SendHttp read;
    read.method = "GET";
    read.scheme = ask.is_tls ? "https" : "http";
    read.host = ask.host;
    read.port = ask.port;
    read.target = "/";
    TRY(judge_connection(reading, read, {}));
    if (must_inspect || reading.judgement.outcome != Judgement::Outcome::deny) {
        Answer answer;
        answer.outcome = Answer::Outcome::inspect;
        answer.decision = decision.id;
        answer.expiry_ms = parts_.clock.wall_ms() + allowed_ms;
        return answer;
    }
    return settle_connection(decision, Answer::Outcome::tunnel,
                             decision.approval.empty() ? allowed_ms : consented_ms);
}

// The name was allowed; now where it leads. A public name never leads into a private network or to
// this machine: that is how a name server turns a permitted name against its user.
Result<Answer> Keeper::decide_addresses(Decision& decision, const Ask& ask) {
    SendHttp read;
    read.method = "GET";
    read.scheme = ask.is_tls ? "https" : "http";
    read.host = ask.host;
    read.port = ask.port;
    read.target = "/";
    const bool http = ask.inside == Ask::Inside::http;
    const Action action = http ? Action(read) : Action(Connect{ask.host, ask.port, ask.is_tls, ""});
    TRY(judge_connection(decision, action, {}));
    if (!decision.circumstances.skill.empty() && parts_.skills != nullptr) {
        const auto skill = parts_.skills->find(decision.circumstances.skill);
        if (!skill || !SkillBook::reaches(*skill, ask.host, ask.port)) {
            return denial(decision.id, decision.judgement.reason);
        }
    }
    policy::Question& question = decision.asked.question;
    policy::HttpAim aim;
    aim.at.host = TRY(policy::canonical_host(ask.host));
    aim.at.port = ask.port;
    aim.is_tls = ask.is_tls;
    const policy::Zones named = std::get<policy::HostTarget>(question.target).zones;
    for (const std::string& text : ask.addresses) {
        aim.address = TRY(policy::parse_address(text));
        const policy::HostTarget target = parts_.judge.tables().host(aim);
        const policy::Zones inner{policy::Zone::loopback, policy::Zone::private_};
        if (target.zones.has_any(inner) && !named.has_any(inner)) {
            return denial(decision.id,
                          fmt::format("{} leads to {}, which lies inside; a name of the outside "
                                      "must not",
                                      ask.host, text));
        }
        question.target = target;
        decision.judgement = parts_.judge.decide(question, decision.id);
        if (decision.judgement.outcome != Judgement::Outcome::deny) continue;
        return denial(decision.id,
                      fmt::format("{} leads to {}: {}", ask.host, text, decision.judgement.reason));
    }
    Answer answer;
    answer.outcome = Answer::Outcome::allow;
    answer.expiry_ms = parts_.clock.wall_ms() + allowed_ms;
    return answer;
}

// Policy's word on the secret that is bound to the host; the binding is checked again when the
// value is asked for.
std::optional<BoundSecret> Keeper::credential_for(const Decision& decision, const Ask& ask,
                                                  const Sandbox& sandbox) {
    const std::string path = ask.target.substr(0, ask.target.find('?'));
    const auto bound = parts_.secret_for({ask.host, ask.method, path, sandbox.program});
    if (!bound) return std::nullopt;
    policy::Question question = decision.asked.question;
    policy::SecretTarget target;
    target.name = bound->name;
    target.space = question.space;
    for (const auto& host : bound->hosts)
        target.audience.push_back(fmt::format("{}:{}", host, ask.port));
    target.towards = std::get<policy::HostTarget>(question.target);
    question.effect = policy::Effect::secret_use;
    question.target = std::move(target);
    question.consents.clear();
    if (!decision.circumstances.skill.empty()) {
        const auto skill = parts_.skills != nullptr
                               ? parts_.skills->find(decision.circumstances.skill)
                               : Result<skills::Loaded>(fail(Code::denied, "no skill"));
        if (!skill || !SkillBook::may_use_secret(*skill, bound->name)) return std::nullopt;
    }
    const Judgement judgement = parts_.judge.decide(question, decision.id);
    if (judgement.outcome != Judgement::Outcome::allow) return std::nullopt;
    return bound;
}

// Git asks twice for one push; the consent to it holds for both.
Result<> Keeper::judge_request(Decision& decision, const Ask& ask, const Sandbox& sandbox) {
    TRY(judge_connection(decision, http_of(ask), ask.approval));
    const bool asks = decision.judgement.outcome == Judgement::Outcome::ask;
    if (!asks || !ask.approval.empty() || !is_push(ask)) return {};
    const auto granted = sandbox.granted.find(decision.asked.digest);
    if (granted == sandbox.granted.end()) return {};
    if (granted->second.until_ms <= parts_.clock.wall_ms()) return {};
    TRY(judge_connection(decision, http_of(ask), granted->second.approval));
    decision.claimed = true;
    return {};
}

Result<Answer> Keeper::decide_request(Decision& decision, const Ask& ask, Sandbox& sandbox) {
    TRY(judge_request(decision, ask, sandbox));
    if (!policy::egress_allows(sandbox.egress, ask.host, ask.port)) {
        return denial(decision.id, outside_of_run(ask));
    }
    const bool looks = decision.asked.question.effect == policy::Effect::http_get;
    const bool holds = looks && decision.approval.empty();
    Answer answer =
        TRY(settle_connection(decision, Answer::Outcome::allow, holds ? allowed_ms : 0));
    if (answer.outcome != Answer::Outcome::allow) return answer;
    if (is_push(ask) && !decision.approval.empty()) {
        sandbox.granted[decision.asked.digest] = {decision.approval,
                                                  parts_.clock.wall_ms() + consented_ms};
    }
    SandboxRequest request;
    request.decision = decision.id;
    request.expiry_ms = parts_.clock.wall_ms() + envelope_ms;
    request.limits = sandbox.limits;
    const auto& target = std::get<policy::HostTarget>(decision.asked.question.target);
    request.is_inner = target.zones.has_any({policy::Zone::loopback, policy::Zone::private_});
    request.only_looks = looks;
    request.credential = credential_for(decision, ask, sandbox);
    answer.envelope = TRY(parts_.sandbox_envelope_for(ask, request));
    return answer;
}

}  // namespace hs::gate
