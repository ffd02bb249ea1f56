// Ed25519 signatures (RFC 8032).
//
// What it is for: checkpoints of the log, policy and skill bundles, anything that others verify
// without sharing a secret with us.
// What it does not protect from: signing the same bytes in two contexts. Sign texts that begin
// with what they are.
// Threads: SigningKey is a value, signing is const; the functions are pure.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/secret.h"

namespace hs::crypto {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

class SigningKey {
  public:
    static SigningKey generate(base::Random& random);
    // The 32-byte seed of RFC 8032. invalid_input at another size.
    static base::Result<SigningKey> from_seed(base::ByteView seed);

    const PublicKey& public_key() const { return public_key_; }
    // The same message always gives the same signature.
    Signature sign(base::ByteView message) const;
    // What from_seed takes, to be sealed.
    SecretBytes seed() const;

  private:
    SigningKey() = default;
    SecretBytes secret_;
    PublicKey public_key_{};
};

// Refuses keys of small order and signatures that are not canonical (as libsodium does).
bool verify(const PublicKey& key, base::ByteView message, const Signature& signature);

}  // namespace hs::crypto
