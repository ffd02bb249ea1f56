#include "cedar/schema.h"

#include <gtest/gtest.h>

#include <ctime>

#include "cedar/case_file_test_support.h"

namespace hs::cedar {
namespace {

std::string error_of(std::string_view text, SchemaSyntax syntax = SchemaSyntax::human) {
    const auto schema = Schema::parse(text, syntax);
    return schema ? "" : schema.error().what;
}

Schema parse(std::string_view text) {
    auto schema = Schema::parse(text, SchemaSyntax::human);
    EXPECT_TRUE(schema) << schema.error().what;
    return std::move(schema).value();
}

TEST(Schema, CasesAreAcceptedOrRefused) {
    const auto cases = read_cases("schema-cases.txt");
    EXPECT_GT(cases.size(), 150U);
    for (const TextCase& one : cases) {
        const bool is_human = one.words.at(1) == "human";
        const auto schema =
            Schema::parse(one.text, is_human ? SchemaSyntax::human : SchemaSyntax::json);
        EXPECT_EQ(schema.ok(), one.words.at(0) == "accept")
            << one.title << "\n"
            << (schema ? one.text : schema.error().what);
        if (!schema) {
            const std::string start = is_human ? "schema:" : "schema: ";
            EXPECT_TRUE(schema.error().what.starts_with(start)) << schema.error().what;
            continue;
        }
        const auto printed = print_schema(*schema);
        ASSERT_TRUE(printed) << one.title << ": " << printed.error().what;
        const auto again = Schema::parse(*printed, SchemaSyntax::human);
        ASSERT_TRUE(again) << one.title << ": " << again.error().what << *printed;
        EXPECT_TRUE(same_schema(*schema, *again)) << one.title << "\n" << *printed;
        EXPECT_EQ(*print_schema(*again), *printed) << one.title;
    }
}

TEST(Schema, ErrorsNameThePlace) {
    EXPECT_NE(error_of("entity A = {\n  a: Nope,\n};").find("schema:2:6: `Nope` is not declared"),
              std::string::npos);
    EXPECT_NE(error_of("entity A;\nentity B in C;").find("schema:2:13:"), std::string::npos);
    EXPECT_NE(error_of("action a in b;\n").find("schema:1:13:"), std::string::npos);
    EXPECT_NE(error_of("entity A = { a: Long }\nentity B;").find("expected `;`"),
              std::string::npos);
    EXPECT_NE(error_of(R"({"N": {"entityTypes": {"A": {"shape": {"type": "Record",
                         "attributes": {"x": {"type": "Set"}}}}}, "actions": {}}})",
                       SchemaSyntax::json)
                  .find("N.entityTypes.A.shape.attributes.\"x\": the member \"element\""),
              std::string::npos);
    EXPECT_NE(error_of("{\n \"a\": }", SchemaSyntax::json).find("2"), std::string::npos);
}

TEST(Schema, AnAttributeDeclaredTwiceIsRefused) {
    EXPECT_NE(error_of("entity A = { a: Long, b: Long, a: String };").find("declared twice"),
              std::string::npos);
    EXPECT_NE(error_of("entity A = { a: Long, \"a\": String };"), "");
}

