// View: a file as passages that rules can be matched against: sentences of prose, logical lines of
// code, comments, and what a person who looks at the page does not see.
//
// What it is for: a rule about commands must not fire on a warning against them, and a rule about
// instructions must see a sentence that is wrapped over lines. What it does not protect from:
// languages that it does not know; their lines count as code. Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hs::skills {

enum class Place : std::uint8_t { prose, code, comment, hidden };
enum class Language : std::uint8_t { none, shell, python, javascript, powershell, other };

struct Passage {
    Place place = Place::prose;
    Language language = Language::none;
    std::string text;
    std::size_t line = 0;                  // of its first character
    std::vector<std::size_t> line_begins;  // offsets in text at which further lines begin
    // What stands around it says that this is an example of something bad.
    bool is_warned = false;
    // Part of a table of patterns or names to look for.
    bool is_definition = false;
    std::string hidden_by;  // "base64", "string parts", …: not readable in the file itself

    std::size_t line_at(std::size_t offset) const;
};

// The language of a file by its name's ending and first line.
Language language_of(std::string_view path, std::string_view text);
bool is_prose_file(std::string_view path);

std::vector<Passage> view_prose(std::string_view text, std::size_t first_line);
std::vector<Passage> view_code(std::string_view text, Language language, std::size_t first_line);
std::vector<Passage> view_file(std::string_view path, std::string_view text);

// True when the words say that what follows, or stands in quotes, is an example to be avoided or
// looked for.
bool warns(std::string_view text);
// True when the words ask that it be done: a prerequisite, an installation.
bool demands(std::string_view text);
// The sentence of a paragraph in which the offset lies.
std::string_view sentence_at(std::string_view text, std::size_t offset);

}  // namespace hs::skills
