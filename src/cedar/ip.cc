#include <fmt/format.h>

#include <iterator>

#include "cedar/extension.h"

namespace hs::cedar {
namespace {

constexpr std::size_t text_max = 64;
constexpr std::size_t groups_count = 8;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

int hexadecimal_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Decimal without leading zeros, at most three digits.
std::optional<std::uint32_t> small_number(std::string_view text, std::uint32_t max) {
    if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) return {};
    std::uint32_t value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return {};
        value = value * 10 + static_cast<std::uint32_t>(c - '0');
    }
    if (value > max) return {};
    return value;
}

bool parse_v4(std::string_view text, IpAddress& out) {
    for (std::size_t part = 0; part < 4; ++part) {
        const std::size_t dot = part == 3 ? text.size() : text.find('.');
        if (dot == std::string_view::npos) return false;
        const auto number = small_number(text.substr(0, dot), 255);
        if (!number) return false;
        out.bytes[part] = static_cast<std::uint8_t>(*number);
        if (part < 3) text.remove_prefix(dot + 1);
    }
    return true;
}

bool parse_group(std::string_view text, std::uint16_t& out) {
    if (text.empty() || text.size() > 4) return false;
    std::uint32_t value = 0;
    for (const char c : text) {
        const int digit = hexadecimal_digit(c);
        if (digit < 0) return false;
        value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    out = static_cast<std::uint16_t>(value);
    return true;
}

// Groups joined by single colons; returns how many, or groups_count + 1 when malformed.
std::size_t parse_groups(std::string_view text, std::array<std::uint16_t, groups_count>& out) {
    if (text.empty()) return 0;
    std::size_t count = 0;
    while (true) {
        const std::size_t colon = text.find(':');
        if (count == groups_count || !parse_group(text.substr(0, colon), out[count])) {
            return groups_count + 1;
        }
        ++count;
        if (colon == std::string_view::npos) return count;
        text.remove_prefix(colon + 1);
    }
}

bool parse_v6(std::string_view text, IpAddress& out) {
    std::array<std::uint16_t, groups_count> head{};
    std::array<std::uint16_t, groups_count> tail{};
    const std::size_t gap = text.find("::");
    const bool has_gap = gap != std::string_view::npos;
    const std::size_t before = parse_groups(text.substr(0, gap), head);
    const std::size_t after = has_gap ? parse_groups(text.substr(gap + 2), tail) : 0;
    if (before > groups_count || after > groups_count) return false;
    if (has_gap ? before + after >= groups_count : before != groups_count) return false;
    std::array<std::uint16_t, groups_count> groups{};
    for (std::size_t i = 0; i < before; ++i) groups[i] = head[i];
    for (std::size_t i = 0; i < after; ++i) groups[groups_count - after + i] = tail[i];
    for (std::size_t i = 0; i < groups_count; ++i) {
        out.bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8U);
        out.bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xFFU);
    }
    return true;
}

std::uint16_t group_at(const IpAddress& address, std::size_t index) {
    return static_cast<std::uint16_t>((address.bytes[2 * index] << 8U) |
                                      address.bytes[2 * index + 1]);
}

// The longest run of zero groups, the first of equals, at least two long (RFC 5952 section 4.2).
std::pair<std::size_t, std::size_t> longest_zeros(const IpAddress& address) {
    std::pair<std::size_t, std::size_t> best{groups_count, 0};
    for (std::size_t i = 0; i < groups_count; ++i) {
        std::size_t length = 0;
        while (i + length < groups_count && group_at(address, i + length) == 0) ++length;
        if (length >= 2 && length > best.second) best = {i, length};
    }
    return best;
}

std::string v6_text(const IpAddress& address) {
    std::string out;
    const auto [start, length] = longest_zeros(address);
    for (std::size_t i = 0; i < groups_count; ++i) {
        if (i == start) {
            out += "::";
            i += length - 1;
            continue;
        }
        if (!out.empty() && out.back() != ':') out += ':';
        fmt::format_to(std::back_inserter(out), "{:x}", group_at(address, i));
    }
    return out;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
    if (text.size() > text_max) return {};
    const std::size_t slash = text.find('/');
    const std::string_view address = text.substr(0, slash);
    IpAddress out;
    out.is_v6 = address.find(':') != std::string_view::npos;
    if (!(out.is_v6 ? parse_v6(address, out) : parse_v4(address, out))) return {};
    const std::uint32_t bits = out.is_v6 ? 128 : 32;
    out.prefix = static_cast<std::uint8_t>(bits);
    if (slash == std::string_view::npos) return out;
    const auto prefix = small_number(text.substr(slash + 1), bits);
    if (!prefix) return {};
    out.prefix = static_cast<std::uint8_t>(*prefix);
    return out;
}

std::string ip_text(const IpAddress& address) {
    const auto& b = address.bytes;
    std::string out =
        address.is_v6 ? v6_text(address) : fmt::format("{}.{}.{}.{}", b[0], b[1], b[2], b[3]);
    if (address.prefix != (address.is_v6 ? 128 : 32)) {
        fmt::format_to(std::back_inserter(out), "/{}", address.prefix);
    }
    return out;
}

bool is_loopback(const IpAddress& address) {
    if (!address.is_v6) return address.bytes[0] == 127 && address.prefix >= 8;
    for (std::size_t i = 0; i < 15; ++i) {
        if (address.bytes[i] != 0) return false;
    }
    return address.bytes[15] == 1 && address.prefix == 128;
}

bool is_multicast(const IpAddress& address) {
    if (address.is_v6) return address.bytes[0] == 0xFF && address.prefix >= 8;
    return (address.bytes[0] & 0xF0U) == 0xE0 && address.prefix >= 4;
}

bool is_in_range(const IpAddress& inner, const IpAddress& outer) {
    if (inner.is_v6 != outer.is_v6 || inner.prefix < outer.prefix) return false;
    for (std::uint32_t bit = 0; bit < outer.prefix; bit += 8) {
        const std::uint32_t left = outer.prefix - bit;
        const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xFFU : 0xFF00U >> left);
        if (((inner.bytes[bit / 8] ^ outer.bytes[bit / 8]) & mask) != 0) return false;
    }
    return true;
}

}  // namespace hs::cedar
