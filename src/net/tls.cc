#include "net/tls.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/address.h"

namespace hs::net {

using base::ByteView;
using base::Code;
using base::Error;
using base::fail;
using base::Failure;
using base::Result;

namespace {

template <auto release>
struct Release {
    template <class T>
    void operator()(T* held) const {
        release(held);
    }
};
using ContextPtr = std::unique_ptr<SSL_CTX, Release<&SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Release<&SSL_free>>;
using BioPtr = std::unique_ptr<BIO, Release<&BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, Release<&X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Release<&EVP_PKEY_free>>;

constexpr unsigned char alpn_http11[] = "\x08http/1.1";
constexpr unsigned alpn_bytes = sizeof alpn_http11 - 1;

// The stream below an SSL object, and what went wrong there last.
struct Below {
    std::unique_ptr<Stream> stream;
    std::optional<Error> problem;
};

Below& below_of(BIO* bio) {
    return *static_cast<Below*>(BIO_get_data(bio));
}

// Keeps the Error; a wait that ended early can be tried again, anything else is final.
int keep_problem(BIO* bio, const Error& error, int retry_flag) {
    below_of(bio).problem = error;
    const bool again = error.code == Code::timed_out || error.code == Code::cancelled;
    if (again) BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
    return -1;
}

int bio_read(BIO* bio, char* out, int size) {
    BIO_clear_retry_flags(bio);
    if (size <= 0) return 0;
    const auto count = below_of(bio).stream->read_some(
        {reinterpret_cast<std::uint8_t*>(out), static_cast<std::size_t>(size)});
    if (!count) return keep_problem(bio, count.error(), BIO_FLAGS_READ);
    if (*count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(*count);
}

int bio_write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    if (size <= 0) return 0;
    const auto count =
        below_of(bio).stream->write_some(base::bytes_of({bytes, static_cast<std::size_t>(size)}));
    if (!count) return keep_problem(bio, count.error(), BIO_FLAGS_WRITE);
    return static_cast<int>(*count);
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return 0;
}

BIO_METHOD* stream_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
        CHECK(made != nullptr);
        BIO_meth_set_read(made, &bio_read);
        BIO_meth_set_write(made, &bio_write);
        BIO_meth_set_ctrl(made, &bio_control);
        return made;
    }();
    return method;
}

std::string reason_of_queue() {
    const unsigned long number = ERR_peek_last_error();
    ERR_clear_error();
    const char* text = ERR_reason_error_string(number);
    return text != nullptr ? text : "no reason given";
}

class TlsStream final : public Stream {
  public:
    explicit TlsStream(std::unique_ptr<Stream> stream) { below_.stream = std::move(stream); }

    Result<> open(SSL_CTX* context) {
        ssl_.reset(SSL_new(context));
        BIO* bio = BIO_new(stream_method());
        if (!ssl_ || bio == nullptr) return fail(Code::exhausted, "no memory is left for TLS");
        BIO_set_data(bio, &below_);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl_.get(), bio, bio);
        return {};
    }

    SSL* ssl() { return ssl_.get(); }

    // Runs a handshake step or a transfer and translates its failure.
    template <class Call>
    Result<> run(Call&& call, std::string_view action) {
        below_.problem.reset();
        ERR_clear_error();
        const int done = call();
        if (done == 1) return {};
        return failure_of(SSL_get_error(ssl_.get(), done), action);
    }

    Result<std::size_t> read_some(std::span<std::uint8_t> out) override {
        CHECK(!out.empty());
        below_.problem.reset();
        ERR_clear_error();
        std::size_t count = 0;
        const int done = SSL_read_ex(ssl_.get(), out.data(), out.size(), &count);
        if (done == 1) return count;
        const int kind = SSL_get_error(ssl_.get(), done);
        // Only an orderly close_notify is an end; a cut connection could hide the rest of a body.
        if (kind == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
        return failure_of(kind, "reading");
    }

    Result<std::size_t> write_some(ByteView bytes) override {
        if (bytes.empty()) return std::size_t{0};
        std::size_t count = 0;
        TRY(run([&] { return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count); },
                "writing"));
        return count;
    }

    void finish_writing() override {
        below_.problem.reset();
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }
    int descriptor() const override { return below_.stream->descriptor(); }
    bool has_buffered() const override { return SSL_has_pending(ssl_.get()) == 1; }
    void set_deadline(os::Deadline deadline) override {
        Stream::set_deadline(deadline);
        below_.stream->set_deadline(deadline);
    }
    void set_wake_up(const os::WakeUp* wake_up) override {
        Stream::set_wake_up(wake_up);
        below_.stream->set_wake_up(wake_up);
    }

  private:
    Failure failure_of(int kind, std::string_view action) {
        if (below_.problem) return Failure{*below_.problem};
        if (kind == SSL_ERROR_ZERO_RETURN) return fail(Code::io, "the peer has ended TLS");
        const long verified = SSL_get_verify_result(ssl_.get());
        if (verified != X509_V_OK) {
            ERR_clear_error();
            return fail(Code::denied, fmt::format("the server's certificate is not good: {}",
                                                  X509_verify_cert_error_string(verified)));
        }
        return fail(Code::io, fmt::format("TLS failed while {}: {}", action, reason_of_queue()));
    }

    Below below_;  // outlives the SSL object, whose BIO points at it
    SslPtr ssl_;
};

