#include "jail/order.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/pack.h"
#include "os/error.h"

namespace hs::jail {
namespace {

using base::Code;
using base::fail;
using base::Result;
using os::Fd;

constexpr std::size_t control_bytes = CMSG_SPACE(sizeof(int) * order_descriptors_max);

void pack_version(base::Packer& out, const FileVersion& version) {
    out.u64(version.device);
    out.u64(version.inode);
    out.u64(version.size_bytes);
    out.i64(version.modified_ns);
    out.i64(version.changed_ns);
}

Result<FileVersion> unpack_version(base::Unpacker& in) {
    FileVersion version;
    version.device = TRY(in.u64());
    version.inode = TRY(in.u64());
    version.size_bytes = TRY(in.u64());
    version.modified_ns = TRY(in.i64());
    version.changed_ns = TRY(in.i64());
    return version;
}

Result<base::Bytes> pack(const InsideOrder& order) {
    base::Packer out;
    out.u8(order.await_group ? 1 : 0);
    out.u8(order.bound_data ? 1 : 0);
    out.u8(order.identity.powers == Powers::root ? 1 : 0);
    out.u32(order.identity.host.user);
    out.u32(order.identity.host.group);
    out.list(order.identity.id_maps, [](base::Packer& to, int map) { to.u8(map >= 0 ? 1 : 0); });
    out.list(order.identity.forced_read_only,
             [](base::Packer& to, std::uint8_t forced) { to.u8(forced); });
    out.list(order.hashes.versions_of(order.spec.command.executable_sha256), pack_version);
    out.bytes(TRY(os::pack_launch_spec(order.spec)));
    return std::move(out).take();
}

Result<std::vector<std::uint8_t>> unpack_flags(base::Unpacker& in) {
    return in.list<std::uint8_t>([](base::Unpacker& from) { return from.u8(); });
}

Result<ReceivedOrder> unpack(base::ByteView bytes, std::vector<Fd> passed) {
    base::Unpacker in(bytes);
    ReceivedOrder order;
    order.await_group = TRY(in.u8()) != 0;
    order.bound_data = TRY(in.u8()) != 0;
    order.identity.powers = TRY(in.u8()) != 0 ? Powers::root : Powers::ordinary;
    order.identity.host.user = TRY(in.u32());
    order.identity.host.group = TRY(in.u32());
    const auto mapped = TRY(unpack_flags(in));
    order.identity.forced_read_only = TRY(unpack_flags(in));
    const auto versions = TRY(in.list<FileVersion>(unpack_version));
    order.spec = TRY(os::unpack_launch_spec(TRY(in.bytes())));
    TRY(in.finish());
    for (const FileVersion& version : versions) {
        order.hashes.remember(version, order.spec.command.executable_sha256);
    }
    const auto maps = static_cast<std::size_t>(std::ranges::count(mapped, 1));
    if (passed.size() < maps || mapped.size() != order.spec.mounts.size() ||
        order.identity.forced_read_only.size() != mapped.size()) {
        return fail(Code::corrupt, "an order came without what it names");
    }
    const auto first_map = passed.end() - static_cast<std::ptrdiff_t>(maps);
    order.id_maps.assign(std::make_move_iterator(first_map), std::make_move_iterator(passed.end()));
    passed.erase(first_map, passed.end());
    order.descriptors = std::move(passed);
    auto map = order.id_maps.begin();
    for (const std::uint8_t has : mapped) {
        order.identity.id_maps.push_back(has != 0 ? (map++)->get() : -1);
    }
    return order;
}

}  // namespace

Result<> send_order(int socket, const InsideOrder& order) {
    base::Bytes bytes = TRY(pack(order));
    std::vector<int> numbers;
    for (const Fd& fd : order.descriptors) numbers.push_back(fd.get());
    for (const int map : order.identity.id_maps) {
        if (map >= 0) numbers.push_back(map);
    }
    if (bytes.size() > order_bytes_max || numbers.size() > order_descriptors_max) {
        return fail(Code::exhausted, "the order is too large for a prepared sandbox");
    }
    struct iovec part {
        bytes.data(), bytes.size()
    };
    alignas(struct cmsghdr) char control[control_bytes] = {};
    struct msghdr message {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * numbers.size());
    struct cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int) * numbers.size());
    std::memcpy(CMSG_DATA(head), numbers.data(), sizeof(int) * numbers.size());
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == static_cast<ssize_t>(bytes.size())) return {};
    return os::fail_errno("handing an order to a prepared sandbox", errno);
}

Result<std::optional<ReceivedOrder>> receive_order(int socket) {
    base::Bytes bytes(order_bytes_max);
    struct iovec part {
        bytes.data(), bytes.size()
    };
    alignas(struct cmsghdr) char control[control_bytes] = {};
    struct msghdr message {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t size = -1;
    do {
        size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    if (size < 0) return os::fail_errno("waiting for an order", errno);
    if (size == 0) return std::optional<ReceivedOrder>();
    std::vector<Fd> passed;
    const struct cmsghdr* const head = CMSG_FIRSTHDR(&message);
    if (head != nullptr && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
        for (std::size_t at = 0; CMSG_LEN(at + sizeof(int)) <= head->cmsg_len; at += sizeof(int)) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(head) + at, sizeof number);
            passed.emplace_back(number);
        }
    }
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        return fail(Code::corrupt, "an order came cut");
    }
    return std::optional(TRY(
        unpack(base::ByteView(bytes).first(static_cast<std::size_t>(size)), std::move(passed))));
}

}  // namespace hs::jail
