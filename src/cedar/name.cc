#include "cedar/name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <random>

#include "wire/utf8.h"

namespace hs::cedar {
namespace {

std::uint64_t process_seed() {
    static const std::uint64_t seed = [] {
        std::random_device device;
        return (std::uint64_t{device()} << 32U) | device();
    }();
    return seed;
}

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t load(const char* from, std::size_t size) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, size);
    return word;
}

std::uint64_t hash_bytes(std::string_view text, std::uint64_t seed) {
    constexpr std::uint64_t odd_a = 0x9E3779B97F4A7C15U;
    constexpr std::uint64_t odd_b = 0xD6E8FEB86659FD93U;
    std::uint64_t state = seed ^ fold(text.size() ^ odd_a, odd_b);
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left > 16; left -= 16, at += 16) {
        state = fold(load(at, 8) ^ odd_a ^ state, load(at + 8, 8) ^ odd_b);
    }
    const std::uint64_t first = left > 8 ? load(at, 8) : load(at, left);
    const std::uint64_t second = left > 8 ? load(at + 8, left - 8) : 0;
    return fold(fold(first ^ odd_a ^ state, second ^ odd_b ^ seed), odd_a ^ state);
}

bool starts_identifier(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

EntityKey make_key(std::string_view type, std::string_view id) {
    return EntityKey{type, id, hash_bytes(id, hash_bytes(type, process_seed()))};
}

EntityUid to_uid(const EntityKey& key) {
    return EntityUid{std::string(key.type), std::string(key.id)};
}

std::uint64_t hash_text(std::string_view text) {
    return hash_bytes(text, process_seed());
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const char front = text.front();
        const auto byte = static_cast<unsigned char>(front);
        if (byte >= 0x80) {
            wire::append_utf8(out, wire::take_code_point(text));
            continue;
        }
        text.remove_prefix(1);
        switch (front) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\0':
                out += "\\0";
                break;
            default:
                if (byte < 0x20 || byte == 0x7F) {
                    fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
                } else {
                    out += front;
                }
        }
    }
    out += '"';
}

std::string quoted(std::string_view text) {
    std::string out;
    append_quoted(out, text);
    return out;
}

std::string to_text(const EntityUid& uid) {
    return to_text(make_key(uid));
}

std::string to_text(const EntityKey& key) {
    std::string out(key.type);
    out += "::";
    append_quoted(out, key.id);
    return out;
}

bool is_identifier_shape(std::string_view text) {
    if (text.empty() || !starts_identifier(text.front())) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return starts_identifier(c) || (c >= '0' && c <= '9'); });
}

bool is_reserved_word(std::string_view text) {
    switch (text.size()) {
        case 2:
            return text == "if" || text == "in" || text == "is";
        case 3:
            return text == "has";
        case 4:
            return text == "true" || text == "then" || text == "else" || text == "like";
        case 5:
            return text == "false";
        case 7:
            return text == "__cedar";
        default:
            return false;
    }
}

bool is_type_path(std::string_view text) {
    while (true) {
        const std::size_t colons = text.find("::");
        if (!is_identifier(text.substr(0, colons))) return false;
        if (colons == std::string_view::npos) return true;
        text.remove_prefix(colons + 2);
    }
}

std::string_view extension_type_name(ExtensionType type) {
    switch (type) {
        case ExtensionType::ip:
            return "ipaddr";
        case ExtensionType::decimal:
            return "decimal";
        case ExtensionType::datetime:
            return "datetime";
        case ExtensionType::duration:
            return "duration";
    }
    return "";
}

}  // namespace hs::cedar
