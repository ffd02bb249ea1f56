#include "crypto/mac.h"

#include <sodium.h>

namespace hs::crypto {
namespace {

constexpr std::string_view derive_prefix = "hardshell/derive/v1:";

}  // namespace

Mac keyed_hash(const SecretBytes& key, base::ByteView bytes) {
    CHECK(key.size() >= crypto_generichash_KEYBYTES_MIN);
    CHECK(key.size() <= crypto_generichash_KEYBYTES_MAX);
    Mac mac;
    CHECK(crypto_generichash(mac.data(), mac.size(), bytes.data(), bytes.size(), key.view().data(),
                             key.size()) == 0);
    return mac;
}

bool keyed_hash_matches(const SecretBytes& key, base::ByteView bytes, base::ByteView mac) {
    return equal(keyed_hash(key, bytes), mac);
}

SecretBytes derive_key(const SecretBytes& master, std::string_view label) {
    CHECK(master.size() >= crypto_generichash_KEYBYTES_MIN);
    CHECK(master.size() <= crypto_generichash_KEYBYTES_MAX);
    SecretBytes key(key_bytes);
    crypto_generichash_state state;
    crypto_generichash_init(&state, master.view().data(), master.size(), key.size());
    const auto prefix = base::bytes_of(derive_prefix);
    crypto_generichash_update(&state, prefix.data(), prefix.size());
    const auto bytes = base::bytes_of(label);
    crypto_generichash_update(&state, bytes.data(), bytes.size());
    crypto_generichash_final(&state, key.writable().data(), key.size());
    sodium_memzero(&state, sizeof state);
    return key;
}

Mac hmac_sha256(base::ByteView key, base::ByteView bytes) {
    Mac mac;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.data(), key.size());
    crypto_auth_hmacsha256_update(&state, bytes.data(), bytes.size());
    crypto_auth_hmacsha256_final(&state, mac.data());
    sodium_memzero(&state, sizeof state);
    return mac;
}

}  // namespace hs::crypto
