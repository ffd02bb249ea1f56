// EgressProcess: what hardshell-egress is made of: the line to the keeper, the line to hardshelld,
// the streams that hardshelld opens, and the connections out.
//
// What it does not protect from: code in this process that is taken over holds the credentials in
// flight. It parses HTTP heads and TLS records of strangers; nothing richer.
// Threads: run() on the caller's thread; it starts one for hardshelld's line, one a stream, one for
// each sandbox with a network and one for each of its connections.
#pragma once

#include "egress/forward.h"
#include "egress/keeper_tunnel.h"
#include "egress/message_stream.h"
#include "egress/outlets.h"
#include "net/crew.h"
#include "net/http_server.h"
#include "os/system.h"

namespace hs::egress {

struct ProcessLimits {
    std::size_t streams_max = 256;
    std::size_t tunnels_max = 64;
    std::size_t message_streams_max = 64;
    std::size_t keeper_streams_max = 64;
    ForwardLimits forward;
    DialTimes dial;
    OutletTimes outlet;
    MessageTimes messages;
};

class EgressProcess {
  public:
    // daemon: hardshelld's frames; keeper: the keeper's. The rest must outlive the process.
    static base::Result<std::unique_ptr<EgressProcess>> make(os::Fd daemon, os::Fd keeper,
                                                             Outside outside,
                                                             const base::Clock& clock,
                                                             const ProcessLimits& limits = {});
    ~EgressProcess();
    // Works until the keeper or hardshelld is gone or stop() is called; then everything is cut.
    void run();
    // From any thread or a signal handler.
    void stop() const { stop_.raise(); }

  private:
    EgressProcess(os::Fd daemon, os::Fd keeper, Outside outside, const base::Clock& clock,
                  const ProcessLimits& limits, os::WakeUp stop);
    void serve_daemon();
    KeeperLink::Requests requests();
    void open_tunnel(std::string permit, os::Fd keeper);
    void open_messages(std::string permit, os::Fd requester);

    os::WakeUp stop_;
    net::Resolver& resolver_;
    os::Channel daemon_;
    os::Channel keeper_;
    Admission admission_;
    Identities identities_;
    Tunnels tunnels_;
    KeeperLink link_;
    UpstreamPool pool_;
    FingerprintShelf fingerprints_;
    Forwarder forwarder_;
    Outlets outlets_;
    os::SystemRandom random_;
    MessageStreams messages_;
    net::Crew tunnel_crew_;
    net::Crew message_crew_;
    std::unique_ptr<net::HttpServer> server_;
    // The keeper's own deliveries are served whatever hardshelld does with its streams.
    std::unique_ptr<net::HttpServer> keeper_server_;
};

}  // namespace hs::egress
