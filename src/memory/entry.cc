#include "memory/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/pack.h"
#include "crypto/hash.h"
#include "wire/utf8.h"

namespace hs::memory {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

constexpr std::uint8_t body_version = 1;
constexpr std::array<std::string_view, 6> kind_names = {"fact",    "preference", "person",
                                                        "project", "episode",    "instruction"};
constexpr std::array<std::string_view, 3> state_names = {"kept", "quarantined", "superseded"};
constexpr std::size_t short_bytes_max = 4096;

std::string name_list(const auto& names) {
    std::string list;
    for (const std::string_view name : names) {
        list += (list.empty() ? "" : ", ") + std::string(name);
    }
    return list;
}

Result<State> state_from(std::string_view name) {
    const auto found = std::find(state_names.begin(), state_names.end(), name);
    if (found == state_names.end()) {
        return fail(Code::invalid_input, "\"state\": expected " + name_list(state_names));
    }
    return static_cast<State>(found - state_names.begin());
}

Result<std::string> short_text(const Json& json, std::string_view key) {
    std::string text = TRY(wire::text_at_or(json, key, ""));
    if (text.size() <= short_bytes_max && wire::is_utf8(text)) return text;
    return fail(Code::invalid_input,
                fmt::format("\"{}\": expected a text of at most {} bytes", key, short_bytes_max));
}

// Characters that a person does not see, by which a text can hide what it says: controls (C0, C1),
// soft hyphen, zero width, directions, variation selectors and tags (Unicode 15, chapter 23).
bool is_hidden(char32_t c) {
    return c == 0xad || c == 0x34f || c == 0x61c || (c >= 0x7f && c < 0xa0) ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

// The code point at the front of valid UTF-8, and its length (RFC 3629 section 3).
std::pair<char32_t, std::size_t> front_of(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>(text[i]));
    };
    if (byte(0) < 0x80) return {byte(0), 1};
    if (byte(0) < 0xe0) return {(byte(0) & 0x1fU) << 6U | (byte(1) & 0x3fU), 2};
    if (byte(0) < 0xf0) {
        return {(byte(0) & 0x0fU) << 12U | (byte(1) & 0x3fU) << 6U | (byte(2) & 0x3fU), 3};
    }
    return {(byte(0) & 0x07U) << 18U | (byte(1) & 0x3fU) << 12U | (byte(2) & 0x3fU) << 6U |
                (byte(3) & 0x3fU),
            4};
}

}  // namespace

std::string_view kind_name(Kind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}

std::optional<Kind> kind_from_name(std::string_view name) {
    const auto found = std::find(kind_names.begin(), kind_names.end(), name);
    if (found == kind_names.end()) return std::nullopt;
    return static_cast<Kind>(found - kind_names.begin());
}

std::string_view state_name(State state) {
    return state_names[static_cast<std::size_t>(state)];
}

base::Bytes pack_body(const Entry& entry) {
    base::Packer packer;
    packer.u8(body_version);
    packer.u8(static_cast<std::uint8_t>(entry.state));
    packer.text(entry.text);
    packer.u8(static_cast<std::uint8_t>(entry.kind));
    packer.text(entry.origin.by);
    packer.text(entry.origin.person);
    packer.text(entry.origin.channel);
    packer.text(entry.origin.session);
    packer.text(entry.origin.turn);
    packer.list(entry.origin.sources,
                [](base::Packer& to, const std::string& source) { to.text(source); });
    packer.text(wire::canonical_json(flow::to_json(entry.label)));
    packer.text(entry.project);
    packer.text(entry.supersedes);
    packer.text(entry.hold);
    packer.text(entry.salt);
    packer.i64(entry.created_ms);
    packer.i64(entry.expires_ms);
    packer.i64(entry.reviewed_ms);
    return std::move(packer).take();
}

Result<Glance> glance_at(base::ByteView packed) {
    base::Unpacker unpacker(packed);
    const std::uint8_t version = TRY(unpacker.u8());
    if (version != body_version) {
        return fail(Code::conflict,
                    fmt::format("a memory is of version {}, which this program does not know; "
                                "install the version that wrote it",
                                version));
    }
    const std::uint8_t state = TRY(unpacker.u8());
    if (state >= state_names.size()) return fail(Code::corrupt, "a memory has an unknown state");
    return Glance{static_cast<State>(state), base::text_of(TRY(unpacker.bytes()))};
}

Result<> unpack_body(base::ByteView packed, Entry& entry) {
    const Glance glance = TRY(glance_at(packed));
    if (glance.text.size() > Entry::text_bytes_max || !wire::is_utf8(glance.text)) {
        return fail(Code::corrupt, "a memory's text is not one");
    }
    entry.state = glance.state;
    entry.text = std::string(glance.text);
    base::Unpacker unpacker(packed.subspan(6 + glance.text.size()));
    const std::uint8_t kind = TRY(unpacker.u8());
    if (kind >= kind_names.size()) return fail(Code::corrupt, "a memory has an unknown kind");
    entry.kind = static_cast<Kind>(kind);
    entry.origin.by = TRY(unpacker.text());
    entry.origin.person = TRY(unpacker.text());
    entry.origin.channel = TRY(unpacker.text());
    entry.origin.session = TRY(unpacker.text());
    entry.origin.turn = TRY(unpacker.text());
    entry.origin.sources =
        TRY(unpacker.list<std::string>([](base::Unpacker& from) { return from.text(); }));
    const auto label = wire::parse_json(TRY(unpacker.text()));
    entry.label = label ? flow::label_or_unknown(&*label) : flow::Label::unknown();
    entry.project = TRY(unpacker.text());
    entry.supersedes = TRY(unpacker.text());
    entry.hold = TRY(unpacker.text());
    entry.salt = TRY(unpacker.text());
    entry.created_ms = TRY(unpacker.i64());
    entry.expires_ms = TRY(unpacker.i64());
    entry.reviewed_ms = TRY(unpacker.i64());
    return unpacker.finish();
}

