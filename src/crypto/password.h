// A key from a passphrase: Argon2id (RFC 9106), with its parameters beside it.
//
// What it is for: sealing the state where no Secret Service holds the key.
// What it does not protect from: a passphrase that can be guessed within the attacker's patience.
// Threads: pure functions; one call takes 64 MiB and a fraction of a second.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/secret.h"

namespace hs::crypto {

// One lane (p = 1), as libsodium has it. What is stored decides, so that old keys stay reachable
// when the defaults grow.
struct PasswordCost {
    std::uint32_t passes = 3;
    std::uint32_t memory_kib = 64U << 10U;
    std::array<std::uint8_t, 16> salt{};
};

// The costs of today and a fresh salt.
PasswordCost new_password_cost(base::Random& random);

base::Bytes pack(const PasswordCost& cost);
// corrupt when malformed; exhausted beyond 16 passes or 1 GiB, since a stored number must not be
// able to stop the machine.
base::Result<PasswordCost> unpack_password_cost(base::ByteView bytes);

// A key of 32 bytes. exhausted when there is no memory for it; invalid_input for an empty
// passphrase or costs below Argon2id's minimum (1 pass, 8 KiB).
base::Result<SecretBytes> key_from_password(std::string_view password, const PasswordCost& cost);

}  // namespace hs::crypto
