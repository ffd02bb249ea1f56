#include "cedar/authorizer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace hs::cedar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Fixture {
    EntityStore store;
    Request request;
    Scratch scratch;

    Fixture() {
        const ValueBuilder build = store.values();
        EXPECT_TRUE(store.add(build.key("User", "alice"), {build.key("Group", "g")}).ok());
        EXPECT_TRUE(store.add(build.key("Action", "read"), {build.key("Action", "any")}).ok());
        EXPECT_TRUE(store.close().ok());
        request = {build.key("User", "alice"), build.key("Action", "read"), build.key("Doc", "d"),
                   build.record({{"n", build.integer(1)}})};
    }

    std::vector<std::string> ids(const Authorizer& authorizer, const Answer& answer) const {
        std::vector<std::string> out;
        for (const PolicyIndex index : answer.reasons) out.push_back(authorizer.id(index));
        return out;
    }
};

Authorizer compile(std::string_view text) {
    auto set = PolicySet::parse(text, "p.cedar");
    EXPECT_TRUE(set.ok());
    return Authorizer(std::move(*set));
}

TEST(Authorizer, DeniesWithoutPolicies) {
    Fixture world;
    const Authorizer authorizer = compile("");
    const Answer& answer = authorizer.authorize(world.request, world.store, nullptr, world.scratch);
    EXPECT_EQ(answer.decision, Decision::deny);
    EXPECT_THAT(answer.reasons, IsEmpty());
}

TEST(Authorizer, ForbidBeatsPermitAndErrorsAreSkipped) {
    Fixture world;
    const Authorizer authorizer = compile(
        "permit(principal in Group::\"g\", action in [Action::\"any\"], resource is Doc);"
        "permit(principal, action, resource) when { context.n == 1 };"
        "forbid(principal, action, resource)\n  when { context.missing };"
        "forbid(principal, action, resource == Doc::\"other\");"
        "permit(principal, action, resource) unless { true };");
    const Answer& answer = authorizer.authorize(world.request, world.store, nullptr, world.scratch);
    EXPECT_EQ(answer.decision, Decision::allow);
    EXPECT_THAT(world.ids(authorizer, answer), ElementsAre("policy0", "policy1"));
    ASSERT_EQ(answer.faults.size(), 1U);
    EXPECT_EQ(authorizer.id(answer.faults[0].policy), "policy2");
    EXPECT_THAT(authorizer.describe(answer.faults[0]),
                HasSubstr("p.cedar:2:10: while evaluating policy \"policy2\": the record has no "
                          "attribute \"missing\""));
    const Authorizer forbidding = compile(
        "permit(principal, action, resource);"
        "forbid(principal, action, resource);");
    const Answer& denied = forbidding.authorize(world.request, world.store, nullptr, world.scratch);
    EXPECT_EQ(denied.decision, Decision::deny);
    EXPECT_THAT(world.ids(forbidding, denied), ElementsAre("policy1"));
}

TEST(Authorizer, LinksDecideUnderTheirOwnIds) {
    Fixture world;
    auto set = PolicySet::parse(
        "@note(\"t\") permit(principal in ?principal, action, resource == ?resource) "
        "when { context.n == 1 };");
    ASSERT_TRUE(set->link("policy0", "one", {EntityUid{"Group", "g"}, EntityUid{"Doc", "d"}}).ok());
    ASSERT_TRUE(set->link("policy0", "two", {EntityUid{"Group", "h"}, EntityUid{"Doc", "d"}}).ok());
    const Authorizer authorizer(std::move(*set));
    EXPECT_EQ(authorizer.size(), 2U);
    const Answer& answer = authorizer.authorize(world.request, world.store, nullptr, world.scratch);
    EXPECT_THAT(world.ids(authorizer, answer), ElementsAre("one"));
    EXPECT_EQ(authorizer.policy(answer.reasons[0]).find_annotation("note")->value, "t");
}

TEST(Authorizer, EntitiesOfTheRequestCount) {
    Fixture world;
    EntityStore brought;
    const ValueBuilder build = brought.values();
    ASSERT_TRUE(brought
                    .add(build.key("Doc", "d"), {build.key("Folder", "f")},
                         build.record({{"owner", build.entity("User", "alice")}}))
                    .ok());
    ASSERT_TRUE(brought.close(&world.store).ok());
    const Authorizer authorizer = compile(
        "permit(principal, action, resource in Folder::\"f\") "
        "when { resource.owner == principal };");
    EXPECT_EQ(authorizer.authorize(world.request, world.store, &brought, world.scratch).decision,
              Decision::allow);
    EXPECT_EQ(authorizer.authorize(world.request, world.store, nullptr, world.scratch).decision,
              Decision::deny);
}

