// Who asks a local HTTP server: the Host and Origin checks that keep web pages out.
//
// What it is for: a page in a browser can reach 127.0.0.1. DNS rebinding makes its own name
// resolve there, so the Host field shows a foreign name; a cross-site request carries a foreign
// Origin or Sec-Fetch-Site (Fetch standard, W3C Fetch Metadata). All are refused.
// What it does not protect from: a local program, which can send any field it likes. Tokens and
// peer credentials are for those.
// Threads: values and pure functions.
#pragma once

#include <string>
#include <vector>

#include "net/http_message.h"

namespace hs::net {

// The names, with port where it is not the scheme's own, under which the server may be addressed,
// and the origins of pages that it serves or trusts.
struct LocalNames {
    std::vector<std::string> hosts;    // "127.0.0.1:7117"
    std::vector<std::string> origins;  // "http://127.0.0.1:7117"

    // 127.0.0.1, [::1] and localhost with this port, and pages of the server itself.
    static LocalNames loopback(std::uint16_t port);
};

// denied, with the field and what was expected, when the request was not made by a local program
// or by a page of the server itself. invalid_input for a missing or repeated Host or Origin.
base::Result<> check_origin(const RequestHead& request, const LocalNames& names);

}  // namespace hs::net
