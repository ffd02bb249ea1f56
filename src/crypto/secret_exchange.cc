#include "crypto/secret_exchange.h"

#include <openssl/bn.h>
#include <openssl/evp.h>

#include <memory>

#include "crypto/mac.h"

namespace hs::crypto {
namespace {

using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t cbc_key_bytes = 16;
constexpr std::size_t block_bytes = 16;
constexpr std::size_t exponent_bytes = 64;  // far beyond twice the group's strength
constexpr std::size_t cipher_bytes_max = std::size_t{1} << 20U;

struct NumberEnd {
    void operator()(BIGNUM* number) const { BN_clear_free(number); }
    void operator()(BN_CTX* context) const { BN_CTX_free(context); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Number = std::unique_ptr<BIGNUM, NumberEnd>;

Number number_of(ByteView bytes) {
    Number number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
    CHECK(number != nullptr);
    return number;
}

Number group_prime() {
    Number prime(BN_get_rfc2409_prime_1024(nullptr));
    CHECK(prime != nullptr);
    return prime;
}

// base^exponent in the group, as group_bytes bytes, in a time that does not tell the exponent.
void raise(const BIGNUM* value, const SecretBytes& exponent, std::span<std::uint8_t> out) {
    const Number prime = group_prime();
    const Number power = number_of(exponent.view());
    BN_set_flags(power.get(), BN_FLG_CONSTTIME);
    const Number raised(BN_new());
    const std::unique_ptr<BN_CTX, NumberEnd> context(BN_CTX_secure_new());
    CHECK(raised != nullptr && context != nullptr);
    CHECK(BN_mod_exp(raised.get(), value, power.get(), prime.get(), context.get()) == 1);
    CHECK(BN_bn2binpad(raised.get(), out.data(), static_cast<int>(out.size())) ==
          static_cast<int>(out.size()));
}

}  // namespace

SecretExchange SecretExchange::begin(base::Random& random) {
    auto exponent = SecretBytes::random(exponent_bytes, random);
    const Number generator(BN_new());
    CHECK(generator != nullptr && BN_set_word(generator.get(), 2) == 1);
    base::Bytes value(group_bytes);
    raise(generator.get(), exponent, value);
    return {std::move(exponent), std::move(value)};
}

Result<SecretBytes> SecretExchange::agree(ByteView other_public_value) const {
    if (other_public_value.empty() || other_public_value.size() > group_bytes) {
        return fail(Code::corrupt, "the other side's public value has a wrong length");
    }
    const Number other = number_of(other_public_value);
    const Number last = group_prime();
    CHECK(BN_sub_word(last.get(), 1) == 1);
    // 0, 1 and p-1 would make the shared value one that everybody knows.
    if (BN_is_zero(other.get()) || BN_is_one(other.get()) || BN_cmp(other.get(), last.get()) >= 0) {
        return fail(Code::corrupt, "the other side's public value is no member of the group");
    }
    SecretBytes shared(group_bytes);
    raise(other.get(), exponent_, shared.writable());
    // RFC 5869: extract with a salt of zeros, then the first block of expand.
    const std::array<std::uint8_t, 32> salt{};
    Mac extracted = hmac_sha256(salt, shared.view());
    const std::array<std::uint8_t, 1> counter{1};
    Mac expanded = hmac_sha256(extracted, counter);
    auto key = SecretBytes::copy_of(ByteView(expanded).first(cbc_key_bytes));
    wipe(extracted);
    wipe(expanded);
    return key;
}

CbcSealed cbc_seal(const SecretBytes& key, ByteView plain, base::Random& random) {
    CHECK(key.size() == cbc_key_bytes && plain.size() <= cipher_bytes_max);
    CbcSealed sealed;
    sealed.vector.resize(block_bytes);
    random.fill(sealed.vector);
    sealed.cipher.resize(plain.size() + block_bytes);
    const std::unique_ptr<EVP_CIPHER_CTX, NumberEnd> context(EVP_CIPHER_CTX_new());
    int first = 0;
    int rest = 0;
    CHECK(context != nullptr && EVP_EncryptInit_ex(context.get(), EVP_aes_128_cbc(), nullptr,
                                                   key.view().data(), sealed.vector.data()) == 1);
    CHECK(EVP_EncryptUpdate(context.get(), sealed.cipher.data(), &first, plain.data(),
                            static_cast<int>(plain.size())) == 1);
    CHECK(EVP_EncryptFinal_ex(context.get(), sealed.cipher.data() + first, &rest) == 1);
    sealed.cipher.resize(static_cast<std::size_t>(first + rest));
    return sealed;
}

Result<SecretBytes> cbc_open(const SecretBytes& key, ByteView vector, ByteView cipher) {
    CHECK(key.size() == cbc_key_bytes);
    const auto broken = fail(Code::corrupt, "an encrypted value does not open");
    if (vector.size() != block_bytes || cipher.empty() || cipher.size() % block_bytes != 0 ||
        cipher.size() > cipher_bytes_max) {
        return broken;
    }
    SecretBytes plain(cipher.size());
    const std::unique_ptr<EVP_CIPHER_CTX, NumberEnd> context(EVP_CIPHER_CTX_new());
    CHECK(context != nullptr && EVP_DecryptInit_ex(context.get(), EVP_aes_128_cbc(), nullptr,
                                                   key.view().data(), vector.data()) == 1);
    int first = 0;
    int rest = 0;
    if (EVP_DecryptUpdate(context.get(), plain.writable().data(), &first, cipher.data(),
                          static_cast<int>(cipher.size())) != 1 ||
        EVP_DecryptFinal_ex(context.get(), plain.writable().data() + first, &rest) != 1) {
        return broken;
    }
    return SecretBytes::copy_of(plain.view().first(static_cast<std::size_t>(first + rest)));
}

}  // namespace hs::crypto
