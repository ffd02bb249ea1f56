// Card: what a SKILL.md says of itself: the fields of the open standard (agentskills.io), those of
// OpenClaw and Moltbot, and our manifest.
//
// What it is for: one reading of the front matter for scanner, store and loader.
// What it does not protect from: a description that is not true. Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "skills/permissions.h"

namespace hs::skills {

// strict: the standard to the letter, unknown keys refused (`skill new`, built-in skills, signing).
// lenient: unknown keys and the standard's formal rules become notes, so that skills written for
// OpenClaw install unchanged; name, description and manifest are still held to their rules.
enum class Reading : std::uint8_t { strict, lenient };

struct Card {
    std::string name;         // 1 to 64 of a-z, 0-9, '-'
    std::string description;  // 1 to 1024 characters
    std::string license;
    std::string compatibility;
    std::string version;
    std::string homepage;
    std::vector<std::string> allowed_tools;  // a request, never a grant
    // Of metadata.openclaw, metadata.clawdbot or metadata.moltbot.
    std::vector<std::string> needs_programs;
    std::vector<std::string> needs_variables;  // names of environment variables
    std::vector<std::string> installs;         // "brew: jq": shown to the person, never run
    bool wants_always = false;                 // asks to be in every prompt; not granted
    std::optional<Manifest> manifest;
    std::vector<std::string> notes;  // what lenient reading has passed over
    std::string body;                // the Markdown
    std::size_t body_line = 1;
};

inline constexpr std::size_t skill_text_bytes_max = std::size_t{1} << 20U;

// invalid_input names the field and the rule.
base::Result<Card> parse_card(std::string_view skill_md, Reading reading);
bool is_skill_name(std::string_view name);

}  // namespace hs::skills
