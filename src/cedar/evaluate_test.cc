#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/authorizer.h"
#include "cedar/json.h"

namespace hs::cedar {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view entities = R"([
  {"uid": {"type": "User", "id": "alice"},
   "attrs": {"age": 30, "boss": {"__entity": {"type": "User", "id": "bob"}},
             "home": {"city": "Bern", "ip": {"__extn": {"fn": "ip", "arg": "10.1.2.3"}}}},
   "parents": [{"type": "Group", "id": "staff"}], "tags": {"role": "dev", "": 1}},
  {"uid": {"type": "User", "id": "bob"}, "attrs": {}, "parents": []},
  {"uid": {"type": "Group", "id": "staff"}, "attrs": {}, "parents": [{"type": "Group", "id": "all"}]}
])";
constexpr std::string_view context = R"({"n": 5, "s": "straße", "on": true, "list": [3, 1, 2, 1],
  "at": {"__extn": {"fn": "datetime", "arg": "2024-02-29T12:00:00Z"}}, "rec": {"a": {"b": 1}}})";

// "true", "false" or the fault's text.
std::string evaluate(const std::string& expression) {
    auto store = parse_entities(entities);
    if (!store) return store.error().what;
    auto set = PolicySet::parse("permit(principal, action, resource) when { " + expression + " };");
    if (!set) return set.error().what;
    const Authorizer authorizer(std::move(*set));
    Arena arena;
    const ValueBuilder build(arena);
    Request request{
        build.key("User", "alice"), build.key("Action", "view"), build.key("Doc", "d"), {}};
    request.context = *read_context(*wire::parse_json(context), build);
    Scratch scratch;
    const Answer& answer = authorizer.authorize(request, *store, nullptr, scratch);
    if (!answer.faults.empty()) return describe(answer.faults[0].fault);
    return answer.decision == Decision::allow ? "true" : "false";
}

TEST(Evaluate, IsTrue) {
    for (const char* text :
         {"true && !false",
          "false || true",
          "if 1 < 2 then true else 1 == 1 + true",
          "1 + 2 * 3 == 7",
          "-(5) == -5",
          "5 - 7 == -2",
          "-9223372036854775808 < 0",
          "1 <= 1",
          "2 > 1",
          "2 >= 2",
          "1 != 2",
          "1 != true",
          "!(1 == \"1\")",
          "{a: 1} == {\"a\": 1}",
          "{a: 1} != {a: 1, b: 2}",
          "[1, 2, 2] == [2, 1]",
          "[[1], [2]] == [[2], [1]]",
          "[] == []",
          "[1, true, \"a\"].contains(true)",
          "context.list == [1, 2, 3]",
          "[1, 2].containsAll([])",
          "[1, 2].containsAll([2, 1, 1])",
          "[1, 2].containsAny([9, 2])",
          "!([].containsAny([]))",
          "[].isEmpty()",
          "!context.list.isEmpty()",
          "principal == User::\"alice\"",
          "principal in Group::\"staff\"",
          "principal in Group::\"all\"",
          "principal in principal",
          "User::\"none\" in User::\"none\"",
          "!(User::\"none\" in Group::\"all\")",
          "principal in [Group::\"x\", Group::\"all\"]",
          "!(principal in [])",
          "principal is User",
          "!(principal is Group)",
          "principal is User in Group::\"all\"",
          "!(principal is Group in 1)",
          "principal has age",
          "principal has home.city",
          "!(principal has home.zip.x)",
          "!(User::\"none\" has age)",
          "principal.home.city == \"Bern\"",
          "principal[\"age\"] == 30",
          "principal.boss == User::\"bob\"",
          "!(principal.boss has age)",
          "context has rec.a.b",
          "principal.hasTag(\"role\")",
          "principal.getTag(\"role\") == \"dev\"",
          "principal.hasTag(\"\") && principal.getTag(\"\") == 1",
          "!User::\"none\".hasTag(\"a\")",
          "context.s like \"stra*e\"",
          "context.s like \"straße\"",
          "context.s like \"*ß*\"",
          "!(context.s like \"str\")",
          "\"\" like \"*\"",
          "\"\" like \"\"",
          "\"a*b\" like \"a\\*b\"",
          "!(\"axb\" like \"a\\*b\")",
          "\"abab\" like \"*ab\"",
          "!(\"aba\" like \"ab*ba\")",
          "\"aXbXc\" like \"a*b*c\"",
          "ip(\"10.1.2.3\").isInRange(ip(\"10.0.0.0/8\"))",
          "principal.home.ip.isIpv4()",
          "!ip(\"::1\").isIpv4() && ip(\"::1\").isLoopback()",
          "ip(\"1.2.3.4\") == ip(\"1.2.3.4/32\")",
          "decimal(\"1.0\") == decimal(\"1.0000\")",
          "decimal(\"1.5\").greaterThan(decimal(\"1.4999\"))",
          "decimal(\"-1.5\").lessThanOrEqual(decimal(\"-1.5\"))",
          "context.at == datetime(\"2024-02-29T13:00:00+0100\")",
          "context.at.toDate() == datetime(\"2024-02-29\")",
          "context.at.toTime() == duration(\"12h\")",
          "datetime(\"1969-12-31T23:00:00Z\").toTime() == duration(\"23h\")",
          "datetime(\"1969-12-31T23:00:00Z\").toDate() == datetime(\"1969-12-31\")",
          "context.at.offset(duration(\"-1d\")) < context.at",
          "context.at.durationSince(datetime(\"2024-02-28\")).toHours() == 36",
          "duration(\"-90m\").toHours() == -1",
          "duration(\"1d\").toMilliseconds() == 86400000",
          "decimal(\"1.0\") != 1",
          "datetime(\"1970-01-01\") != duration(\"0ms\")",
          "context.n * -1 == -5"}) {
        EXPECT_EQ(evaluate(text), "true") << text;
    }
}

