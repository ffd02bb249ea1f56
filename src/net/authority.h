// Authority: a certificate authority that lives for one purpose and whose key never leaves this
// process; it makes TLS servers for hosts.
//
// What it is for: egress looks into the connections of one sandbox under an authority that only
// that sandbox trusts. Keys are EC P-256 (RFC 5480), certificates X.509 v3 (RFC 5280).
// What it does not protect from: a program that trusts other certificates only; it will refuse.
// Threads: every method from any thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/guarded.h"
#include "net/tls.h"

namespace hs::net {

class Authority {
  public:
    static constexpr std::size_t servers_max = 256;
    static constexpr long life_s = 8L * 24 * 3600;  // longer than a sandbox may run
    static constexpr long server_life_s = 24L * 3600;

    // `name` stands in the certificates, for the person who looks at one.
    static base::Result<std::unique_ptr<Authority>> make(const std::string& name);
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    const std::string& certificate_pem() const { return pem_; }
    // A server that proves to be the host, a canonical_host() or an address in text form; kept and
    // used again for the same host.
    base::Result<std::shared_ptr<const TlsServer>> server_for(const std::string& host);

  private:
    struct Keys;
    explicit Authority(std::unique_ptr<Keys> keys);
    base::Result<std::shared_ptr<const TlsServer>> make_server(const std::string& host);

    std::unique_ptr<Keys> keys_;
    std::string pem_;
    base::Guarded<std::map<std::string, std::shared_ptr<const TlsServer>>> servers_;
};

}  // namespace hs::net
