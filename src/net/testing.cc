#include "net/testing.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace hs::net::testing {

namespace {

std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    std::string out(bytes, static_cast<std::size_t>(size));
    BIO_free(bio);
    return out;
}

std::string pem_of(X509* certificate) {
    BIO* bio = BIO_new(BIO_s_mem());
    CHECK(PEM_write_bio_X509(bio, certificate) == 1);
    return text_of(bio);
}

void add_extension(X509* certificate, X509* issuer, int number, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, number, value.c_str());
    CHECK(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

X509* blank(EVP_PKEY* key, const char* name, long serial, long valid_s) {
    X509* made = X509_new();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), serial);
    X509_gmtime_adj(X509_getm_notBefore(made), valid_s < 0 ? valid_s * 2 : -60);
    X509_gmtime_adj(X509_getm_notAfter(made), valid_s);
    X509_set_pubkey(made, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    return made;
}

}  // namespace

MadeCertificates make_certificates(const std::string& names, long valid_s) {
    EVP_PKEY* root_key = EVP_EC_gen("P-256");
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* root = blank(root_key, "Test root", 1, 3600);
    X509_set_issuer_name(root, X509_get_subject_name(root));
    add_extension(root, root, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(root, root, NID_key_usage, "critical,keyCertSign");
    CHECK(X509_sign(root, root_key, EVP_sha256()) > 0);
    X509* leaf = blank(key, "Test server", 2, valid_s);
    X509_set_issuer_name(leaf, X509_get_subject_name(root));
    add_extension(leaf, root, NID_subject_alt_name, names);
    CHECK(X509_sign(leaf, root_key, EVP_sha256()) > 0);
    BIO* key_text = BIO_new(BIO_s_mem());
    CHECK(PEM_write_bio_PrivateKey(key_text, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    MadeCertificates made{pem_of(root), pem_of(leaf), text_of(key_text)};
    X509_free(leaf);
    X509_free(root);
    EVP_PKEY_free(key);
    EVP_PKEY_free(root_key);
    return made;
}

}  // namespace hs::net::testing
