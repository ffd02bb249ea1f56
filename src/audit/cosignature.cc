#include "audit/cosignature.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::uint8_t cosignature_type = 4;
constexpr std::size_t time_bytes = 8;

std::string message_of(std::string_view text, std::int64_t time_s) {
    return fmt::format("cosignature/v1\ntime {}\n{}", time_s, text);
}

}  // namespace

std::uint32_t WitnessKey::id() const {
    const std::array<std::uint8_t, 2> middle{0x0a, cosignature_type};
    const auto digest =
        crypto::Sha256().update(base::bytes_of(name)).update(middle).update(key).finish();
    return (std::uint32_t{digest[0]} << 24U) | (std::uint32_t{digest[1]} << 16U) |
           (std::uint32_t{digest[2]} << 8U) | digest[3];
}

std::string WitnessKey::text() const {
    base::Bytes typed{cosignature_type};
    typed.insert(typed.end(), key.begin(), key.end());
    return fmt::format("{}+{:08x}+{}", name, id(), base::to_base64(typed));
}

Result<WitnessKey> parse_witness_key(std::string_view text) {
    const auto bad = [](std::string_view why) {
        return fail(Code::invalid_input,
                    fmt::format("a witness's key name+id+key was expected; {}", why));
    };
    const std::size_t first = text.find('+');
    const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
    if (second == std::string_view::npos) return bad("it has fewer than three parts");
    WitnessKey key;
    key.name = text.substr(0, first);
    if (!is_key_name(key.name)) return bad("its name has a character that may not stand there");
    const auto typed = base::from_base64(text.substr(second + 1));
    if (!typed || typed->size() != 33) return bad("its key is not base64 of 33 bytes");
    if ((*typed)[0] != cosignature_type) return bad("its type is not Ed25519 cosignature (4)");
    std::copy(typed->begin() + 1, typed->end(), key.key.begin());
    if (fmt::format("{:08x}", key.id()) != text.substr(first + 1, second - first - 1)) {
        return bad("its id is not that of its key");
    }
    return key;
}

std::string cosign(std::string_view text, const std::string& name, const crypto::SigningKey& key,
                   std::int64_t time_s) {
    CHECK(text.ends_with('\n') && time_s >= 0);
    base::Bytes blob;
    for (unsigned i = 0; i < time_bytes; ++i) {
        blob.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(time_s) >>
                                                 (8 * (time_bytes - 1 - i))));
    }
    const auto signature = key.sign(base::bytes_of(message_of(text, time_s)));
    blob.insert(blob.end(), signature.begin(), signature.end());
    return signature_line({name, WitnessKey{name, key.public_key()}.id(), std::move(blob)});
}

Result<std::int64_t> verify_cosignature(const Note& note, const WitnessKey& key) {
    for (const NoteSignature& line : note.signatures) {
        if (line.name != key.name || line.id != key.id()) continue;
        crypto::Signature signature{};
        if (line.bytes.size() != time_bytes + signature.size()) break;
        std::uint64_t time_s = 0;
        for (std::size_t i = 0; i < time_bytes; ++i) time_s = (time_s << 8U) | line.bytes[i];
        std::copy(line.bytes.begin() + time_bytes, line.bytes.end(), signature.begin());
        if (time_s > INT64_MAX) break;
        const auto seconds = static_cast<std::int64_t>(time_s);
        if (!crypto::verify(key.key, base::bytes_of(message_of(note.text, seconds)), signature)) {
            break;
        }
        return seconds;
    }
    const bool present =
        std::any_of(note.signatures.begin(), note.signatures.end(),
                    [&](const auto& line) { return line.name == key.name && line.id == key.id(); });
    if (present) {
        return fail(Code::denied,
                    fmt::format("the cosignature of the witness {} does not verify", key.name));
    }
    return fail(Code::not_found, fmt::format("the witness {} has not signed this", key.name));
}

}  // namespace hs::audit
