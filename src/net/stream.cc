#include "net/stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "os/error.h"

namespace hs::net {

using base::Code;
using base::fail;
using base::Result;

namespace {

// A peer that always has bytes ready must not keep a raised wake-up from being seen.
constexpr unsigned unwaited_max = 8;

base::Failure fail_socket(std::string_view action, int number) {
    if (number == EPIPE || number == ECONNRESET) {
        return fail(Code::io, "the peer has broken off the connection");
    }
    return os::fail_errno(action, number);
}

}  // namespace

Result<> Stream::write_all(base::ByteView bytes) {
    while (!bytes.empty()) bytes = bytes.subspan(TRY(write_some(bytes)));
    return {};
}

bool Stream::peer_gone() const {
    pollfd item{descriptor(), POLLRDHUP, 0};
    return ::poll(&item, 1, 0) > 0;
}

Result<> SocketStream::before_io() {
    if (deadline_.passed()) return fail(Code::timed_out, "the time for this connection is up");
    if (wake_up_ == nullptr || ++unwaited_ < unwaited_max) return {};
    unwaited_ = 0;
    if (wake_up_->raised()) return fail(Code::cancelled, "the connection was told to stop");
    return {};
}

Result<std::size_t> SocketStream::read_some(std::span<std::uint8_t> out) {
    CHECK(!out.empty());
    for (;;) {
        TRY(before_io());
        const ssize_t count = ::recv(socket_.get(), out.data(), out.size(), MSG_DONTWAIT);
        if (count >= 0) return static_cast<std::size_t>(count);
        const int problem = errno;
        if (problem == EINTR) continue;
        if (problem != EAGAIN) return fail_socket("reading from a connection", problem);
        TRY(os::wait_for(socket_.get(), os::Ready::readable, deadline_, wake_up_));
        unwaited_ = 0;
    }
}

Result<std::size_t> SocketStream::write_some(base::ByteView bytes) {
    for (;;) {
        TRY(before_io());
        const ssize_t count =
            ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count >= 0) return static_cast<std::size_t>(count);
        const int problem = errno;
        if (problem == EINTR) continue;
        if (problem != EAGAIN) return fail_socket("writing to a connection", problem);
        TRY(os::wait_for(socket_.get(), os::Ready::writable, deadline_, wake_up_));
        unwaited_ = 0;
    }
}

void SocketStream::finish_writing() {
    ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace hs::net
