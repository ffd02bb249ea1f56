#include "ship/witnesses.h"

#include <fmt/format.h>

namespace hs::ship {

using base::Code;
using base::fail;
using base::Result;

namespace {
constexpr std::int64_t ask_ms = 20'000;
constexpr std::int64_t look_ms = 1'000;
}  // namespace

wire::Json WitnessStatus::to_json() const {
    return wire::JsonObject{
        {"name", name},
        {"problem", problem},
        {"cosigned", cosigned_ms == 0 ? wire::Json() : wire::Json(base::format_time(cosigned_ms))}};
}

Witnesses::~Witnesses() {
    stop();
}

Result<std::optional<Conflict>> Witnesses::check(std::vector<WitnessClient>& clients,
                                                 std::int64_t patience_ms) {
    const auto never = TRY(os::WakeUp::make());
    for (WitnessClient& client : clients) {
        const auto answer = client.show(os::Deadline::after_ms(patience_ms), never);
        if (answer && answer->conflict) return answer->conflict;
        note(client.setting().name, answer ? "" : answer.error().what);
        if (answer || !client.setting().required) continue;
        return fail(answer.error().code,
                    fmt::format("the witness {} is required at the start and did not answer: {}",
                                client.setting().name, answer.error().what));
    }
    return std::optional<Conflict>();
}

Result<> Witnesses::start(std::vector<WitnessClient> clients) {
    if (clients.empty()) return {};
    stop_ = std::make_unique<os::WakeUp>(TRY(os::WakeUp::make()));
    clients_ = std::move(clients);
    thread_ = std::thread([this] { run(); });
    return {};
}

void Witnesses::stop() {
    if (stop_) stop_->raise();
    if (thread_.joinable()) thread_.join();
}

std::vector<WitnessStatus> Witnesses::status() const {
    return status_.with([](const auto& list) { return list; });
}

void Witnesses::run() {
    std::vector<std::chrono::steady_clock::time_point> due(clients_.size());
    while (!conflicted_) {
        for (std::size_t i = 0; i < clients_.size() && !stop_->raised() && !conflicted_; ++i) {
            const auto now = std::chrono::steady_clock::now();
            if (now < due[i]) continue;
            ask(clients_[i]);
            due[i] = now + std::chrono::milliseconds(clients_[i].setting().every_ms);
        }
        if (os::wait_for(stop_->fd(), os::Ready::readable, os::Deadline::after_ms(look_ms))) return;
    }
}

void Witnesses::ask(WitnessClient& client) {
    const auto answer = client.show(os::Deadline::after_ms(ask_ms), *stop_);
    if (stop_->raised()) return;
    if (answer && answer->conflict) {
        conflicted_ = true;
        note(client.setting().name, answer->conflict->text());
        return parts_.on_conflict(*answer->conflict);
    }
    note(client.setting().name, answer ? "" : answer.error().what);
}

// An event when a witness is lost and when it is back; none for each cosignature, which would be
// the next thing to cosign.
void Witnesses::note(const std::string& name, const std::string& problem) {
    const bool changed = status_.with([&](auto& list) {
        for (WitnessStatus& held : list) {
            if (held.name != name) continue;
            const bool differs = held.problem.empty() != problem.empty();
            held.problem = problem;
            if (problem.empty()) held.cosigned_ms = parts_.clock.wall_ms();
            return differs;
        }
        list.push_back({name, problem, problem.empty() ? parts_.clock.wall_ms() : 0});
        return true;
    });
    if (!changed) return;
    audit::Event event(audit::EventKind::witness);
    event.set(audit::Field::outcome, problem.empty() ? "cosigned" : "failing");
    event.set(audit::Field::reason, problem).detail("witness", name);
    if (!problem.empty()) event.detail("severity", "medium");
    parts_.record(std::move(event));
}

}  // namespace hs::ship
