// Comparators: two policies that are none of ours, for comparison: the naive substring check, and a
// re-reading of CaMeL's published policies (arXiv 2503.18813) with provenance taken as "stands in
// the prompt". Threads: pure functions.
#pragma once

#include <string>

#include "flow/context.h"

namespace hs::bench_injection {

bool substring_asks(const flow::Context& context, const flow::ToolManifest& tool,
                    const wire::Json& arguments, const std::string& prompt);
bool camel_asks(const flow::Context& context, const flow::ToolManifest& tool,
                const wire::Json& arguments, const std::string& prompt);

}  // namespace hs::bench_injection
