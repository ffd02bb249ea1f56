#include "os/channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/pack.h"
#include "os/error.h"

namespace hs::os {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t header_bytes = 4 + 8 + 2 + 1;  // payload size, id, kind, descriptor count
constexpr std::int64_t send_patience_ms = 10'000;

base::Bytes header_of(std::uint64_t id, std::uint16_t kind, std::size_t payload_bytes,
                      std::size_t descriptors) {
    base::Packer packer;
    packer.u32(static_cast<std::uint32_t>(payload_bytes));
    packer.u64(id);
    packer.u8(static_cast<std::uint8_t>(kind & 0xffU));
    packer.u8(static_cast<std::uint8_t>(kind >> 8U));
    packer.u8(static_cast<std::uint8_t>(descriptors));
    return std::move(packer).take();
}

void attach(msghdr& message,
            std::array<char, CMSG_SPACE(sizeof(int) * Channel::descriptors_max)>& room,
            const std::vector<int>& descriptors) {
    const std::size_t bytes = sizeof(int) * descriptors.size();
    message.msg_control = room.data();
    message.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(control), descriptors.data(), bytes);
}

// Sends the parts from `skip` bytes on; how many bytes went out, 0 when it must wait.
Result<std::size_t> send_part(int fd, const std::array<base::ByteView, 3>& all, std::size_t skip,
                              const std::vector<int>& descriptors) {
    std::array<iovec, 3> parts{};
    std::size_t count = 0;
    for (base::ByteView part : all) {
        const std::size_t cut = std::min(skip, part.size());
        skip -= cut;
        part = part.subspan(cut);
        if (!part.empty()) {
            parts[count++] = {const_cast<std::uint8_t*>(part.data()), part.size()};
        }
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * Channel::descriptors_max)> room{};
    if (!descriptors.empty()) attach(message, room, descriptors);
    const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
    if (errno == EPIPE || errno == ECONNRESET) {
        return fail(Code::cancelled, "the other process is gone");
    }
    return fail_errno("sending a frame", errno);
}

}  // namespace

Result<> Channel::send(std::uint64_t id, std::uint16_t kind, base::ByteView payload,
                       const std::vector<int>& descriptors) {
    CHECK(descriptors.size() <= descriptors_max);
    if (payload.size() > payload_bytes_max) {
        return fail(Code::exhausted, "a frame between processes is too large");
    }
    const base::Bytes header = header_of(id, kind, payload.size(), descriptors.size());
    const std::scoped_lock lock(sending_);
    return send_parts(header, payload, descriptors);
}

Result<> Channel::hold(std::uint64_t id, std::uint16_t kind, base::ByteView payload) {
    if (payload.size() > held_bytes_max) return send(id, kind, payload);
    const base::Bytes header = header_of(id, kind, payload.size(), 0);
    const std::scoped_lock lock(sending_);
    held_.insert(held_.end(), header.begin(), header.end());
    held_.insert(held_.end(), payload.begin(), payload.end());
    return held_.size() > held_bytes_max ? send_parts({}, {}, {}) : Result<>();
}

Result<> Channel::flush() {
    const std::scoped_lock lock(sending_);
    return send_parts({}, {}, {});
}

// Called with the lock held.
Result<> Channel::send_parts(base::ByteView header, base::ByteView payload,
                             const std::vector<int>& descriptors) {
    const base::Bytes held = std::exchange(held_, {});
    const std::size_t total = held.size() + header.size() + payload.size();
    const Deadline deadline = Deadline::after_ms(send_patience_ms);
    for (std::size_t sent = 0; sent < total;) {
        // Descriptors ride on the first byte; they must not be sent twice.
        const std::size_t part = TRY(send_part(socket_.get(), {held, header, payload}, sent,
                                               sent == 0 ? descriptors : std::vector<int>{}));
        sent += part;
        if (part == 0) TRY(wait_for(socket_.get(), Ready::writable, deadline));
    }
    return {};
}

Result<> Channel::fill(std::size_t bytes, Deadline deadline, const WakeUp* wake_up) {
    if (start_ > 0 && start_ == buffer_.size()) {
        buffer_.clear();
        start_ = 0;
    }
    while (buffer_.size() - start_ < bytes) {
        const std::size_t held = buffer_.size();
        buffer_.resize(held + std::max<std::size_t>(bytes, 16384));
        iovec part{buffer_.data() + held, buffer_.size() - held};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptors_max)> room{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = room.data();
        message.msg_controllen = room.size();
        const ssize_t count = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        const int problem = errno;
        buffer_.resize(held + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        for (cmsghdr* control = CMSG_FIRSTHDR(&message); count >= 0 && control != nullptr;
             control = CMSG_NXTHDR(&message, control)) {
            if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
            for (std::size_t at = 0; at + CMSG_LEN(sizeof(int)) <= control->cmsg_len;
                 at += sizeof(int)) {
                int number = -1;
                std::memcpy(&number, CMSG_DATA(control) + at, sizeof number);
                received_.emplace_back(number);
            }
        }
        if (count == 0) return fail(Code::cancelled, "the other process is gone");
        if (count < 0 && problem == ECONNRESET)
            return fail(Code::cancelled, "the other process is gone");
        if (count < 0 && problem != EAGAIN && problem != EINTR) {
            return fail_errno("receiving a frame", problem);
        }
        if (count < 0) TRY(wait_for(socket_.get(), Ready::readable, deadline, wake_up));
    }
    return {};
}

Result<Frame> Channel::receive(Deadline deadline, const WakeUp* wake_up) {
    TRY(fill(header_bytes, deadline, wake_up));
    base::Unpacker header(base::ByteView(buffer_).subspan(start_, header_bytes));
    const std::size_t payload_bytes = TRY(header.u32());
    Frame frame;
    frame.id = TRY(header.u64());
    const unsigned low = TRY(header.u8());
    const unsigned high = TRY(header.u8());
    frame.kind = static_cast<std::uint16_t>(low | (high << 8U));
    const std::size_t descriptors = TRY(header.u8());
    if (payload_bytes > payload_bytes_max || descriptors > descriptors_max) {
        return fail(Code::corrupt, "the other process sent something that is no frame");
    }
    TRY(fill(header_bytes + payload_bytes, deadline, wake_up));
    if (received_.size() < descriptors) {
        return fail(Code::corrupt, "a frame came without its descriptors");
    }
    const base::ByteView payload =
        base::ByteView(buffer_).subspan(start_ + header_bytes, payload_bytes);
    frame.payload.assign(payload.begin(), payload.end());
    start_ += header_bytes + payload_bytes;
    for (std::size_t i = 0; i < descriptors; ++i)
        frame.descriptors.push_back(std::move(received_[i]));
    received_.erase(received_.begin(),
                    received_.begin() + static_cast<std::ptrdiff_t>(descriptors));
    return frame;
}

bool Channel::peer_gone() const {
    pollfd watched{socket_.get(), POLLRDHUP, 0};
    return ::poll(&watched, 1, 0) != 0;
}

}  // namespace hs::os
