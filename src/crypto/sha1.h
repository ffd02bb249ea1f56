// SHA-1 (FIPS 180-4), for foreign formats that prescribe it and for nothing else.
//
// What it does not protect from: collisions can be made. It proves nothing here.
// Threads: a pure function.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace hs::crypto {

std::array<std::uint8_t, 20> sha1(base::ByteView bytes);

}  // namespace hs::crypto
