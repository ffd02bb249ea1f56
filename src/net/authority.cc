#include "net/authority.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "net/address.h"

namespace hs::net {

using base::Code;
using base::fail;
using base::Result;

namespace {

template <auto release>
struct Release {
    template <class T>
    void operator()(T* held) const {
        release(held);
    }
};
using BioPtr = std::unique_ptr<BIO, Release<&BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, Release<&X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Release<&EVP_PKEY_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Release<&X509_EXTENSION_free>>;

base::Failure failed() {
    ERR_clear_error();
    return fail(Code::exhausted, "a certificate could not be made");
}

std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

Result<std::string> pem_of(X509* certificate) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return failed();
    return text_of(bio.get());
}

bool add_extension(X509* certificate, X509* issuer, int number, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const ExtensionPtr made(X509V3_EXT_conf_nid(nullptr, &context, number, value.c_str()));
    return made && X509_add_ext(certificate, made.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
    std::array<unsigned char, 16> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
    bytes[0] &= 0x7f;  // positive (RFC 5280 section 4.1.2.2)
    BIGNUM* const number = BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
    if (number == nullptr) return false;
    const bool set = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
    BN_free(number);
    return set;
}

// A host name may have 253 bytes and a common name 64, so the host stands in the SAN alone.
Result<CertificatePtr> blank(EVP_PKEY* key, const std::string& name, long life_s) {
    constexpr long clock_slack_s = 3600;
    CertificatePtr made(X509_new());
    const bool filled =
        made && X509_set_version(made.get(), X509_VERSION_3) == 1 && set_serial(made.get()) &&
        X509_gmtime_adj(X509_getm_notBefore(made.get()), -clock_slack_s) != nullptr &&
        X509_gmtime_adj(X509_getm_notAfter(made.get()), life_s) != nullptr &&
        X509_set_pubkey(made.get(), key) == 1 &&
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                   0) == 1;
    if (!filled) return failed();
    return made;
}

}  // namespace

struct Authority::Keys {
    KeyPtr authority;
    KeyPtr server;  // one for all hosts of this authority
    std::string server_pem;
    CertificatePtr certificate;
};

Authority::Authority(std::unique_ptr<Keys> keys) : keys_(std::move(keys)) {}

Authority::~Authority() {
    OPENSSL_cleanse(keys_->server_pem.data(), keys_->server_pem.size());
}

Result<std::unique_ptr<Authority>> Authority::make(const std::string& name) {
    auto keys = std::make_unique<Keys>();
    keys->authority.reset(EVP_EC_gen("P-256"));
    keys->server.reset(EVP_EC_gen("P-256"));
    if (!keys->authority || !keys->server) return failed();
    keys->certificate = TRY(blank(keys->authority.get(), name, life_s));
    X509* const own = keys->certificate.get();
    const bool made =
        X509_set_issuer_name(own, X509_get_subject_name(own)) == 1 &&
        add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
        add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign") &&
        add_extension(own, own, NID_subject_key_identifier, "hash") &&
        X509_sign(own, keys->authority.get(), EVP_sha256()) > 0;
    const BioPtr key_text(BIO_new(BIO_s_mem()));
    if (!made || !key_text ||
        PEM_write_bio_PrivateKey(key_text.get(), keys->server.get(), nullptr, nullptr, 0, nullptr,
                                 nullptr) != 1) {
        return failed();
    }
    keys->server_pem = text_of(key_text.get());
    std::unique_ptr<Authority> authority(new Authority(std::move(keys)));
    authority->pem_ = TRY(pem_of(own));
    return authority;
}

Result<std::shared_ptr<const TlsServer>> Authority::make_server(const std::string& host) {
    const CertificatePtr leaf = TRY(blank(keys_->server.get(), "Hardshell egress", server_life_s));
    X509* const issuer = keys_->certificate.get();
    const std::string name = (Address::parse(host) ? "IP:" : "DNS:") + host;
    const bool made =
        X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer)) == 1 &&
        add_extension(leaf.get(), issuer, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(leaf.get(), issuer, NID_key_usage, "critical,digitalSignature") &&
        add_extension(leaf.get(), issuer, NID_ext_key_usage, "serverAuth") &&
        add_extension(leaf.get(), issuer, NID_authority_key_identifier, "keyid") &&
        add_extension(leaf.get(), issuer, NID_subject_alt_name, name) &&
        X509_sign(leaf.get(), keys_->authority.get(), EVP_sha256()) > 0;
    if (!made) return failed();
    auto server = TRY(TlsServer::make(TRY(pem_of(leaf.get())), keys_->server_pem));
    return std::shared_ptr<const TlsServer>(std::make_shared<TlsServer>(std::move(server)));
}

Result<std::shared_ptr<const TlsServer>> Authority::server_for(const std::string& host) {
    return servers_.with([&](auto& servers) -> Result<std::shared_ptr<const TlsServer>> {
        const auto found = servers.find(host);
        if (found != servers.end()) return found->second;
        if (servers.size() >= servers_max) servers.erase(servers.begin());
        auto made = TRY(make_server(host));
        servers.emplace(host, made);
        return made;
    });
}

}  // namespace hs::net
