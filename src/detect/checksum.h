// Checksum: the check digits that formats carry, which tell a real value from one that looks like
// it. Threads: pure functions.
#pragma once

#include <optional>
#include <string_view>

namespace hs::detect {

// digits: nothing but digits. ISO/IEC 7812-1.
bool luhn(std::string_view digits);
// ISO 13616 over a whole IBAN without blanks, with its country's length.
bool iban(std::string_view text);
// Remainder of the decimal number.
unsigned decimal_modulo(std::string_view digits, unsigned divisor);
// ISO 7064 mod 11,10.
bool mod_11_10(std::string_view digits);
// Verhoeff's, as in Indian Aadhaar numbers.
bool verhoeff(std::string_view digits);

// Whether a token's own checksum holds; nothing where its kind has none. GitHub and npm put a
// CRC-32 in base 62 at the end.
std::optional<bool> token_checksum(std::string_view kind, std::string_view token);

}  // namespace hs::detect
