#include "policy/address.h"

#include <fmt/format.h>

#include <charconv>

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;

Result<Address> parse_ipv4(std::string_view text) {
    Address address;
    std::size_t part = 0;
    std::string_view left = text;
    for (; part < 4; ++part) {
        const std::size_t dot = part < 3 ? left.find('.') : left.size();
        if (dot == std::string_view::npos || dot == 0 || dot > 3) break;
        if (dot > 1 && left[0] == '0') break;
        const std::string_view digits = left.substr(0, dot);
        unsigned value = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc() || end != digits.data() + digits.size() || value > 255) break;
        address.bytes[part] = static_cast<std::uint8_t>(value);
        left.remove_prefix(std::min(dot + 1, left.size()));
    }
    if (part < 4) {
        return fail(Code::invalid_input,
                    "expected an IPv4 address of four decimal parts without leading zeros");
    }
    return address;
}

struct Groups {
    std::array<std::uint16_t, 8> values{};
    std::size_t count = 0;
};

bool append_ipv4(Groups& groups, std::string_view text) {
    const Result<Address> tail = parse_ipv4(text);
    if (!tail || groups.count > 6) return false;
    const auto& bytes = tail->bytes;
    groups.values[groups.count++] = static_cast<std::uint16_t>(bytes[0] << 8U | bytes[1]);
    groups.values[groups.count++] = static_cast<std::uint16_t>(bytes[2] << 8U | bytes[3]);
    return true;
}

// Groups between single colons; the last one may be an IPv4 address.
bool parse_groups(std::string_view text, Groups& groups) {
    while (!text.empty()) {
        const std::size_t colon = text.find(':');
        const std::string_view part = text.substr(0, colon);
        if (colon == std::string_view::npos && part.find('.') != std::string_view::npos) {
            return append_ipv4(groups, part);
        }
        if (part.empty() || part.size() > 4 || groups.count == 8) return false;
        std::uint16_t value = 0;
        const auto [end, error] =
            std::from_chars(part.data(), part.data() + part.size(), value, 16);
        if (error != std::errc() || end != part.data() + part.size()) return false;
        groups.values[groups.count++] = value;
        if (colon == std::string_view::npos) return true;
        text.remove_prefix(colon + 1);
        if (text.empty()) return false;
    }
    return true;
}

Result<Address> parse_ipv6(std::string_view text) {
    const auto refused = [] { return fail(Code::invalid_input, "expected an IPv6 address"); };
    const std::size_t gap = text.find("::");
    Groups head;
    Groups tail;
    if (!parse_groups(text.substr(0, gap), head)) return refused();
    if (gap == std::string_view::npos) {
        if (head.count != 8) return refused();
    } else {
        if (text.find("::", gap + 1) != std::string_view::npos) return refused();
        if (!parse_groups(text.substr(gap + 2), tail)) return refused();
        if (head.count + tail.count > 7) return refused();
        if (text.substr(0, gap).find('.') != std::string_view::npos) return refused();
    }
    std::array<std::uint16_t, 8> all{};
    std::copy_n(head.values.begin(), head.count, all.begin());
    std::copy_n(tail.values.begin(), tail.count, all.end() - static_cast<long>(tail.count));
    Address address;
    address.is_v6 = true;
    for (std::size_t i = 0; i < 8; ++i) {
        address.bytes[2 * i] = static_cast<std::uint8_t>(all[i] >> 8U);
        address.bytes[2 * i + 1] = static_cast<std::uint8_t>(all[i] & 0xffU);
    }
    return address;
}

AddressRange range(std::string_view text) {
    return parse_address_range(text).value();
}

struct KnownRange {
    AddressRange range;
    AddressKind kind;
};

// The first range that holds the address says what it is.
const std::vector<KnownRange>& known_ranges() {
    static const std::vector<KnownRange> ranges = {
        {range("169.254.169.254"), AddressKind::metadata},  // AWS, Azure, Google, DigitalOcean
        {range("169.254.170.2"), AddressKind::metadata},    // AWS container credentials
        {range("169.254.169.253"), AddressKind::metadata},  // AWS resolver
        {range("100.100.100.200"), AddressKind::metadata},  // Alibaba
        {range("168.63.129.16"), AddressKind::metadata},    // Azure host agent
        {range("192.0.0.192"), AddressKind::metadata},      // Oracle
        {range("fd00:ec2::254"), AddressKind::metadata},    // AWS
        {range("fd20:ce::254"), AddressKind::metadata},     // Google
        {range("127.0.0.0/8"), AddressKind::loopback},
        {range("::1"), AddressKind::loopback},
        {range("10.0.0.0/8"), AddressKind::private_network},
        {range("172.16.0.0/12"), AddressKind::private_network},
        {range("192.168.0.0/16"), AddressKind::private_network},
        {range("169.254.0.0/16"), AddressKind::private_network},
        {range("100.64.0.0/10"), AddressKind::private_network},
        {range("fc00::/7"), AddressKind::private_network},
        {range("fe80::/10"), AddressKind::private_network},
        {range("fec0::/10"), AddressKind::private_network},
        {range("0.0.0.0/8"), AddressKind::unusable},
        {range("192.0.0.0/24"), AddressKind::unusable},
        {range("192.0.2.0/24"), AddressKind::unusable},
        {range("198.18.0.0/15"), AddressKind::unusable},
        {range("198.51.100.0/24"), AddressKind::unusable},
        {range("203.0.113.0/24"), AddressKind::unusable},
        {range("224.0.0.0/3"), AddressKind::unusable},
        {range("::"), AddressKind::unusable},
        {range("100::/64"), AddressKind::unusable},
        {range("2001:db8::/32"), AddressKind::unusable},
        {range("ff00::/8"), AddressKind::unusable},
    };
    return ranges;
}

