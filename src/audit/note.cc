#include "audit/note.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "wire/utf8.h"

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::uint8_t ed25519_type = 1;
constexpr std::string_view signature_start = "\xe2\x80\x94 ";  // U+2014 and a space

std::uint32_t big_endian(base::ByteView bytes) {
    return (std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) |
           (std::uint32_t{bytes[2]} << 8U) | bytes[3];
}

std::string signed_line(std::string_view text, const NoteSigner& signer) {
    const auto signature = signer.key.sign(base::bytes_of(text));
    return signature_line({signer.name, VerifierKey{signer.name, signer.key.public_key()}.id(),
                           base::Bytes(signature.begin(), signature.end())});
}

Result<NoteSignature> parse_signature(std::string_view line) {
    const auto bad = [] {
        return fail(Code::invalid_input, "a note's signature line is malformed");
    };
    if (!line.starts_with(signature_start)) return bad();
    line.remove_prefix(signature_start.size());
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return bad();
    NoteSignature signature;
    signature.name = line.substr(0, space);
    const auto bytes = base::from_base64(line.substr(space + 1));
    if (!is_key_name(signature.name) || !bytes || bytes->size() < 5) return bad();
    signature.id = big_endian(*bytes);
    signature.bytes.assign(bytes->begin() + 4, bytes->end());
    return signature;
}

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
    });
}

// Yields lines; the text ends with a newline.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

}  // namespace

std::string signature_line(const NoteSignature& signature) {
    base::Bytes bytes;
    for (unsigned i = 0; i < 4; ++i) {
        bytes.push_back(static_cast<std::uint8_t>(signature.id >> (24 - 8 * i)));
    }
    bytes.insert(bytes.end(), signature.bytes.begin(), signature.bytes.end());
    return fmt::format("{}{} {}\n", signature_start, signature.name, base::to_base64(bytes));
}

bool is_key_name(std::string_view name) {
    if (name.empty() || has_control_character(name)) return false;
    constexpr std::array<std::string_view, 22> refused = {" ",
                                                          "+",
                                                          "\n",
                                                          "\xc2\x85",
                                                          "\xc2\xa0",
                                                          "\xe1\x9a\x80",
                                                          "\xe2\x80\x80",
                                                          "\xe2\x80\x81",
                                                          "\xe2\x80\x82",
                                                          "\xe2\x80\x83",
                                                          "\xe2\x80\x84",
                                                          "\xe2\x80\x85",
                                                          "\xe2\x80\x86",
                                                          "\xe2\x80\x87",
                                                          "\xe2\x80\x88",
                                                          "\xe2\x80\x89",
                                                          "\xe2\x80\x8a",
                                                          "\xe2\x80\xa8",
                                                          "\xe2\x80\xa9",
                                                          "\xe2\x80\xaf",
                                                          "\xe2\x81\x9f",
                                                          "\xe3\x80\x80"};
    return std::none_of(refused.begin(), refused.end(), [&](std::string_view bad) {
        return name.find(bad) != std::string_view::npos;
    });
}

std::uint32_t VerifierKey::id() const {
    const std::array<std::uint8_t, 2> middle{0x0a, ed25519_type};
    return big_endian(
        crypto::Sha256().update(base::bytes_of(name)).update(middle).update(key).finish());
}

std::string VerifierKey::text() const {
    base::Bytes typed{ed25519_type};
    typed.insert(typed.end(), key.begin(), key.end());
    return fmt::format("{}+{:08x}+{}", name, id(), base::to_base64(typed));
}

Result<VerifierKey> parse_verifier_key(std::string_view text) {
    const auto bad = [](std::string_view why) {
        return fail(Code::invalid_input,
                    fmt::format("a verifier key name+id+key was expected; {}", why));
    };
    const std::size_t first = text.find('+');
    const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
    if (second == std::string_view::npos) return bad("it has fewer than three parts");
    VerifierKey key;
    key.name = text.substr(0, first);
    if (!is_key_name(key.name)) return bad("its name has a character that may not stand there");
    const auto typed = base::from_base64(text.substr(second + 1));
    if (!typed || typed->size() != 33) return bad("its key is not base64 of 33 bytes");
    if ((*typed)[0] != ed25519_type) return bad("its type is not Ed25519 (1)");
    std::copy(typed->begin() + 1, typed->end(), key.key.begin());
    if (fmt::format("{:08x}", key.id()) != text.substr(first + 1, second - first - 1)) {
        return bad("its id is not that of its key");
    }
    return key;
}

