// Message streams of hardshelld: a WebSocket with a chat platform, the lines of IMAP and SMTP, the
// requests at a listener of a channel's own (egress/hook_listener.h), or a mail to be checked
// (egress/letter_check.h).
//
// WebSocket's handshake and framing happen here: hardshelld gets whole text messages over an
// os::Channel (MessageFrameKind). The credential is put into its place here, once a connection;
// what is sent is searched for brokered secrets, what comes for the placed one, and what people
// answer to approvals is told to the keeper before hardshelld sees it.
// What it does not protect from: what the permitted server does with what it is told.
// Threads: serve() on many threads at once.
#pragma once

#include "egress/admission.h"
#include "egress/identities.h"
#include "egress/keeper_link.h"
#include "egress/leak_filter.h"
#include "egress/upstream.h"

namespace hs::egress {

struct MessageTimes {
    std::int64_t secret_ms = 12'000;
    std::int64_t handshake_ms = 10'000;
    std::int64_t write_ms = 30'000;
    std::int64_t ping_ms = 15'000;      // silence after which a WebSocket's server is pinged
    std::int64_t silence_ms = 45'000;   // after which it is given up
    std::int64_t lines_ms = 1'800'000;  // the same of lines: RFC 2177 renews IDLE within 29 min
};

class MessageStreams {
  public:
    static constexpr std::size_t message_bytes_max = std::size_t{1} << 20U;

    struct Parts {
        Admission& admission;
        KeeperLink& keeper;
        const Identities& identities;
        const FingerprintShelf& fingerprints;
        Outside outside;
        DialTimes dial;
        MessageTimes times;
        base::Random& random;
        const base::Clock& clock;
    };
    explicit MessageStreams(const Parts& parts) : parts_(parts) {}

    // Until either side ends, the permit is revoked, or `stop` is raised.
    void serve(const std::string& permit_field, os::Fd requester, const os::WakeUp& stop);

  private:
    Parts parts_;
};

}  // namespace hs::egress
