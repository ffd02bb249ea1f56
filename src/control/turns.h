// Turns: runs turns on threads of their own and keeps, for each, the feed of what it tells, so
// that whoever shows it may come and go; or on the thread of somebody who wants the whole answer.
//
// What it does not protect from: a person who starts more turns than the machine can bear; beyond
// turns_max the next is refused. Threads: all functions from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "agent/assistant.h"
#include "control/client_watch.h"
#include "net/crew.h"
#include "os/wait.h"

namespace hs::control {

// What one turn has told so far. One reader.
class TurnFeed : public agent::TurnListener {
  public:
    static constexpr std::size_t text_bytes_max = std::size_t{16} << 20U;
    static constexpr std::size_t events_max = 4096;

    struct Event {
        std::string kind;  // "text", "tool", "pending", "notice", "done", "failed"
        wire::Json data;
    };

    static base::Result<std::shared_ptr<TurnFeed>> make();

    void on_text(std::string_view delta) override;
    void on_tool(const wire::Json& card) override;
    void on_pending(const gate::Pending& pending) override;
    void on_notice(std::string_view sentence) override;
    void done(const base::Result<agent::TurnOutcome>& outcome);

    // The next event; consecutive text comes as one. Nothing within wait_ms: nullopt.
    std::optional<Event> next(std::int64_t wait_ms);
    bool finished() const;
    const os::WakeUp& cancel() const { return cancel_; }

  private:
    explicit TurnFeed(os::WakeUp cancel) : cancel_(std::move(cancel)) {}
    void put(std::string kind, wire::Json data);

    os::WakeUp cancel_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<Event> events_;
    std::size_t held_bytes_ = 0;
    bool done_ = false;
};

class Turns {
  public:
    static constexpr std::size_t turns_max = 256;

    Turns(agent::Assistant& assistant, const base::Clock& clock, base::Random& random)
        : assistant_(assistant), clock_(clock), random_(random), crew_(turns_max, 10'000) {}
    ~Turns();

    // Begins a turn; its id is in the request from then on.
    base::Result<std::shared_ptr<TurnFeed>> start(agent::TurnRequest& request);
    // Runs a turn on the calling thread, to its end; its id is in the request from then on. Nobody
    // else reads what it tells, so no thread wakes another for it. `run` gets what cancels the turn
    // and calls the assistant with it.
    using Run = std::function<void(const os::WakeUp& cancel)>;
    base::Result<> run_here(agent::TurnRequest& request, const Run& run);
    ClientWatch& clients() { return clients_; }
    // Goes on with a turn that waited for an approval when the daemon was restarted.
    base::Result<> resume(const agent::TurnFacts& turn);
    // Cancels a running turn at once: model call, processes and open approvals.
    base::Result<> cancel(const std::string& turn);
    // Cancels what runs for that person; how many turns.
    std::size_t cancel_of(const std::string& person);
    // Cancels all and waits for them.
    void stop(os::Deadline deadline);
    std::size_t running() const;
    bool is_running(const std::string& turn) const;

  private:
    struct Running {
        const os::WakeUp* cancel;
        std::string person;  // empty where it is not known
    };

    base::Result<> enter(const std::string& id, const std::string& person,
                         const os::WakeUp& cancel);
    void leave(const std::string& id);
    void name(agent::TurnRequest& request);
    base::Result<std::shared_ptr<TurnFeed>> launch(
        const std::string& id, const std::string& person,
        std::function<base::Result<agent::TurnOutcome>(TurnFeed& feed)> work);

    agent::Assistant& assistant_;  // outlives this
    const base::Clock& clock_;
    base::Random& random_;
    mutable std::mutex mutex_;
    std::map<std::string, Running> running_;
    std::condition_variable ended_;
    bool stopping_ = false;
    ClientWatch clients_;
    net::Crew crew_;
};

// The outcome as the API tells it.
wire::Json to_json(const agent::TurnOutcome& outcome);

}  // namespace hs::control