Result<Note> parse_note(std::string_view bytes) {
    const auto bad = [](std::string_view why) {
        return fail(Code::invalid_input, fmt::format("a signed note was expected; {}", why));
    };
    if (bytes.size() > note_bytes_max) return bad("it is larger than 1 MiB");
    if (!bytes.ends_with('\n')) return bad("it does not end with a newline");
    if (!wire::is_utf8(bytes)) return bad("it is not UTF-8");
    if (has_control_character(bytes)) return bad("it holds a control character");
    const std::size_t empty_line = bytes.rfind("\n\n");
    if (empty_line == std::string_view::npos) return bad("it has no empty line");
    Note note;
    note.text = bytes.substr(0, empty_line + 1);
    std::string_view rest = bytes.substr(empty_line + 2);
    if (rest.empty()) return bad("it has no signature");
    while (!rest.empty()) {
        if (note.signatures.size() >= note_signatures_max) return bad("it has over 64 signatures");
        note.signatures.push_back(TRY(parse_signature(take_line(rest))));
    }
    return note;
}

std::string sign_note(std::string_view text, std::span<const NoteSigner> signers) {
    CHECK(text.ends_with('\n'));
    std::string note = fmt::format("{}\n", text);
    for (const NoteSigner& signer : signers) note += signed_line(text, signer);
    return note;
}

namespace {

enum class Found : std::uint8_t { none, right, wrong };

Found look_for(const Note& note, const VerifierKey& key) {
    Found found = Found::none;
    for (const NoteSignature& line : note.signatures) {
        if (line.name != key.name || line.id != key.id()) continue;
        crypto::Signature signature{};
        if (line.bytes.size() != signature.size()) return Found::wrong;
        std::copy(line.bytes.begin(), line.bytes.end(), signature.begin());
        if (!crypto::verify(key.key, base::bytes_of(note.text), signature)) return Found::wrong;
        found = Found::right;
    }
    return found;
}

}  // namespace

Result<> verify_note(const Note& note, std::span<const VerifierKey> required,
                     std::span<const VerifierKey> known) {
    const auto refuse = [](const VerifierKey& key, std::string_view why) {
        return fail(Code::denied, fmt::format("the note's signature by {} {}", key.name, why));
    };
    for (const VerifierKey& key : known) {
        if (look_for(note, key) == Found::wrong) return refuse(key, "does not verify");
    }
    for (const VerifierKey& key : required) {
        const Found found = look_for(note, key);
        if (found == Found::wrong) return refuse(key, "does not verify");
        if (found == Found::none) return refuse(key, "is missing");
    }
    return {};
}

std::string Checkpoint::text() const {
    std::string text = fmt::format("{}\n{}\n{}\n", origin, head.size, base::to_base64(head.root));
    for (const std::string& extension : extensions) text += extension + "\n";
    return text;
}

Result<std::uint64_t> parse_decimal(std::string_view text) {
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() ||
        value > INT64_MAX || (text.size() > 1 && text[0] == '0')) {
        return fail(Code::invalid_input, "a decimal number without leading zeros was expected");
    }
    return value;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
    const auto bad = [](std::string_view why) {
        return fail(Code::invalid_input, fmt::format("a checkpoint was expected; {}", why));
    };
    if (!text.ends_with('\n')) return bad("it does not end with a newline");
    if (std::count(text.begin(), text.end(), '\n') < 3) return bad("it has fewer than three lines");
    Checkpoint checkpoint;
    checkpoint.origin = take_line(text);
    if (checkpoint.origin.empty()) return bad("its origin is empty");
    const auto size = parse_decimal(take_line(text));
    if (!size) return bad("its size is no decimal number");
    checkpoint.head.size = *size;
    const auto root = base::from_base64(take_line(text));
    if (!root || root->size() != 32) return bad("its root is not base64 of 32 bytes");
    std::copy(root->begin(), root->end(), checkpoint.head.root.begin());
    while (!text.empty()) {
        checkpoint.extensions.emplace_back(take_line(text));
        if (checkpoint.extensions.back().empty()) return bad("it has an empty extension line");
    }
    return checkpoint;
}

}  // namespace hs::audit
