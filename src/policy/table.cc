#include "policy/table.h"

#include <fmt/format.h>

#include "policy/explain.h"
#include "policy/trial.h"

namespace hs::policy {
namespace {

using base::Result;

struct Expectation {
    std::string words;
    std::string outcome;
    std::string rule;
    std::string sandbox;
};

bool names_rule(const Decision& decision, std::string_view id) {
    const auto has = [id](const std::vector<const Rule*>& rules) {
        return std::any_of(rules.begin(), rules.end(),
                           [id](const Rule* rule) { return rule->id == id; });
    };
    return has(decision.granted_by) || has(decision.forbidden_by) || has(decision.held_back);
}

// Empty when the decision is as expected.
std::string difference(const Expectation& expected, const Decision& decision) {
    if (outcome_name(decision.outcome) != expected.outcome) {
        return fmt::format("expected {}, got {}", expected.outcome, summary(decision));
    }
    if (!expected.rule.empty() && !names_rule(decision, expected.rule)) {
        return fmt::format("expected the rule {}, got {}", expected.rule, summary(decision));
    }
    if (!expected.sandbox.empty() && decision.obligations.sandbox != expected.sandbox) {
        return fmt::format("expected the sandbox {}, got \"{}\"", expected.sandbox,
                           decision.obligations.sandbox);
    }
    return {};
}

Result<Expectation> read_expectation(TableReader& table) {
    Expectation expected;
    expected.words = TRY(table.text("do"));
    expected.outcome = TRY(table.text("expect"));
    if (expected.outcome != "allow" && expected.outcome != "ask" && expected.outcome != "deny") {
        return table.refuse("expect", "expected allow, ask or deny");
    }
    expected.rule = TRY(table.text_or("rule", ""));
    expected.sandbox = TRY(table.text_or("sandbox", ""));
    TRY(table.text_or("because", ""));
    return expected;
}

Result<std::string> run_case(TableReader& table, const Given& before,
                             const SnapshotPointer& snapshot, QuestionScratch& scratch) {
    const Expectation expected = TRY(read_expectation(table));
    const Given given = TRY(read_given(table, before));
    TRY(table.finish());
    const auto question = question_of(expected.words, given, snapshot->facts, snapshot->exceptions);
    if (!question) return table.refuse("do", question.error().what);
    // The record of a question must decide like the question itself.
    const Question again = TRY(question_from_json(to_json(*question)));
    const std::string wrong = difference(expected, decide(snapshot, again, scratch));
    if (wrong.empty()) return std::string();
    return table.refuse("do", expected.words + ": " + wrong).error.what;
}

}  // namespace

Result<TableReport> run_table(const NamedText& file, const SnapshotPointer& snapshot) {
    const wire::TomlDocument document = TRY(parse_named_toml(file.name, file.text));
    TableReader root(document, file.name);
    Given given;
    TableReader given_table = TRY(root.table("given"));
    given = TRY(read_given(given_table, given));
    TRY(given_table.finish());
    TableReport report;
    QuestionScratch scratch;
    for (TableReader& table : TRY(root.tables("case"))) {
        if (++report.cases > table_cases_max) return table.refuse("do", "there are too many cases");
        std::string failure = TRY(run_case(table, given, snapshot, scratch));
        if (!failure.empty()) report.failures.push_back(std::move(failure));
    }
    TRY(root.finish());
    return report;
}

}  // namespace hs::policy
