#include "crypto/seal.h"

#include <sodium.h>

#include <algorithm>

namespace hs::crypto {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t header_bytes = 1 + nonce_bytes;
static_assert(header_bytes + crypto_aead_xchacha20poly1305_ietf_ABYTES == seal_overhead_bytes);

base::Failure does_not_open() {
    return base::fail(base::Code::corrupt,
                      "sealed bytes do not open: they were changed, moved or sealed under another "
                      "key; restore them from a backup or remove the entry");
}

// plain has exactly as many bytes as were sealed.
bool open_into(const SecretBytes& key, base::ByteView sealed, base::ByteView place,
               std::span<std::uint8_t> plain) {
    const auto nonce = sealed.subspan(1, nonce_bytes);
    const auto cipher = sealed.subspan(header_bytes);
    return crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, cipher.data(),
                                                      cipher.size(), place.data(), place.size(),
                                                      nonce.data(), key.view().data()) == 0;
}

bool has_form(base::ByteView sealed) {
    return sealed.size() >= seal_overhead_bytes && sealed[0] == version;
}

}  // namespace

base::Bytes seal(const SecretBytes& key, base::ByteView plain, base::ByteView place,
                 base::Random& random) {
    CHECK(key.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    prepare_sodium();
    base::Bytes sealed(seal_overhead_bytes + plain.size());
    sealed[0] = version;
    random.fill(std::span(sealed).subspan(1, nonce_bytes));
    CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
              sealed.data() + header_bytes, nullptr, plain.data(), plain.size(), place.data(),
              place.size(), nullptr, sealed.data() + 1, key.view().data()) == 0);
    return sealed;
}

base::Result<base::Bytes> open(const SecretBytes& key, base::ByteView sealed,
                               base::ByteView place) {
    CHECK(key.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    prepare_sodium();
    if (!has_form(sealed)) return does_not_open();
    base::Bytes plain(sealed.size() - seal_overhead_bytes);
    if (!open_into(key, sealed, place, plain)) return does_not_open();
    return plain;
}

base::Result<SecretBytes> open_secret(const SecretBytes& key, base::ByteView sealed,
                                      base::ByteView place) {
    CHECK(key.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    if (!has_form(sealed)) return does_not_open();
    SecretBytes plain(sealed.size() - seal_overhead_bytes);
    if (!open_into(key, sealed, place, plain.writable())) return does_not_open();
    return plain;
}

}  // namespace hs::crypto
