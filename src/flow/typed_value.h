// TypedValue: a value of a declared type, read strictly out of what a model answered about a text
// that somebody else wrote.
//
// What it is for: the quarantined reader. Such a model may be steered by the text; what comes out
// is a date, an amount, one of the choices, or nothing. A value of a small type holds no
// instructions, so having seen it makes nobody follow any; it keeps its label, because what it says
// may be false. What it does not protect from: a false value; and addresses, whose letters can
// spell words: they count as text that was read. Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/span.h"

namespace hs::flow {

enum class ValueType : std::uint8_t {
    yes_no,
    choice,   // one of the texts that were given
    number,   // "-12.5": at most 15 digits before the point and 6 behind it
    amount,   // "12.50", "12.50 EUR"
    date,     // "2026-12-24", "2026-12-24 09:30"
    account,  // an IBAN whose check digits are right (ISO 13616)
    address,  // of mail, ASCII
    url,      // http or https, ASCII
};
std::string_view value_type_name(ValueType type);
std::optional<ValueType> value_type_from_name(std::string_view name);

inline constexpr std::size_t choices_max = 20;
inline constexpr std::size_t choice_bytes_max = 60;

// In its one form ("DE89…" without spaces, a URL as wire/url.h writes it). invalid_input without a
// word of the text when it is not of the type.
base::Result<std::string> typed_value(ValueType type, std::string_view text,
                                      const std::vector<std::string>& choices = {});
// invalid_input: fewer than two, too many, too long, or one twice.
base::Result<> check_choices(const std::vector<std::string>& choices);

// What seeing such a value means for whoever has seen it.
Span::Form form_of(ValueType type);

}  // namespace hs::flow