// Reads every certificate of a PEM text and hands each to use().
template <class Use>
Result<int> each_certificate(const std::string& pem, Use&& use) {
    BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    int count = 0;
    while (CertificatePtr one{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
        if (!use(std::move(one))) return fail(Code::invalid_input, "a certificate was refused");
        ++count;
    }
    ERR_clear_error();
    if (count == 0) return fail(Code::invalid_input, "the text holds no PEM certificate");
    return count;
}

void harden(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // One read takes a whole record where it has come, in place of one for its header.
    SSL_CTX_set_read_ahead(context, 1);
}

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* in,
                unsigned in_bytes, void*) {
    unsigned char* chosen = nullptr;
    const int found =
        SSL_select_next_proto(&chosen, out_bytes, alpn_http11, alpn_bytes, in, in_bytes);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Our certificate, its chain and its key.
Result<> use_certificate(SSL_CTX* ssl, const std::string& chain_pem, const std::string& key_pem) {
    bool first = true;
    TRY(each_certificate(chain_pem, [&](CertificatePtr one) {
        if (std::exchange(first, false)) return SSL_CTX_use_certificate(ssl, one.get()) == 1;
        return SSL_CTX_add1_chain_cert(ssl, one.get()) == 1;
    }));
    BioPtr bio(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
    KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    const bool fits =
        key && SSL_CTX_use_PrivateKey(ssl, key.get()) == 1 && SSL_CTX_check_private_key(ssl) == 1;
    ERR_clear_error();
    if (!fits) return fail(Code::invalid_input, "the key does not belong to the certificate");
    return {};
}

Result<> trust(SSL_CTX* ssl, const std::string& roots_pem) {
    X509_STORE* store = SSL_CTX_get_cert_store(ssl);
    TRY(each_certificate(roots_pem, [store](CertificatePtr one) {
        return X509_STORE_add_cert(store, one.get()) == 1;
    }));
    return {};
}

Result<> expect_peer(SSL* ssl, const std::string& host, Offered offered) {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool is_address = Address::parse(host).ok();
    const bool set = is_address
                         ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1
                         : SSL_set1_host(ssl, host.c_str()) == 1 &&
                               SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
    const bool silent = offered == Offered::nothing;
    if (!set || (!silent && SSL_set_alpn_protos(ssl, alpn_http11, alpn_bytes) != 0)) {
        return fail(Code::invalid_input, "the host is no name that TLS can check");
    }
    return {};
}

}  // namespace

struct TlsClient::Context {
    ContextPtr ssl;
    // The system's roots are read when somebody first connects: parsing them takes longer than
    // starting everything else in this process does, and a day may pass without TLS.
    bool wants_system_roots = false;
    std::once_flag once;
    bool has_system_roots = false;

    Result<> load_roots() {
        if (!wants_system_roots) return {};
        std::call_once(
            once, [this] { has_system_roots = SSL_CTX_set_default_verify_paths(ssl.get()) == 1; });
        if (has_system_roots) return {};
        return fail(Code::io,
                    "the system's root certificates cannot be found; install "
                    "ca-certificates");
    }
};

TlsClient::TlsClient(std::unique_ptr<Context> context) : context_(std::move(context)) {}
TlsClient::TlsClient(TlsClient&&) noexcept = default;
TlsClient::~TlsClient() = default;

Result<TlsClient> TlsClient::make(const std::string& extra_roots_pem) {
    auto context = std::make_unique<Context>();
    context->ssl.reset(SSL_CTX_new(TLS_client_method()));
    if (!context->ssl) return fail(Code::exhausted, "no memory is left for TLS");
    harden(context->ssl.get());
    SSL_CTX_set_verify(context->ssl.get(), SSL_VERIFY_PEER, nullptr);
    context->wants_system_roots = true;
    if (!extra_roots_pem.empty()) TRY(trust(context->ssl.get(), extra_roots_pem));
    return TlsClient(std::move(context));
}

Result<TlsClient> TlsClient::make_with(const TlsIdentity& identity) {
    if (identity.roots_pem.empty() && identity.chain_pem.empty()) return make();
    auto context = std::make_unique<Context>();
    context->ssl.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX* ssl = context->ssl.get();
    if (ssl == nullptr) return fail(Code::exhausted, "no memory is left for TLS");
    harden(ssl);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    if (!identity.roots_pem.empty()) {
        TRY(trust(ssl, identity.roots_pem));
    } else {
        context->wants_system_roots = true;
    }
    if (!identity.chain_pem.empty()) {
        TRY(use_certificate(ssl, identity.chain_pem, identity.key_pem));
    }
    return TlsClient(std::move(context));
}

Result<std::unique_ptr<Stream>> TlsClient::secure(std::unique_ptr<Stream> stream,
                                                  const std::string& host, Offered offered) const {
    TRY(context_->load_roots());
    auto tls = std::make_unique<TlsStream>(std::move(stream));
    TRY(tls->open(context_->ssl.get()));
    TRY(expect_peer(tls->ssl(), host, offered));
    auto shaken = tls->run([&] { return SSL_connect(tls->ssl()); }, "shaking hands");
    if (!shaken) {
        return fail(shaken.error().code, fmt::format("{}: {}", host, shaken.error().what));
    }
    const unsigned char* protocol = nullptr;
    unsigned bytes = 0;
    SSL_get0_alpn_selected(tls->ssl(), &protocol, &bytes);
    if (bytes != 0 && (bytes != alpn_bytes - 1 || std::memcmp(protocol, "http/1.1", bytes) != 0)) {
        return fail(Code::invalid_input, fmt::format("{} does not speak HTTP/1.1", host));
    }
    return std::unique_ptr<Stream>(std::move(tls));
}

struct TlsServer::Context {
    ContextPtr ssl;
};

TlsServer::TlsServer(std::unique_ptr<Context> context) : context_(std::move(context)) {}
TlsServer::TlsServer(TlsServer&&) noexcept = default;
TlsServer::~TlsServer() = default;

Result<TlsServer> TlsServer::make(const std::string& chain_pem, const std::string& key_pem,
                                  const std::string& client_roots_pem) {
    auto context = std::make_unique<Context>();
    context->ssl.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* ssl = context->ssl.get();
    if (ssl == nullptr) return fail(Code::exhausted, "no memory is left for TLS");
    harden(ssl);
    SSL_CTX_set_alpn_select_cb(ssl, &choose_alpn, nullptr);
    TRY(use_certificate(ssl, chain_pem, key_pem));
    if (!client_roots_pem.empty()) {
        TRY(trust(ssl, client_roots_pem));
        SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        static constexpr unsigned char context_name[] = "hardshell";
        SSL_CTX_set_session_id_context(ssl, context_name, sizeof context_name - 1);
    }
    return TlsServer(std::move(context));
}

Result<std::unique_ptr<Stream>> TlsServer::accept(std::unique_ptr<Stream> stream) const {
    auto tls = std::make_unique<TlsStream>(std::move(stream));
    TRY(tls->open(context_->ssl.get()));
    TRY(tls->run([&] { return SSL_accept(tls->ssl()); }, "shaking hands"));
    return std::unique_ptr<Stream>(std::move(tls));
}

}  // namespace hs::net
