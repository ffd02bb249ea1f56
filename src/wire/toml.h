// TOML 1.0 as Json, with the line on which each key stands.
//
// What it is for: configuration, sandbox profiles and tables that people write by hand.
// What it does not protect from: keys that mean nothing; whoever reads the document checks them
// and names the line. Dates become text. Threads: values.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/json.h"

namespace hs::wire {

struct TomlDocument {
    Json value;  // always an object
    // "table.key" → line, counting from 1; the items of an array of tables are "table.0.key".
    std::map<std::string, int, std::less<>> lines;
    int line_of(std::string_view path) const;  // 0 when unknown
};

// invalid_input names line, column and what was expected; exhausted beyond bytes_max.
base::Result<TomlDocument> parse_toml(std::string_view text, std::size_t bytes_max = 1U << 20U);

// Sets one value ("table.key") in TOML text and leaves everything else, comments included, as it
// is. The value is a TOML literal. Tables that are missing are added at the end.
base::Result<std::string> set_in_toml(std::string_view text, std::string_view path,
                                      std::string_view literal);
// A TOML basic string, quoted and escaped.
std::string toml_string(std::string_view text);

}  // namespace hs::wire
