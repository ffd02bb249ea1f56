#include "cedar/entity.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/json.h"

namespace hs::cedar {
namespace {

using ::testing::HasSubstr;

std::string refusal(std::string_view text, const Schema* schema = nullptr) {
    const auto store = parse_entities(text, schema);
    return store ? "accepted" : store.error().what;
}

std::string entity(std::string_view id, std::string_view parents,
                   std::string_view attributes = "{}") {
    std::string list;
    for (const char parent : parents) {
        if (!list.empty()) list += ",";
        list += fmt::format("{{\"type\":\"T\",\"id\":\"{}\"}}", parent);
    }
    return fmt::format("{{\"uid\":{{\"type\":\"T\",\"id\":\"{}\"}},\"attrs\":{},\"parents\":[{}]}}",
                       id, attributes, list);
}

TEST(EntitiesHostile, RefusesCyclesAndNamesTheirMembers) {
    EXPECT_THAT(refusal("[" + entity("a", "a") + "]"), HasSubstr("a cycle: T::\"a\" in T::\"a\""));
    const std::string ring = "[" + entity("x", "a") + "," + entity("a", "b") + "," +
                             entity("b", "c") + "," + entity("c", "a") + "]";
    EXPECT_THAT(refusal(ring), HasSubstr("cycle: T::\"a\" in T::\"b\" in T::\"c\" in T::\"a\";"));
}

TEST(EntitiesHostile, RefusesTwoOfOneName) {
    EXPECT_THAT(refusal("[" + entity("a", "b") + "," + entity("a", "") + "]"),
                HasSubstr("T::\"a\" stands twice"));
    EXPECT_EQ(refusal("[" + entity("a", "b") + "," + entity("a", "b") + "]"), "accepted");
}

TEST(EntitiesHostile, BoundsTheAncestors) {
    EntityStore store;
    const ValueBuilder build = store.values();
    const EntityKey* above = build.key("T", "top");
    ASSERT_TRUE(store.add(above).ok());
    for (int i = 0; i < 10'000; ++i) {
        const EntityKey* key = build.key("T", std::to_string(i));
        ASSERT_TRUE(store.add(key, {above}).ok());
        above = key;
    }
    const auto closed = store.close();
    ASSERT_FALSE(closed.ok());
    EXPECT_EQ(closed.error().code, base::Code::exhausted);
}

TEST(EntitiesHostile, RefusesMalformedJsonAtItsPath) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", "JSON"},
        {"{}", "entities: expected an array of entities, found an object"},
        {"[1]", "entities[0]: expected an entity"},
        {"[{\"attrs\":{},\"parents\":[]}]", "entities[0]: the member \"uid\" is missing"},
        {"[{\"uid\":{\"type\":\"T\",\"id\":\"a\"},\"parents\":[]}]", "\"attrs\" is missing"},
        {"[{\"uid\":\"T::a\",\"attrs\":{},\"parents\":[]}]", "entities[0].uid: expected an entity"},
        {"[{\"uid\":{\"type\":\"T\",\"id\":1},\"attrs\":{},\"parents\":[]}]", "must be strings"},
        {"[{\"uid\":{\"type\":\"a b\",\"id\":\"1\"},\"attrs\":{},\"parents\":[]}]",
         "entities[0].uid.type: \"a b\" is no entity type"},
        {"[{\"uid\":{\"type\":\"T\",\"id\":\"1\"},\"attrs\":{},\"parents\":[],\"tag\":{}}]",
         "no member \"tag\""},
        {"[" + entity("a", "", "[]") + "]", "entities[0].attrs: expected an object"},
        {"[" + entity("a", "", "{\"x\":null}") + "]", "entities[0].attrs.x: expected a bool"},
        {"[" + entity("a", "", "{\"x\":[1,{\"y\":1.5}]}") + "]",
         "entities[0].attrs.x[1].y: expected"},
        {"[" + entity("a", "", "{\"x\":9223372036854775808}") + "]", "64 bits"},
        {"[" + entity("a", "", "{\"x\":1,\"x\":2}") + "]", "stands twice"},
        {"[" + entity("a", "", "{\"x\":{\"__entity\":\"T\"}}") + "]", "attrs.x.__entity: expected"},
        {"[" + entity("a", "", "{\"x\":{\"__expr\":\"1\"}}") + "]", "no longer part of Cedar"},
        {"[" + entity("a", "", "{\"x\":{\"__extn\":{\"fn\":\"nope\",\"arg\":\"1\"}}}") + "]",
         "no function \"nope\""},
        {"[" + entity("a", "", "{\"x\":{\"__extn\":{\"fn\":\"ip\",\"arg\":\"1.2\"}}}") + "]",
         "attrs.x.__extn: \"1.2\" is no valid argument of ip"},
        {"[" + entity("a", "", "{\"x\":{\"__extn\":{\"fn\":\"ip\",\"args\":\"1.2\"}}}") + "]",
         "an array"},
        {"[" + entity("a", "", "{\"x\":{\"__extn\":{\"fn\":\"ip\"}}}") + "]", "expected a call"},
        {"[{\"uid\":{\"type\":\"Action\",\"id\":\"a\"},\"attrs\":{},\"parents\":[{\"type\":\"T\","
         "\"id\":"
         "\"a\"}]}]",
         "entities[0].parents[0]: the parent of an action must be an action"},
    };
    for (const auto& [text, wanted] : table) EXPECT_THAT(refusal(text), HasSubstr(wanted)) << text;
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "[";
    EXPECT_NE(refusal(deep), "accepted");
}

