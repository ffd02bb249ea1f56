// Witnesses: one thread that shows new checkpoints to every configured witness, each at its pace.
//
// What it does not protect from: what happened since the last time a witness was reached.
// Threads: start and stop have one caller; status from any thread. The callbacks are called from
// the thread.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "audit/event.h"
#include "base/guarded.h"
#include "ship/witness_client.h"

namespace hs::ship {

struct WitnessStatus {
    std::string name;
    std::string problem;  // empty while it cosigns
    base::WallTime_ms cosigned_ms = 0;

    wire::Json to_json() const;
};

class Witnesses {
  public:
    struct Parts {
        const base::Clock& clock;
        std::function<void(audit::Event)> record;
        std::function<void(const Conflict&)> on_conflict;  // at most once
    };
    explicit Witnesses(Parts parts) : parts_(std::move(parts)) {}
    ~Witnesses();
    Witnesses(const Witnesses&) = delete;
    Witnesses& operator=(const Witnesses&) = delete;

    // Asks each once, before the thread begins: the conflict that one of them shows, or the failure
    // of one that is required.
    base::Result<std::optional<Conflict>> check(std::vector<WitnessClient>& clients,
                                                std::int64_t patience_ms);
    base::Result<> start(std::vector<WitnessClient> clients);
    void stop();
    std::vector<WitnessStatus> status() const;

  private:
    void run();
    void ask(WitnessClient& client);
    void note(const std::string& name, const std::string& problem);

    Parts parts_;
    std::vector<WitnessClient> clients_;
    base::Guarded<std::vector<WitnessStatus>> status_;
    std::unique_ptr<os::WakeUp> stop_;
    bool conflicted_ = false;
    std::thread thread_;
};

}  // namespace hs::ship
