#include "control/turns.h"

#include <fmt/format.h>

#include "models/chat_json.h"

namespace hs::control {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

Result<std::shared_ptr<TurnFeed>> TurnFeed::make() {
    return std::shared_ptr<TurnFeed>(new TurnFeed(TRY(os::WakeUp::make())));
}

void TurnFeed::put(std::string kind, Json data) {
    {
        const std::scoped_lock lock(mutex_);
        // A reader that went away must not cost memory: what it did not take in time is dropped,
        // the end of the turn excepted. The messages themselves are in the store.
        if (events_.size() >= events_max && kind != "done" && kind != "failed") return;
        events_.push_back({std::move(kind), std::move(data)});
    }
    ready_.notify_one();
}

void TurnFeed::on_text(std::string_view delta) {
    {
        const std::scoped_lock lock(mutex_);
        if (held_bytes_ + delta.size() > text_bytes_max) return;
        held_bytes_ += delta.size();
        if (!events_.empty() && events_.back().kind == "text") {
            Json& data = events_.back().data;
            data = *data.text() + std::string(delta);
        } else {
            events_.push_back({"text", Json(delta)});
        }
    }
    ready_.notify_one();
}

void TurnFeed::on_tool(const Json& card) {
    put("tool", card);
}

void TurnFeed::on_pending(const gate::Pending& pending) {
    Json data;
    data["approval"] = pending.approval;
    data["decision"] = pending.decision;
    data["card"] = pending.card;
    data["expiry_ms"] = pending.expiry_ms;
    data["more"] = static_cast<std::int64_t>(pending.more);
    put("pending", std::move(data));
}

void TurnFeed::on_notice(std::string_view sentence) {
    put("notice", Json(sentence));
}

void TurnFeed::done(const Result<agent::TurnOutcome>& outcome) {
    Json data;
    if (outcome) {
        data = to_json(*outcome);
    } else {
        data["code"] = base::code_name(outcome.error().code);
        data["what"] = outcome.error().what;
    }
    {
        const std::scoped_lock lock(mutex_);
        done_ = true;
    }
    put(outcome ? "done" : "failed", std::move(data));
}

std::optional<TurnFeed::Event> TurnFeed::next(std::int64_t wait_ms) {
    std::unique_lock lock(mutex_);
    ready_.wait_until(lock, os::Deadline::after_ms(wait_ms).at(),
                      [this] { return !events_.empty(); });
    if (events_.empty()) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    if (event.kind == "text") held_bytes_ -= event.data.text()->size();
    return event;
}

bool TurnFeed::finished() const {
    const std::scoped_lock lock(mutex_);
    return done_ && events_.empty();
}

Turns::~Turns() {
    stop(os::Deadline::after_ms(5000));
}

Result<> Turns::enter(const std::string& id, const std::string& person, const os::WakeUp& cancel) {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return fail(Code::cancelled, "the daemon is stopping");
    if (running_.size() >= turns_max) {
        return fail(Code::exhausted, "too many turns run at once; try again in a moment");
    }
    if (running_.emplace(id, Running{&cancel, person}).second) return {};
    return fail(Code::conflict, "this request is being worked on already");
}

void Turns::leave(const std::string& id) {
    const std::scoped_lock lock(mutex_);
    running_.erase(id);
    if (stopping_) ended_.notify_all();
}

void Turns::name(agent::TurnRequest& request) {
    if (!request.turn.empty()) return;
    request.turn = base::make_id(clock_, random_);
    request.turn_id = agent::TurnRequest::TurnId::made;
}

Result<std::shared_ptr<TurnFeed>> Turns::launch(
    const std::string& id, const std::string& person,
    std::function<Result<agent::TurnOutcome>(TurnFeed& feed)> work) {
    auto feed = TRY(TurnFeed::make());
    TRY(enter(id, person, feed->cancel()));
    auto started = crew_.start([this, id, feed, work = std::move(work)] {
        auto outcome = work(*feed);
        leave(id);
        feed->done(outcome);
    });
    if (started) return feed;
    leave(id);
    return fail(Code::exhausted, "too many turns run at once; try again in a moment");
}

Result<std::shared_ptr<TurnFeed>> Turns::start(agent::TurnRequest& request) {
    name(request);
    return launch(request.turn, request.person, [this, request](TurnFeed& feed) {
        return assistant_.run(request, feed, feed.cancel());
    });
}

Result<> Turns::run_here(agent::TurnRequest& request, const Run& run) {
    name(request);
    const std::string id = request.turn;
    const os::WakeUp cancel = TRY(os::WakeUp::make());
    TRY(enter(id, request.person, cancel));
    run(cancel);
    leave(id);
    return {};
}

Result<> Turns::resume(const agent::TurnFacts& turn) {
    TRY(launch(turn.id, "", [this, turn](TurnFeed& feed) {
        return assistant_.resume(turn, feed, feed.cancel());
    }));
    return {};
}

Result<> Turns::cancel(const std::string& turn) {
    const std::scoped_lock lock(mutex_);
    const auto found = running_.find(turn);
    if (found == running_.end()) return fail(Code::not_found, "no such turn is running");
    found->second.cancel->raise();
    return {};
}

std::size_t Turns::cancel_of(const std::string& person) {
    const std::scoped_lock lock(mutex_);
    std::size_t count = 0;
    for (const auto& [id, running] : running_) {
        if (running.person != person) continue;
        running.cancel->raise();
        ++count;
    }
    return count;
}

void Turns::stop(os::Deadline deadline) {
    crew_.close();
    {
        std::unique_lock lock(mutex_);
        stopping_ = true;
        for (const auto& [id, running] : running_) running.cancel->raise();
        ended_.wait_until(lock, deadline.at(), [this] { return running_.empty(); });
    }
    crew_.wait_until_idle(deadline);
}

std::size_t Turns::running() const {
    const std::scoped_lock lock(mutex_);
    return running_.size();
}

bool Turns::is_running(const std::string& turn) const {
    const std::scoped_lock lock(mutex_);
    return running_.contains(turn);
}

Json to_json(const agent::TurnOutcome& outcome) {
    Json json;
    json["session"] = outcome.session;
    json["turn"] = outcome.turn;
    json["text"] = outcome.text;
    json["status"] = agent::name_of(outcome.status);
    json["usage"] = models::usage_to_json(outcome.usage);
    json["finish"] = models::finish_name(outcome.finish);
    json["provider"] = outcome.provider;
    json["model"] = outcome.model;
    return json;
}

}  // namespace hs::control
