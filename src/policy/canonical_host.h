// CanonicalHost: a host name or address in the one spelling that policy, egress and people see.
//
// What it is for: what a URL (wire/url.h) or a command names as its destination, reduced so that
// two texts for one host are equal: case, full stops of other scripts, IDN (as A-labels), trailing
// dot, numeric forms of IPv4, IPv6 in brackets. What it does not protect from: where a name leads.
// Egress classifies the address it dials. Sources: WHATWG URL Standard (host parsing), RFC 3492
// (Punycode), RFC 5890 (limits), UTS 39. Threads: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "policy/address.h"

namespace hs::policy {

inline constexpr std::size_t host_bytes_max = 253;
inline constexpr std::size_t host_label_bytes_max = 63;

struct CanonicalHost {
    std::string name;                // A-labels in lower case, dotted decimal, or IPv6 as RFC 5952
    std::string shown;               // for people: U-labels, or the name where it is confusable
    std::optional<Address> address;  // when the host is written as an address
    bool is_confusable = false;      // a person could take it for another host
    bool operator==(const CanonicalHost&) const = default;
};

// invalid_input for an empty or overlong host, user information, percent-encoding, white space,
// invisible characters, malformed IDN labels, a last label that is a number without being an
// IPv4 address, and an IPv6 zone. Accepts a single trailing dot and drops it.
base::Result<CanonicalHost> canonical_host(std::string_view text);

struct HostPort {
    CanonicalHost host;
    std::uint16_t port = 0;
    // "name:443"; IPv6 in brackets.
    std::string text() const;
};
// "host", "host:port", "[v6]", "[v6]:port". A port is 1 to 65535 in decimal without leading zeros.
base::Result<HostPort> canonical_host_port(std::string_view text, std::uint16_t default_port);

// Punycode of RFC 3492 for one label, without the prefix "xn--".
base::Result<std::string> punycode_encode(const std::u32string& label);
base::Result<std::u32string> punycode_decode(std::string_view text);

}  // namespace hs::policy
