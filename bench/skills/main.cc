// The scanner on a labelled set: FOLDER/malicious/NAME and FOLDER/benign/NAME. Prints what was
// labelled otherwise than it is, precision and recall; with floors as arguments, fails below them.
// A skill counts as flagged when its verdict is not clean.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "os/file.h"
#include "skills/scan/scanner.h"

using namespace hs;

namespace {

struct Count {
    std::size_t all = 0;
    std::size_t flagged = 0;
    std::size_t malicious = 0;  // of the flagged: not merely suspicious
};

void show(const skills::ScanReport& report, const std::string& name, std::string_view label) {
    fmt::print("{} {}: {}\n", label, name, skills::verdict_name(report.verdict));
    for (const auto& finding : report.findings) {
        if (finding.severity < skills::Severity::medium) continue;
        fmt::print("    {} {} {}:{} {}\n", skills::severity_name(finding.severity), finding.rule,
                   finding.file, finding.line, finding.excerpt.substr(0, 100));
    }
}

base::Result<Count> scan_all(const std::string& folder, bool is_malicious) {
    Count count;
    const auto names = TRY(os::list_folder(folder, 100'000));
    for (const std::string& name : names) {
        const auto tree = TRY(skills::read_tree(folder + "/" + name));
        const auto report = TRY(skills::scan(tree, name));
        const bool flagged = report.verdict != skills::ScanVerdict::clean;
        ++count.all;
        count.flagged += flagged ? 1 : 0;
        count.malicious += report.verdict == skills::ScanVerdict::malicious ? 1 : 0;
        if (flagged != is_malicious)
            show(report, name, is_malicious ? "missed" : "wrongly flagged");
    }
    return count;
}

base::Result<bool> run(const std::string& folder, double precision_min, double recall_min) {
    const auto began = std::chrono::steady_clock::now();
    const Count bad = TRY(scan_all(folder + "/malicious", true));
    const Count good = TRY(scan_all(folder + "/benign", false));
    const double flagged = static_cast<double>(bad.flagged + good.flagged);
    const double precision = flagged > 0 ? static_cast<double>(bad.flagged) / flagged : 0;
    const double recall =
        bad.all > 0 ? static_cast<double>(bad.flagged) / static_cast<double>(bad.all) : 0;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
    fmt::print(
        "malicious {}: {} flagged ({} as malicious); benign {}: {} flagged ({} as malicious)\n",
        bad.all, bad.flagged, bad.malicious, good.all, good.flagged, good.malicious);
    fmt::print("precision {:.3f}  recall {:.3f}  {} skills in {} ms\n", precision, recall,
               bad.all + good.all, took.count());
    return precision >= precision_min && recall >= recall_min && bad.all >= 150 && good.all >= 150;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const auto held =
        run(argv[1], argc > 2 ? std::atof(argv[2]) : 0, argc > 3 ? std::atof(argv[3]) : 0);
    if (!held) fmt::print(stderr, "{}\n", held.error().what);
    return held && *held ? 0 : 1;
}
