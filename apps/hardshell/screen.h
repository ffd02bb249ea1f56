// Screen: what a person sees: colour where the terminal has it, plain text where it is piped, and
// --json for programs.
//
// What it does not protect from: text that was not cleaned. Everything that comes from a model, a
// file or a page passes through clean() first, so that no escape sequence reaches the terminal.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/json.h"

namespace hs::cli {

enum class Tone : std::uint8_t { plain, strong, faint, good, warning, bad, code };
enum class Form : std::uint8_t { text, json };

// Control characters but newline and tab, and Unicode's direction changers, become visible.
std::string clean(std::string_view text);

class Screen {
  public:
    explicit Screen(Form form);

    bool coloured() const { return coloured_; }
    bool interactive() const { return interactive_; }
    Form form() const { return form_; }
    std::size_t columns() const;

    // Text with the tone's colour around it, or as it is.
    std::string tone(Tone tone, std::string_view text) const;
    void write(std::string_view text) const;      // standard output, as it is
    void line(std::string_view text = "") const;  // standard output
    void note(std::string_view text) const;       // standard error
    // Columns of cleaned cells, as wide as needed; the last one is cut at the screen's width.
    void table(const std::vector<std::string>& heads,
               const std::vector<std::vector<std::string>>& rows) const;
    void json(const wire::Json& value) const;
    // "hardshell: …" on standard error, or {"error": …} on standard output with --json.
    void failure(const base::Error& error) const;

  private:
    Form form_;
    bool coloured_ = false;
    bool interactive_ = false;
};

}  // namespace hs::cli
