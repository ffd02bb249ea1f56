// What a review looks at beside the rules: the skills with their use, and the memory.
//
// What it does not protect from: a skill whose use nobody recorded because it only spoke.
// Threads: one thread.
#pragma once

#include "hardshell/commands.h"

namespace hs::cli {

// [{name, digest, source, state, tier, installed, uses, last}]; usage is that of the skills as the
// review has it.
base::Result<wire::Json> review_skills(const Desk& desk, const wire::Json& usage);
// {compartments, kept, quarantined, superseded, verified, problems}, or {problem} where the memory
// cannot be asked: a review says so rather than not being made.
wire::Json review_memory(const Desk& desk);
void show_skills_and_memory(const Screen& screen, const wire::Json& report);

}  // namespace hs::cli
