// Finding: one thing that a scan has found in a skill, and the verdict over all of them.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/json.h"

namespace hs::skills {

// note counts for nothing: quoted attacks, expected habits, things to know.
enum class Severity : std::uint8_t { note, low, medium, high, critical };
std::string_view severity_name(Severity severity);

enum class ScanVerdict : std::uint8_t { clean, suspicious, malicious };
std::string_view verdict_name(ScanVerdict verdict);

struct Finding {
    std::string rule;  // "exfil.secret-upload"
    Severity severity = Severity::note;
    std::string file;
    std::size_t line = 0;  // from 1; 0 for the file as a whole
    std::string message;
    std::string fix;
    std::string excerpt;            // at most 160 bytes of the line, cleaned
    std::vector<std::string> tags;  // OWASP ASI and MITRE ATLAS ids
};

struct ScanReport {
    std::string name;    // of the skill, as far as it can be read
    std::string digest;  // of the folder
    std::size_t files = 0;
    ScanVerdict verdict = ScanVerdict::clean;
    std::vector<Finding> findings;  // worst first
    bool is_whole = true;           // false: more was found or decoded than the limits keep
};

// malicious: one critical finding, or high ones of two rules, or a high and two medium rules.
// suspicious: one high one, or medium ones of three rules.
ScanVerdict verdict_of(const std::vector<Finding>& findings);
wire::Json to_json(const ScanReport& report);

}  // namespace hs::skills
