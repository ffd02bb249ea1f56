// Pattern: regular expressions and globs, in time linear in the text (RE2).
//
// What it is for: every pattern that a model or a person writes. The only file that calls RE2 is
// pattern.cc.
// What it does not protect from: a pattern that matches everything; whoever searches bounds what
// it returns.
// Threads: immutable; match from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hs::files {

class Pattern {
  public:
    enum class Letters : std::uint8_t { as_written, either_case };
    static constexpr std::size_t text_bytes_max = 4096;
    static constexpr std::int64_t memory_bytes_max = std::int64_t{8} << 20U;

    // RE2 syntax; matched anywhere in a text. Text that is not UTF-8 is read byte by byte instead,
    // so that no line is skipped. invalid_input says what is wrong with the pattern.
    static base::Result<Pattern> from_expression(std::string_view text, Letters letters);

    // Glob: `*` any characters but '/', `**` any characters, `**/` any folders or none, `?` one
    // character but '/', `[a-z]` and `[!a-z]` classes, `{a,b}` either, `\` takes the next one
    // literally. Matches the whole text.
    static base::Result<Pattern> from_glob(std::string_view text);

    bool matches(std::string_view text) const;
    // The first match; its place in the text, or nothing (npos).
    struct Span {
        std::size_t begin = std::string_view::npos;
        std::size_t size = 0;
    };
    Span find(std::string_view text) const;

  private:
    struct Compiled;
    explicit Pattern(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
    static base::Result<Pattern> compile(const std::string& expression, Letters letters);
    std::shared_ptr<const Compiled> compiled_;  // shared by copies; immutable
};

// True for a glob that looks at folders too: it holds a '/'.
bool names_folders(std::string_view glob);

}  // namespace hs::files
