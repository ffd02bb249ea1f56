// Cosignatures: what a witness puts below a checkpoint (c2sp.org/tlog-cosignature, cosignature/v1,
// Ed25519, signed-note type 0x04).
//
// What it is for: somebody elsewhere says "at this time I saw this head, and it extends every head
// of this log that I saw before". A restored snapshot and a second history then cannot pass.
// What it does not protect from: a witness that is asked by nobody, or whose key lies beside the
// log's. The message does not commit to the key's name: one key for one witness.
// Threads: values and pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "audit/note.h"

namespace hs::audit {

struct WitnessKey {
    std::string name;
    crypto::PublicKey key{};

    bool operator==(const WitnessKey&) const = default;
    // The first 4 bytes, big-endian, of SHA-256(name || 0x0A || 0x04 || key).
    std::uint32_t id() const;
    // name+hex(id)+base64(0x04 || key).
    std::string text() const;
};
// invalid_input says what is wrong.
base::Result<WitnessKey> parse_witness_key(std::string_view text);

// The signature line over a note's text at that second. CHECKs that the text ends with a newline.
std::string cosign(std::string_view text, const std::string& name, const crypto::SigningKey& key,
                   std::int64_t time_s);

// The seconds since 1970 that the witness vouches for. not_found without its signature, denied
// when it does not verify.
base::Result<std::int64_t> verify_cosignature(const Note& note, const WitnessKey& key);

}  // namespace hs::audit
