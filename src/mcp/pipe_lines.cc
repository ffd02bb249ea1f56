#include "mcp/pipe_lines.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "os/error.h"
#include "wire/utf8.h"

namespace hs::mcp {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t said_bytes_max = 2'000;

}  // namespace

Result<> PipeLines::send(std::string_view line, os::Deadline deadline) {
    const std::string text = std::string(line) + "\n";
    std::string_view left = text;
    while (!left.empty()) {
        const ssize_t count = ::write(input_.get(), left.data(), left.size());
        if (count > 0) left.remove_prefix(static_cast<std::size_t>(count));
        if (count >= 0 || errno == EINTR) continue;
        if (errno != EAGAIN) break;
        // A server that writes much before it reads must not wait for us.
        TRY(take_output());
        TRY(os::wait_for(input_.get(), os::Ready::writable, deadline, cancel_));
    }
    if (left.empty()) return {};
    return ended();
}

Result<std::string> PipeLines::receive(os::Deadline deadline) {
    for (;;) {
        const std::size_t end = read_.find('\n', searched_);
        if (end != std::string::npos) {
            std::string line = read_.substr(0, end);
            read_.erase(0, end + 1);
            searched_ = 0;
            if (line.empty() || line == "\r") continue;
            return line;
        }
        searched_ = read_.size();
        if (read_.size() > line_bytes_max) {
            return fail(Code::corrupt, fmt::format("the server sent a line of more than {} MiB",
                                                   line_bytes_max >> 20U));
        }
        std::array<pollfd, 3> items{};
        items[0] = {output_.get(), POLLIN, 0};
        items[1] = {errors_ ? errors_.get() : -1, POLLIN, 0};
        items[2] = {cancel_ != nullptr ? cancel_->fd() : -1, POLLIN, 0};
        const int ready = ::poll(items.data(), items.size(), deadline.left_ms());
        if (ready < 0 && errno != EINTR) return os::fail_errno("waiting for a server", errno);
        if (ready == 0) return fail(Code::timed_out, "the server did not answer in time");
        if (items[2].revents != 0) return fail(Code::cancelled, "the call was cancelled");
        if (items[1].revents != 0) take_errors();
        if (items[0].revents != 0) TRY(take_output());
    }
}

Result<> PipeLines::take_output() {
    std::array<char, 64 * 1024> piece;
    for (;;) {
        const ssize_t count = ::read(output_.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return {};
        if (count <= 0) {
            // What it said before its end is still read.
            return read_.find('\n') != std::string::npos ? Result<>() : ended();
        }
        read_.append(piece.data(), static_cast<std::size_t>(count));
        if (read_.size() > line_bytes_max) return {};
    }
}

base::Failure PipeLines::ended() {
    take_errors();
    while (said_.ends_with('\n')) said_.pop_back();
    return fail(Code::io,
                fmt::format("the server has ended{}{}", said_.empty() ? "" : ": ", said_));
}

void PipeLines::take_errors() {
    std::array<char, 16 * 1024> piece;
    while (errors_) {
        const ssize_t count = ::read(errors_.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return errors_.close();
        said_.append(piece.data(), static_cast<std::size_t>(count));
        if (said_.size() > said_bytes_max) said_.erase(0, said_.size() - said_bytes_max);
        said_ = wire::mend_utf8(said_);
    }
}

}  // namespace hs::mcp