TEST(Schema, ResolvesTypesAndHierarchies) {
    const Schema schema = parse(R"(
        namespace N {
            entity G in [T]; entity T; entity U in [G, E] = { t: C, u?: Set<U> } tags Long;
            entity E enum ["b", "a", "a"];
            type C = { a: Action };
            action top; action mid in top; action low in mid
                appliesTo { principal: [U, E], resource: G, context: C };
        })");
    const EntityTypeRule* user = schema.find_entity_type("N::U");
    ASSERT_NE(user, nullptr);
    const auto id = [&](const char* name) { return schema.id_of(*schema.find_entity_type(name)); };
    EXPECT_TRUE(user->may_have_ancestor(id("N::T")));
    EXPECT_TRUE(user->may_have_ancestor(id("N::E")));
    EXPECT_FALSE(user->may_have_ancestor(id("N::U")));
    EXPECT_EQ(user->parents.size(), 2U);
    EXPECT_EQ(describe_type(*user->shape, schema), R"({"t": {"a": N::Action}, "u"?: Set<N::U>})");
    ASSERT_NE(user->tags, nullptr);
    EXPECT_EQ(user->tags->kind, TypeKind::integer);
    EXPECT_EQ(schema.find_entity_type("N::E")->choices, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(schema.find_entity_type("U"), nullptr);

    const ActionRule* low = schema.find_action("N::Action", "low");
    ASSERT_NE(low, nullptr);
    EXPECT_EQ(low->ancestors.size(), 2U);
    EXPECT_TRUE(low->applies_to_principal(id("N::E")));
    EXPECT_FALSE(low->applies_to_resource(id("N::U")));
    EXPECT_EQ(schema.context_type("N::Action", "low"), low->context);
    EXPECT_EQ(schema.context_type("Action", "low"), nullptr);
    EXPECT_EQ(schema.find_entity_type("N::Action")->kind, EntityTypeKind::action);
}

TEST(Schema, WarnsOfHiddenNames) {
    EXPECT_EQ(parse("entity A; type A = Long;").warnings().size(), 1U);
    EXPECT_EQ(parse("namespace N { type ipaddr = Long; entity Long; }").warnings().size(), 2U);
    EXPECT_TRUE(parse("entity A;").warnings().empty());
}

TEST(Schema, PrintsCanonically) {
    const Schema schema = parse(
        "namespace B{entity Y in[X];entity X{a:Set<ipaddr>,\"in\"?:Bool}tags T;type T=Long;"
        "@d(\"q\\n\") action \"b c\" in a appliesTo{principal:X,resource:[Y,X]};action a;}"
        "entity Z enum[\"1\"];");
    EXPECT_EQ(*print_schema(schema), R"(entity Z enum ["1"];
namespace B {
  type T = Long;
  entity X = {
    a: Set<ipaddr>,
    "in"?: Bool,
  } tags T;
  entity Y in [X];
  action a;
  @d("q\n")
  action "b c" in [B::Action::"a"] appliesTo {
    principal: [X],
    resource: [X, Y],
  };
}
)");
}

TEST(Schema, AHiddenEntityTypeCannotBePrinted) {
    const auto schema = Schema::parse(
        R"({"": {"commonTypes": {"A": {"type": "Long"}}, "entityTypes": {"A": {}, "B": {"shape":
            {"type": "Record", "attributes": {"a": {"type": "Entity", "name": "A"}}}}},
            "actions": {}}})",
        SchemaSyntax::json);
    ASSERT_TRUE(schema) << schema.error().what;
    EXPECT_FALSE(print_schema(*schema));
}

TEST(Schema, DifferentSchemasDiffer) {
    const Schema schema = parse("entity A = { a: Long };");
    for (const char* other :
         {"entity B = { a: Long };", "entity A = { a?: Long };", "entity A = { a: String };",
          "entity A = { b: Long };", "entity A;", "entity A = { a: Long } tags Long;",
          "entity A in A = { a: Long };", "entity A = { a: Long }; action x;"}) {
        EXPECT_FALSE(same_schema(schema, parse(other))) << other;
    }
    EXPECT_TRUE(same_schema(schema, parse("type T = Long; entity A { \"a\": T };")));
}

// ---- hostile input: an error with a place, within a second

class Hostile : public testing::Test {
  protected:
    void expect_refused(const std::string& text, SchemaSyntax syntax, std::string_view reason) {
        const std::clock_t start = std::clock();  // processor time: the machine may be busy
        const auto schema = Schema::parse(text, syntax);
        const std::clock_t spent = std::clock() - start;
        ASSERT_FALSE(schema) << reason;
        EXPECT_NE(schema.error().what.find(reason), std::string::npos)
            << schema.error().what.substr(0, 300);
        EXPECT_LT(schema.error().what.size(), 4000U);
        EXPECT_LT(spent, 6 * CLOCKS_PER_SEC) << reason;
    }
    static std::string repeat(std::string_view part, std::size_t count) {
        std::string out;
        for (std::size_t i = 0; i < count; ++i) out += part;
        return out;
    }
};