TEST(Entities, ReadsValues) {
    const auto store = parse_entities("[" + entity("a", "", R"({
        "min": -9223372036854775808, "max": 9223372036854775807, "s": "\u0000ä",
        "later": {"__extn": {"fn": "offset", "args": [{"__extn": {"fn": "datetime", "arg":
            "1970-01-01"}}, {"__extn": {"fn": "duration", "arg": "1d"}}]}},
        "open": {"__entity": {"type": "A::B", "id": "x"}, "y": 1}, "__entity": 1})") +
                                      "]");
    ASSERT_TRUE(store.ok()) << store.error().what;
    const Value& attributes = store->entities()[0].attributes;
    EXPECT_EQ(attributes.find("min")->as_integer(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(attributes.find("max")->as_integer(), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(attributes.find("s")->as_text().size(), 3U);
    EXPECT_TRUE(attributes.find("later")->is(ValueKind::datetime));
    EXPECT_TRUE(attributes.find("open")->is(ValueKind::record));
    EXPECT_TRUE(attributes.find("__entity")->is(ValueKind::integer));
}

TEST(Entities, ASchemaLetsStringsStandForExtensions) {
    const auto schema = Schema::parse(
        "entity T { at: datetime, from?: ipaddr, who?: T };"
        "action see in [all]; action all;",
        SchemaSyntax::human);
    ASSERT_TRUE(schema.ok()) << schema.error().what;
    const auto store = parse_entities(
        "[" + entity("a", "", R"({"at": "2024-02-29", "from": {"fn": "ip", "arg": "::1"},
                                  "who": {"type": "T", "id": "b"}})") +
            "]",
        &*schema);
    ASSERT_TRUE(store.ok()) << store.error().what;
    const Entity* found = store->find(make_key("T", "a"));
    ASSERT_NE(found, nullptr);
    EXPECT_TRUE(found->attributes.find("at")->is(ValueKind::datetime));
    EXPECT_TRUE(found->attributes.find("from")->is(ValueKind::ip));
    EXPECT_TRUE(found->attributes.find("who")->is(ValueKind::entity));
    EXPECT_TRUE(store->find(make_key("Action", "see"))->has_ancestor(make_key("Action", "all")));
    EXPECT_THAT(refusal("[" + entity("a", "", "{\"at\": \"yesterday\"}") + "]", &*schema),
                HasSubstr("entities[0].attrs.at: \"yesterday\" is no valid argument of datetime"));
    EXPECT_THAT(refusal("[" + entity("a", "") + "]", &*schema),
                HasSubstr("does not fit the schema"));
}

TEST(Entities, KnowsAllAncestors) {
    EntityStore store;
    const ValueBuilder build = store.values();
    // More than the linear search takes.
    for (int i = 0; i < 40; ++i) {
        const EntityKey* key = build.key("T", std::to_string(i));
        if (i < 20) {
            ASSERT_TRUE(
                store.add(key, {build.key("T", std::to_string(i + 1)), build.key("T", "x")}).ok());
        } else {
            ASSERT_TRUE(store.add(key).ok());
        }
    }
    ASSERT_TRUE(store.close().ok());
    const Entity* first = store.find(make_key("T", "0"));
    ASSERT_EQ(first->ancestors.size(), 21U);
    for (int i = 1; i <= 20; ++i)
        EXPECT_TRUE(first->has_ancestor(make_key("T", std::to_string(i))));
    EXPECT_TRUE(first->has_ancestor(make_key("T", "x")));
    EXPECT_FALSE(first->has_ancestor(make_key("T", "0")));
    EXPECT_FALSE(first->has_ancestor(make_key("T", "21")));
    EXPECT_EQ(store.find(make_key("T", "x")), nullptr);
}

TEST(Entities, AStoreOfARequestLiesOverTheResidentOne) {
    EntityStore resident;
    const ValueBuilder build = resident.values();
    ASSERT_TRUE(resident.add(build.key("Group", "a"), {build.key("Group", "b")}).ok());
    ASSERT_TRUE(resident.add(build.key("Group", "b"), {build.key("Group", "c")}).ok());
    ASSERT_TRUE(resident.close().ok());
    EntityStore brought;
    for (int round = 0; round < 3; ++round) {
        brought.clear();
        const ValueBuilder own = brought.values();
        ASSERT_TRUE(brought.add(own.key("User", "u"), {own.key("Team", "t")}).ok());
        ASSERT_TRUE(brought.add(own.key("Team", "t"), {own.key("Group", "a")}).ok());
        ASSERT_TRUE(brought.close(&resident).ok());
        const Entity* user = brought.find(make_key("User", "u"));
        for (const char* group : {"a", "b", "c"}) {
            EXPECT_TRUE(user->has_ancestor(make_key("Group", group))) << group;
        }
    }
    brought.clear();
    ASSERT_TRUE(brought.add(brought.values().key("Group", "b")).ok());
    const auto refused = brought.close(&resident);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, base::Code::conflict);
}

}  // namespace
}  // namespace hs::cedar
