// Watch: what every longer piece of work on files is given to know when to stop; and the first
// step of acting under a Permit.
//
// Threads: values; the clock and the wake-up outlive the work.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "gate/permit.h"
#include "os/wait.h"

namespace hs::files {

struct Watch {
    const base::Clock& clock;  // outlives the work
    const os::WakeUp* cancel = nullptr;
    os::Deadline deadline = os::Deadline::never();

    // cancelled or timed_out when the work must end.
    base::Result<> go_on() const {
        if (cancel != nullptr && cancel->raised()) {
            return base::fail(base::Code::cancelled, "the work was cancelled");
        }
        if (deadline.passed()) {
            return base::fail(base::Code::timed_out,
                              "looking through the files took too long; name a smaller folder");
        }
        return {};
    }
};

// Whoever acts takes its Permit by value and begins with this: denied for a Permit that was used
// before (nothing is left in it), has expired or was revoked.
template <class A>
base::Result<> begin(const gate::Permit<A>& permit, const base::Clock& clock) {
    if (permit.id().empty()) {
        return base::fail(base::Code::denied, "the permit was used before; ask again");
    }
    return permit.check(clock.wall_ms());
}

}  // namespace hs::files
