// SHA-256 (FIPS 180-4): of bytes, in pieces, of a file descriptor, and of many short messages.
//
// What it is for: digests of actions, the Merkle log, the identity of executables and contents.
// What it does not protect from: anybody can compute a hash. Where the input can be guessed or the
// result must prove origin, use crypto/mac.h.
// Threads: Sha256 is a value; the functions are pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace hs::crypto {

using Digest = std::array<std::uint8_t, 32>;

class Sha256 {
  public:
    Sha256();
    Sha256& update(base::ByteView bytes);
    // The digest of all that was added. The object begins anew.
    Digest finish();

  private:
    void begin();
    // The library's state lies here, so that no digest costs an allocation; the size is asserted.
    alignas(8) std::array<std::uint8_t, 112> state_;
};

Digest sha256(base::ByteView bytes);

// The digest of a regular file's whole content, read from its beginning without moving its
// position. exhausted when there are more than bytes_max, io with the errno's meaning.
base::Result<Digest> sha256_of_descriptor(int descriptor, std::uint64_t bytes_max);

// digests[i] = SHA-256(prefix || messages[i]), several messages at a time in vector registers
// where the processor has AVX2 or AVX-512. CHECKs that both spans are as long.
void sha256_prefixed(std::uint8_t prefix, std::span<const base::ByteView> messages,
                     std::span<Digest> digests);

// A digest from bytes whose size is not known to be right: corrupt unless there are 32.
base::Result<Digest> digest_from(base::ByteView bytes);

}  // namespace hs::crypto
