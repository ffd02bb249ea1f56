// HookListener: a listener on loopback at which a platform delivers what people say, as signed
// requests (WhatsApp, a webhook of the person's own).
//
// What it is for: only what is signed with the channel's secret, of the permitted path, method,
// type and size, goes on to hardshelld; what people answer to approvals in it is told to the keeper
// first. The platform is told 200 once hardshelld says that the message is durable, and repeats it
// otherwise. Requests, their heads and bodies, and what is passed on in a minute are bounded.
// What it does not protect from: whoever holds the secret; and TLS is the business of the tunnel or
// the reverse proxy in front, which alone reaches loopback.
// Threads: run() on one thread; requests on the server's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "crypto/hash.h"
#include "egress/envelope.h"
#include "egress/hook_signature.h"
#include "egress/keeper_link.h"
#include "net/http_server.h"
#include "os/channel.h"

namespace hs::egress {

struct HookLimits {
    std::size_t connections_max = 16;
    std::size_t head_bytes_max = std::size_t{16} << 10U;
    std::size_t fields_max = 64;
    std::int64_t per_minute_max = 1'200;
    std::int64_t head_ms = 5'000;
    std::int64_t body_ms = 15'000;
    std::int64_t kept_ms = 10'000;        // until hardshelld has said whether it is durable
    std::int64_t note_again_ms = 10'000;  // refused requests are counted together so long
};

class HookListener {
  public:
    struct Parts {
        os::Channel& requester;
        KeeperLink& keeper;
        const Envelope& envelope;
        const crypto::SecretBytes& secret;
        const base::Clock& clock;
    };
    explicit HookListener(const Parts& parts, const HookLimits& limits = {})
        : parts_(parts), limits_(limits), form_(hook_form(parts.envelope.credential.header)) {}

    // Binds; conflict when the port is taken. Nothing is taken before run().
    base::Result<> open();
    // Until hardshelld closes it; cancelled when one of both is raised.
    base::Result<> run(const os::WakeUp& revoked, const os::WakeUp& stop);
    std::uint64_t received_bytes() const { return received_bytes_; }

  private:
    struct Answer {
        int status = 200;
        std::string text;
    };
    base::Result<> wait(const os::WakeUp& revoked, const os::WakeUp& stop);
    void serve(net::HttpExchange& exchange);
    Answer judge(net::HttpExchange& exchange);
    Answer pass_on(const std::string& id, const std::string& body);
    bool may_pass();
    bool is_new(const std::string& body);
    void take(const os::Frame& frame);
    bool tell_refused();  // whether there was something

    const Parts parts_;
    const HookLimits limits_;
    const HookForm form_;
    os::Fd listener_;
    std::atomic<std::uint64_t> received_bytes_{0};
    std::mutex mutex_;  // guards all below but the server
    std::condition_variable answered_;
    std::map<std::uint64_t, std::optional<bool>> waiting_;  // by number: whether it was kept
    std::uint64_t next_number_ = 1;
    std::int64_t minute_ = 0;
    std::int64_t passed_ = 0;  // in that minute
    std::deque<crypto::Digest> attested_;
    std::uint64_t refused_ = 0;
    std::string refused_why_;
    bool ended_ = false;
    std::unique_ptr<net::HttpServer> server_;
};

}  // namespace hs::egress
