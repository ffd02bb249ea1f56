// The version of every program here, and of the build, which reads this line.
// Threads: a constant.
#pragma once

namespace hs::base {

inline constexpr char version[] = "0.1.0";

}  // namespace hs::base
