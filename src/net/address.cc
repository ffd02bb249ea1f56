#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace hs::net {

using base::Code;
using base::fail;
using base::Result;

namespace {

struct Prefix {
    std::array<std::uint8_t, 16> bytes;
    unsigned bits;
    AddressClass which;
};

// The first prefix that fits names the class, so the narrower ones stand first.
constexpr Prefix ipv4_prefixes[] = {
    {{169, 254, 169, 254}, 32, AddressClass::metadata},
    {{100, 100, 100, 200}, 32, AddressClass::metadata},
    {{0}, 8, AddressClass::unspecified},
    {{127}, 8, AddressClass::loopback},
    {{169, 254}, 16, AddressClass::link_local},
    {{10}, 8, AddressClass::private_net},
    {{172, 16}, 12, AddressClass::private_net},
    {{192, 168}, 16, AddressClass::private_net},
    {{100, 64}, 10, AddressClass::carrier_nat},
    {{224}, 4, AddressClass::multicast},
    {{192, 0, 0}, 24, AddressClass::reserved},
    {{192, 0, 2}, 24, AddressClass::reserved},
    {{192, 88, 99}, 24, AddressClass::reserved},
    {{198, 18}, 15, AddressClass::reserved},
    {{198, 51, 100}, 24, AddressClass::reserved},
    {{203, 0, 113}, 24, AddressClass::reserved},
    {{240}, 4, AddressClass::reserved},
};

constexpr Prefix ipv6_prefixes[] = {
    {{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},
     128,
     AddressClass::metadata},
    {{}, 128, AddressClass::unspecified},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, AddressClass::loopback},
    {{0xfe, 0x80}, 10, AddressClass::link_local},
    {{0xfe, 0xc0}, 10, AddressClass::private_net},
    {{0xfc}, 7, AddressClass::unique_local},
    {{0xff}, 8, AddressClass::multicast},
    {{0x20, 0x01, 0x00}, 23, AddressClass::reserved},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, AddressClass::reserved},
    {{0x3f, 0xff}, 20, AddressClass::reserved},
    {{0x20}, 3, AddressClass::public_net},
};

bool within(const std::array<std::uint8_t, 16>& bytes, const Prefix& prefix) {
    const unsigned whole = prefix.bits / 8;
    if (!std::equal(bytes.begin(), bytes.begin() + whole, prefix.bytes.begin())) return false;
    const unsigned rest = prefix.bits % 8;
    if (rest == 0) return true;
    const unsigned mask = 0xffU << (8 - rest);
    return ((unsigned{bytes[whole]} ^ unsigned{prefix.bytes[whole]}) & mask) == 0;
}

bool starts_with(const std::array<std::uint8_t, 16>& bytes,
                 std::initializer_list<std::uint8_t> start) {
    return std::equal(start.begin(), start.end(), bytes.begin());
}

bool host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

std::string_view address_class_name(AddressClass which) {
    switch (which) {
        case AddressClass::metadata:
            return "metadata";
        case AddressClass::unspecified:
            return "unspecified";
        case AddressClass::loopback:
            return "loopback";
        case AddressClass::link_local:
            return "link_local";
        case AddressClass::private_net:
            return "private";
        case AddressClass::unique_local:
            return "unique_local";
        case AddressClass::carrier_nat:
            return "carrier_nat";
        case AddressClass::multicast:
            return "multicast";
        case AddressClass::reserved:
            return "reserved";
        case AddressClass::public_net:
            return "public";
    }
    return "unknown";
}

Result<AddressClasses> AddressClasses::from_bits(std::uint32_t bits) {
    constexpr std::uint32_t known =
        (std::uint32_t{1} << (static_cast<unsigned>(AddressClass::public_net) + 1)) - 1;
    if ((bits & ~known) != 0) return fail(Code::invalid_input, "unknown address class");
    AddressClasses classes;
    classes.bits_ = bits;
    return classes;
}

Address Address::ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    Address address;
    address.bytes_ = {a, b, c, d};
    return address;
}

Address Address::ipv6(const std::array<std::uint8_t, 16>& bytes) {
    Address address;
    address.family_ = Family::ipv6;
    address.bytes_ = bytes;
    return address;
}

Result<Address> Address::parse(std::string_view text) {
    // inet_pton takes a C string: a NUL inside would cut the text that it sees.
    if (text.size() < INET6_ADDRSTRLEN && text.find('\0') == std::string_view::npos) {
        const std::string copy(text);
        Address address;
        if (inet_pton(AF_INET, copy.c_str(), address.bytes_.data()) == 1) return address;
        address.family_ = Family::ipv6;
        address.bytes_ = {};
        if (inet_pton(AF_INET6, copy.c_str(), address.bytes_.data()) == 1) return address;
    }
    return fail(Code::invalid_input,
                "this is no IP address; write four decimal numbers with dots, or RFC 4291 IPv6");
}

