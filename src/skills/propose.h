// A proposed manifest: what a skill seems to need, read off its text and scripts, and off what they
// asked for in a trial where there was one. For a person to accept; nothing is granted by it.
//
// What it does not protect from: needs that show themselves with other input; the sandbox denies
// and records those. Hidden folders of the home (.ssh, .aws) are never proposed. Threads: pure
// functions.
#pragma once

#include "skills/card.h"
#include "skills/tree.h"
#include "skills/trial.h"

namespace hs::skills {

// `trial` may be null.
Manifest propose_manifest(const Card& card, const Tree& tree, const Trial* trial);

}  // namespace hs::skills
