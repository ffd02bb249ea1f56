// The corpus of cedar-integration-tests and the schemas and results of cedar-go: schemas in both
// syntaxes, shouldValidate, and validation results in both modes.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "cedar/archive_test_support.h"
#include "cedar/json.h"
#include "cedar/schema.h"
#include "cedar/validate.h"
#include "wire/json.h"

namespace hs::cedar {
namespace {

constexpr std::size_t sample = 300;

std::shared_ptr<const Archive> archive(const std::string& name) {
    static std::map<std::string, std::shared_ptr<const Archive>> loaded;
    auto& slot = loaded[name];
    if (slot == nullptr) slot = Archive::load(cedar_corpus_folder() + "/" + name + ".tar.gz");
    return slot;
}

std::string file(const Archive& from, const std::string& name) {
    const auto text = from.find(name);
    EXPECT_TRUE(text.has_value()) << name << " is not in the archive";
    return std::string(text.value_or(""));
}

// Lines `check hash part: reason`; each must be used by a deviation, else its test fails.
class Deviations {
  public:
    explicit Deviations(const std::string& check) {
        std::ifstream stream(std::string(HS_TESTDATA) + "/validation-deviations.txt");
        EXPECT_TRUE(stream.good()) << "testdata/validation-deviations.txt is missing";
        for (std::string line; std::getline(stream, line);) {
            if (line.empty() || line[0] == '#') continue;
            const std::size_t colon = line.find(": ");
            EXPECT_NE(colon, std::string::npos) << "no reason given: " << line;
            const std::string key = line.substr(0, colon);
            if (key.starts_with(check + " ")) open_.insert(key.substr(check.size() + 1));
        }
    }
    void compare(const std::string& key, bool expected, bool actual, const std::string& detail) {
        ++(expected ? expected_to_pass : expected_to_fail);
        const bool is_listed = open_.contains(key);
        if (expected == actual) {
            EXPECT_FALSE(is_listed) << key << " is listed as a deviation and agrees";
            open_.erase(key);
            return;
        }
        if (!is_listed) {
            ADD_FAILURE() << key << ": expected " << expected << ", got " << actual << "\n"
                          << detail;
        }
        open_.erase(key);
    }
    void finish() const {
        if (!runs_in_full()) return;
        for (const std::string& key : open_)
            ADD_FAILURE() << key << " is listed, but there is no such case";
    }

    std::size_t expected_to_pass = 0;
    std::size_t expected_to_fail = 0;

