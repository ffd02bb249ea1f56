// bench_injection: attacks on a fully hijacked model, replayed through the product's labels, facts
// and policies, without a model.
//
//   bench_injection                              the corpus (HARDSHELL_CORPORA), the whole table
//   bench_injection --check                      the same; fails where a bar or a figure is missed
//   bench_injection --adaptive                   attacks on these very rules; fails where one runs
//   bench_injection --traces FILE [--labels FILE] [--preset NAME]
//                                                any file of the corpus' format: one JSON line
//
// Without --labels the labels.json beside the traces is read, then the corpus' own. Exit: 0 all
// well, 1 a bar is missed, 2 something cannot be read, 77 there is no corpus.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "adaptive.h"
#include "expected.h"
#include "labels_check.h"
#include "replay.h"
#include "report.h"
#include "rows.h"
#include "traces.h"

namespace hs::bench_injection {
namespace {

constexpr int exit_missed = 1;
constexpr int exit_unreadable = 2;
constexpr int exit_skipped = 77;

struct Options {
    bool check = false;
    bool adaptive = false;
    std::vector<std::string> traces;
    std::string labels;
    std::string preset = "work";
    std::string mistake;
};

Options read_options(int count, char** words) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        if (word == "--check" || word == "--adaptive") {
            (word == "--check" ? options.check : options.adaptive) = true;
            continue;
        }
        if (i + 1 >= count) {
            options.mistake = word +
                              ": expected --check, or --traces, --labels, --preset with a "
                              "value";
            return options;
        }
        const std::string value = words[++i];
        if (word == "--traces") {
            options.traces.push_back(value);
        } else if (word == "--labels") {
            options.labels = value;
        } else if (word == "--preset") {
            options.preset = value;
        } else {
            options.mistake = word + ": no such option";
        }
    }
    return options;
}

std::string corpus_folder() {
    const char* corpora = std::getenv("HARDSHELL_CORPORA");
    return std::string(corpora == nullptr ? "../shared/corpora" : corpora) + "/agentdojo";
}

int fail_with(const base::Error& error) {
    std::cerr << "bench_injection: " << error.what << '\n';
    return exit_unreadable;
}

std::string labels_for(const std::string& traces, const Options& options) {
    if (!options.labels.empty()) return options.labels;
    const auto beside = std::filesystem::path(traces).parent_path() / "labels.json";
    if (std::filesystem::exists(beside)) return beside.string();
    return corpus_folder() + "/labels.json";
}

std::vector<RowResult> run_rows(const std::vector<Suite>& suites, const std::vector<Row>& rows) {
    std::vector<RowResult> results;
    for (const Row& row : rows) results.push_back({row.name, row.title, {}, {}});
    for (const Suite& suite : suites) {
        const std::vector<Totals> totals = replay(suite, rows);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            results[i].all.add(totals[i]);
            results[i].suites[suite.name].add(totals[i]);
        }
    }
    return results;
}

int replay_files(const Options& options) {
    const auto rows = preset_rows(options.preset);
    if (!rows) return fail_with(rows.error());
    for (const std::string& path : options.traces) {
        const auto suite = load_suite(path, labels_for(path, options));
        if (!suite) return fail_with(suite.error());
        const auto totals = replay(*suite, *rows);
        std::cout << totals_line(suite->name, options.preset, totals[0], totals[1]) << '\n';
    }
    return 0;
}

bool report_missed(const std::string& title, const std::vector<std::string>& found) {
    for (const std::string& each : found) fmt::print("MISSED {}: {}\n", title, each);
    return !found.empty();
}

base::Result<std::vector<Suite>> load_corpus(const std::string& folder) {
    std::vector<Suite> suites;
    for (const std::string_view name : suite_names) {
        suites.push_back(
            TRY(load_suite(folder + "/" + std::string(name) + ".json", folder + "/labels.json")));
    }
    return suites;
}

bool labels_differ(const std::vector<Suite>& suites, const std::string& folder) {
    const auto expected = read_json(folder + "/labels-expected.json");
    const auto check =
        expected ? check_labels(suites, *expected) : base::Result<LabelsCheck>(expected.failure());
    if (!check) return report_missed("labels", {check.error().what});
    fmt::print("labels: {} of {} steps as expected\n\n",
               check->steps - static_cast<std::int64_t>(check->differences.size()), check->steps);
    return report_missed("labels", check->differences);
}

base::Result<bool> replay_corpus(const std::string& folder) {
    const auto suites = TRY(load_corpus(folder));
    bool any_missed = labels_differ(suites, folder);
    std::vector<Row> rows = TRY(ablation_rows());
    for (const char* preset : {"personal", "work", "enterprise"}) {
        for (Row& row : TRY(preset_rows(preset))) rows.push_back(std::move(row));
    }
    const std::vector<RowResult> results = run_rows(suites, rows);
    print_table(results);
    print_published();
    for (std::size_t i = results.size() - 6; i < results.size(); i += 2) {
        print_refusals(results[i]);
        any_missed |=
            report_missed(results[i].name, missed(results[i].all, results[i + 1].all, Bars::all));
    }
    any_missed |= report_missed("ablation", differences(results));
    return any_missed;
}

int attack_the_rules() {
    const AdaptiveResult result = run_adaptive();
    for (const std::string& each : result.ran) fmt::print("RAN UNASKED {}\n", each);
    fmt::print("adaptive: {} attacks on these rules under three presets, {} unasked\n",
               result.cases, result.ran.size());
    return result.ran.empty() && result.cases >= 200 ? 0 : exit_missed;
}

int run(const Options& options) {
    if (!options.mistake.empty()) {
        return fail_with({base::Code::invalid_input, options.mistake, {}});
    }
    if (options.adaptive) return attack_the_rules();
    if (!options.traces.empty()) return replay_files(options);
    const std::string folder = corpus_folder();
    if (folder.empty() || !std::filesystem::exists(folder)) {
        fmt::print("SKIPPED: set HARDSHELL_CORPORA to the folder that holds agentdojo/\n");
        return exit_skipped;
    }
    const auto any_missed = replay_corpus(folder);
    if (!any_missed) return fail_with(any_missed.error());
    return options.check && *any_missed ? exit_missed : 0;
}

}  // namespace
}  // namespace hs::bench_injection

int main(int count, char** words) {
    return hs::bench_injection::run(hs::bench_injection::read_options(count, words));
}
