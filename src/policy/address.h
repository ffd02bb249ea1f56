// Address and AddressRange: IP addresses as policy classifies them.
//
// What it is for: deciding what kind of place an address is, with every way of hiding an IPv4
// address inside an IPv6 one undone first.
// What it does not protect from: an address that was not the one dialled. Whoever dials classifies
// the address it is about to use, after resolution.
// Sources: RFC 6890 and the IANA special-purpose registries; RFC 4291, 6052, 3056, 4380, 6598,
// 1918, 3927, 4193; the documented metadata addresses of cloud providers. Threads: values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hs::policy {

struct Address {
    std::array<std::uint8_t, 16> bytes{};  // IPv4 in the first four
    bool is_v6 = false;
    bool operator==(const Address&) const = default;
};

struct AddressRange {
    Address first;
    std::uint8_t prefix_bits = 0;

    bool holds(const Address& address) const;
    bool operator==(const AddressRange&) const = default;
};

// Strict dotted decimal, four parts without leading zeros (RFC 6943 3.1.1 strict form), or IPv6
// without zone and brackets (RFC 4291 2.2).
base::Result<Address> parse_address(std::string_view text);
// "10.0.0.0/8", or one address; bits below the prefix must be zero.
base::Result<AddressRange> parse_address_range(std::string_view text);
// Dotted decimal, or the RFC 5952 form.
std::string to_text(const Address& address);

// The IPv4 address inside a mapped, compatible, NAT64, 6to4 or Teredo address, if it is one.
std::optional<Address> embedded_ipv4(const Address& address);

enum class AddressKind : std::uint8_t {
    global,
    loopback,
    private_network,  // private, shared (carrier), unique local, link local
    metadata,         // where clouds answer with credentials
    unusable,         // unspecified, multicast, broadcast, reserved, documentation
};
// The most dangerous reading over the address itself and the one embedded in it.
AddressKind classify(const Address& address);

}  // namespace hs::policy
