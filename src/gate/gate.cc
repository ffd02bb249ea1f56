#include "gate/gate.h"

#include <fmt/format.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "gate/frames.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::int64_t answer_patience_ms = 30'000;
constexpr std::size_t questions_max = 1024;

base::ByteView view_of(const std::string& text) {
    return base::bytes_of(text);
}

Code code_from(std::string_view name) {
    for (const Code code : {Code::invalid_input, Code::not_found, Code::denied, Code::conflict,
                            Code::exhausted, Code::timed_out, Code::cancelled, Code::corrupt}) {
        if (base::code_name(code) == name) return code;
    }
    return Code::io;
}

}  // namespace

// What one caller waits on. It lives on the caller's stack; the reader fills it under the lock.
struct Gate::Waiting {
    bool done = false;
    Result<Json> answer = fail(Code::io, "no answer");
    std::condition_variable ready;
};

// One connection to one keeper process. A dead one answers every question with a failure.
struct Gate::Link {
    explicit Link(os::Fd socket, os::WakeUp stopping)
        : channel(std::move(socket)), stop(std::move(stopping)) {}
    os::Channel channel;
    os::WakeUp stop;
    std::mutex mutex;  // guards all below
    bool dead = false;
    std::uint64_t next_id = 1;
    std::map<std::uint64_t, Waiting*> waiting;
    std::map<std::string, std::string> answered;  // approval → outcome, until somebody took it
    std::condition_variable news;
    std::jthread reader;

    void die() {
        const std::scoped_lock lock(mutex);
        dead = true;
        for (auto& [id, caller] : waiting) {
            caller->done = true;
            caller->answer =
                fail(Code::io, "the keeper process ended; nothing was done, ask again");
            caller->ready.notify_all();
        }
        waiting.clear();
        news.notify_all();
    }
};

Gate::Gate(os::Fd keeper, const base::Clock& clock) : clock_(clock) {
    reconnect(std::move(keeper));
}

Gate::~Gate() {
    if (const auto held = link()) held->stop.raise();
    link_.with([](auto& held) { held.reset(); });
}

std::shared_ptr<Gate::Link> Gate::link() {
    return link_.with([](auto& held) { return held; });
}

void Gate::reconnect(os::Fd keeper) {
    auto stop = os::WakeUp::make();
    CHECK(stop.ok());
    auto fresh = std::make_shared<Link>(std::move(keeper), std::move(*stop));
    fresh->reader = std::jthread([this, raw = fresh.get()] { read_frames(raw); });
    const auto old = link_.with([&](auto& held) { return std::exchange(held, fresh); });
    if (!old) return;
    revocation_->generation.store(0);  // no Permit of the old keeper holds any more
    old->stop.raise();
    if (old->reader.joinable()) old->reader.join();
}

void Gate::read_frames(Link* link) {
    for (;;) {
        auto frame = link->channel.receive(os::Deadline::never(), &link->stop);
        if (!frame) break;
        auto payload = wire::parse_json(base::text_of(frame->payload));
        if (!payload) break;
        if (frame->kind == static_cast<std::uint16_t>(FrameKind::news)) {
            notice(*link, *payload);
            continue;
        }
        const std::scoped_lock lock(link->mutex);
        const auto found = link->waiting.find(frame->id);
        if (found == link->waiting.end()) continue;
        Waiting& caller = *found->second;
        if (frame->kind == static_cast<std::uint16_t>(FrameKind::answer)) {
            caller.answer = std::move(*payload);
        } else {
            caller.answer = fail(code_from(wire::text_at_or(*payload, "code", "").value()),
                                 wire::text_at_or(*payload, "what", "refused").value());
        }
        caller.done = true;
        link->waiting.erase(found);
        caller.ready.notify_all();
    }
    link->die();
}

void Gate::notice(Link& link, const Json& news) {
    if (const Json* generation = news.find("generation"); generation && generation->integer()) {
        revocation_->generation.store(static_cast<std::uint64_t>(*generation->integer()));
    }
    const auto approval = wire::text_at_or(news, "approval", "");
    const auto outcome = wire::text_at_or(news, "outcome", "");
    if (!approval || !outcome || approval->empty()) return;
    {
        const std::scoped_lock lock(link.mutex);
        if (link.answered.size() < questions_max) link.answered[*approval] = *outcome;
        link.news.notify_all();
    }
    const auto listeners = listeners_.with([](auto& held) { return held; });
    for (const auto& listener : listeners) listener(*approval, *outcome);
}

