#include "os/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/error.h"
#include "os/file.h"

namespace hs::os {

using base::Code;
using base::fail;
using base::Result;

Result<std::pair<Fd, Fd>> stream_pair() {
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return fail_errno("making a socket pair", errno);
    }
    return std::pair{Fd(ends[0]), Fd(ends[1])};
}

namespace {

struct UnixAddress {
    sockaddr_un address{};
    Fd folder;  // keeps /proc/self/fd/N alive for a long path
};

Result<UnixAddress> unix_address(const std::string& path) {
    UnixAddress made;
    made.address.sun_family = AF_UNIX;
    std::string name = path;
    if (name.size() >= sizeof made.address.sun_path) {
        const std::size_t slash = path.rfind('/');
        if (slash == std::string::npos)
            return fail(Code::invalid_input, "the socket's name is too long");
        made.folder = TRY(open_file(path.substr(0, slash), O_PATH | O_DIRECTORY));
        name = fmt::format("/proc/self/fd/{}{}", made.folder.get(), path.substr(slash));
    }
    if (name.size() >= sizeof made.address.sun_path) {
        return fail(Code::invalid_input, fmt::format("the socket's name is too long: {}", path));
    }
    std::memcpy(made.address.sun_path, name.c_str(), name.size() + 1);
    return made;
}

Result<> await_connect(int fd, const sockaddr* address, socklen_t size, Deadline deadline,
                       const WakeUp* wake_up) {
    if (::connect(fd, address, size) == 0) return {};
    if (errno == EAGAIN) {
        return fail(Code::exhausted, "the server has too many connections waiting; try again");
    }
    if (errno != EINPROGRESS && errno != EINTR) return fail_errno("connecting", errno);
    TRY(wait_for(fd, Ready::writable, deadline, wake_up));
    int problem = 0;
    socklen_t length = sizeof problem;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &length) != 0) problem = errno;
    if (problem != 0) return fail_errno("connecting", problem);
    return {};
}

}  // namespace

Result<Fd> listen_unix(const std::string& path, int backlog) {
    const UnixAddress at = TRY(unix_address(path));
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return fail_errno("making a socket", errno);
    ::unlink(path.c_str());
    const mode_t before = ::umask(0177);
    const int bound =
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at.address), sizeof at.address);
    const int problem = errno;
    ::umask(before);
    if (bound != 0) return fail_errno(fmt::format("listening on {}", path), problem);
    if (::listen(fd.get(), backlog) != 0)
        return fail_errno(fmt::format("listening on {}", path), errno);
    return fd;
}

Result<Fd> connect_unix(const std::string& path, Deadline deadline) {
    const UnixAddress at = TRY(unix_address(path));
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("making a socket", errno);
    auto done = await_connect(fd.get(), reinterpret_cast<const sockaddr*>(&at.address),
                              sizeof at.address, deadline, nullptr);
    if (!done) return fail(done.error().code, fmt::format("{}: {}", path, done.error().what));
    TRY(set_blocking(fd.get(), Blocking::yes));
    return fd;
}

namespace {

// An IPv4 or IPv6 socket address from 4 or 16 bytes in network order.
struct InternetAddress {
    InternetAddress(base::ByteView bytes, std::uint16_t port) : is_v4(bytes.size() == 4) {
        CHECK(bytes.size() == 4 || bytes.size() == 16);
        v4.sin_family = AF_INET;
        v6.sin6_family = AF_INET6;
        v4.sin_port = v6.sin6_port = htons(port);
        if (is_v4) {
            std::memcpy(&v4.sin_addr, bytes.data(), 4);
        } else {
            std::memcpy(&v6.sin6_addr, bytes.data(), 16);
        }
    }
    int family() const { return is_v4 ? AF_INET : AF_INET6; }
    const sockaddr* any() const {
        return is_v4 ? reinterpret_cast<const sockaddr*>(&v4)
                     : reinterpret_cast<const sockaddr*>(&v6);
    }
    socklen_t size() const { return is_v4 ? sizeof v4 : sizeof v6; }

    bool is_v4;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
};

}  // namespace

Result<Fd> listen_tcp(base::ByteView address, std::uint16_t port, int backlog) {
    const InternetAddress place(address, port);
    Fd fd(::socket(place.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return fail_errno("making a socket", errno);
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(fd.get(), place.any(), place.size()) == 0 && ::listen(fd.get(), backlog) == 0) {
        return fd;
    }
    if (errno == EADDRINUSE) {
        return fail(Code::conflict,
                    fmt::format("port {} of this machine is in use by another program; choose "
                                "another with: hardshell config set api.port PORT",
                                port));
    }
    return fail_errno(fmt::format("listening on port {}", port), errno);
}

Result<Fd> listen_loopback(Family family, std::uint16_t port, int backlog) {
    constexpr std::array<std::uint8_t, 4> v4{127, 0, 0, 1};
    std::array<std::uint8_t, 16> v6{};
    v6[15] = 1;
    return listen_tcp(family == Family::v4 ? base::ByteView(v4) : base::ByteView(v6), port,
                      backlog);
}

Result<std::uint16_t> port_of(int fd) {
    sockaddr_in6 address{};
    socklen_t size = sizeof address;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return fail_errno("reading a socket's port", errno);
    }
    return ntohs(address.sin6_port);  // the same place in sockaddr_in
}

Result<Fd> connect_tcp(base::ByteView address, std::uint16_t port, Deadline deadline,
                       const WakeUp* wake_up) {
    const InternetAddress place(address, port);
    Fd fd(::socket(place.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("making a socket", errno);
    TRY(await_connect(fd.get(), place.any(), place.size(), deadline, wake_up));
    TRY(set_no_delay(fd.get()));
    return fd;
}

Result<Fd> accept_connection(int listener, Deadline deadline, const WakeUp* wake_up) {
    for (;;) {
        TRY(wait_for(listener, Ready::readable, deadline, wake_up));
        Fd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        if (fd) return fd;
        // A client that is gone already, or another thread that was first.
        if (errno != ECONNABORTED && errno != EINTR && errno != EAGAIN) {
            return fail_errno("accepting a connection", errno);
        }
    }
}

Result<PeerCredentials> peer_of(int fd) {
    ucred held{};
    socklen_t size = sizeof held;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &held, &size) != 0) {
        return fail_errno("asking who is at the other end", errno);
    }
    return PeerCredentials{held.pid, held.uid, held.gid};
}

Result<> set_blocking(int fd, Blocking blocking) {
    const int flags = ::fcntl(fd, F_GETFL);
    const int wanted = blocking == Blocking::yes ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
    if (flags < 0 || ::fcntl(fd, F_SETFL, wanted) != 0)
        return fail_errno("changing a socket", errno);
    return {};
}

Result<> set_send_buffer(int fd, int bytes) {
    if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) != 0) {
        return fail_errno("changing a socket", errno);
    }
    return {};
}

Result<> set_no_delay(int fd) {
    const int on = 1;
    if (::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        return fail_errno("changing a socket", errno);
    }
    return {};
}

}  // namespace hs::os
