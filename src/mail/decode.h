// Bytes of a mail's text into UTF-8: quoted-printable, base64 (RFC 2045 section 6) and character
// sets.
//
// What it is for: parts and fields that were encoded to travel.
// What it does not protect from: what the text says. Character sets that keep a state or that the C
// library has to load much code for are not read.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hs::mail {

// Malformed sequences stay as they stand.
std::string from_quoted_printable(std::string_view text);
// The encoding as Content-Transfer-Encoding names it, lower case; empty: none.
base::Result<std::string> decoded(std::string_view text, std::string_view encoding);
// `charset` as Content-Type names it, lower case; empty: US-ASCII, in which UTF-8 is taken too.
// invalid_input: another than utf-8, us-ascii, iso-8859-*, windows-125*, koi8-*; or text that is
// none of it.
base::Result<std::string> to_utf8(std::string_view text, std::string_view charset);

}  // namespace hs::mail
