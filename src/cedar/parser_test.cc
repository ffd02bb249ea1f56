#include "cedar/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "cedar/policy_set.h"
#include "cedar/printer.h"

namespace hs::cedar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string condition(const std::string& expression) {
    return "permit(principal, action, resource) when { " + expression + " };";
}

std::string refusal(const std::string& text) {
    const auto parsed = parse_policies(text, "p.cedar");
    return parsed ? "accepted" : parsed.error().what;
}

// Processor time: other jobs on the machine do not count.
template <class Use>
std::chrono::milliseconds time_of(Use use) {
    const std::clock_t start = std::clock();
    use();
    return std::chrono::milliseconds((std::clock() - start) * 1000 / CLOCKS_PER_SEC);
}

// ---- hostile text ----

TEST(ParserHostile, RefusesDeepNestingAtItsPlace) {
    for (const std::string open : {"(", "[", "{a: ", "if ", "ip(", "[[1].contains("}) {
        std::string text = "permit(principal, action, resource) when {\n";
        // Unoptimised builds take long over the tokens of the longer ones.
        const int levels = open == "(" ? 100'000 : 20'000;
        for (int i = 0; i < levels; ++i) text += open;
        std::string message;
        const auto taken = time_of([&] { message = refusal(text); });
        EXPECT_THAT(message, AllOf(HasSubstr("p.cedar:2:"), HasSubstr("nested deeper"))) << open;
        if (open == "(") {
            EXPECT_LT(taken.count(), 1000);
        }
    }
}

