// Personal data: cards, accounts, national identifiers with check digits, phones, mail and network
// addresses, health numbers; by shape, check digits and the words around them.
//
// What it does not protect from: names, addresses and stories: they take a model to know.
// Threads: pure functions.
#pragma once

#include <string_view>

#include "detect/report.h"

namespace hs::detect {

// at: the first digit of a run. Returns the byte from which to go on.
std::size_t look_number(std::string_view text, std::size_t at, Report& report);
// at: the first digit after letters: an IBAN or an identifier that has letters.
std::size_t look_lettered(std::string_view text, std::size_t at, Report& report);
// at: the @ of an address. RFC 5321, without quoted local parts.
void look_mail(std::string_view text, std::size_t at, Report& report);
// at: the first digit of four groups with dots.
std::size_t look_ipv4(std::string_view text, std::size_t at, Report& report);
// at: a colon between hexadecimal digits, or the first of two: an IPv6 or MAC address.
std::size_t look_colons(std::string_view text, std::size_t at, Report& report);

// Whether one of the words, separated by |, in lower case, stands near the span.
bool has_context(std::string_view text, std::size_t begin, std::size_t end, std::string_view words);

}  // namespace hs::detect
