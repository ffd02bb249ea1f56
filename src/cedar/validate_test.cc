#include "cedar/validate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

#include "cedar/case_file_test_support.h"

namespace hs::cedar {
namespace {

Schema case_schema() {
    auto schema = Schema::parse(read_test_file("policy-cases.cedarschema"), SchemaSyntax::human);
    EXPECT_TRUE(schema) << schema.error().what;
    return std::move(schema).value();
}

std::vector<Policy> policies_of(std::string_view text) {
    auto policies = parse_policies(text);
    EXPECT_TRUE(policies) << policies.error().what;
    return policies ? std::move(policies).value() : std::vector<Policy>{};
}

std::string shown(const ValidationReport& report) {
    std::string out;
    for (const Finding& finding : report.errors) out += "error: " + finding.shown + "\n";
    for (const Finding& finding : report.warnings) out += "warning: " + finding.shown + "\n";
    return out;
}

TEST(Validate, CasesInBothModes) {
    const Schema schema = case_schema();
    const auto cases = read_cases("policy-cases.txt");
    EXPECT_GT(cases.size(), 200U);
    for (const TextCase& one : cases) {
        ASSERT_EQ(one.words.size(), 3U) << one.title;
        const auto policies = policies_of(one.text);
        const ValidationReport strict = validate_policies(policies, schema);
        EXPECT_EQ(strict.passed(), one.words[0] == "pass") << one.title << "\n" << shown(strict);
        EXPECT_EQ(!strict.warnings.empty(), one.words[1] == "warning") << one.title << "\n"
                                                                       << shown(strict);
        const ValidationReport permissive =
            validate_policies(policies, schema, ValidationMode::permissive);
        EXPECT_EQ(permissive.passed(), one.words[2] == "pass") << one.title << " (permissive)\n"
                                                               << shown(permissive);
    }
}

const Finding* find(const std::vector<Finding>& findings, FindingKind kind) {
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [kind](const Finding& one) { return one.kind == kind; });
    return found == findings.end() ? nullptr : &*found;
}

TEST(Validate, FindingsNamePolicyAndPlace) {
    const auto policies = policies_of(
        "permit(principal, action, resource);\n"
        "forbid(principal is User, action, resource)\n"
        "when { principal.nick == \"a\" };");
    const ValidationReport report = validate_policies(policies, case_schema());
    ASSERT_EQ(report.errors.size(), 1U) << shown(report);
    const Finding& error = report.errors[0];
    EXPECT_EQ(error.policy_id, "policy1");
    EXPECT_EQ(error.kind, FindingKind::unsafe_attribute);
    EXPECT_EQ(error.place.line, 3U);
    EXPECT_EQ(error.place.column, 8U);
    EXPECT_EQ(error.message,
              "attribute \"nick\" of entity type `User` is optional; test it with `has` first");
    EXPECT_TRUE(error.shown.starts_with("policies:3:8: for policy `policy1`, attribute"))
        << error.shown;
}

TEST(Validate, KindsOfFindings) {
    const Schema schema = case_schema();
    const std::vector<std::pair<std::string, FindingKind>> expected = {
        {"principal == Nope::\"a\"", FindingKind::unknown_entity_type},
        {"action == Action::\"nope\"", FindingKind::unknown_action},
        {"resource == Color::\"blue\"", FindingKind::unknown_enum_id},
        {"principal.name > 1", FindingKind::unexpected_type},
        {"[1].contains(\"a\")", FindingKind::incompatible_types},
        {"principal.nope", FindingKind::unsafe_attribute},
        {"principal.getTag(\"a\") == principal.getTag(\"a\")", FindingKind::unsafe_tag},
        {"[].isEmpty()", FindingKind::empty_set},
        {"ip(\"a\", \"b\").isIpv4()", FindingKind::wrong_argument_count},
        {"ip(\"a\").isIpv4()", FindingKind::bad_constructor_argument},
        {"ip(principal.name).isIpv4()", FindingKind::computed_constructor}};
    for (const auto& [condition, kind] : expected) {
        const auto report = validate_policies(
            policies_of("permit(principal, action, resource) when { " + condition + " };"), schema);
        EXPECT_NE(find(report.errors, kind), nullptr) << finding_name(kind) << "\n"
                                                      << condition << "\n"
                                                      << shown(report);
    }
    const auto nothing = validate_policies(
        policies_of("permit(principal, action == Action::\"all\", resource);"), schema);
    EXPECT_NE(find(nothing.errors, FindingKind::no_applicable_action), nullptr);
    EXPECT_NE(find(nothing.warnings, FindingKind::impossible_policy), nullptr);
}

TEST(Validate, OneFindingForManyRequestTypes) {
    const auto report = validate_policies(
        policies_of("permit(principal, action, resource) when { 1 + \"a\" == 2 };"), case_schema());
    EXPECT_EQ(report.errors.size(), 1U) << shown(report);
}

TEST(Validate, LinksAreCheckedForTheirSlots) {
    const Schema schema = case_schema();
    auto set =
        PolicySet::parse("permit(principal == ?principal, action == Action::\"view\", resource);");
    ASSERT_TRUE(set) << set.error().what;
    const auto link = [&](const char* id, EntityUid principal) {
        SlotValues values;
        values.principal = std::move(principal);
        EXPECT_TRUE(set->link("policy0", id, values));
    };
    link("good", {"User", "a"});
    link("unknown", {"Nope", "a"});
    link("useless", {"Bare", "a"});
    link("color", {"Color", "blue"});
    const ValidationReport report = validate(*set, schema);
    std::vector<std::string> ids;
    for (const Finding& finding : report.errors) ids.push_back(finding.policy_id);
    EXPECT_EQ(ids, (std::vector<std::string>{"unknown", "unknown", "useless", "color", "color"}))
        << shown(report);
}

TEST(Validate, AnEmptySchemaAppliesToNothing) {
    const ValidationReport report =
        validate_policies(policies_of("permit(principal, action, resource);"), Schema());
    EXPECT_FALSE(report.passed());
    EXPECT_TRUE(validate(PolicySet(), Schema()).passed());
}

TEST(Validate, FindingsAreBounded) {
    std::string text;
    for (int i = 0; i < 50; ++i) text += "permit(principal == Nope::\"a\", action, resource);";
    ValidationLimits limits;
    limits.findings_max = 10;
    const auto report =
        validate_policies(policies_of(text), case_schema(), ValidationMode::strict, limits);
    EXPECT_EQ(report.errors.size(), 10U);
}

// ---- hostile policies and schemas: bounded work, and then a refusal

TEST(Validate, WorkIsBounded) {
    std::string types;
    std::string names;
    for (int i = 0; i < 400; ++i) {
        types += "entity E" + std::to_string(i) + " = { a: Long };";
        names += (i == 0 ? "E" : ",E") + std::to_string(i);
    }
    const auto schema = Schema::parse(
        types + "action a appliesTo { principal: [" + names + "], resource: [" + names + "] };",
        SchemaSyntax::human);
    ASSERT_TRUE(schema) << schema.error().what;
    std::string condition = "principal.a == 1";
    for (int i = 0; i < 300; ++i)
        condition += " || principal.a + resource.a > " + std::to_string(i);
    ValidationLimits limits;
    limits.steps_max = 5'000'000;
    const std::clock_t start = std::clock();  // processor time: the machine may be busy
    const auto report =
        validate_policies(policies_of("permit(principal, action, resource) when { " + condition +
                                      " };"
                                      "permit(principal == Nope::\"a\", action, resource);"),
                          *schema, ValidationMode::strict, limits);
    EXPECT_LT(std::clock() - start, 10 * CLOCKS_PER_SEC);
    EXPECT_FALSE(report.passed());
    EXPECT_NE(find(report.errors, FindingKind::limit_exceeded), nullptr) << shown(report);
}

TEST(Validate, ManyCapabilitiesAreBounded) {
    std::string attributes;
    std::string guards;
    std::string uses;
    for (int i = 0; i < 400; ++i) {
        const std::string name = "a" + std::to_string(i);
        attributes += name + "?: Long,";
        guards += (i == 0 ? "principal has " : " && principal has ") + name;
        uses += " && principal." + name + " > 1";
    }
    const auto schema = Schema::parse(
        "entity E = {" + attributes + "}; action a appliesTo { principal: E, resource: E };",
        SchemaSyntax::human);
    ASSERT_TRUE(schema) << schema.error().what;
    const auto policies =
        policies_of("permit(principal, action, resource) when { " + guards + uses + " };");
    EXPECT_TRUE(validate_policies(policies, *schema).passed());
}

}  // namespace
}  // namespace hs::cedar
