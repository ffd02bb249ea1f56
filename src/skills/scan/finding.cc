#include "skills/scan/finding.h"

#include <set>

namespace hs::skills {

using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {
constexpr std::string_view severity_names[] = {"note", "low", "medium", "high", "critical"};
constexpr std::string_view verdict_names[] = {"clean", "suspicious", "malicious"};
}  // namespace

std::string_view severity_name(Severity severity) {
    return severity_names[static_cast<std::size_t>(severity)];
}

std::string_view verdict_name(ScanVerdict verdict) {
    return verdict_names[static_cast<std::size_t>(verdict)];
}

ScanVerdict verdict_of(const std::vector<Finding>& findings) {
    std::set<std::string_view> high;
    std::set<std::string_view> medium;
    for (const Finding& finding : findings) {
        if (finding.severity == Severity::critical) return ScanVerdict::malicious;
        if (finding.severity == Severity::high) high.insert(finding.rule);
        if (finding.severity == Severity::medium) medium.insert(finding.rule);
    }
    if (high.size() >= 2 || (!high.empty() && medium.size() >= 2)) return ScanVerdict::malicious;
    if (!high.empty() || medium.size() >= 3) return ScanVerdict::suspicious;
    return ScanVerdict::clean;
}

Json to_json(const ScanReport& report) {
    Json findings{JsonArray{}};
    for (const Finding& finding : report.findings) {
        Json tags{JsonArray{}};
        for (const auto& tag : finding.tags) tags.push(tag);
        findings.push(JsonObject{{"rule", finding.rule},
                                 {"severity", severity_name(finding.severity)},
                                 {"file", finding.file},
                                 {"line", static_cast<std::int64_t>(finding.line)},
                                 {"message", finding.message},
                                 {"fix", finding.fix},
                                 {"excerpt", finding.excerpt},
                                 {"tags", std::move(tags)}});
    }
    return JsonObject{{"name", report.name},
                      {"digest", report.digest},
                      {"files", static_cast<std::int64_t>(report.files)},
                      {"verdict", verdict_name(report.verdict)},
                      {"flagged", report.verdict != ScanVerdict::clean},
                      {"whole", report.is_whole},
                      {"findings", std::move(findings)}};
}

}  // namespace hs::skills
