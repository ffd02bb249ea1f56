// OutletConnection: one connection that a sandboxed program has made: where it wants to go, whether
// it may, and its bytes.
//
// What it does not protect from: see egress/tunnel.h and egress/sandbox_grant.h.
// Threads: one connection, one thread.
#pragma once

#include "egress/client_hello.h"
#include "egress/sandbox_grant.h"
#include "egress/tunnel.h"
#include "os/outlet.h"

namespace hs::egress {

class OutletConnection {
  public:
    // `stop` outlives the connection.
    OutletConnection(SandboxNetwork& network, os::Fd socket, const os::WakeUp& stop)
        : network_(network), socket_(std::move(socket)), stop_(stop) {}

    void serve(os::OutletKind kind);

  private:
    using Opened = std::variant<gate::ConnectionAnswer, Trouble>;

    void serve_ssh();
    void serve_http();
    void serve_https();
    void serve_proxy();
    void serve_socks();
    void serve_names();
    void serve_connect(const HostAndPort& to, const std::function<bool(const Trouble*)>& reply);

    // The host and address that the socket was connected to: a name, or an address as text.
    base::Result<HostAndPort> destination() const;
    Opened open(const HostAndPort& to, bool is_tls, gate::ConnectionAsk::Inside inside);
    base::Result<base::Bytes> read_first(std::size_t bytes_max);
    base::Result<ClientHello> read_hello(base::Bytes& first);
    void tunnel(const HostAndPort& to, base::Bytes first, bool must_be_tls);
    std::variant<Dialled, Trouble> dial(const HostAndPort& to);
    void relay(const HostAndPort& to, Dialled server, TunnelRules rules, base::Bytes first);
    // Looks into what follows: TLS under the sandbox's authority, or plain HTTP.
    void inspect(const HostAndPort& to, base::Bytes first);
    void inspect_tls(const HostAndPort& to, base::Bytes first);
    void serve_requests(net::Stream& stream, const HttpPlace& place);
    void refuse_tls(const std::string& host, base::Bytes first, const Trouble& trouble);
    void record(const HostAndPort& to, const Traffic& traffic, const std::string& address);
    void record_refusal(const HostAndPort& to, const Trouble& trouble);
    std::unique_ptr<net::Stream> stream_of(base::Bytes first);

    SandboxNetwork& network_;
    os::Fd socket_;
    const os::WakeUp& stop_;
    std::string decision_;
};

// The answer to a DNS query from inside; empty when it deserves none.
base::Bytes answer_name(NameBook& names, base::ByteView query);

}  // namespace hs::egress
