// Assignment: reads what stands around a keyword as a name that is given a value, in the ways in
// which programs, settings, shells, XML and JSON write it.
//
// What it does not protect from: a value that is put together from parts.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace hs::detect {

enum class Giving : unsigned char { equals, colon, comma, call, element, option };

struct Assignment {
    std::size_t name_begin = 0;  // of the whole identifier that holds the keyword
    std::size_t name_end = 0;
    std::size_t begin = 0;  // of the value
    std::size_t end = 0;
    Giving giving = Giving::equals;
    bool quoted = false;
    bool compared = false;    // == or !=
    bool in_query = false;    // ?name=value or &name=value
    bool whole_line = false;  // nothing but the assignment stands in its line
};

constexpr std::size_t name_bytes_max = 100;
constexpr std::size_t value_bytes_max = 4096;

// at and end: the keyword's span in text.
std::optional<Assignment> read_assignment(std::string_view text, std::size_t at, std::size_t end);

}  // namespace hs::detect
