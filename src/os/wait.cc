#include "os/wait.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "os/error.h"

namespace hs::os {

static_assert(static_cast<int>(Ready::readable) == POLLIN);
static_assert(static_cast<int>(Ready::writable) == POLLOUT);

int Deadline::left_ms() const {
    if (at_ == std::chrono::steady_clock::time_point::max()) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(at_ - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
}

base::Result<WakeUp> WakeUp::make() {
    Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd) return fail_errno("creating an event descriptor", errno);
    return WakeUp(std::move(fd));
}

void WakeUp::raise() const {
    const std::uint64_t one = 1;
    // A full counter means that it is raised already.
    [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
}

void WakeUp::lower() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(fd_.get(), &count, sizeof count);
}

bool WakeUp::raised() const {
    pollfd item{fd_.get(), POLLIN, 0};
    return ::poll(&item, 1, 0) > 0;
}

base::Result<> wait_for(int fd, Ready ready, Deadline deadline, const WakeUp* wake_up) {
    std::array<pollfd, 2> items{};
    items[0] = {fd, static_cast<short>(ready), 0};
    items[1] = {wake_up != nullptr ? wake_up->fd() : -1, POLLIN, 0};
    for (;;) {
        const int count = ::poll(items.data(), items.size(), deadline.left_ms());
        if (count < 0 && errno != EINTR) return fail_errno("waiting for a descriptor", errno);
        if (count > 0 && items[1].revents != 0) {
            return base::fail(base::Code::cancelled, "stopped while waiting");
        }
        if (count > 0 && items[0].revents != 0) return {};
        if (deadline.passed()) return base::fail(base::Code::timed_out, "the time is up");
    }
}

}  // namespace hs::os