AddressKind classify_plain(const Address& address) {
    for (const KnownRange& known : known_ranges()) {
        if (known.range.holds(address)) return known.kind;
    }
    return AddressKind::global;
}

int danger(AddressKind kind) {
    switch (kind) {
        case AddressKind::global:
            return 0;
        case AddressKind::loopback:
            return 1;
        case AddressKind::private_network:
            return 2;
        case AddressKind::unusable:
            return 3;
        case AddressKind::metadata:
            return 4;
    }
    return 4;
}

// RFC 5952: the longest run of two or more zero groups, the first one of equals.
std::pair<std::size_t, std::size_t> longest_zero_run(const std::array<std::uint16_t, 8>& groups) {
    std::size_t best_start = 8;
    std::size_t best_length = 1;
    for (std::size_t i = 0; i < 8; ++i) {
        std::size_t length = 0;
        while (i + length < 8 && groups[i + length] == 0) ++length;
        if (length > best_length) {
            best_start = i;
            best_length = length;
        }
    }
    return {best_start, best_start == 8 ? 0 : best_length};
}

std::string ipv6_text(const Address& address) {
    std::array<std::uint16_t, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i) {
        groups[i] =
            static_cast<std::uint16_t>(address.bytes[2 * i] << 8U | address.bytes[2 * i + 1]);
    }
    const auto [start, length] = longest_zero_run(groups);
    std::string text;
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == start) {
            text += "::";
            i += length - 1;
            continue;
        }
        if (!text.empty() && text.back() != ':') text += ':';
        text += fmt::format("{:x}", groups[i]);
    }
    return text;
}

Address ipv4_at(const Address& address, std::size_t offset, std::uint8_t flip = 0) {
    Address inner;
    for (std::size_t i = 0; i < 4; ++i) {
        inner.bytes[i] = static_cast<std::uint8_t>(address.bytes[offset + i] ^ flip);
    }
    return inner;
}

}  // namespace

bool AddressRange::holds(const Address& address) const {
    if (address.is_v6 != first.is_v6) return false;
    unsigned bits = prefix_bits;
    for (std::size_t i = 0; bits > 0; ++i) {
        const unsigned take = std::min(bits, 8U);
        const auto mask = static_cast<std::uint8_t>(0xff00U >> take);
        if (((address.bytes[i] ^ first.bytes[i]) & mask) != 0) return false;
        bits -= take;
    }
    return true;
}

Result<Address> parse_address(std::string_view text) {
    if (text.find(':') != std::string_view::npos) return parse_ipv6(text);
    return parse_ipv4(text);
}

Result<AddressRange> parse_address_range(std::string_view text) {
    const std::size_t slash = text.find('/');
    AddressRange result;
    result.first = TRY(parse_address(text.substr(0, slash)));
    const unsigned bits_max = result.first.is_v6 ? 128 : 32;
    unsigned bits = bits_max;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        if (error != std::errc() || end != digits.data() + digits.size() || bits > bits_max) {
            return fail(Code::invalid_input,
                        fmt::format("expected a prefix length from 0 to {}", bits_max));
        }
    }
    result.prefix_bits = static_cast<std::uint8_t>(bits);
    for (unsigned bit = bits; bit < bits_max; ++bit) {
        if ((result.first.bytes[bit / 8] >> (7 - bit % 8) & 1U) != 0) {
            return fail(Code::invalid_input,
                        "the address of a range has bits set below its prefix length");
        }
    }
    return result;
}

std::string to_text(const Address& address) {
    if (address.is_v6) return ipv6_text(address);
    const auto& bytes = address.bytes;
    return fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
}

std::optional<Address> embedded_ipv4(const Address& address) {
    if (!address.is_v6) return std::nullopt;
    static const AddressRange mapped = range("::ffff:0:0/96");
    static const AddressRange translated = range("::ffff:0:0:0/96");
    static const AddressRange compatible = range("::/96");
    static const AddressRange nat64 = range("64:ff9b::/96");
    static const AddressRange nat64_local = range("64:ff9b:1::/48");
    static const AddressRange six_to_four = range("2002::/16");
    static const AddressRange teredo = range("2001::/32");
    if (mapped.holds(address) || translated.holds(address) || nat64.holds(address) ||
        nat64_local.holds(address)) {
        return ipv4_at(address, 12);
    }
    if (compatible.holds(address)) {
        // "::" and "::1" are addresses of their own (RFC 4291 2.5.2 and 2.5.3).
        const Address inner = ipv4_at(address, 12);
        const bool is_own = inner.bytes[0] == 0 && inner.bytes[1] == 0 && inner.bytes[2] == 0 &&
                            inner.bytes[3] <= 1;
        return is_own ? std::nullopt : std::optional(inner);
    }
    if (six_to_four.holds(address)) return ipv4_at(address, 2);
    if (teredo.holds(address)) return ipv4_at(address, 12, 0xff);
    return std::nullopt;
}

AddressKind classify(const Address& address) {
    const AddressKind outer = classify_plain(address);
    const std::optional<Address> inner = embedded_ipv4(address);
    if (!inner) return outer;
    const AddressKind hidden = classify_plain(*inner);
    return danger(hidden) > danger(outer) ? hidden : outer;
}

}  // namespace hs::policy