Json to_json(const Entry& entry) {
    Json sources{wire::JsonArray{}};
    for (const auto& source : entry.origin.sources) sources.push(source);
    const JsonObject origin{{"by", entry.origin.by},           {"person", entry.origin.person},
                            {"channel", entry.origin.channel}, {"session", entry.origin.session},
                            {"turn", entry.origin.turn},       {"sources", std::move(sources)}};
    return JsonObject{{"id", entry.id},
                      {"text", entry.text},
                      {"kind", kind_name(entry.kind)},
                      {"state", state_name(entry.state)},
                      {"origin", origin},
                      {"label", flow::to_json(entry.label)},
                      {"compartment", entry.compartment},
                      {"project", entry.project},
                      {"supersedes", entry.supersedes},
                      {"hold", entry.hold},
                      {"created_ms", entry.created_ms},
                      {"used_ms", entry.used_ms},
                      {"uses", entry.uses},
                      {"expires_ms", entry.expires_ms},
                      {"reviewed_ms", entry.reviewed_ms}};
}

Result<Entry> entry_from_json(const Json& json) {
    Entry entry;
    entry.id = TRY(short_text(json, "id"));
    entry.text = TRY(tidy_text(TRY(wire::text_at(json, "text"))));
    const auto kind = kind_from_name(TRY(wire::text_at_or(json, "kind", "fact")));
    if (!kind) return fail(Code::invalid_input, "\"kind\": expected " + name_list(kind_names));
    entry.kind = *kind;
    entry.state = TRY(state_from(TRY(wire::text_at_or(json, "state", "kept"))));
    if (const Json* origin = json.find("origin")) {
        entry.origin.by = TRY(short_text(*origin, "by"));
        entry.origin.person = TRY(short_text(*origin, "person"));
        entry.origin.channel = TRY(short_text(*origin, "channel"));
        entry.origin.session = TRY(short_text(*origin, "session"));
        entry.origin.turn = TRY(short_text(*origin, "turn"));
        const Json* sources = origin->find("sources");
        for (std::size_t i = 0; sources != nullptr && sources->array() != nullptr &&
                                i < std::min(sources->array()->size(), Entry::sources_max);
             ++i) {
            const std::string* source = (*sources->array())[i].text();
            if (source != nullptr && source->size() <= Entry::source_bytes_max) {
                entry.origin.sources.push_back(*source);
            }
        }
    }
    entry.label = flow::label_or_unknown(json.find("label"));
    entry.compartment = TRY(short_text(json, "compartment"));
    entry.project = TRY(short_text(json, "project"));
    entry.supersedes = TRY(short_text(json, "supersedes"));
    entry.hold = TRY(short_text(json, "hold"));
    entry.created_ms = TRY(wire::integer_at_or(json, "created_ms", 0));
    entry.used_ms = TRY(wire::integer_at_or(json, "used_ms", 0));
    entry.uses = TRY(wire::integer_at_or(json, "uses", 0));
    entry.expires_ms = TRY(wire::integer_at_or(json, "expires_ms", 0));
    entry.reviewed_ms = TRY(wire::integer_at_or(json, "reviewed_ms", 0));
    return entry;
}

Result<std::string> tidy_text(std::string_view given) {
    if (given.size() > 4 * Entry::text_bytes_max) {
        return fail(Code::exhausted, fmt::format("a memory has at most {} bytes; put more into a "
                                                 "file and remember where it is",
                                                 Entry::text_bytes_max));
    }
    const std::string text = wire::mend_utf8(given);
    std::string tidy;
    std::string_view left = text;
    while (!left.empty()) {
        const auto [point, bytes] = front_of(left);
        const std::string_view character = left.substr(0, bytes);
        left.remove_prefix(bytes);
        if (point <= 0x20) {
            if (!tidy.empty() && tidy.back() != ' ') tidy += ' ';
        } else if (!is_hidden(point)) {
            tidy += character;
        }
    }
    if (tidy.ends_with(' ')) tidy.pop_back();
    if (tidy.empty()) return fail(Code::invalid_input, "there is no text to remember");
    if (tidy.size() > Entry::text_bytes_max) {
        return fail(Code::exhausted, fmt::format("a memory has at most {} bytes; put more into a "
                                                 "file and remember where it is",
                                                 Entry::text_bytes_max));
    }
    return tidy;
}

std::string content_digest(const Entry& entry) {
    CHECK(!entry.salt.empty());
    return base::to_hex(crypto::sha256(base::bytes_of(entry.salt + "\n" + entry.text)));
}

std::string fresh_salt(base::Random& random) {
    std::array<std::uint8_t, 16> salt{};
    random.fill(salt);
    return base::to_hex(salt);
}

std::string ids_digest(std::vector<std::string> ids) {
    std::sort(ids.begin(), ids.end());
    std::string lines;
    for (const auto& id : ids) lines += id + "\n";
    return base::to_hex(crypto::sha256(base::bytes_of(lines)));
}

}  // namespace hs::memory
