// A Transport that answers from a script, for this room's tests.
//
// What it is for: replays recorded streams in pieces of any size, breaks, stalls and errors.
// What it does not protect from: nothing; it is never linked into a program.
// Threads: one owner.
#pragma once

#include <deque>

#include "base/clock.h"
#include "models/chat.h"
#include "models/transport.h"

namespace hs::models::testing {

struct ScriptedAnswer {
    int status = 200;
    std::vector<Header> headers = {{"content-type", "text/event-stream"}};
    std::string body = {};
    std::size_t chunk_bytes = 4096;
    std::size_t split_at = 0;                 // where not 0: exactly two chunks, split there
    std::optional<base::Error> refused = {};  // instead of a response
    std::optional<base::Error> broken = {};   // after the body, instead of its end
    std::string endless = {};                 // repeated for ever after the body
    std::int64_t chunk_takes_ms = 0;          // how far the clock moves for each chunk
};

class ScriptedBody : public Body {
  public:
    ScriptedBody(ScriptedAnswer answer, base::ScriptedClock& clock, const Stop& stop)
        : answer_(std::move(answer)), clock_(clock), stop_(stop) {}

    base::Result<std::string_view> next_chunk() override {
        if (stop_.requested()) return base::fail(base::Code::cancelled, "stopped");
        clock_.advance_ms(answer_.chunk_takes_ms);
        const std::string_view rest = std::string_view(answer_.body).substr(position_);
        if (rest.empty() && answer_.broken) return base::Failure{*answer_.broken};
        if (rest.empty()) return std::string_view(answer_.endless);
        const bool before_split = position_ < answer_.split_at;
        const std::size_t size = answer_.split_at > 0
                                     ? (before_split ? answer_.split_at : rest.size())
                                     : answer_.chunk_bytes;
        const std::string_view chunk = rest.substr(0, size);
        position_ += chunk.size();
        return chunk;
    }

  private:
    ScriptedAnswer answer_;
    base::ScriptedClock& clock_;
    const Stop& stop_;
    std::size_t position_ = 0;
};

class ScriptedTransport : public Transport {
  public:
    explicit ScriptedTransport(base::ScriptedClock& clock) : clock_(clock) {}

    base::Result<HttpResponse> send(const HttpRequest& request, const Stop& stop) override {
        requests.push_back(request);
        if (answers.empty()) return base::fail(base::Code::io, "connection refused");
        ScriptedAnswer answer = answers.front();
        if (answers.size() > 1 || !repeat_last) answers.pop_front();
        if (answer.refused) return base::Failure{*answer.refused};
        HttpResponse response{answer.status, answer.headers, nullptr};
        response.body = std::make_unique<ScriptedBody>(std::move(answer), clock_, stop);
        return response;
    }

    std::deque<ScriptedAnswer> answers;
    std::vector<HttpRequest> requests;
    bool repeat_last = false;

  private:
    base::ScriptedClock& clock_;
};

// A Stop whose waits take no time but move the clock, and that stops after so many waits.
class ScriptedStop : public Stop {
  public:
    explicit ScriptedStop(base::ScriptedClock& clock) : clock_(clock) {}
    bool requested() const override { return requested_; }
    bool wait_ms(std::int64_t for_ms) const override {
        waits_ms.push_back(for_ms);
        if (stops_at_wait == waits_ms.size()) requested_ = true;
        if (!requested_) clock_.advance_ms(for_ms);
        return requested_;
    }
    void request() { requested_ = true; }

    mutable std::vector<std::int64_t> waits_ms;
    std::size_t stops_at_wait = 0;

  private:
    base::ScriptedClock& clock_;
    mutable bool requested_ = false;
};

// Writes the events down as text.
class RecordingSink : public EventSink {
  public:
    void on_event(const ChatEvent& event) override {
        if (const auto* text = std::get_if<TextDelta>(&event)) shown += text->text;
        if (const auto* thought = std::get_if<ThinkingDelta>(&event)) thinking += thought->text;
        if (const auto* call = std::get_if<ToolCallBegun>(&event)) calls.emplace_back(call->name);
        if (const auto* end = std::get_if<Finished>(&event)) finishes.push_back(end->finish);
        ++events;
        if (stop_after == events && stop != nullptr) stop->request();
    }

    std::string shown;
    std::string thinking;
    std::vector<std::string> calls;
    std::vector<Finish> finishes;
    std::size_t events = 0;
    std::size_t stop_after = 0;
    ScriptedStop* stop = nullptr;
};

}  // namespace hs::models::testing
