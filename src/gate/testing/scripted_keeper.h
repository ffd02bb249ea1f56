// ScriptedKeeper: the keeper's end of a Gate for tests, answering as the test says.
//
// What it is for: Permits in tests of the rooms that act. The Gate before it is the real one.
// What it does not protect from: anything; it decides nothing.
// Threads: one thread of its own; all functions from any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "gate/frames.h"
#include "gate/gate.h"
#include "os/socket.h"
#include "wire/json.h"

namespace hs::gate::testing {

class ScriptedKeeper {
  public:
    // What is answered for an action: "allow", "ask" or "deny", with more members where needed.
    using Decide = std::function<wire::Json(const wire::Json& action, const std::string& approval)>;

    ScriptedKeeper() {
        auto pair = os::stream_pair();
        CHECK(pair.ok());
        client_ = std::move(pair->first);
        channel_ = std::make_unique<os::Channel>(std::move(pair->second));
        auto stop = os::WakeUp::make();
        CHECK(stop.ok());
        stop_ = std::make_unique<os::WakeUp>(std::move(*stop));
        thread_ = std::jthread([this] { serve(); });
    }
    ~ScriptedKeeper() { stop_->raise(); }
    ScriptedKeeper(const ScriptedKeeper&) = delete;
    ScriptedKeeper& operator=(const ScriptedKeeper&) = delete;

    os::Fd take_client() { return std::move(client_); }
    void decide_with(Decide decide) {
        state_.with([&](State& state) { state.decide = std::move(decide); });
    }
    // Tells the Gate that an approval was answered.
    void answer_approval(const std::string& approval, const std::string& outcome) {
        wire::Json news;
        news["approval"] = approval;
        news["outcome"] = outcome;
        send(0, gate::FrameKind::news, news);
    }
    void revoke_all(std::int64_t generation) {
        wire::Json news;
        news["generation"] = generation;
        send(0, gate::FrameKind::news, news);
    }
    std::vector<wire::Json> actions() const {
        return state_.with([](const State& state) { return state.actions; });
    }
    std::vector<wire::Json> questions() const {
        return state_.with([](const State& state) { return state.questions; });
    }

    static wire::Json allow() { return outcome("allow"); }
    static wire::Json deny(const std::string& reason) {
        wire::Json answer = outcome("deny");
        answer["reason"] = reason;
        return answer;
    }
    static wire::Json ask(const std::string& approval, std::int64_t expiry_ms) {
        wire::Json answer = outcome("ask");
        answer["approval"] = approval;
        answer["card"] = "May this be done?";
        answer["expiry_ms"] = expiry_ms;
        return answer;
    }

  private:
    struct State {
        Decide decide = [](const wire::Json&, const std::string&) { return allow(); };
        std::vector<wire::Json> actions;
        std::vector<wire::Json> questions;
        std::int64_t decisions = 0;
    };

    static wire::Json outcome(std::string_view name) {
        wire::Json answer;
        answer["outcome"] = name;
        return answer;
    }
    void send(std::uint64_t id, gate::FrameKind kind, const wire::Json& payload) {
        const std::string text = wire::canonical_json(payload);
        const auto line = lines_.find(id >> gate::line_shift);
        os::Channel& channel = line != lines_.end() ? *line->second : *channel_;
        (void)channel.send(id, static_cast<std::uint16_t>(kind), base::bytes_of(text));
    }
    void serve() {
        for (;;) {
            auto frame = channel_->receive(os::Deadline::never(), stop_.get());
            if (!frame) return;
            if (frame->kind == static_cast<std::uint16_t>(gate::FrameKind::line)) {
                lines_[frame->id >> gate::line_shift] =
                    std::make_unique<os::Channel>(std::move(frame->descriptors.at(0)));
                continue;
            }
            if (frame->kind == static_cast<std::uint16_t>(gate::FrameKind::line_end)) continue;
            const auto payload = wire::parse_json(base::text_of(frame->payload));
            CHECK(payload.ok());
            if (frame->kind == static_cast<std::uint16_t>(gate::FrameKind::decide)) {
                send(frame->id, gate::FrameKind::answer, decision_for(*payload));
            } else if (frame->kind == static_cast<std::uint16_t>(gate::FrameKind::question)) {
                state_.with([&](State& state) { state.questions.push_back(*payload); });
                send(frame->id, gate::FrameKind::answer, wire::Json(wire::JsonObject{}));
            } else if (frame->id != 0) {
                send(frame->id, gate::FrameKind::answer, wire::Json(wire::JsonObject{}));
            }
        }
    }
    wire::Json decision_for(const wire::Json& payload) {
        const wire::Json action = *payload.find("action");
        const std::string approval = wire::text_at_or(payload, "approval", "").value();
        const Decide decide = state_.with([&](State& state) {
            state.actions.push_back(action);
            return state.decide;
        });
        wire::Json answer = decide(action, approval);
        const std::int64_t number = state_.with([](State& state) { return ++state.decisions; });
        answer["decision"] = "decision-" + std::to_string(number);
        if (wire::text_at_or(answer, "outcome", "").value() != "allow") return answer;
        if (answer.find("action") == nullptr) answer["action"] = action;
        if (answer.find("expiry_ms") == nullptr) answer["expiry_ms"] = std::int64_t{1} << 60U;
        if (answer.find("generation") == nullptr) answer["generation"] = 0;
        return answer;
    }

    os::Fd client_;
    std::unique_ptr<os::Channel> channel_;
    std::unique_ptr<os::WakeUp> stop_;
    std::map<std::uint64_t, std::unique_ptr<os::Channel>> lines_;  // of the serving thread
    base::Guarded<State> state_;
    std::jthread thread_;
};

// A Gate over a ScriptedKeeper, and Permits from it.
class TestGate {
  public:
    explicit TestGate(const base::Clock& clock) : gate_(keeper_.take_client(), clock) {}

    template <class A>
    gate::Permit<A> permit(const A& action) {
        auto verdict = gate_.ask(action, gate::Circumstances{});
        CHECK(verdict.ok());
        CHECK(std::holds_alternative<gate::Permit<A>>(*verdict));
        return std::get<gate::Permit<A>>(std::move(*verdict));
    }
    gate::Gate& gate() { return gate_; }
    ScriptedKeeper& keeper() { return keeper_; }

  private:
    ScriptedKeeper keeper_;
    gate::Gate gate_;
};

}  // namespace hs::gate::testing
