// A decision on a warmed-up Authorizer allocates nothing, nor does building its request.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "cedar/authorizer.h"

namespace {
std::atomic<std::size_t> allocations{0};
}

// A sanitizer brings its own allocation functions.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool counts_allocations = false;
#else
constexpr bool counts_allocations = true;

// Replaces the program's allocation functions (C++ [new.delete]) by ones that count. Inlined, they
// would look to the compiler like a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
#endif

namespace hs::cedar {
namespace {

constexpr std::string_view policies = R"(
permit(principal in Group::"g", action in [Action::"read", Action::"write"], resource in Path::"/a")
when { context.base.label.level <= 1 && context.base.classes.containsAny([DataClass::"x", DataClass::"y"]) };
forbid(principal, action, resource)
when { resource.text like "*/.ssh/*" || [context.n, 2, principal].contains("none") };
permit(principal is User, action, resource)
when { {a: context.n, b: [context.n]}.b == [7] && context.base.now.offset(duration("1d")) > datetime("2026-01-01") };
permit(principal, action, resource) when { ip(context.text).isLoopback() };
forbid(principal, action, resource) when { principal.missing == 1 };
forbid(principal, action, resource) when { ip("broken").isLoopback() };
permit(principal, action == Action::"write", resource) unless { context.base.approved };
)";

struct Brought {
    EntityStore entities;
    Request request;
};

void build_request(Brought& brought, const EntityStore& resident) {
    brought.entities.clear();
    const ValueBuilder build = brought.entities.values();
    const EntityKey* above = build.key("Path", "/a");
    bool added = brought.entities.add(above).ok();
    const EntityKey* below = build.key("Path", "/a/b");
    added =
        added &&
        brought.entities.add(below, {above}, build.record({{"text", build.string("/a/b")}})).ok();
    added = added && brought.entities.close(&resident).ok();
    const Value base = build.record({{"now", build.datetime(1'795'338'000'000)},
                                     {"approved", build.boolean(false)},
                                     {"classes", build.set({build.entity("DataClass", "x")})},
                                     {"label", build.record({{"level", build.integer(1)}})}});
    brought.request = {
        build.key("User", "alice"), build.key("Action", "read"), below,
        build.record({{"base", base}, {"n", build.integer(7)}, {"text", build.string("::1")}})};
    if (!added) std::abort();
}

TEST(Allocation, ADecisionAllocatesNothing) {
    if (!counts_allocations) GTEST_SKIP() << "a sanitizer owns the allocation functions";
    auto set = PolicySet::parse(policies);
    ASSERT_TRUE(set.ok()) << set.error().what;
    const Authorizer authorizer(std::move(*set));
    EntityStore resident;
    const ValueBuilder build = resident.values();
    ASSERT_TRUE(resident.add(build.key("User", "alice"), {build.key("Group", "g")}).ok());
    ASSERT_TRUE(resident.close().ok());
    Brought brought;
    Scratch scratch;
    static constexpr std::array<std::string_view, 2> path{"base", "approved"};
    const auto decide_twice = [&] {
        build_request(brought, resident);
        const Answer& first =
            authorizer.authorize(brought.request, resident, &brought.entities, scratch);
        const std::size_t reasons = first.reasons.size();
        const std::size_t faults = first.faults.size();
        brought.request.context =
            brought.entities.values().with(brought.request.context, path, Value::boolean(true));
        authorizer.authorize(brought.request, resident, &brought.entities, scratch);
        return std::pair(reasons, faults);
    };
    EXPECT_EQ(decide_twice(), std::pair(std::size_t{3}, std::size_t{2}));
    decide_twice();
    const std::size_t before = allocations;
    for (int i = 0; i < 100; ++i) decide_twice();
    EXPECT_EQ(allocations - before, 0U);
}

}  // namespace
}  // namespace hs::cedar
