#include "jail/network.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "os/error.h"
#include "os/outlet.h"

namespace hs::jail {
namespace {

using base::Result;
using os::Fd;

constexpr int backlog = 128;

Result<> raise_loopback() {
    const Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!any) return os::fail_errno("making a socket", errno);
    struct ifreq request {};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    if (::ioctl(any.get(), SIOCSIFFLAGS, &request) == 0) return {};
    return os::fail_errno("raising the loopback interface", errno);
}

struct RouteRequest {
    nlmsghdr head;
    rtmsg route;
    rtattr kind;
    std::uint32_t interface;
};

// "Every address is mine": a local route for all destinations, over the loopback interface.
Result<> claim_all_addresses(const Fd& netlink, std::uint8_t family) {
    RouteRequest request{};
    request.head.nlmsg_len = sizeof request;
    request.head.nlmsg_type = RTM_NEWROUTE;
    request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
    request.route.rtm_family = family;
    request.route.rtm_table = RT_TABLE_LOCAL;
    request.route.rtm_protocol = RTPROT_BOOT;
    request.route.rtm_scope = RT_SCOPE_HOST;
    request.route.rtm_type = RTN_LOCAL;
    request.kind.rta_len = RTA_LENGTH(sizeof request.interface);
    request.kind.rta_type = RTA_OIF;
    request.interface = ::if_nametoindex("lo");
    if (::send(netlink.get(), &request, sizeof request, 0) < 0) {
        return os::fail_errno("setting the local route", errno);
    }
    struct {
        nlmsghdr head;
        nlmsgerr error;
        std::array<char, 512> rest;
    } answer{};
    const ssize_t size = ::recv(netlink.get(), &answer, sizeof answer, 0);
    if (size < static_cast<ssize_t>(sizeof answer.head + sizeof answer.error.error) ||
        answer.head.nlmsg_type != NLMSG_ERROR) {
        return os::fail_errno("setting the local route", size < 0 ? errno : EPROTO);
    }
    if (answer.error.error == 0) return {};
    return os::fail_errno("setting the local route", -answer.error.error);
}

Result<> set_routes() {
    const Fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!netlink) return os::fail_errno("asking for routes", errno);
    TRY(claim_all_addresses(netlink, AF_INET));
    // Without IPv6 there is nothing that could be reached by it.
    static_cast<void>(claim_all_addresses(netlink, AF_INET6).ok());
    return {};
}

// One socket for both families, where the kernel has both.
Result<Fd> make_socket(int type, bool& both) {
    Fd made(::socket(AF_INET6, type | SOCK_CLOEXEC, 0));
    const int off = 0;
    both = made && ::setsockopt(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0;
    if (both) return made;
    made = Fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    if (!made) return os::fail_errno("making a listener", errno);
    return made;
}

bool bind_to(const Fd& socket, bool both, std::uint16_t port, bool local_only) {
    if (both) {
        sockaddr_in6 address{};
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(port);
        // ::ffff:127.0.0.1
        if (local_only) ::inet_pton(AF_INET6, "::ffff:127.0.0.1", &address.sin6_addr);
        return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
               0;
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (local_only) address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Result<Fd> open_outlet(const os::Outlet& outlet) {
    const bool datagrams = outlet.kind == os::OutletKind::names_udp;
    const bool proxy = outlet.kind == os::OutletKind::proxy || outlet.kind == os::OutletKind::socks;
    bool both = false;
    Fd socket = TRY(make_socket(datagrams ? SOCK_DGRAM : SOCK_STREAM, both));
    const std::string what = "listening on port " + std::to_string(outlet.port);
    if (!bind_to(socket, both, outlet.port, proxy)) return os::fail_errno(what, errno);
    if (!datagrams) {
        if (::listen(socket.get(), backlog) != 0) return os::fail_errno(what, errno);
        return socket;
    }
    // An answer must come from the address that was asked.
    const int on = 1;
    const int set = both
                        ? ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
                        : ::setsockopt(socket.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    if (set != 0) return os::fail_errno(what, errno);
    return socket;
}

}  // namespace

Result<> open_dead_end() {
    TRY(raise_loopback());
    return set_routes();
}

Result<std::vector<Fd>> open_outlets() {
    TRY(open_dead_end());
    std::vector<Fd> opened;
    for (const os::Outlet& outlet : os::outlets) opened.push_back(TRY(open_outlet(outlet)));
    return opened;
}

}  // namespace hs::jail
