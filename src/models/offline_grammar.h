// The command grammar of the offline provider: one text of a person to tool calls or an answer.
// docs/offline-provider.md is its description for people; a test holds the two together.
//
// What it is for: without a model key the assistant still works end to end.
// What it does not protect from: what the commands do. Policy decides on every call.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "wire/json.h"

namespace hs::models {

inline constexpr std::size_t offline_text_bytes_max = std::size_t{1} << 20U;
inline constexpr std::size_t offline_commands_max = 8;  // lines of one text
inline constexpr std::size_t offline_words_max = 1000;  // of one command

struct OfflineCall {
    std::string tool;  // such as files_list
    wire::Json arguments;
};

// What a text asks for: calls to make, or something to say at once.
using OfflineAction = std::variant<std::vector<OfflineCall>, std::string>;

// Never fails: what is not understood gives an answer that says how to write it.
OfflineAction parse_offline_text(std::string_view text);

struct Word {
    std::string text;
    bool quoted = false;             // any part stood in quotes or behind a backslash
    std::size_t begin = 0, end = 0;  // where it stands in the command
    bool operator==(const Word&) const = default;
};

// Splits as POSIX shells do (Shell Command Language, 2.2 Quoting) into words and expands nothing:
// no variable, no glob, no tilde, no command. Unquoted | & ; < > and backquotes are refused,
// since a shell would do something else with them than pass them on; so are open quotes.
base::Result<std::vector<Word>> split_words(std::string_view text);

// The answer to "help".
std::string offline_help();

}  // namespace hs::models
