// Phrases of injection in several languages: orders to forget instructions, orders to a model by
// its name, and orders in text that a reader does not see.
//
// What it does not protect from: an order in words that nobody listed. A signal, never the wall.
// Threads: pure functions.
#pragma once

#include "detect/structured.h"

namespace hs::detect {

std::span<const StructuredLook> phrase_looks();

}  // namespace hs::detect
