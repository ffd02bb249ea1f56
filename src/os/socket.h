// Sockets: unix and loopback listeners, connections with a deadline, peer credentials, descriptor
// passing. Only `os` calls the kernel for them; which host may be dialled is egress's business.
//
// What it does not protect from: dialling a forbidden address. Threads: pure functions.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "os/fd.h"
#include "os/wait.h"

namespace hs::os {

// A connected pair of stream sockets, close-on-exec, blocking.
base::Result<std::pair<Fd, Fd>> stream_pair();

// Listens on a path with mode 0600, replacing a dead socket file. The folder must be private.
// Paths beyond sockaddr_un's 107 bytes are bound through the folder's descriptor.
base::Result<Fd> listen_unix(const std::string& path, int backlog = 128);
base::Result<Fd> connect_unix(const std::string& path, Deadline deadline);

// Listens on 127.0.0.1 (or ::1 for Family::v6); port 0 lets the kernel choose. conflict when the
// port is in use.
enum class Family : std::uint8_t { v4, v6 };
base::Result<Fd> listen_loopback(Family family, std::uint16_t port, int backlog = 256);
// The same on an address of this machine, given as 4 or 16 bytes in network order.
base::Result<Fd> listen_tcp(base::ByteView address, std::uint16_t port, int backlog = 256);
base::Result<std::uint16_t> port_of(int fd);

// Network-order address bytes: 4 or 16 of them.
base::Result<Fd> connect_tcp(base::ByteView address, std::uint16_t port, Deadline deadline,
                             const WakeUp* wake_up = nullptr);

// Accepts one connection (close-on-exec, non-blocking off).
base::Result<Fd> accept_connection(int listener, Deadline deadline, const WakeUp* wake_up);

struct PeerCredentials {
    pid_t pid = 0;
    uid_t uid = 0;
    gid_t gid = 0;
};
// SO_PEERCRED: who the other end was when it connected.
base::Result<PeerCredentials> peer_of(int fd);

enum class Blocking : std::uint8_t { no, yes };
base::Result<> set_blocking(int fd, Blocking blocking);
base::Result<> set_no_delay(int fd);
// Bounds what the kernel holds of what was written and not acknowledged yet.
base::Result<> set_send_buffer(int fd, int bytes);

}  // namespace hs::os
