// Keyed hashes and derived keys.
//
// What it is for: proving that bytes come from a holder of the key (tickets), hashing strings that
// could be guessed (names in the log), making one key a purpose out of a master key, and HMAC for
// protocols that ask for it.
// What it does not protect from: one key used for two purposes. Derive one for each.
// Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "crypto/hash.h"
#include "crypto/secret.h"

namespace hs::crypto {

using Mac = std::array<std::uint8_t, 32>;

constexpr std::size_t key_bytes = 32;

// BLAKE2b with a key and 32 bytes of output (RFC 7693). The key has 16 to 64 bytes: CHECKed.
Mac keyed_hash(const SecretBytes& key, base::ByteView bytes);

// Compares in constant time.
bool keyed_hash_matches(const SecretBytes& key, base::ByteView bytes, base::ByteView mac);

// A key of 32 bytes for one purpose: BLAKE2b keyed with the master over a fixed prefix and the
// label. Equal labels give equal keys; the master cannot be computed from a derived key.
SecretBytes derive_key(const SecretBytes& master, std::string_view label);

// HMAC-SHA-256 (RFC 2104), for foreign protocols. Any key size.
Mac hmac_sha256(base::ByteView key, base::ByteView bytes);

}  // namespace hs::crypto
