// Permit<A>: the right to carry out one action once. Only the Gate makes one, from the keeper's
// answer, and it holds the approved action by value: whoever acts, acts from the Permit, so what
// was decided is what happens.
//
// What it does not protect from: code in the same process that reads memory it should not. What
// leaves the process (commands, connections) is checked again by launcher and egress through the
// ticket, whose key this process does not hold.
// Threads: move-only values with one owner.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "flow/label.h"

namespace hs::gate {

class Gate;

// What the policies that allowed the action ask of whoever carries it out.
struct Obligations {
    std::string sandbox;              // profile name, for RunCommand
    std::vector<std::string> redact;  // classes to redact before the value leaves
    std::string log;                  // "summary" or "full"
    flow::DataClasses classes = {};   // of what is read: its name's, and its project's
};

// Shared between the Gate and every Permit it made: a revocation reaches all of them at once.
struct Revocation {
    std::atomic<std::uint64_t> generation{0};
};

template <class A>
class Permit {
  public:
    Permit(Permit&&) noexcept = default;
    Permit& operator=(Permit&&) noexcept = default;
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;

    const A& action() const { return action_; }
    const Obligations& obligations() const { return obligations_; }
    // The decision's id: what `hardshell why` takes, and what report() needs.
    const std::string& id() const { return id_; }
    // The keeper's MAC over the digest of envelope(): for launcher and egress. Empty where the
    // action happens in this process.
    base::ByteView ticket() const { return ticket_; }
    // The packed os::LaunchSpec or gate::Envelope that the ticket covers.
    base::ByteView envelope() const { return envelope_; }

    // denied once the Permit has expired or was revoked (lockdown, policy reload, stop).
    base::Result<> check(base::WallTime_ms now_ms) const {
        if (now_ms >= expiry_ms_) {
            return base::fail(base::Code::denied, "the permit has expired; ask again");
        }
        if (revocation_->generation.load() != generation_) {
            return base::fail(base::Code::denied, "the permit was revoked; ask again");
        }
        return {};
    }

  private:
    friend class Gate;
    Permit(A action, std::shared_ptr<const Revocation> revocation)
        : action_(std::move(action)), revocation_(std::move(revocation)) {}

    A action_;
    Obligations obligations_;
    std::string id_;
    base::Bytes ticket_;
    base::Bytes envelope_;
    base::WallTime_ms expiry_ms_ = 0;
    std::uint64_t generation_ = 0;
    // Shared with the Gate: a Permit may outlive the turn that asked for it.
    std::shared_ptr<const Revocation> revocation_;
};

}  // namespace hs::gate
