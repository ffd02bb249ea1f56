// Signed notes (c2sp.org/signed-note) and checkpoints (c2sp.org/tlog-checkpoint).
//
// What it is for: the texts that stand for the whole log, with the signatures of the log, of its
// epoch and of witnesses below them.
// What it does not protect from: a key whose holder signs two roots of one size.
// Threads: values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/merkle.h"
#include "crypto/sign.h"

namespace hs::audit {

// Type 0x01, Ed25519: the one type that Hardshell signs and verifies. Others are unknown keys.
struct VerifierKey {
    std::string name;  // not empty, no Unicode space, no '+', no control character
    crypto::PublicKey key{};

    bool operator==(const VerifierKey&) const = default;
    // The first 4 bytes, big-endian, of SHA-256(name || 0x0A || 0x01 || key).
    std::uint32_t id() const;
    // name+hex(id)+base64(0x01 || key).
    std::string text() const;
};
// invalid_input says what is wrong: form, type, or an id that is not the key's.
base::Result<VerifierKey> parse_verifier_key(std::string_view text);
bool is_key_name(std::string_view name);

struct NoteSignature {
    std::string name;
    std::uint32_t id = 0;
    base::Bytes bytes;
};
struct Note {
    std::string text;  // what is signed, with its final newline
    std::vector<NoteSignature> signatures;
};

constexpr std::size_t note_bytes_max = std::size_t{1} << 20U;
constexpr std::size_t note_signatures_max = 64;

// invalid_input when the form is not that of a signed note. Nothing is verified.
base::Result<Note> parse_note(std::string_view bytes);

// The line that stands for it below a note, with its newline.
std::string signature_line(const NoteSignature& signature);

struct NoteSigner {
    const std::string& name;
    const crypto::SigningKey& key;
};
// The note with one signature line a signer. CHECKs that the text ends with a newline.
std::string sign_note(std::string_view text, std::span<const NoteSigner> signers);

// denied when any key of `known` is named with its id and its signature does not verify, or when a
// key of `required` has no signature. Signatures by other keys are passed over.
base::Result<> verify_note(const Note& note, std::span<const VerifierKey> required,
                           std::span<const VerifierKey> known = {});

struct Checkpoint {
    std::string origin;
    Head head;
    std::vector<std::string> extensions;

    std::string text() const;
};
// invalid_input: origin, decimal size without leading zeros, base64 root of 32 bytes, and no
// empty extension line.
base::Result<Checkpoint> parse_checkpoint(std::string_view text);

// Decimal without sign or leading zeros, at most 2^63 - 1.
base::Result<std::uint64_t> parse_decimal(std::string_view text);

}  // namespace hs::audit
