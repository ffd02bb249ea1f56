// SkillUpdate: what another version of an installed skill changes: what it may do, what it seems to
// do, and its text.
//
// What it does not protect from: a change that says nothing in any of them; the digest does.
// Threads: pure functions over the store.
#pragma once

#include <string>

#include "skills/card.h"
#include "skills/scan/scanner.h"
#include "skills/store.h"

namespace hs::cli {

// JSON for programs; lines for a person are added to `text`, permissions first.
wire::Json skill_changes(const skills::Store& store, const skills::Installed& before,
                         const skills::Tree& after, const skills::ScanReport& scan,
                         std::string& text);

}  // namespace hs::cli