TEST(Evaluate, ShortCircuitsHideErrors) {
    for (const char* text :
         {"true || 1 == 1 + true", "!(false && context.none)",
          "if true then true else context.none", "!(context has none && context.none)",
          "!(principal is Group in context.none)"}) {
        EXPECT_EQ(evaluate(text), "true") << text;
    }
    EXPECT_THAT(evaluate("context.none || true"), HasSubstr("no attribute \"none\""));
    EXPECT_THAT(evaluate("true && 1"), HasSubstr("expected a bool, found a value of type long"));
    EXPECT_THAT(evaluate("false || 1"), HasSubstr("expected a bool"));
}

TEST(Evaluate, NamesItsFaults) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"1", "expected a bool"},
        {"!1 == true", "expected a bool"},
        {"if 1 then true else true", "expected a bool"},
        {"9223372036854775807 + context.n == 1", "does not fit 64 bits"},
        {"-9223372036854775808 - context.n == 1", "does not fit 64 bits"},
        {"4611686018427387904 * context.n == 1", "does not fit 64 bits"},
        {"-(-9223372036854775807 - 1) == 0", "does not fit 64 bits"},
        {"1 + \"a\" == 1", "expected a long, found a value of type string"},
        {"1 < \"a\"", "expected two longs"},
        {"decimal(\"1.0\") < decimal(\"2.0\")", "expected two longs"},
        {"datetime(\"1970-01-01\") < duration(\"1d\")", "two datetimes"},
        {"1 in principal", "expected an entity, found"},
        {"principal in 1", "expected an entity or a set"},
        {"principal in [principal, 1]", "expected an entity or a set"},
        {"principal in [\"a\", principal]", "expected an entity or a set"},
        {"1 is User", "expected an entity"},
        {"\"a\" has b", "expected a record or an entity"},
        {"context has n.x", "expected a record or an entity"},
        {"context.n.x", "expected a record or an entity"},
        {"principal.none", "the entity User::\"alice\" has no attribute \"none\""},
        {"User::\"none\".age == 1", "the entity User::\"none\" is not known"},
        {"User::\"none\".getTag(\"a\") == 1", "is not known"},
        {"principal.getTag(\"b\") == 1", "has no tag \"b\""},
        {"principal.getTag(1) == 1", "expected a string"},
        {"context.getTag(\"a\") == 1", "expected an entity"},
        {"1 like \"a\"", "expected a string"},
        {"context.n.contains(1)", "expected a set"},
        {"[1].containsAll(1)", "expected a set"},
        {"\"a\".isEmpty()", "expected a set"},
        {"ip(\"x\").isIpv4()", "\"x\" is no valid argument of ip"},
        {"ip(1).isIpv4()", "expected a string"},
        {"ip().isIpv4()", "ip takes 1 argument"},
        {"ip(\"::1\", \"::2\").isIpv4()", "ip takes 1 argument"},
        {"ip(\"::1\").isIpv4(1)", "isIpv4 takes 1 argument"},
        {"ip(\"::1\").isInRange(1)", "expected a ipaddr"},
        {"decimal(\"1.0\").lessThan(1)", "expected a decimal"},
        {"datetime(\"9999-12-31\").offset(duration(\"9223372036854775807ms\")) == 1",
         "does not fit"},
        {"datetime(\"1970-01-01\").offset(duration(\"-9223372036854775808ms\")).toDate() == 1",
         "does not fit"},
        {"duration(\"1d\").toDate() == 1", "expected a datetime"},
        {"datetime(\"1970-01-01\").toDays() == 1", "expected a duration"},
        {"context.at.durationSince(duration(\"1d\")) == 1", "expected a datetime"},
        {"[1, context.none].isEmpty()", "no attribute"},
        {"{a: context.none}.a == 1", "no attribute"},
    };
    for (const auto& [text, wanted] : table) {
        const std::string needle = wanted == "expected a ipaddr" ? "expected an ipaddr" : wanted;
        EXPECT_THAT(evaluate(text), HasSubstr(needle)) << text;
    }
}

