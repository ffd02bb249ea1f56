// The conformance corpora: decisions, reasons and errors of every request.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "cedar/archive_test_support.h"
#include "cedar/authorizer.h"
#include "cedar/json.h"
#include "cedar/printer.h"
#include "cedar/schema.h"
#include "cedar/validate.h"

namespace hs::cedar {
namespace {

constexpr std::size_t default_cases = 150;

std::string read_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream out;
    out << stream.rdbuf();
    return out.str();
}

// One case with everything loaded.
struct Case {
    std::string name;
    Schema schema;
    EntityStore entities;
    std::optional<Authorizer> authorizer;
    wire::Json document;
};

struct CaseTexts {
    std::string name;
    std::string_view document;
    std::string_view policies;
    std::string_view schema;
    std::string_view entities;
};

base::Result<Case> load(const CaseTexts& texts) {
    Case loaded;
    loaded.name = texts.name;
    loaded.document = TRY(wire::parse_json(texts.document));
    loaded.schema = TRY(Schema::parse(texts.schema, SchemaSyntax::human));
    loaded.entities = TRY(parse_entities(texts.entities, &loaded.schema));
    loaded.authorizer.emplace(TRY(PolicySet::parse(texts.policies)));
    return loaded;
}

std::set<std::string> names_of(const wire::Json& list) {
    std::set<std::string> out;
    for (const wire::Json& item : *list.array()) out.insert(*item.text());
    return out;
}

const EntityKey* key_at(const wire::Json& json, std::string_view member,
                        const ValueBuilder& build) {
    const auto uid = read_uid(*json.find(member));
    return uid ? build.key(*uid) : nullptr;
}

std::string compare_answer(const Case& test, const wire::Json& json, const Answer& answer) {
    std::set<std::string> reasons;
    std::set<std::string> errors;
    for (const PolicyIndex index : answer.reasons) reasons.insert(test.authorizer->id(index));
    for (const PolicyFault& fault : answer.faults) errors.insert(test.authorizer->id(fault.policy));
    const bool allow = *json.find("decision")->text() == "allow";
    if (allow != (answer.decision == Decision::allow)) return "another decision";
    if (reasons != names_of(*json.find("reason"))) return "other reasons";
    if (errors != names_of(*json.find("errors"))) return "other errors";
    return {};
}

// Empty when the answer is the one that the corpus gives, by the index and by a scan.
std::string check_request(const Case& test, const wire::Json& json, Scratch& scratch) {
    Arena arena;
    const ValueBuilder build(arena);
    Request request;
    request.principal = key_at(json, "principal", build);
    request.action = key_at(json, "action", build);
    request.resource = key_at(json, "resource", build);
    const auto context = read_context(*json.find("context"), build, &test.schema, request.action);
    if (!context) return context.error().what;
    request.context = *context;
    const wire::Json* validates = json.find("validateRequest");
    if (validates == nullptr || *validates->boolean()) {
        const auto valid = validate_request(request, test.schema);
        if (!valid) return valid.error().what;
    }
    for (const Selection selection : {Selection::by_index, Selection::by_scan}) {
        const Answer& answer =
            test.authorizer->authorize(request, test.entities, nullptr, scratch, selection);
        std::string difference = compare_answer(test, json, answer);
        if (!difference.empty()) return difference;
        for (const PolicyFault& fault : answer.faults) {
            if (test.authorizer->describe(fault).empty()) return "a fault without a text";
        }
    }
    return {};
}

struct Totals {
    std::size_t cases = 0;
    std::size_t requests = 0;
    std::size_t allowed = 0;
    std::size_t faulty = 0;
    std::size_t failed = 0;
};

void run_case(const CaseTexts& texts, Scratch& scratch, Totals& totals) {
    const auto test = load(texts);
    ++totals.cases;
    if (!test) {
        ++totals.failed;
        ADD_FAILURE() << texts.name << ": " << test.error().what;
        return;
    }
    for (const wire::Json& request : *test->document.find("requests")->array()) {
        ++totals.requests;
        totals.allowed += *request.find("decision")->text() == "allow" ? 1U : 0U;
        totals.faulty += request.find("errors")->array()->empty() ? 0U : 1U;
        const std::string problem = check_request(*test, request, scratch);
        if (problem.empty()) continue;
        if (++totals.failed > 20) return;
        ADD_FAILURE() << texts.name << ": " << *request.find("description")->text() << ": "
                      << problem << "\n"
                      << texts.policies;
    }
}

TEST(Corpus, HandwrittenRequestsAgree) {
    const std::string root = cedar_corpus_folder();
    if (!std::filesystem::exists(root + "/tests")) GTEST_SKIP() << "no corpus at " << root;
    Totals totals;
    Scratch scratch;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/tests")) {
        if (entry.path().extension() != ".json") continue;
        const std::string document = read_file(entry.path());
        const auto json = wire::parse_json(document);
        ASSERT_TRUE(json.ok()) << entry.path();
        const auto text = [&](std::string_view key) {
            return read_file(root + "/" + *json->find(key)->text());
        };
        const std::string policies = text("policies");
        const std::string schema = text("schema");
        const std::string entities = text("entities");
        run_case({entry.path().filename(), document, policies, schema, entities}, scratch, totals);
    }
    EXPECT_EQ(totals.cases, 22U);
    EXPECT_EQ(totals.requests, 74U);
}

TEST(Corpus, RequestsAgree) {
    const auto archive = Archive::load(cedar_corpus_folder() + "/corpus-tests.tar.gz");
    if (archive == nullptr) GTEST_SKIP() << "no corpus at " << cedar_corpus_folder();
    Totals totals;
    Scratch scratch;
    for (const std::string& stem : choose(archive->stems(".json"), default_cases)) {
        run_case({stem, *archive->find(stem + ".json"), *archive->find(stem + ".cedar"),
                  *archive->find(stem + ".cedarschema"), *archive->find(stem + ".entities.json")},
                 scratch, totals);
        if (totals.failed > 20) break;
    }
    std::cout << "[ corpus   ] " << totals.cases << " cases, " << totals.requests << " requests, "
              << totals.allowed << " allowed, " << totals.faulty << " with errors, "
              << totals.failed << " differ\n";
    EXPECT_EQ(totals.failed, 0U);
    if (!runs_in_full()) return;
    EXPECT_EQ(totals.requests, 62'472U);
    EXPECT_EQ(totals.allowed, 37'232U);
    EXPECT_EQ(totals.faulty, 3'782U);
}

// parse, print, parse: the same tree, and printing again gives the same text.
TEST(Corpus, PrintedPoliciesParseToTheSameTree) {
    const auto archive = Archive::load(cedar_corpus_folder() + "/corpus-tests.tar.gz");
    if (archive == nullptr) GTEST_SKIP() << "no corpus at " << cedar_corpus_folder();
    for (const std::string& stem : choose(archive->stems(".cedar"), default_cases)) {
        const auto first = parse_policies(*archive->find(stem + ".cedar"));
        ASSERT_TRUE(first.ok()) << stem << ": " << first.error().what;
        const std::string printed = print_policies(*first);
        const auto second = parse_policies(printed);
        ASSERT_TRUE(second.ok()) << stem << ": " << second.error().what;
        ASSERT_EQ(first->size(), second->size());
        for (std::size_t i = 0; i < first->size(); ++i) {
            ASSERT_TRUE(same_policy((*first)[i], (*second)[i])) << stem << "\n" << printed;
        }
        ASSERT_EQ(print_policies(*second), printed) << stem;
    }
}

}  // namespace
}  // namespace hs::cedar
