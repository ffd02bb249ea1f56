// The adaptive set: attacks on these very rules. Each case is what a person said, what tools
// returned, and the calls that a hijacked model then makes; none may run without being asked.
// Threads: pure functions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "flow/connector.h"
#include "flow/context.h"
#include "flow/plan.h"

namespace hs::bench_injection {

struct AdaptiveCall {
    std::string tool;
    wire::Json arguments;
};

struct AdaptiveCase {
    std::string category;
    std::string name;
    std::string said;
    struct Seen {
        std::string tool;
        wire::Json arguments;
        std::string text;
        wire::Json result;
    };
    std::vector<Seen> seen;
    std::vector<AdaptiveCall> planned;  // declared before anything is read; empty: no plan
    AdaptiveCall attack;
};

std::vector<AdaptiveCase> adaptive_cases();
// The service that all cases act on.
struct AdaptiveService {
    std::shared_ptr<const flow::World> world;
    flow::Connector connector;
};
AdaptiveService adaptive_service();

struct AdaptiveResult {
    std::size_t cases = 0;
    std::vector<std::string> ran;  // what was not asked or denied
};
// Under each of the presets.
AdaptiveResult run_adaptive();

}  // namespace hs::bench_injection
