// SkillDesk: what the skill commands share: the store of this installation and the keeper's record.
//
// What it does not protect from: another program of the same user that writes the store by hand.
// Threads: one thread.
#pragma once

#include <string>

#include "hardshell/commands.h"
#include "hardshell/lines.h"
#include "skills/store.h"

namespace hs::cli {

base::Result<skills::Store> open_skills(const Desk& desk);
// Decided by policy and durable in the log before it returns; not_found where no daemon runs.
base::Result<> record_skill_change(const Desk& desk, std::string_view operation,
                                   const skills::Installed& entry, std::string_view note);
base::WallTime_ms now_ms();
base::Result<skills::Loaded> load_skill(const Desk& desk, const std::string& name);

}  // namespace hs::cli
