#include "os/datagram.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "os/error.h"

namespace hs::os {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

SocketAddress from_ipv4(const in_addr& address) {
    SocketAddress made;
    std::copy(mapped.begin(), mapped.end(), made.bytes.begin());
    std::memcpy(made.bytes.data() + mapped.size(), &address, sizeof address);
    return made;
}

SocketAddress from_ipv6(const in6_addr& address) {
    SocketAddress made;
    std::memcpy(made.bytes.data(), &address, sizeof address);
    return made;
}

Result<SocketAddress> from_storage(const sockaddr_storage& storage) {
    SocketAddress made;
    if (storage.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
        made = from_ipv4(v4.sin_addr);
        made.port = ntohs(v4.sin_port);
    } else if (storage.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
        made = from_ipv6(v6.sin6_addr);
        made.port = ntohs(v6.sin6_port);
    } else {
        return fail(Code::invalid_input, "the socket is of another family than IP");
    }
    return made;
}

socklen_t to_storage(const SocketAddress& address, int family, sockaddr_storage& storage) {
    if (family == AF_INET) {
        auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(address.port);
        std::memcpy(&v4.sin_addr, address.bytes.data() + mapped.size(), 4);
        return sizeof v4;
    }
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::memcpy(&v6.sin6_addr, address.bytes.data(), 16);
    return sizeof v6;
}

int family_of(int socket) {
    int family = AF_INET;
    socklen_t size = sizeof family;
    ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
    return family;
}

void read_destination(const msghdr& message, SocketAddress& to) {
    for (const cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
         head = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(head))) {
        if (head->cmsg_level == IPPROTO_IPV6 && head->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(head), sizeof info);
            to = from_ipv6(info.ipi6_addr);
        } else if (head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(head), sizeof info);
            to = from_ipv4(info.ipi_addr);
        }
    }
}

}  // namespace

bool SocketAddress::is_ipv4() const {
    return std::equal(mapped.begin(), mapped.end(), bytes.begin());
}

Result<Datagram> receive_datagram(int socket, std::size_t bytes_max) {
    Datagram datagram;
    datagram.bytes.resize(bytes_max);
    sockaddr_storage peer{};
    iovec part{datagram.bytes.data(), datagram.bytes.size()};
    alignas(cmsghdr) std::array<char, 256> room{};
    msghdr message{};
    message.msg_name = &peer;
    message.msg_namelen = sizeof peer;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
    const ssize_t count = ::recvmsg(socket, &message, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return fail(Code::timed_out, "no datagram has arrived");
    }
    if (count < 0) return fail_errno("receiving a datagram", errno);
    datagram.bytes.resize(static_cast<std::size_t>(count));
    datagram.from = TRY(from_storage(peer));
    read_destination(message, datagram.to);
    return datagram;
}

Result<> answer_datagram(int socket, const Datagram& question, base::ByteView answer) {
    sockaddr_storage peer{};
    const int family = family_of(socket);
    iovec part{const_cast<std::uint8_t*>(answer.data()), answer.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> room{};
    msghdr message{};
    message.msg_name = &peer;
    message.msg_namelen = to_storage(question.from, family, peer);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    cmsghdr* const head = reinterpret_cast<cmsghdr*>(room.data());
    if (family == AF_INET6) {
        in6_pktinfo info{};
        std::memcpy(&info.ipi6_addr, question.to.bytes.data(), 16);
        head->cmsg_level = IPPROTO_IPV6;
        head->cmsg_type = IPV6_PKTINFO;
        head->cmsg_len = CMSG_LEN(sizeof info);
        std::memcpy(CMSG_DATA(head), &info, sizeof info);
        message.msg_controllen = CMSG_SPACE(sizeof info);
    } else {
        in_pktinfo info{};
        std::memcpy(&info.ipi_spec_dst, question.to.bytes.data() + mapped.size(), 4);
        head->cmsg_level = IPPROTO_IP;
        head->cmsg_type = IP_PKTINFO;
        head->cmsg_len = CMSG_LEN(sizeof info);
        std::memcpy(CMSG_DATA(head), &info, sizeof info);
        message.msg_controllen = CMSG_SPACE(sizeof info);
    }
    if (::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return {};
    return fail_errno("answering a datagram", errno);
}

Result<SocketAddress> local_address(int socket) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
        return fail_errno("asking for a connection's destination", errno);
    }
    return from_storage(storage);
}

}  // namespace hs::os