Result<Json> Gate::exchange(std::uint16_t kind, const Json& payload) {
    const auto held = link();
    Waiting caller;
    std::unique_lock lock(held->mutex);
    if (held->dead) return fail(Code::io, "the keeper process is not running; nothing was done");
    if (held->waiting.size() >= questions_max) {
        return fail(Code::exhausted, "too many requests at once; try again in a moment");
    }
    const std::uint64_t id = held->next_id++;
    held->waiting[id] = &caller;
    lock.unlock();
    const std::string text = wire::canonical_json(payload);
    auto sent = held->channel.send(id, kind, view_of(text));
    lock.lock();
    if (!sent) {
        held->waiting.erase(id);
        return std::move(sent).failure();
    }
    const auto until = os::Deadline::after_ms(answer_patience_ms).at();
    if (!caller.ready.wait_until(lock, until, [&] { return caller.done; })) {
        held->waiting.erase(id);
        return fail(Code::timed_out, "the keeper did not answer in time; nothing was done");
    }
    return std::move(caller.answer);
}

Result<Json> Gate::decide(const Action& action, const Circumstances& circumstances,
                          const std::string& approval) {
    Json payload;
    payload["action"] = to_json(action);
    payload["circumstances"] = to_json(circumstances);
    if (!approval.empty()) payload["approval"] = approval;
    return exchange(static_cast<std::uint16_t>(FrameKind::decide), payload);
}

Result<std::string> Gate::await_answer(const std::string& approval, os::Deadline deadline,
                                       const os::WakeUp* wake_up) {
    const auto held = link();
    std::unique_lock lock(held->mutex);
    for (;;) {
        const auto found = held->answered.find(approval);
        if (found != held->answered.end()) {
            std::string outcome = std::move(found->second);
            held->answered.erase(found);
            return outcome;
        }
        if (held->dead)
            return fail(Code::io, "the keeper process ended while an approval was open");
        if (wake_up != nullptr && wake_up->raised()) {
            return fail(Code::cancelled, "stopped while an approval was open");
        }
        if (deadline.passed()) return fail(Code::timed_out, "nobody answered in time");
        // A wake-up is a descriptor and not a condition, so it is looked at ten times a second.
        const auto tick = os::Deadline::after_ms(100).earlier(deadline);
        held->news.wait_until(lock, tick.at());
    }
}

Result<> Gate::withdraw(const std::string& approval) {
    Json arguments;
    arguments["approval"] = approval;
    TRY(question("approvals.withdraw", std::move(arguments)));
    return {};
}

Result<> Gate::report(const std::string& decision, std::string_view outcome, Json details) {
    Json fields;
    fields["decision"] = decision;
    fields["outcome"] = outcome;
    fields["details"] = std::move(details);
    return record("effect.ended", std::move(fields), Durable::later);
}

Result<> Gate::record(std::string_view kind, Json fields, Durable durable) {
    Json payload;
    payload["kind"] = kind;
    payload["fields"] = std::move(fields);
    payload["durable"] = durable == Durable::before_return;
    if (durable == Durable::before_return) {
        TRY(exchange(static_cast<std::uint16_t>(FrameKind::record), payload));
        return {};
    }
    const std::string text = wire::canonical_json(payload);
    return link()->channel.send(0, static_cast<std::uint16_t>(FrameKind::record), view_of(text));
}

Result<Json> Gate::question(std::string_view verb, Json arguments) {
    Json payload;
    payload["verb"] = verb;
    payload["arguments"] = std::move(arguments);
    return exchange(static_cast<std::uint16_t>(FrameKind::question), payload);
}

void Gate::on_answered(Answered answered) {
    listeners_.with([&](auto& held) { held.push_back(std::move(answered)); });
}

Result<Pending> Gate::pending_from(const Json& answer) {
    Pending pending;
    pending.approval = TRY(wire::text_at(answer, "approval"));
    pending.decision = TRY(wire::text_at(answer, "decision"));
    pending.card = TRY(wire::text_at(answer, "card"));
    pending.expiry_ms = TRY(wire::integer_at(answer, "expiry_ms"));
    return pending;
}

Result<Obligations> Gate::obligations_from(const Json& answer) {
    Obligations obligations;
    obligations.sandbox = TRY(wire::text_at_or(answer, "sandbox", ""));
    obligations.log = TRY(wire::text_at_or(answer, "log", "summary"));
    if (answer.find("redact") == nullptr) return obligations;
    for (const Json& item : *TRY(wire::array_at(answer, "redact"))) {
        if (item.text() == nullptr) return fail(Code::corrupt, "\"redact\" must hold strings");
        obligations.redact.push_back(*item.text());
    }
    return obligations;
}

}  // namespace hs::gate