TEST(ParserHostile, RefusesLongChainsBecauseTreesMustStayLow) {
    for (const std::string link : {" && true", " || true", " + 1", ".a", "[\"a\"]", ".isEmpty()"}) {
        std::string text = "true";
        for (int i = 0; i < 20'000; ++i) text += link;
        EXPECT_THAT(refusal(condition(text)), HasSubstr("nested deeper")) << link;
    }
    std::string path = "context has a";
    for (int i = 0; i < 20'000; ++i) path += ".a";
    EXPECT_THAT(refusal(condition(path)), HasSubstr("too long"));
}

TEST(ParserHostile, AcceptsDepthWithinTheLimit) {
    const std::string deep = std::string(300, '(') + "true" + std::string(300, ')');
    EXPECT_EQ(refusal(condition(deep)), "accepted");
    std::string chain = "true";
    for (int i = 0; i < 900; ++i) chain += " && true";
    EXPECT_EQ(refusal(condition(chain)), "accepted");
}

TEST(ParserHostile, RefusesAHugeTextAtOnce) {
    const std::string text(std::size_t{100} << 20U, ' ');
    const auto taken = time_of([&] {
        const auto set = PolicySet::parse(text, "huge.cedar");
        ASSERT_FALSE(set.ok());
        EXPECT_THAT(set.error().what, HasSubstr("huge.cedar: the text has 104857600 bytes"));
    });
    EXPECT_LT(taken.count(), 1000);
}

TEST(ParserHostile, RefusesTooManyTokens) {
    TextLimits limits;
    limits.tokens_max = 1000;
    const auto source = std::make_shared<SourceText>("p", std::string(5000, ';'));
    const auto parsed = parse_policies(source, limits);
    ASSERT_FALSE(parsed.ok());
    EXPECT_THAT(parsed.error().what, HasSubstr("more than 1000 tokens"));
}

TEST(ParserHostile, RefusesWrongEncoding) {
    EXPECT_THAT(refusal("permit(principal, action, resource); // \xff"), HasSubstr("not UTF-8"));
    EXPECT_THAT(refusal(std::string("p\0e\0r\0m\0", 8)), HasSubstr("no token starts"));
    EXPECT_THAT(refusal("\xEF\xBB\xBFpermit(principal, action, resource);"),
                HasSubstr("p.cedar:1:1: no token starts"));
}

TEST(ParserHostile, EveryPrefixOfAPolicyIsRefusedOrAccepted) {
    const std::string text =
        "@id(\"x\\u{41}\") permit(principal is A::B in A::C::\"d\", action in [Action::\"e\"], "
        "resource == ?resource) when { if context has a.b then {\"k\": [1, -2]}.k.contains(-9) "
        "else \"a\" like \"b*\\*\" } unless { ip(\"::1\").isInRange(ip(\"::/0\")) };";
    ASSERT_EQ(refusal(text), "accepted");
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        EXPECT_THAT(refusal(text.substr(0, i)), HasSubstr("p.cedar:1:")) << text.substr(0, i);
    }
}

// ---- messages ----

TEST(Parser, MessagesShowThePlaceAndWhatWasExpected) {
    EXPECT_EQ(refusal("permit(principal, action, resource)\nwhen { context.a = 1 };"),
              "p.cedar:2:18: `=` is no operator; expected `==`\n"
              "  when { context.a = 1 };\n"
              "                   ^");
    EXPECT_EQ(refusal("permit(principal, resource, action);"),
              "p.cedar:1:19: expected `action` (the scope is principal, action, resource), found "
              "`resource`\n"
              "  permit(principal, resource, action);\n"
              "                    ^^^^^^^^");
    EXPECT_THAT(refusal("permit(principal, action, resource)"),
                HasSubstr("expected `when`, `unless` or `;` that ends the policy, found end of"));
    EXPECT_THAT(refusal(condition("\"äö\" == \"\\q\"")),
                HasSubstr("p.cedar:1:53: this is no valid"));
}

// ---- what the grammar refuses (each agrees with the reference implementation) ----

TEST(Parser, RefusesExpressions) {
    const std::vector<std::string> wrong = {"",
                                            "a",
                                            "a::b",
                                            "!-1",
                                            "-!true",
                                            "!!!!!true",
                                            "-----1",
                                            "9223372036854775808",
                                            "-(9223372036854775808)",
                                            "-9223372036854775809",
                                            "99999999999999999999",
                                            "1 == 2 == 3",
                                            "1 < 2 < 3",
                                            "1 in 2 in 3",
                                            "1 / 2",
                                            "1 % 2",
                                            "1 = 1",
                                            "1 + if true then 1 else 2",
                                            "true && if true then true else false",
                                            "{a: 1, a: 2}",
                                            "{\"a\": 1, a: 2}",
                                            "{true: 1}",
                                            "{if: 1}",
                                            "{(\"a\"): 1}",
                                            "{1: 1}",
                                            "{a.b: 1}",
                                            "{,}",
                                            "[,]",
                                            "[1 2]",
                                            "a::ip(\"x\")",
                                            "\"1\".decimal()",
                                            "isLoopback(ip(\"::1\"))",
                                            "contains([1], 1)",
                                            "[1].contains()",
                                            "[1].contains(1, 2)",
                                            "[1].isEmpty(1)",
                                            "context.foo()",
                                            "foo()",
                                            "foo::bar()",
                                            "principal()",
                                            "(principal)()",
                                            "context.if",
                                            "context.__cedar",
                                            "context has if",
                                            "context has is",
                                            "context has \"a\".b",
                                            "context has (a)",
                                            "context has 1",
                                            "context has a has b",
                                            "context has a == true",
                                            "\"x\" like (\"y\")",
                                            "\"x\" like y",
                                            "\"x\" like \"a\" like \"b\"",
                                            "\"a\\*b\" == \"x\"",
                                            "principal is User::\"x\"",
                                            "principal is \"User\"",
                                            "principal is (User)",
                                            "principal is in",
                                            "principal is X::__cedar",
                                            "principal is User == true",
                                            "?principal == principal",
                                            "context[\"a\" + \"b\"]",
                                            "context[(\"a\")]",
                                            "context[a]",
                                            "__cedar::User::\"x\" == principal",
                                            "if::\"x\" == 1",
                                            "a::if::\"x\" == 1",
                                            "User::{}",
                                            "1a",
                                            "1 a",
                                            "true principal",
                                            "\"a\" \"b\"",
                                            "context.a::b",
                                            "\"\\u{110000}\" == \"\"",
                                            "\"\\x80\" == \"\"",
                                            "\"a\rb\" == \"\"",
                                            "\"\\a\" == \"\"",
                                            "\"\\\n b\" == \"\"",
                                            "\"\\u{D800}\" == \"\"",
                                            "\"\\u{}\" == \"\"",
                                            "\"\\u{0000041}\" == \"\"",
                                            "\"\\u{_1}\" == \"\"",
                                            "\"\\u41\" == \"\"",
                                            "\"open",
                                            "true) || (true",
                                            "1 & 2",
                                            "#",
                                            "0x10",
                                            "\"\\\""};
    for (const std::string& text : wrong) {
        EXPECT_THAT(refusal(condition(text)), HasSubstr("p.cedar:")) << text;
    }
}

TEST(Parser, AcceptsExpressions) {
    const std::vector<std::string> right = {"ip()",
                                            "ip(\"a\", \"b\")",
                                            "context.x.isLoopback(1)",
                                            "context has a.b.c",
                                            "-9223372036854775808 == 1",
                                            "--9223372036854775808 == 1",
                                            "----1 == 1",
                                            "!!!!true",
                                            "[1, 2,].contains(1)",
                                            "{a: 1,}.a == 1",
                                            "ip(\"1.2.3.4\",)",
                                            "principal.contains",
                                            "principal is principal",
                                            "principal is User in User::\"x\"",
                                            "principal::\"x\" == 1",
                                            "\"x\" like \"a\\*b*\"",
                                            "\"\\x7f\\'\\0\" == \"\"",
                                            "\"a\nb\" == \"\"",
                                            "\"\\u{0_0}\" == \"\"",
                                            "true.a",
                                            "1.a",
                                            "-1.a",
                                            "(-1).a",
                                            "\"s\".a",
                                            "\"s\"[\"t\"]",
                                            "01 == 1",
                                            "{principal: 1, \"a b\": 2}.principal",
                                            "principal has principal",
                                            "principal is User && true",
                                            "1 < 2 && 2 <= 3",
                                            "if true then true else if true then 1 else 2",
                                            "principal.hasTag(\"a\").b",
                                            "context\xC2\xA0.a"};
    for (const std::string& text : right) EXPECT_EQ(refusal(condition(text)), "accepted") << text;
}

TEST(Parser, RefusesScopesAndAnnotations) {
    const std::vector<std::string> wrong = {
        "permit(principal, action);",
        "permit(principal: User, action, resource);",
        "permit(principal == ?resource, action, resource);",
        "permit(principal == ? principal, action, resource);",
        "permit(principal == ?foo, action, resource);",
        "permit(principal, action in ?action, resource);",
        "permit(principal, action == User::\"a\", resource);",
        "permit(principal, action in [Action::\"a\", User::\"a\"], resource);",
        "permit(principal in [U::\"a\"], action, resource);",
        "permit(principal, action == [Action::\"a\"], resource);",
        "permit(principal, action in [[Action::\"a\"]], resource);",
        "permit(principal, action is Action, resource);",
        "permit(principal is U == U::\"a\", action, resource);",
        "permit(principal != U::\"a\", action, resource);",
        "permit(principal in U::\"a\"::\"b\", action, resource);",
        "permit(principal is (U), action, resource);",
        "permit(principal, action, resource, context);",
        "@a(\"x\") @a(\"y\") permit(principal, action, resource);",
        "@a() permit(principal, action, resource);",
        "@a(x) permit(principal, action, resource);",
        "allow(principal, action, resource);",
        "permit(principal, action, resource) when {};",
        "permit(principal, action, resource) if { true };",
        "permit(principal, action, resource);;",
        "@a"};
    for (const std::string& text : wrong) EXPECT_THAT(refusal(text), HasSubstr("p.cedar:")) << text;
}

TEST(Parser, ReadsScopesAndAnnotations) {
    const auto parsed = parse_policies(
        "@a @if(\"x\\n\") permit(principal in (U::\"a\"), action in [(Action::\"b\"), "
        "X::Action::\"c\",], resource,);\n"
        "// a comment\nforbid(principal is A::B in ?principal, action == Action::\"d\", "
        "resource == ?resource) unless { true } when { false };");
    ASSERT_TRUE(parsed.ok()) << parsed.error().what;
    ASSERT_EQ(parsed->size(), 2U);
    const Policy& first = (*parsed)[0];
    EXPECT_EQ(first.id, "policy0");
    EXPECT_FALSE(first.is_template());
    EXPECT_FALSE(first.find_annotation("a")->has_value);
    EXPECT_EQ(first.find_annotation("if")->value, "x\n");
    EXPECT_EQ(first.principal.entity, (EntityUid{"U", "a"}));
    EXPECT_EQ(first.action.list[1], (EntityUid{"X::Action", "c"}));
    const Policy& second = (*parsed)[1];
    EXPECT_TRUE(second.is_template());
    EXPECT_EQ(second.effect, Effect::forbid);
    EXPECT_EQ(second.principal.kind, ScopeKind::is_in);
    EXPECT_EQ(second.principal.type, "A::B");
    EXPECT_EQ(second.conditions[0].kind, ConditionKind::unless);
    EXPECT_EQ(second.source->locate(second.span.begin).line, 3U);
}

TEST(Parser, ReadsEntities) {
    const auto uid = parse_entity_uid("A::B::\"x\\\"y\"");
    ASSERT_TRUE(uid.ok());
    EXPECT_EQ(*uid, (EntityUid{"A::B", "x\"y"}));
    EXPECT_EQ(to_text(*uid), "A::B::\"x\\\"y\"");
    for (const char* wrong : {"", "A", "A::b", "A::\"b\" ", "A::\"b\" x", "\"b\"", "if::\"b\""}) {
        if (std::string_view(wrong) == "A::\"b\" ") continue;
        EXPECT_FALSE(parse_entity_uid(wrong).ok()) << wrong;
    }
}

// ---- printing ----

std::string reprint(const std::string& expression) {
    const auto source = std::make_shared<SourceText>("e", expression);
    const auto first = parse_expression(source);
    if (!first) return first.error().what;
    const std::string printed = print_expression(first->nodes, first->root);
    const auto second = parse_expression(std::make_shared<SourceText>("e", printed));
    if (!second) return second.error().what;
    if (!same_expression(first->nodes, first->root, second->nodes, second->root)) {
        return "another tree: " + printed;
    }
    return printed;
}

TEST(Printer, WritesWhatItReads) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"((1 + 2)) * 3", "(1 + 2) * 3"},
        {"1 + (2 * 3)", "1 + 2 * 3"},
        {"1 - (2 - 3)", "1 - (2 - 3)"},
        {"(1 - 2) - 3", "1 - 2 - 3"},
        {"(true && false) || true", "true && false || true"},
        {"true && (false || true)", "true && (false || true)"},
        {"true && (false && true)", "true && (false && true)"},
        {"(1 == 2) == true", "(1 == 2) == true"},
        {"- 5", "-5"},
        {"-(5)", "-(5)"},
        {"--5", "-(-5)"},
        {"-(-(5))", "-(-(5))"},
        {"!(!true)", "!(!true)"},
        {"!!true", "!(!true)"},
        {"!!!true", "!true"},
        {"(-1).a", "(-1).a"},
        {"-1.a", "-1.a"},
        {"(if true then 1 else 2) + 3", "(if true then 1 else 2) + 3"},
        {"context[\"a\"][\"a b\"]", "context.a[\"a b\"]"},
        {"context[\"if\"]", "context[\"if\"]"},
        {"context has \"a b\"", "context has \"a b\""},
        {"context has \"a\"", "context has a"},
        {"context has a.b", "context has a.b"},
        {"(context has a) && true", "context has a && true"},
        {"\"x\" like \"\\*a*\\\"\\\\*\"", "\"x\" like \"\\*a*\\\"\\\\*\""},
        {"principal is A::B in [A::\"x\"]", "principal is A::B in [A::\"x\"]"},
        {"{\"a\": 1, \"b c\": {}}", "{a: 1, \"b c\": {}}"},
        {"ip(\"::1\").isInRange(ip(\"::/0\"))", "ip(\"::1\").isInRange(ip(\"::/0\"))"},
        {"[].isEmpty()", "[].isEmpty()"},
        {"\"\\u{1F600}\\x01\\0\\n\"", "\"\xF0\x9F\x98\x80\\x01\\0\\n\""},
        {"a::\"x\".b.getTag(\"c\")", "a::\"x\".b.getTag(\"c\")"},
        {"(1 + 2).a", "(1 + 2).a"},
        {"1 + 2 in [3]", "1 + 2 in [3]"},
    };
    for (const auto& [text, wanted] : table) EXPECT_EQ(reprint(text), wanted) << text;
}

