// Sealing: XChaCha20-Poly1305 with a random nonce, bound to a place.
//
// What it is for: bytes that lie on disk. Whoever has no key reads nothing; sealed bytes that are
// changed, or moved to another place (the associated data), do not open.
// What it does not protect from: an older sealed value put back in the same place, and the length
// of what is sealed, which shows. The log and the caller's versions deal with the first.
// Threads: pure functions.
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/secret.h"

namespace hs::crypto {

// A version byte, a nonce of 24 and a tag of 16.
constexpr std::size_t seal_overhead_bytes = 1 + 24 + 16;

// Format: 0x01 || nonce || ciphertext and tag (draft-irtf-cfrg-xchacha-03, IETF construction).
// The key has 32 bytes: CHECKed.
base::Bytes seal(const SecretBytes& key, base::ByteView plain, base::ByteView place,
                 base::Random& random);

// corrupt when the key, the place or any byte is another than at sealing.
base::Result<base::Bytes> open(const SecretBytes& key, base::ByteView sealed, base::ByteView place);

// The same for a key that was sealed: the plain bytes never lie in ordinary memory.
base::Result<SecretBytes> open_secret(const SecretBytes& key, base::ByteView sealed,
                                      base::ByteView place);

}  // namespace hs::crypto
