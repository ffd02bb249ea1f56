// The 27 decisions of the peer benchmark, built in C++ without JSON; the first 12 are timed.
#pragma once

#include <string_view>
#include <vector>

#include "cedar/entity.h"
#include "cedar/request.h"

namespace hs::bench_cedar {

enum class Outcome : std::uint8_t { allow, ask, deny };

// A request and the entities it brings; the context lies in the arena of `entities`.
struct Brought {
    cedar::EntityStore entities;
    cedar::Request request;
};

struct Case {
    std::string_view label;
    Outcome expected = Outcome::deny;
    // Clears `brought`, fills it and closes it over the resident entities.
    void (*build)(Brought& brought, const cedar::EntityStore& resident) = nullptr;
};

inline constexpr std::size_t timed_cases = 12;

const std::vector<Case>& cases();
// Team, user, agent and channel, as in the peer.
void add_core(cedar::EntityStore& resident);
// The same request with context.base.approved set.
cedar::Value approved(Brought& brought);

}  // namespace hs::bench_cedar
