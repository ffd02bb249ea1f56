// Findings: what the scanner tells about a text: a secret, personal data or a sign of injection.
//
// What it does not protect from: secrets of a shape that nobody has documented, and words that
// tell without a pattern. A finding is evidence for a label, not a wall.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hs::detect {

enum class Family : std::uint8_t { secret, personal, injection };

std::string_view family_name(Family family);

struct Finding {
    std::string_view kind;  // such as "github-pat"; lives as long as the program
    Family family = Family::secret;
    // The span in the text that was fed. What lies in an encoding has the span of its carrier.
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint64_t line = 1;    // from 1
    std::uint64_t column = 1;  // from 1, in bytes
    double confidence = 0;     // 0 to 1
    std::string masked;        // a few letters of it at most, never the value
    std::string within;        // "", or what it lay in: base64, hex, zip:NAME
};

// The first letters where they only name the kind, the length, and nothing else of the value.
std::string mask(std::string_view value);

}  // namespace hs::detect
