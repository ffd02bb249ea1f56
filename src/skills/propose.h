// A proposed manifest: what a skill seems to need, read off its text and scripts. For a person to
// accept; nothing is granted by it.
//
// What it does not protect from: needs that are computed at run time; the sandbox denies and
// records those. Threads: pure functions.
#pragma once

#include "skills/card.h"
#include "skills/tree.h"

namespace hs::skills {

Manifest propose_manifest(const Card& card, const Tree& tree);

}  // namespace hs::skills
