// The two canonical texts inside a Url: host names, and escaped paths and queries.
//
// What it is for: url.cc only. What it does not protect from: see wire/url.h.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/url.h"

namespace hs::wire {

struct UrlHost {
    HostKind kind = HostKind::name;
    std::string text;
};

// The host as it stands before the port, an IPv6 address with its brackets.
base::Result<UrlHost> canonical_host(std::string_view text);

enum class UrlPart : std::uint8_t { path, query, fragment };

// RFC 3986 characters stay, valid UTF-8 and what browsers accept besides is escaped, escapes are
// normalised (section 6.2.2).
base::Result<std::string> canonical_part(std::string_view text, UrlPart part);

}  // namespace hs::wire
