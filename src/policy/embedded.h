// The files of policies/ as they were when the program was built.
//
// What it is for: a program that starts on a fresh machine has its schema, presets, profiles and
// rule tables with it; policies/ is the only place where they are written. What it does not protect
// from: an organisation's own, newer files; they are loaded beside. Threads: pure functions over
// constants.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace hs::policy {

struct EmbeddedFile {
    std::string_view name;  // relative to policies/: "personal.cedar", "profiles/read.toml"
    std::string_view text;
};

std::span<const EmbeddedFile> embedded_files();  // sorted by name
std::optional<std::string_view> embedded_file(std::string_view name);

}  // namespace hs::policy
