// Url: an absolute http or https URL, parsed strictly into one canonical form.
//
// What it is for: every URL that a person, a model, a page or a configuration names, before policy
// or egress looks at it. RFC 3986 syntax, with the WHATWG URL standard's additions where the web
// needs them. Two texts that a server would read alike give the same Url: scheme and host in lower
// case, escapes of unreserved characters decoded, other escapes in upper case, IPv6 in RFC 5952
// form, no default port in text(). What would be read in two ways is refused: user names, control
// characters, white space, backslashes, dot segments, odd forms of IPv4, escapes in the host.
// A host name outside ASCII is kept as given (UTF-8, NFC, lower case, letters, marks, digits and
// hyphens only); whoever resolves it converts it.
// What it does not protect from: a name that resolves to a private address, look-alike names made
// of permitted letters, and public names that someone else owns. Egress and policy decide on these.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hs::wire {

enum class Scheme : std::uint8_t { http, https };
enum class HostKind : std::uint8_t { name, ipv4, ipv6 };

inline constexpr std::size_t url_bytes_max = 8192;

struct Url {
    Scheme scheme = Scheme::https;
    HostKind host_kind = HostKind::name;
    std::string host;  // lower case; an IPv6 address without its brackets
    std::uint16_t port = 443;
    std::string path = "/";  // begins with '/'; RFC 3986 characters and escapes only
    std::string query;       // without its '?'
    bool has_query = false;  // "/a?" and "/a" differ
    std::string fragment;    // without its '#'; never sent, and no part of text()

    bool operator==(const Url&) const = default;

    std::string_view scheme_text() const { return scheme == Scheme::http ? "http" : "https"; }
    bool has_default_port() const { return port == (scheme == Scheme::http ? 80 : 443); }
    // host, or host:port where the port is not the scheme's default; IPv6 in brackets. This is the
    // value of the Host header (RFC 9110 section 7.2).
    std::string authority() const;
    // scheme://authority (RFC 6454 section 6.2, for ASCII hosts).
    std::string origin() const { return std::string(scheme_text()) + "://" + authority(); }
    // path, and ?query where there is one: the request target in origin form.
    std::string target() const { return has_query ? path + '?' + query : path; }
    // The canonical text, which parses back to the same Url but for the fragment.
    std::string text() const { return origin() + target(); }
};

// invalid_input says which part is wrong and what was expected. At most url_bytes_max.
base::Result<Url> parse_url(std::string_view text);

// A reference as it stands in a Location header or a link, against the URL it came from
// (RFC 3986 section 5.2). Dot segments of the reference's path are resolved, never above the root.
base::Result<Url> resolve_url(const Url& from, std::string_view reference);

// Escapes all but unreserved characters (RFC 3986 section 2.3): for one segment or query value.
std::string escape_url_component(std::string_view text);

}  // namespace hs::wire
