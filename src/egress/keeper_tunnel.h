// Tunnels of the keeper: a one-way stream of bytes from the keeper to a server over TLS, for
// receivers that do not speak HTTP (syslog, RFC 5425).
//
// What the server sends is thrown away: nothing of a stranger reaches the keeper. What the keeper
// reads is egress's own: "connected ADDRESS" or "failed REASON: sentence", and the latter again
// when the stream has ended.
// What it does not protect from: what the permitted server does with the bytes.
// Threads: serve() on many threads at once.
#pragma once

#include "egress/admission.h"
#include "egress/identities.h"
#include "egress/upstream.h"

namespace hs::egress {

inline constexpr std::size_t tunnel_line_bytes_max = 512;

class Tunnels {
  public:
    struct Parts {
        Admission& admission;
        const Identities& identities;
        Outside outside;
        DialTimes times;
    };
    explicit Tunnels(const Parts& parts) : parts_(parts) {}

    // Until either side ends, the permit is revoked, or `stop` is raised.
    void serve(const std::string& permit_field, os::Fd keeper, const os::WakeUp& stop);

  private:
    base::Result<Dialled> reach(const Envelope& envelope, const os::WakeUp& stop);

    Parts parts_;
};

}  // namespace hs::egress
