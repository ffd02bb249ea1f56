// Lockdown: the state in which nothing acts. Any person begins it; policy says who lifts it.
//
// What it is for: an incident. Beginning it is durable and on record before anything is told that
// all is over: every Permit is void, sandboxes and connections end, hardshelld begins anew without
// the sessions' key and answers nothing but that the lockdown is on. It survives a restart, and a
// file that cannot be read counts as one that is on.
// What it does not protect from: whoever may write the state folder, and what had left before.
// Threads: the keeper's one thread; is_on() from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gate/governance.h"
#include "gate/keeper.h"

namespace hs::gate {

// One person's word that it may be lifted, on the way to as many as policy wants.
struct LiftConsent {
    std::string person;
    base::WallTime_ms at_ms = 0;

    bool operator==(const LiftConsent&) const = default;
};

struct LockdownState {
    std::string person;  // who began it
    std::string reason;
    base::WallTime_ms since_ms = 0;
    std::vector<LiftConsent> consents;

    bool operator==(const LockdownState&) const = default;
    std::string text() const;  // canonical JSON, as in the file
};
// corrupt unless the text is one.
base::Result<LockdownState> parse_lockdown(std::string_view text);
// The state that the folder holds; nothing where there is no lockdown.
std::optional<LockdownState> load_lockdown(const std::string& path);

class LockdownDesk {
  public:
    struct Parts {
        const base::Clock& clock;
        audit::Log& log;
        Judge& judge;
        Questions& questions;
        const Governance& governance;
        Keeper& keeper;
        Keeper::TokenName token_name;
        std::string path;                // of the state's file
        std::function<void()> stop_all;  // ends every sandbox now
    };
    explicit LockdownDesk(Parts parts);
    // lockdown.on, lockdown.lift, lockdown.status. The desk must outlive the keeper's last frame.
    void add_verbs();
    bool is_on() const { return on_; }
    // Called when it begins, after every Permit is void: for leases and whatever else ends with it.
    void on_begin(std::function<void()> listener) { listeners_.push_back(std::move(listener)); }
    // When this keeper began it: whoever still acts a moment later has not listened.
    std::optional<std::chrono::steady_clock::time_point> begun() const { return begun_; }

    static constexpr base::WallTime_ms consent_life_ms = 24 * 3'600'000;
    static constexpr std::size_t reason_bytes_max = 1000;

  private:
    base::Result<wire::Json> begin(const Sender& sender, const wire::Json& arguments);
    base::Result<wire::Json> lift(const Sender& sender, const wire::Json& arguments);
    base::Result<wire::Json> consent_to(const std::string& person, const std::string& reason);
    base::Result<wire::Json> end(const std::string& person, const std::string& reason);
    wire::Json status() const;

    Parts parts_;
    std::optional<LockdownState> state_;
    std::atomic<bool> on_{false};
    std::optional<std::chrono::steady_clock::time_point> begun_;
    std::vector<std::function<void()>> listeners_;
};

}  // namespace hs::gate
