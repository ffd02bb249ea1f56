// Text matching for endorsement: does a trusted text hold exactly this value?
//
// What it is for: a destination, an amount or a name counts as the person's only where the person's
// words hold it whole: bounded by what cannot belong to it, so that "bob@x.com" is neither in
// "xbob@x.com" nor in "bob@x.com.evil", and 200 is not in "1,200".
// What it does not protect from: two people of one name, and a person who copies a stranger's text
// into a message. Values with invisible, direction-changing or mixed-script characters are never
// found: is_deceptive() says so.
// Threads: pure functions over values.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hs::flow {

// What a value is taken for; it decides what may stand beside it in a text.
enum class ValueKind : std::uint8_t {
    address,  // somebody@host
    url,
    host,
    account,  // IBAN or another long number
    number,
    date,
    path,
    name,    // one word, or some
    quoted,  // any other text
};
std::string_view value_kind_name(ValueKind kind);
ValueKind kind_of(std::string_view value);

// In lower case, character by character; invalid UTF-8 is mended first.
std::string lowered(std::string_view text);
// Without the white space at both ends.
std::string_view trimmed(std::string_view text);

// Holds characters that nobody sees, that turn the direction of writing or that belong to no
// script, or a word of several scripts: what is shown is not what is meant.
bool is_deceptive(std::string_view value);

// For a person to read on one line: what nobody sees or what mixes scripts is written as its
// number.
std::string visible(std::string_view text);

// Both lowered. The empty value is in every text. `kind` is that of the value.
bool is_literal(std::string_view value, std::string_view text, ValueKind kind);

// The words of a lowered text: letters and digits of any script.
using Words = std::set<std::string, std::less<>>;
Words words_of(std::string_view text);
// Do all words of a name, but for the little ones (the, of, …), stand among these? A single word
// must have more than three letters.
bool is_named(std::string_view name, const Words& words);

// Month and day; the year is left aside, because people leave it out.
using Day = std::pair<int, int>;
using Days = std::set<Day>;
// From "2026-05-13", "May 13", "13 May", "13th of May" (English names).
Days days_in(std::string_view lowered_text);
bool meet(const Days& a, const Days& b);

// The numbers of a text in one form: no leading zeros, thousands marks or trailing zeros.
std::set<std::string, std::less<>> numbers_in(std::string_view lowered_text);
// "1,200.50" → "1200.5"; nothing for what is no number.
std::optional<std::string> number_form(std::string_view text);

// The addresses in a text ("www.…" or any "scheme://…"), up to white space, a quote, "<", ">" or
// ")".
std::vector<std::string> links_in(std::string_view text);

// Quoted parts of a text that hold a place to fill in: "Hello {name}".
std::vector<std::string> templates_in(std::string_view text);
// Each {…} stands for any text; a final full stop may follow. Both lowered.
bool fits_template(std::string_view value, std::string_view pattern);

}  // namespace hs::flow