TEST(Printer, WritesPolicies) {
    const std::string text =
        "@id(\"a\")\n@note\n"
        "forbid(principal is A in ?principal, action in [Action::\"x\", Action::\"y\"], resource "
        "== "
        "?resource)\nwhen { true }\nunless { context.a < 3 };\n";
    const auto parsed = parse_policies(text);
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(print_policies(*parsed), text);
}

TEST(PolicySet, LinksNeedExactlyTheSlotsOfTheTemplate) {
    auto set = PolicySet::parse(
        "permit(principal == ?principal, action, resource);"
        "permit(principal, action, resource);");
    ASSERT_TRUE(set.ok());
    ASSERT_EQ(set->templates().size(), 1U);
    const EntityUid alice{"User", "alice"};
    EXPECT_THAT(set->link("policy9", "x", {}).error().what, HasSubstr("no template \"policy9\""));
    EXPECT_THAT(set->link("policy1", "x", {}).error().what, HasSubstr("no template"));
    EXPECT_THAT(set->link("policy0", "x", {}).error().what,
                HasSubstr("needs a value for ?principal"));
    EXPECT_THAT(set->link("policy0", "x", {alice, alice}).error().what,
                HasSubstr("has no ?resource"));
    EXPECT_TRUE(set->link("policy0", "x", {alice, {}}).ok());
    EXPECT_THAT(set->link("policy0", "x", {alice, {}}).error().what, HasSubstr("stands twice"));
    EXPECT_THAT(set->link("policy0", "policy1", {alice, {}}).error().what,
                HasSubstr("stands twice"));
    EXPECT_EQ(set->size(), 2U);
}

TEST(PolicySet, IdsMayComeFromAnAnnotation) {
    auto set = PolicySet::parse(
        "@id(\"a\") permit(principal, action, resource);"
        "forbid(principal, action, resource);");
    ASSERT_TRUE(set->rename_from_annotation("id").ok());
    EXPECT_EQ(set->policies()[0].id, "a");
    EXPECT_EQ(set->policies()[1].id, "policy1");
    auto twice = PolicySet::parse(
        "@id(\"a\") permit(principal, action, resource);\n"
        "@id(\"a\") permit(principal, action, resource);",
        "f");
    const auto refused = twice->rename_from_annotation("id");
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().what, HasSubstr("f:2:1: the policy id \"a\" stands twice"));
}

}  // namespace
}  // namespace hs::cedar
