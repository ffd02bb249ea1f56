// Text that deceives the eye: control characters that reorder it, letters of several scripts,
// letters that look like Latin ones, characters that no identifier should have.
//
// What it is for: warnings about policies (UTS 39, Unicode Security Mechanisms, sections 3.1, 5.1
// and 5.2; UAX 9 for the bidirectional controls; UAX 24 and Scripts.txt of Unicode 14 for scripts).
// What it does not protect from: look-alikes within one script (`rn` and `m`), characters with
// Script_Extensions, which count as common here, and whole-script confusables other than Cyrillic
// and Greek letters for Latin ones. The full table of confusables.txt is not used. Threads: pure
// functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hs::cedar {

enum class TextUse : std::uint8_t {
    text,        // a string, an entity id, a pattern
    identifier,  // an attribute name, a record key
    prose,       // an annotation: only the bidirectional controls matter
};

enum class SuspicionKind : std::uint8_t {
    none,
    bidirectional,
    mixed_scripts,
    confusable,
    restricted,
};

struct TextSuspicion {
    SuspicionKind kind = SuspicionKind::none;
    std::string message;  // shows the text with what is suspicious escaped
};

// The first suspicion in the order of the kinds. Ill-formed UTF-8 counts as U+FFFD.
TextSuspicion suspect(std::string_view text, TextUse use);

// The script of a code point: 0 for common, inherited and unassigned ones.
std::uint8_t script_of(char32_t code_point);
std::string_view script_name(std::uint8_t script);

}  // namespace hs::cedar
