// A mail of ours as bytes (RFC 5322): plain text in UTF-8.
//
// What it is for: answers and cards that go out. Fields are one line each, whatever their words
// hold, so that no text becomes a field.
// What it does not protect from: who reads it on the way.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hs::mail {

struct Outbound {
    std::string from;  // plain addresses
    std::string to;
    std::string subject;
    std::string message_id;   // with its angle brackets
    std::string in_reply_to;  // likewise, or empty
    std::string references;   // ids with a space between them, or empty
    std::int64_t date_s = 0;
    std::string text;  // LF; lines of any length are cut to fit
};

// With CRLF, no line longer than 998 bytes (section 2.1.1), in 8bit where it is not ASCII.
std::string composed(const Outbound& mail);
bool is_ascii(std::string_view text);

}  // namespace hs::mail
