// Personal data that is known by the words before it: dates of birth, postal addresses, vehicle
// numbers, places, wallets, identifiers in loose notations.
//
// What it does not protect from: names of persons, and data that no word announces.
// Threads: pure functions.
#pragma once

#include "detect/structured.h"

namespace hs::detect {

std::span<const StructuredLook> personal_word_looks();

}  // namespace hs::detect
