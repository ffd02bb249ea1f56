#include "skills/script.h"

#include <array>
#include <utility>

namespace hs::skills {

base::Result<std::string> interpreter_of(std::string_view path) {
    constexpr std::array<std::pair<std::string_view, const char*>, 6> programs = {
        {{".py", "python3"},
         {".sh", "bash"},
         {".mjs", "node"},
         {".js", "node"},
         {".rb", "ruby"},
         {".pl", "perl"}}};
    for (const auto& [ending, program] : programs) {
        if (path.ends_with(ending)) return std::string(program);
    }
    return base::fail(base::Code::invalid_input,
                      "a script ends in .py, .sh, .js, .mjs, .rb or .pl");
}

}  // namespace hs::skills
