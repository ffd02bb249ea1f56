// The tables behind script_of; generated from the Unicode Character Database.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace hs::cedar {

inline constexpr std::size_t script_count = 159;
inline constexpr std::size_t script_range_count = 299;

struct ScriptRange {
    char32_t first = 0;
    char32_t last = 0;
    std::uint8_t script = 0;  // index into script_names
};

extern const std::array<std::string_view, script_count + 1> script_names;
extern const std::array<ScriptRange, script_range_count> script_ranges;  // sorted

}  // namespace hs::cedar