TEST(Authorizer, AnAnswerIsReplacedByTheNext) {
    Fixture world;
    const Authorizer authorizer =
        compile("permit(principal, action, resource) when { context.n == 1 };");
    const Answer& answer = authorizer.authorize(world.request, world.store, nullptr, world.scratch);
    EXPECT_EQ(answer.decision, Decision::allow);
    const std::array<std::string_view, 1> path{"n"};
    Arena arena;
    Request other = world.request;
    other.context = ValueBuilder(arena).with(other.context, path, Value::integer(2));
    EXPECT_EQ(authorizer.authorize(other, world.store, nullptr, world.scratch).decision,
              Decision::deny);
    EXPECT_THAT(answer.reasons, IsEmpty());
}

// ---- the index finds exactly the policies whose scope holds ----

class RandomSets {
  public:
    explicit RandomSets(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t count) { return random_() % count; }
    std::string entity(std::string_view kind) {
        if (kind == "Action") return fmt::format("Action::\"{}\"", below(6));
        return fmt::format("{}{}::\"{}\"", kind, below(2), below(6));
    }
    std::string scope(std::string_view variable, std::string_view kind) {
        const std::string type = fmt::format("{}{}", kind, below(2));
        switch (below(5)) {
            case 0:
                return std::string(variable);
            case 1:
                return fmt::format("{} == {}", variable, entity(kind));
            case 2:
                return fmt::format("{} in {}", variable, entity(kind));
            case 3:
                return fmt::format("{} is {}", variable, type);
            default:
                return fmt::format("{} is {} in {}", variable, type, entity(kind));
        }
    }
    std::string action() {
        switch (below(4)) {
            case 0:
                return "action";
            case 1:
                return "action == " + entity("Action");
            case 2:
                return "action in " + entity("Action");
            default:
                return below(5) == 0
                           ? "action in []"
                           : fmt::format("action in [{}, {}]", entity("Action"), entity("Action"));
        }
    }
    std::string policies() {
        std::string text;
        for (std::size_t i = 1 + below(60); i > 0; --i) {
            text += fmt::format("permit({}, {}, {});\n", scope("principal", "P"), action(),
                                scope("resource", "R"));
        }
        return text;
    }
    // Parents have larger numbers, so that there is no cycle.
    void fill(EntityStore& store, std::string_view type) {
        const ValueBuilder build = store.values();
        for (std::size_t i = 0; i < 6; ++i) {
            if (below(4) == 0) continue;
            std::vector<const EntityKey*> parents;
            for (std::size_t k = i + 1; k < 6; ++k) {
                if (below(3) == 0) parents.push_back(build.key(type, std::to_string(k)));
            }
            const Value nothing = Value::sorted_record({});
            EXPECT_TRUE(
                store.add(build.key(type, std::to_string(i)), parents, nothing, nothing).ok());
        }
    }

  private:
    std::mt19937_64 random_;
};

TEST(ScopeIndex, AgreesWithAFullScan) {
    std::size_t matches = 0;
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
        RandomSets random(seed);
        const Authorizer authorizer = compile(random.policies());
        EntityStore resident;
        EntityStore brought;
        for (const char* type : {"P0", "R0", "Action"}) random.fill(resident, type);
        for (const char* type : {"P1", "R1"}) random.fill(brought, type);
        ASSERT_TRUE(resident.close().ok());
        ASSERT_TRUE(brought.close(&resident).ok());
        Scratch scratch;
        Arena arena;
        const ValueBuilder build(arena);
        for (int i = 0; i < 40; ++i) {
            const auto one = [&](const char* kind) {
                return build.key(fmt::format("{}{}", kind, random.below(2)),
                                 std::to_string(random.below(7)));
            };
            const Request request{one("P"), build.key("Action", std::to_string(random.below(7))),
                                  one("R"), Value::sorted_record({})};
            const auto scanned =
                authorizer.authorize(request, resident, &brought, scratch, Selection::by_scan)
                    .reasons;
            const auto found = authorizer.authorize(request, resident, &brought, scratch).reasons;
            ASSERT_EQ(found, scanned) << "seed " << seed;
            matches += found.size();
        }
    }
    EXPECT_GT(matches, 5'000U);
}

}  // namespace
}  // namespace hs::cedar