Result<Address> Address::from_socket(const sockaddr* address) {
    Address out;
    if (address->sa_family == AF_INET) {
        sockaddr_in four{};
        std::memcpy(&four, address, sizeof four);
        std::memcpy(out.bytes_.data(), &four.sin_addr, 4);
        return out;
    }
    if (address->sa_family == AF_INET6) {
        sockaddr_in6 six{};
        std::memcpy(&six, address, sizeof six);
        out.family_ = Family::ipv6;
        std::memcpy(out.bytes_.data(), &six.sin6_addr, 16);
        return out;
    }
    return fail(Code::invalid_input, "the socket address is neither IPv4 nor IPv6");
}

Address Address::unwrapped() const {
    if (family_ == Family::ipv4) return *this;
    const auto& b = bytes_;
    const auto last_four = [&b] { return ipv4(b[12], b[13], b[14], b[15]); };
    constexpr std::uint8_t f = 0xff;
    // RFC 4291 section 2.5.5.2 (mapped) and RFC 2765 (translated, ::ffff:0:a.b.c.d).
    if (starts_with(b, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, f, f})) return last_four();
    if (starts_with(b, {0, 0, 0, 0, 0, 0, 0, 0, f, f, 0, 0})) return last_four();
    // RFC 6052 (NAT64, well-known prefix) and RFC 3056 (6to4).
    if (starts_with(b, {0, 0x64, f, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return last_four();
    if (starts_with(b, {0x20, 0x02})) return ipv4(b[2], b[3], b[4], b[5]);
    // RFC 4291 section 2.5.5.1 (compatible); :: and ::1 are addresses of their own.
    const bool compatible = starts_with(b, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    const bool small = b[12] == 0 && b[13] == 0 && b[14] == 0 && b[15] <= 1;
    if (compatible && !small) return last_four();
    return *this;
}

AddressClass Address::classify() const {
    const Address real = unwrapped();
    if (real.family_ == Family::ipv4) {
        for (const Prefix& prefix : ipv4_prefixes) {
            if (within(real.bytes_, prefix)) return prefix.which;
        }
        return AddressClass::public_net;
    }
    for (const Prefix& prefix : ipv6_prefixes) {
        if (within(real.bytes_, prefix)) return prefix.which;
    }
    // Global unicast is 2000::/3 alone; what is outside is not assigned.
    return AddressClass::reserved;
}

std::string Address::text() const {
    char out[INET6_ADDRSTRLEN];
    const int family = family_ == Family::ipv4 ? AF_INET : AF_INET6;
    return inet_ntop(family, bytes_.data(), out, sizeof out) != nullptr ? out : "?";
}

unsigned Address::to_socket(std::uint16_t port, sockaddr_storage& out) const {
    out = {};
    if (family_ == Family::ipv4) {
        sockaddr_in four{};
        four.sin_family = AF_INET;
        four.sin_port = htons(port);
        std::memcpy(&four.sin_addr, bytes_.data(), 4);
        std::memcpy(&out, &four, sizeof four);
        return sizeof four;
    }
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    std::memcpy(&six.sin6_addr, bytes_.data(), 16);
    std::memcpy(&out, &six, sizeof six);
    return sizeof six;
}

bool looks_numeric(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    const std::string_view last = host.substr(host.find_last_of('.') + 1);
    if (last.starts_with("0x") || last.starts_with("0X")) return true;
    return !last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos;
}

Result<std::string> canonical_host(std::string_view host) {
    if (host.empty() || host.size() > 253) {
        return fail(Code::invalid_input, "a host name has 1 to 253 characters");
    }
    std::string out;
    std::size_t label_bytes = 0;
    for (char c : host) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == '.') {
            if (label_bytes == 0)
                return fail(Code::invalid_input, "a host name has an empty label");
            label_bytes = 0;
        } else if (!host_character(c)) {
            return fail(Code::invalid_input,
                        "a host name has letters, digits, hyphens and dots only; write "
                        "international names in their xn-- form");
        } else if (++label_bytes > 63) {
            return fail(Code::invalid_input, "a label of the host name is over 63 characters");
        }
        out += c;
    }
    if (label_bytes == 0) return fail(Code::invalid_input, "a host name must not end with a dot");
    return out;
}

}  // namespace hs::net