  private:
    std::set<std::string> open_;
};

std::string first_errors(const ValidationReport& report) {
    std::string out;
    for (const Finding& finding : report.errors) out += finding.shown + "\n";
    return out.substr(0, 2000);
}

#define REQUIRE_CORPUS(variable, name)   \
    const auto variable = archive(name); \
    if ((variable) == nullptr) GTEST_SKIP() << "no corpus at " << cedar_corpus_folder()

TEST(ValidateCorpus, ShouldValidate) {
    REQUIRE_CORPUS(cases, "corpus-tests");
    Deviations deviations("should-validate");
    for (const std::string& hash : choose(cases->stems(".cedarschema"), sample)) {
        const auto schema = Schema::parse(file(*cases, hash + ".cedarschema"), SchemaSyntax::human);
        ASSERT_TRUE(schema) << hash << ": " << schema.error().what;
        const auto policies = parse_policies(file(*cases, hash + ".cedar"));
        ASSERT_TRUE(policies) << hash << ": " << policies.error().what;
        const auto test = wire::parse_json(file(*cases, hash + ".json"));
        ASSERT_TRUE(test);
        const ValidationReport report = validate_policies(*policies, *schema);
        deviations.compare(hash, *test->find("shouldValidate")->boolean(), report.passed(),
                           first_errors(report));
    }
    deviations.finish();
    if (!runs_in_full()) return;
    EXPECT_EQ(deviations.expected_to_pass, 6'190U);
    EXPECT_EQ(deviations.expected_to_fail, 1'619U);
}

TEST(ValidateCorpus, BothSchemaSyntaxesMeanTheSame) {
    REQUIRE_CORPUS(cases, "corpus-tests");
    REQUIRE_CORPUS(schemas, "corpus-tests-json-schemas");
    Deviations deviations("schema-syntaxes");
    std::vector<std::string> hashes;
    for (const auto& [name, text] : schemas->files()) hashes.push_back(name.substr(0, 40));
    EXPECT_EQ(hashes.size(), 7'750U);
    for (const std::string& hash : choose(hashes, sample)) {
        const auto human = Schema::parse(file(*cases, hash + ".cedarschema"), SchemaSyntax::human);
        const auto json =
            Schema::parse(file(*schemas, hash + ".cedarschema.json"), SchemaSyntax::json);
        ASSERT_TRUE(human) << hash << ": " << human.error().what;
        ASSERT_TRUE(json) << hash << ": " << json.error().what;
        deviations.compare(hash, true, same_schema(*human, *json), "");
    }
    deviations.finish();
}

void expect_round_trip(const Schema& schema, const std::string& hash) {
    const auto printed = print_schema(schema);
    ASSERT_TRUE(printed) << hash << ": " << printed.error().what;
    const auto again = Schema::parse(*printed, SchemaSyntax::human);
    ASSERT_TRUE(again) << hash << ": " << again.error().what << "\n" << *printed;
    EXPECT_TRUE(same_schema(schema, *again)) << hash << "\n" << *printed;
    EXPECT_EQ(*printed, *print_schema(*again)) << hash;
}

TEST(ValidateCorpus, SchemasSurvivePrintAndParse) {
    REQUIRE_CORPUS(cases, "corpus-tests");
    REQUIRE_CORPUS(schemas, "corpus-tests-json-schemas");
    for (const std::string& hash : choose(cases->stems(".cedarschema"), sample)) {
        const auto human = Schema::parse(file(*cases, hash + ".cedarschema"), SchemaSyntax::human);
        ASSERT_TRUE(human) << hash << ": " << human.error().what;
        expect_round_trip(*human, hash);
        const auto json_text = schemas->find(hash + ".cedarschema.json");
        if (!json_text) continue;
        const auto json = Schema::parse(*json_text, SchemaSyntax::json);
        ASSERT_TRUE(json) << hash << ": " << json.error().what;
        expect_round_trip(*json, hash);
    }
}

void compare_mode(Deviations& deviations, const std::string& hash, const wire::Json& expected,
                  const std::vector<Policy>& policies, const Schema& schema) {
    for (const auto mode : {ValidationMode::strict, ValidationMode::permissive}) {
        const std::string name = mode == ValidationMode::strict ? "strict" : "permissive";
        const ValidationReport report = validate_policies(policies, schema, mode);
        deviations.compare(hash + " " + name, *expected.find(name)->boolean(), report.passed(),
                           first_errors(report));
        for (const auto& [id, result] : *expected.find("perPolicy")->object()) {
            const bool passed = std::none_of(
                report.errors.begin(), report.errors.end(),
                [&id = id](const Finding& finding) { return finding.policy_id == id; });
            deviations.compare(hash + " " + name + " " + id, *result.find(name)->boolean(), passed,
                               first_errors(report));
        }
    }
}

TEST(ValidateCorpus, PoliciesInBothModes) {
    REQUIRE_CORPUS(cases, "corpus-tests");
    REQUIRE_CORPUS(results, "corpus-tests-validation");
    Deviations deviations("policies");
    std::vector<std::string> hashes;
    for (const auto& [name, text] : results->files()) hashes.push_back(name.substr(0, 40));
    EXPECT_EQ(hashes.size(), 7'750U);
    for (const std::string& hash : choose(hashes, sample)) {
        const auto schema = Schema::parse(file(*cases, hash + ".cedarschema"), SchemaSyntax::human);
        ASSERT_TRUE(schema) << hash << ": " << schema.error().what;
        const auto policies = parse_policies(file(*cases, hash + ".cedar"));
        ASSERT_TRUE(policies) << hash << ": " << policies.error().what;
        const auto expected = wire::parse_json(file(*results, hash + ".validation.json"));
        ASSERT_TRUE(expected);
        compare_mode(deviations, hash, *expected->find("policyValidation"), *policies, *schema);
    }
    deviations.finish();
    if (!runs_in_full()) return;
    // Both modes, of the set and of its one policy.
    EXPECT_EQ(deviations.expected_to_pass, 2 * (6'147U + 6'853U));
    EXPECT_EQ(deviations.expected_to_fail, 2 * (1'603U + 897U));
}

struct CaseData {
    std::optional<Schema> schema;
    EntityStore entities;
    wire::Json test;
};

void load(const Archive& cases, const std::string& hash, CaseData& data) {
    auto schema = Schema::parse(file(cases, hash + ".cedarschema"), SchemaSyntax::human);
    ASSERT_TRUE(schema) << hash << ": " << schema.error().what;
    data.schema = std::move(schema).value();
    const auto json = wire::parse_json(file(cases, hash + ".entities.json"));
    ASSERT_TRUE(json) << hash << ": " << json.error().what;
    const auto read = read_entities(*json, data.entities, &*data.schema);
    ASSERT_TRUE(read) << hash << ": " << read.error().what;
    const auto closed = data.entities.close();
    ASSERT_TRUE(closed) << hash << ": " << closed.error().what;
    data.test = *wire::parse_json(file(cases, hash + ".json"));
}

void compare_entities(Deviations& deviations, const std::string& hash, const wire::Json& expected,
                      const CaseData& data) {
    std::map<std::string, std::string> problems;
    for (const Entity& entity : data.entities.entities()) {
        const auto checked = validate_entity(entity, *data.schema);
        problems[std::string(entity.key->type) + "::" + std::string(entity.key->id)] =
            checked ? "" : checked.error().what;
    }
    for (const auto& [name, result] : *expected.find("perEntity")->object()) {
        const auto found = problems.find(name);
        ASSERT_NE(found, problems.end()) << hash << ": no entity " << name;
        deviations.compare(hash + " " + name, result.find("errors") == nullptr,
                           found->second.empty(), found->second);
    }
}

TEST(ValidateCorpus, Entities) {
    REQUIRE_CORPUS(cases, "corpus-tests");
    REQUIRE_CORPUS(results, "corpus-tests-validation");
    Deviations deviations("entities");
    std::vector<std::string> hashes;
    for (const auto& [name, text] : results->files()) hashes.push_back(name.substr(0, 40));
    for (const std::string& hash : choose(hashes, sample)) {
        CaseData data;
        load(*cases, hash, data);
        if (HasFatalFailure()) return;
        const auto expected = wire::parse_json(file(*results, hash + ".validation.json"));
        ASSERT_TRUE(expected);
        compare_entities(deviations, hash, *expected->find("entityValidation"), data);
    }
    deviations.finish();
}

std::string check_request(const wire::Json& json, const CaseData& data) {
    Arena arena;
    const ValueBuilder build(arena);
    Request request;
    for (const auto& [name, slot] :
         {std::pair{"principal", &request.principal}, std::pair{"action", &request.action},
          std::pair{"resource", &request.resource}}) {
        const auto uid = read_uid(*json.find(name));
        if (!uid) return uid.error().what;
        *slot = build.key(*uid);
    }
    const auto context = read_context(*json.find("context"), build, &*data.schema, request.action);
    if (!context) return context.error().what;
    request.context = *context;
    const auto checked = validate_request(request, *data.schema);
    return checked ? "" : checked.error().what;
}

TEST(ValidateCorpus, Requests) {
    REQUIRE_CORPUS(cases, "corpus-tests");
    REQUIRE_CORPUS(results, "corpus-tests-validation");
    Deviations deviations("requests");
    for (const std::string& hash : choose(cases->stems(".cedarschema"), sample)) {
        CaseData data;
        load(*cases, hash, data);
        if (HasFatalFailure()) return;
        const auto result = results->find(hash + ".validation.json");
        const auto expected = result ? wire::parse_json(*result) : wire::parse_json("{}");
        const wire::Json* list = expected->find("requestValidation");
        const wire::JsonArray& requests = *data.test.find("requests")->array();
        for (std::size_t i = 0; i < requests.size(); ++i) {
            // Every request of the corpus must be valid, also where there is no result.
            const bool is_valid = list == nullptr || *(*list->array())[i].find("strict")->boolean();
            const std::string problem = check_request(requests[i], data);
            deviations.compare(hash + " " + std::to_string(i), is_valid, problem.empty(), problem);
        }
    }
    deviations.finish();
    if (!runs_in_full()) return;
    EXPECT_EQ(deviations.expected_to_pass, 62'472U);
}

}  // namespace
}  // namespace hs::cedar
