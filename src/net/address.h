// Address: an IPv4 or IPv6 address, read strictly, and the class of network it belongs to.
//
// What it is for: deciding whether a resolved address may be dialled. Text is read by inet_pton
// alone: 127.1, 0x7f000001, 017700000001 and 2130706433 are no addresses here. An IPv4 address
// inside an IPv6 one (mapped, compatible, NAT64, 6to4) is judged as the IPv4 address it reaches.
// What it does not protect from: a public address that routes to a private network (a tunnel, a
// reverse proxy). Only the network itself can say.
// Threads: values and pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

struct sockaddr;
struct sockaddr_storage;

namespace hs::net {

// One address has exactly one class; the first that fits, in this order of danger.
// Sources: RFC 6890 and the IANA special-purpose registries; RFC 1918, 4193, 6598, 3927.
enum class AddressClass : std::uint8_t {
    metadata,      // 169.254.169.254, fd00:ec2::254, 100.100.100.200: a cloud's credentials
    unspecified,   // 0.0.0.0/8, ::
    loopback,      // 127.0.0.0/8, ::1
    link_local,    // 169.254.0.0/16, fe80::/10
    private_net,   // RFC 1918, fec0::/10
    unique_local,  // fc00::/7
    carrier_nat,   // 100.64.0.0/10
    multicast,     // 224.0.0.0/4, ff00::/8
    reserved,      // documentation, benchmarking, Teredo, 240.0.0.0/4 and whatever is not global
    public_net,
};

std::string_view address_class_name(AddressClass which);

// A set of classes, as one bit each: the form that an Envelope packs.
class AddressClasses {
  public:
    constexpr AddressClasses() = default;
    constexpr AddressClasses(std::initializer_list<AddressClass> classes) {
        for (const AddressClass one : classes) bits_ |= bit(one);
    }
    constexpr bool has(AddressClass one) const { return (bits_ & bit(one)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr std::uint32_t bits() const { return bits_; }
    // invalid_input when a bit stands for no class.
    static base::Result<AddressClasses> from_bits(std::uint32_t bits);
    bool operator==(const AddressClasses&) const = default;

  private:
    static constexpr std::uint32_t bit(AddressClass one) {
        return std::uint32_t{1} << static_cast<unsigned>(one);
    }
    std::uint32_t bits_ = 0;
};

class Address {
  public:
    enum class Family : std::uint8_t { ipv4, ipv6 };

    static Address ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d);
    static Address ipv6(const std::array<std::uint8_t, 16>& bytes);
    // Dotted quad or RFC 4291 text, without brackets, zone or white space; else invalid_input.
    static base::Result<Address> parse(std::string_view text);
    // From AF_INET or AF_INET6; invalid_input for another family.
    static base::Result<Address> from_socket(const sockaddr* address);

    Family family() const { return family_; }
    // Four or sixteen bytes in network order are meaningful, by family.
    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    AddressClass classify() const;
    // The IPv4 address that this IPv6 address stands for, or itself.
    Address unwrapped() const;
    std::string text() const;
    // Fills a sockaddr for connect() and returns its length in bytes.
    unsigned to_socket(std::uint16_t port, sockaddr_storage& out) const;
    bool operator==(const Address&) const = default;

  private:
    Family family_ = Family::ipv4;
    std::array<std::uint8_t, 16> bytes_{};
};

// Whether a host is written so that some resolver would read it as a number: its last label is
// all digits or starts with 0x (the "ends in a number" rule of the WHATWG URL standard). Such a
// host that Address::parse refuses must not be looked up.
bool looks_numeric(std::string_view host);

// Lower-case host name of RFC 1123 letters, digits, hyphens and underscores, 1-253 bytes, labels
// of 1-63, no empty label, no trailing dot. invalid_input says what is wrong.
base::Result<std::string> canonical_host(std::string_view host);

}  // namespace hs::net
