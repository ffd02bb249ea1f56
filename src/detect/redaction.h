// Redaction: puts typed placeholders where secrets and personal data stand, and puts the values
// back. The same value has the same placeholder for as long as the Redaction lives, so that a model
// can work with it; what the text already held in a placeholder's form gets one of its own, so that
// nobody can ask for a value by writing its placeholder.
//
// What it does not protect from: what the scanner does not find, and a model that copies a
// placeholder to where its value must not go; the gate decides about that, by the label.
// Threads: a Redaction belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "detect/scanner.h"

namespace hs::detect {

struct RedactionWanted {
    bool secrets = true;
    bool personal = false;
    bool operator==(const RedactionWanted&) const = default;
};

// How often something of a kind was replaced in one text.
struct Replacements {
    std::map<std::string, std::int64_t, std::less<>> kinds;  // "github-pat", "iban"
    std::int64_t secrets = 0;
    std::int64_t personal = 0;
};

class Redaction {
  public:
    // Values remembered at most; more are replaced by a placeholder that is not put back.
    static constexpr std::size_t values_max = 10'000;
    static constexpr std::size_t placeholder_bytes_max = 72;

    // Below this confidence nothing is replaced: a wrong placeholder costs the model its sense.
    static constexpr double confidence_min = 0.6;

    // Whether redact() would change it.
    static bool touches(std::string_view text, const RedactionWanted& wanted);
    // What is replaced is added to `replaced`, where one is given.
    std::string redact(std::string_view text, const RedactionWanted& wanted,
                       Replacements* replaced = nullptr);
    std::string restore(std::string_view text) const;
    // The value of a whole placeholder, or null.
    const std::string* value_of(std::string_view placeholder) const;
    std::size_t size() const { return by_value_.size(); }
    bool empty() const { return by_value_.empty(); }

  private:
    std::string placeholder_for(std::string_view kind, std::string_view value);

    std::map<std::string, std::string, std::less<>> by_value_;
    std::map<std::string, std::string, std::less<>> by_placeholder_;
    std::map<std::string, std::size_t, std::less<>> counts_;
};

// Puts values back in text that comes in pieces, wherever a piece is cut.
class StreamRestore {
  public:
    explicit StreamRestore(const Redaction& redaction) : redaction_(redaction) {}
    // What may be shown now; the rest is held until it can be told.
    std::string feed(std::string_view piece);
    std::string finish();

  private:
    const Redaction& redaction_;
    std::string held_;
};

}  // namespace hs::detect
