// The generated policies of the peer benchmark: per-skill, per-repository and per-host grants,
// exceptions and bans, five kinds in turn.
#pragma once

#include <string>

namespace hs::bench_cedar {

std::string generated_policies(std::size_t count);

}  // namespace hs::bench_cedar
