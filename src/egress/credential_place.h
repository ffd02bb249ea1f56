// Credential place: a secret's value, in the form that its envelope names.
//
// What it does not protect from: the server, which is meant to read it. What these functions give
// back holds the value in ordinary memory: the caller wipes it once it is sent.
// Threads: pure functions.
#pragma once

#include <string>

#include "base/bytes.h"
#include "egress/envelope.h"

namespace hs::egress {

// "Field: prefix value", or "Field: Basic base64(user:value)" (RFC 7617).
std::string credential_line(const CredentialUse& use, base::ByteView value);

// Path and query with the value, percent-encoded (RFC 3986, unreserved characters alone stay), in
// place of the placeholder; a query without one is given the parameter use.header.
void place_in_target(std::string& target, const CredentialUse& use, base::ByteView value);

// The body with the value in place of the placeholder, escaped as its Content-Type asks: JSON,
// application/x-www-form-urlencoded, else as it is.
std::string body_with(std::string_view body, std::string_view content_type,
                      const CredentialUse& use, base::ByteView value);

// Whether the text begins with this name and not with a longer one.
bool begins_with_name(std::string_view text, std::string_view name);

}  // namespace hs::egress