TEST_F(Hostile, Depth) {
    expect_refused("entity A = { a: " + repeat("Set<", 100'000), SchemaSyntax::human, "nested");
    expect_refused("entity A = " + repeat("{a:", 100'000), SchemaSyntax::human, "nested");
    expect_refused(repeat("namespace A {", 100'000), SchemaSyntax::human, "expected");
    expect_refused("type A = " + repeat("(", 100'000), SchemaSyntax::human, "");
    expect_refused(repeat("{\"a\":", 100'000), SchemaSyntax::json, "");
    const std::string set = R"({"type":"Set","element":)";
    expect_refused(R"({"":{"commonTypes":{"A":)" + repeat(set, 100) + R"({"type":"Long"})" +
                       repeat("}", 100) + R"(},"entityTypes":{},"actions":{}}})",
                   SchemaSyntax::json, "nested");
}

TEST_F(Hostile, Size) {
    expect_refused(std::string(100'000'000, ' '), SchemaSyntax::human, "bytes");
    expect_refused(std::string(100'000'000, ' '), SchemaSyntax::json, "bytes");
    std::string many;
    for (int i = 0; i < 60'000; ++i) many += "entity A" + std::to_string(i) + ";";
    expect_refused(many, SchemaSyntax::human, "too many declarations");
    expect_refused(
        "entity A " + repeat("in [A", 1) + repeat(",A", 100'000) + "];" + repeat("@a ", 100'000),
        SchemaSyntax::human, "twice");
}

TEST_F(Hostile, TypesThatGrowWhenWrittenOut) {
    std::string bomb = "type T0 = Long;";
    for (int i = 1; i < 60; ++i) {
        const std::string before = "T" + std::to_string(i - 1);
        bomb += "type T" + std::to_string(i) + " = { a: " + before + ", b: " + before + " };";
    }
    expect_refused(bomb, SchemaSyntax::human, "too large");
    std::string deep = "type T0 = Long;";
    for (int i = 1; i < 1000; ++i) {
        deep += "type T" + std::to_string(i) + " = Set<T" + std::to_string(i - 1) + ">;";
    }
    expect_refused(deep, SchemaSyntax::human, "too deep");
}

TEST_F(Hostile, LongChainsAndCircles) {
    std::string chain = "type T0 = Long;";
    for (int i = 1; i < 45'000; ++i) {
        chain += "type T" + std::to_string(i) + " = T" + std::to_string(i - 1) + ";";
    }
    EXPECT_TRUE(Schema::parse(chain, SchemaSyntax::human));
    std::string circle;
    std::string actions;
    for (int i = 0; i < 1000; ++i) {
        const std::string self = std::to_string(i);
        const std::string next = std::to_string((i + 1) % 1000);
        circle += "type T" + self + " = T" + next + ";";
        actions += "action a" + self + " in a" + next + ";";
    }
    expect_refused(circle, SchemaSyntax::human, "circle");
    expect_refused(actions, SchemaSyntax::human, "");
    std::string line;
    for (int i = 0; i < 45'000; ++i) {
        line += "entity E" + std::to_string(i + 1) + " in E" + std::to_string(i) + ";";
    }
    expect_refused("entity E0;" + line, SchemaSyntax::human, "too large");
}

TEST_F(Hostile, ManyRequestTypes) {
    std::string names;
    std::string text;
    for (int i = 0; i < 2000; ++i) {
        text += "entity E" + std::to_string(i) + ";";
        names += (i == 0 ? "E" : ",E") + std::to_string(i);
    }
    expect_refused(
        text + "action a appliesTo { principal: [" + names + "], resource: [" + names + "] };",
        SchemaSyntax::human, "too many combinations");
}

TEST_F(Hostile, Encoding) {
    expect_refused("entity A\xFF;", SchemaSyntax::human, "");
    expect_refused(std::string("entity A\0;", 10), SchemaSyntax::human, "");
    expect_refused(
        "\xFF\xFE"
        "e\0n\0t\0",
        SchemaSyntax::human, "");
    expect_refused("entity \xC3\x84;", SchemaSyntax::human, "");
    expect_refused("action \"\\u{D800}\";", SchemaSyntax::human, "");
    expect_refused("{\"\xFF\": {}}", SchemaSyntax::json, "");
}

}  // namespace
}  // namespace hs::cedar
