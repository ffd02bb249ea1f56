#include "crypto/rsa_check.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

namespace hs::crypto {
namespace {

using base::Code;
using base::fail;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

constexpr std::size_t der_bytes_max = 2'048;  // a key of 4096 bits needs 550
constexpr int bits_max = 4'096;

Key read_key(base::ByteView der) {
    const auto* at = der.data();
    const auto size = static_cast<long>(der.size());
    Key key(d2i_PUBKEY(nullptr, &at, size), &EVP_PKEY_free);
    if (!key) {
        at = der.data();
        key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size));
    }
    if (at != der.data() + der.size()) key.reset();
    return key;
}

}  // namespace

base::Result<> check_rsa_sha256(base::ByteView key_der, base::ByteView message,
                                base::ByteView signature, int bits_min) {
    if (key_der.empty() || key_der.size() > der_bytes_max)
        return fail(Code::invalid_input, "an RSA key of at most 2,048 bytes was expected");
    const Key key = read_key(key_der);
    if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
        return fail(Code::invalid_input, "the key is no RSA key in DER");
    const int bits = EVP_PKEY_get_bits(key.get());
    if (bits < bits_min || bits > bits_max)
        return fail(Code::invalid_input, "the RSA key is too short or longer than 4096 bits");
    const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    CHECK(context != nullptr);
    if (EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1)
        return fail(Code::invalid_input, "the RSA key cannot be used");
    if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                         message.size()) != 1)
        return fail(Code::denied, "the RSA signature does not fit");
    return {};
}

}  // namespace hs::crypto
