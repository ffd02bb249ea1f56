#include "gate/gate.h"

#include <fmt/format.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "gate/frames.h"
#include "os/socket.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::int64_t answer_patience_ms = 30'000;
constexpr std::size_t questions_max = 1024;
constexpr std::size_t answered_max = 1024;
constexpr std::size_t idle_lines_max = 32;

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

// Where the keeper answers one caller: a socket of its own, so that the thread that asks is the one
// that wakes. Questions go over the link's channel, in the order in which they were asked.
struct Gate::Line {
    Line(os::Fd socket, std::uint64_t given) : channel(std::move(socket)), number(given) {}
    os::Channel channel;
    const std::uint64_t number;  // in the upper half of every id
    std::uint32_t asked = 0;
};

// One connection to one keeper process. A dead one answers every question with a failure.
struct Gate::Link {
    explicit Link(os::Fd socket, os::WakeUp stopping)
        : channel(std::move(socket)), stop(std::move(stopping)) {}
    os::Channel channel;
    os::WakeUp stop;
    std::mutex mutex;  // guards all below
    bool dead = false;
    std::vector<std::unique_ptr<Line>> idle;
    std::size_t lines = 0;  // idle or in use
    std::uint64_t last_line = 0;
    std::map<std::string, std::string> answered;  // approval → outcome, until somebody took it
    std::condition_variable news;
    std::jthread reader;

    void die() {
        stop.raise();  // whoever waits on a line
        const std::scoped_lock lock(mutex);
        dead = true;
        idle.clear();
        news.notify_all();
    }

    Result<std::unique_ptr<Line>> take_line() {
        std::unique_lock lock(mutex);
        if (dead) return fail(Code::io, "the keeper process is not running; nothing was done");
        if (!idle.empty()) {
            auto line = std::move(idle.back());
            idle.pop_back();
            return line;
        }
        if (lines >= questions_max || last_line >= UINT32_MAX) {
            return fail(Code::exhausted, "too many requests at once; try again in a moment");
        }
        ++lines;
        const std::uint64_t number = ++last_line;
        lock.unlock();
        auto made = open_line(number);
        if (!made) drop();
        return made;
    }

    void give_back(std::unique_ptr<Line> line) {
        {
            const std::scoped_lock lock(mutex);
            if (!dead && idle.size() < idle_lines_max) {
                idle.push_back(std::move(line));
                return;
            }
        }
        end_line(std::move(line));
    }

    // A line whose answer may still come serves nobody else.
    void end_line(std::unique_ptr<Line> line) {
        const auto told = channel.send(line->number << line_shift,
                                       static_cast<std::uint16_t>(FrameKind::line_end), {});
        static_cast<void>(told.ok());  // a keeper that is gone has let go of it
        drop();
    }

  private:
    Result<std::unique_ptr<Line>> open_line(std::uint64_t number) {
        auto pair = TRY(os::stream_pair());
        TRY(channel.send(number << line_shift, static_cast<std::uint16_t>(FrameKind::line), {},
                         {pair.second.get()}));
        return std::make_unique<Line>(std::move(pair.first), number);
    }
    void drop() {
        const std::scoped_lock lock(mutex);
        --lines;
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
        if (frame->kind == static_cast<std::uint16_t>(FrameKind::news)) notice(*link, *payload);
    }
    link->die();
}

void Gate::notice(Link& link, const Json& news) {
    if (const Json* generation = news.find("generation"); generation && generation->integer()) {
        revocation_->generation.store(static_cast<std::uint64_t>(*generation->integer()));
    }
    if (const Json* on = news.find("lockdown"); on && on->boolean()) {
        const auto listener = locked_down_.with([](auto& held) { return held; });
        if (listener) listener(*on->boolean());
    }
    const auto others = news_listeners_.with([](auto& held) { return held; });
    for (const auto& told : others) told(news);
    const auto approval = wire::text_at_or(news, "approval", "");
    const auto outcome = wire::text_at_or(news, "outcome", "");
    if (!approval || !outcome || approval->empty()) return;
    {
        const std::scoped_lock lock(link.mutex);
        if (link.answered.size() < answered_max) link.answered[*approval] = *outcome;
        link.news.notify_all();
    }
    const auto listeners = listeners_.with([](auto& held) { return held; });
    for (const auto& listener : listeners) listener(*approval, *outcome);
}

Result<Json> Gate::exchange(std::uint16_t kind, const Json& payload) {
    const auto held = link();
    auto line = TRY(held->take_line());
    const std::uint64_t id = line->number << line_shift | ++line->asked;
    const std::string text = wire::canonical_json(payload);
    auto sent = held->channel.send(id, kind, view_of(text));
    auto frame =
        sent ? line->channel.receive(os::Deadline::after_ms(answer_patience_ms), &held->stop)
             : Result<os::Frame>(sent.failure());
    if (!frame || frame->id != id) {
        held->end_line(std::move(line));
        if (!sent) return std::move(sent).failure();
        if (!frame && frame.error().code == Code::timed_out) {
            return fail(Code::timed_out, "the keeper did not answer in time; nothing was done");
        }
        return fail(Code::io, "the keeper process ended; nothing was done, ask again");
    }
    held->give_back(std::move(line));
    Json answer = TRY(wire::parse_json(base::text_of(frame->payload)));
    if (frame->kind == static_cast<std::uint16_t>(FrameKind::answer)) return answer;
    return fail(code_from(wire::text_at_or(answer, "code", "").value()),
                wire::text_at_or(answer, "what", "refused").value());
}

Result<Json> Gate::decide(const Action& action, const Circumstances& circumstances,
                          const std::string& approval, const Json* carried) {
    Json payload;
    payload["action"] = to_json(action);
    payload["circumstances"] = to_json(circumstances);
    if (!approval.empty()) payload["approval"] = approval;
    if (carried != nullptr) payload["carried"] = *carried;
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

Result<> Gate::report(const std::string& decision, std::string_view outcome, Json details,
                      Durable durable) {
    Json fields;
    fields["decision"] = decision;
    fields["outcome"] = outcome;
    fields["details"] = std::move(details);
    return record("effect.ended", std::move(fields), durable);
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
    constexpr auto kind_of_frame = static_cast<std::uint16_t>(FrameKind::record);
    if (durable == Durable::with_next) return link()->channel.hold(0, kind_of_frame, view_of(text));
    return link()->channel.send(0, kind_of_frame, view_of(text));
}

Result<> Gate::flush() {
    return link()->channel.flush();
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

void Gate::on_lockdown(LockedDown locked_down) {
    locked_down_.with([&](auto& held) { held = std::move(locked_down); });
}

void Gate::on_news(std::function<void(const Json&)> told) {
    news_listeners_.with([&](auto& held) { held.push_back(std::move(told)); });
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
    if (const Json* classes = answer.find("classes")) {
        obligations.classes = TRY(flow::data_classes_from_json(*classes));
    }
    if (answer.find("redact") == nullptr) return obligations;
    for (const Json& item : *TRY(wire::array_at(answer, "redact"))) {
        if (item.text() == nullptr) return fail(Code::corrupt, "\"redact\" must hold strings");
        obligations.redact.push_back(*item.text());
    }
    return obligations;
}

}  // namespace hs::gate
