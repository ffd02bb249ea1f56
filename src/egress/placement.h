// Placement: where a credential stands that is not a header field's: in a path (Telegram), in a
// message (Discord's IDENTIFY), in SASL PLAIN (IMAP and SMTP).
//
// Whoever asks writes the place; egress puts the value there in the last moment. hardshelld never
// has it. The forms are told apart from header names by their brackets, which no token may hold.
// What it does not protect from: where the message with the value goes; the envelope says that.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace hs::egress {

inline constexpr std::string_view credential_place = "{credential}";

enum class PlaceForm : std::uint8_t {
    none,        // a header field's name
    path,        // "(path)": in the request's target
    message,     // "(message)": in one message of the stream, inside a JSON string
    sasl_plain,  // "(sasl-plain)": base64 of NUL user NUL value (RFC 4616); the prefix is the user
};
PlaceForm place_form(std::string_view header);

// How often the place is in the text.
std::size_t places_in(std::string_view text);

// The text with the value in the place. invalid_input where the value cannot stand there. Whoever
// gets it wipes it.
base::Result<std::string> in_path(std::string_view target, base::ByteView value);
base::Result<std::string> in_message(std::string_view message, PlaceForm form,
                                     std::string_view user, base::ByteView value);

}  // namespace hs::egress
