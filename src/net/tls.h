// TLS over a Stream, by OpenSSL 3: TLS 1.2 and 1.3, HTTP/1.1 by ALPN.
//
// What it is for: the client checks the certificate chain against the system's roots (and extra
// ones), the name or address that was dialled, and sends it as SNI. There is no way to turn the
// checks off. The server side exists for interception and for tests.
// What it does not protect from: a root that the system trusts and should not; certificate
// revocation is not asked for online.
// Threads: TlsClient and TlsServer from any thread; the streams as any Stream.
#pragma once

#include <memory>
#include <string>

#include "net/stream.h"

namespace hs::net {

// Who vouches for the peer, and what proves us to it.
struct TlsIdentity {
    std::string roots_pem;  // the only authorities; empty: the system's
    std::string chain_pem;  // our certificate with its chain; empty: none
    std::string key_pem;
};
enum class Offered : std::uint8_t { http, nothing };  // by ALPN

class TlsClient {
  public:
    // extra_roots_pem: certificates trusted beside the system's; empty for none. invalid_input
    // when it holds no certificate.
    static base::Result<TlsClient> make(const std::string& extra_roots_pem = "");
    // With authorities and a certificate of its own. invalid_input says which PEM is wrong.
    static base::Result<TlsClient> make_with(const TlsIdentity& identity);
    TlsClient(TlsClient&&) noexcept;
    ~TlsClient();

    // Shakes hands within the stream's deadline. denied, with the reason, when the certificate does
    // not prove that the peer is the host (a canonical_host() or an address in text form).
    base::Result<std::unique_ptr<Stream>> secure(std::unique_ptr<Stream> stream,
                                                 const std::string& host,
                                                 Offered offered = Offered::http) const;

  private:
    struct Context;
    explicit TlsClient(std::unique_ptr<Context> context);
    std::unique_ptr<Context> context_;
};

class TlsServer {
  public:
    // PEM: the certificate with its chain, and its key.
    // client_roots_pem: then clients must prove themselves by a certificate of these authorities.
    static base::Result<TlsServer> make(const std::string& chain_pem, const std::string& key_pem,
                                        const std::string& client_roots_pem = "");
    TlsServer(TlsServer&&) noexcept;
    ~TlsServer();
    base::Result<std::unique_ptr<Stream>> accept(std::unique_ptr<Stream> stream) const;

  private:
    struct Context;
    explicit TlsServer(std::unique_ptr<Context> context);
    std::unique_ptr<Context> context_;
};

}  // namespace hs::net