TEST(Evaluate, SurvivesTheDeepestTreeThatTheParserAllows) {
    std::string chain = "context.on";
    for (int i = 0; i < 990; ++i) chain += " && context.on";
    EXPECT_EQ(evaluate(chain), "true");
    const std::string nested = std::string(190, '!');
    std::string not_chain = "context.on";
    for (int i = 0; i < 380; ++i) not_chain = "!(" + not_chain + ")";
    EXPECT_EQ(evaluate(not_chain), "true");
}

TEST(Value, TextsReadBack) {
    Arena arena;
    const ValueBuilder build(arena);
    const Value value =
        build.record({{"b", build.set({build.integer(2), build.string("x\"y"), build.integer(2)})},
                      {"a b", build.entity("A::B", "c")},
                      {"d", build.decimal(-15'000)},
                      {"t", build.datetime(std::numeric_limits<std::int64_t>::max())}});
    EXPECT_EQ(to_text(value),
              "{\"a b\": A::B::\"c\", \"b\": [2, \"x\\\"y\"], \"d\": decimal(\"-1.5\"), \"t\": "
              "datetime(\"1970-01-01\").offset(duration(\"9223372036854775807ms\"))}");
    EXPECT_EQ(build.copy(value), value);
    EXPECT_EQ(*read_value(to_json(value), build), value);
    const std::array<std::string_view, 1> path{"d"};
    const Value other = build.with(value, path, build.boolean(true));
    EXPECT_TRUE(other.find("d")->as_bool());
    EXPECT_NE(other, value);
    EXPECT_EQ(other.fields().size(), 4U);
    const std::array<std::string_view, 1> fresh{"aa"};
    EXPECT_TRUE(build.with(value, fresh, build.boolean(true)).find("aa")->as_bool());
}

}  // namespace
}  // namespace hs::cedar
