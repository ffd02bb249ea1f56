// skill scan: a folder in, findings and a verdict out. Works without the daemon, the network and a
// model; nothing of the skill is run.

#include <fmt/format.h>

#include "hardshell/commands.h"
#include "os/file.h"
#include "skills/scan/scanner.h"

namespace hs::cli {

using base::Result;
using skills::Severity;

namespace {

Tone tone_of(Severity severity) {
    if (severity >= Severity::high) return Tone::bad;
    return severity == Severity::medium ? Tone::warning : Tone::faint;
}

void show(const Screen& screen, const skills::ScanReport& report) {
    std::size_t notes = 0;
    for (const auto& finding : report.findings) {
        if (finding.severity == Severity::note) {
            ++notes;
            continue;
        }
        screen.line(fmt::format(
            "{} {}  {}{}",
            screen.tone(tone_of(finding.severity), skills::severity_name(finding.severity)),
            screen.tone(Tone::strong, finding.rule), clean(finding.file),
            finding.line > 0 ? fmt::format(":{}", finding.line) : ""));
        screen.line("  " + clean(finding.message));
        if (!finding.excerpt.empty())
            screen.line("  " + screen.tone(Tone::code, clean(finding.excerpt)));
        if (!finding.fix.empty()) screen.line("  fix: " + clean(finding.fix));
    }
    if (notes > 0) screen.line(fmt::format("{} notes (--json shows them)", notes));
    if (!report.is_whole) screen.line("More was found than is kept; what is shown is not all.");
    const bool is_clean = report.verdict == skills::ScanVerdict::clean;
    screen.line(fmt::format(
        "{} {}: {} files, {}", is_clean ? "✓" : "✗", clean(report.name), report.files,
        screen.tone(is_clean ? Tone::good : Tone::bad, skills::verdict_name(report.verdict))));
}

}  // namespace

Result<int> run_skill_scan(const Desk& desk) {
    const std::string folder = TRY(os::resolve_path(desk.options.text));
    const auto tree = TRY(skills::read_tree(folder));
    const auto report = TRY(skills::scan(tree, folder.substr(folder.rfind('/') + 1)));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(to_json(report));
    } else {
        show(desk.screen, report);
    }
    switch (report.verdict) {
        case skills::ScanVerdict::clean:
            return exit_done;
        case skills::ScanVerdict::suspicious:
            return exit_suspicious;
        case skills::ScanVerdict::malicious:
            return exit_malicious;
    }
    return exit_failed;
}

}  // namespace hs::cli
