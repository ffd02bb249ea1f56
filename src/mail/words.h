// Small words on ASCII text that the whole room shares.
//
// What it is for: header fields, whose names and many values do not tell upper from lower case.
// What it does not protect from: what is not ASCII passes unchanged.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace hs::mail {

// White space as header fields know it (RFC 5322 section 2.2.3).
inline constexpr std::string_view white_space = " \t\r\n";

// Without white space at both ends.
std::string_view trimmed(std::string_view text);
std::string lower_ascii(std::string_view text);
// Without white space anywhere, folds with it.
std::string without_space(std::string_view text);

}  // namespace hs::mail
