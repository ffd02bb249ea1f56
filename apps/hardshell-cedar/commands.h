// The verbs of hardshell-cedar, apart from the command line.
//
// What it is for: each verb takes its options and gives the exit status: 0 yes, 1 an error that was
// printed, 2 a decision DENY, 3 a validation that failed (the official CLI's numbers).
// What it does not protect from: files that change while they are read.
// Threads: one.
#pragma once

#include <string>

namespace hs::cedar_tool {

enum class ExitStatus : int { success = 0, failure = 1, denied = 2, invalid = 3 };

// Empty strings are options that were not given; "-" is standard input.
struct AuthorizeOptions {
    std::string policies;
    std::string entities;
    std::string schema;
    std::string schema_format = "cedar";
    std::string request_json;
    std::string principal;
    std::string action;
    std::string resource;
    std::string context;
    bool verbose = false;
    bool validates_request = true;
};

struct ValidateOptions {
    std::string policies;
    std::string schema;
    std::string schema_format = "cedar";
    std::string mode = "strict";
    bool denies_warnings = false;
};

struct CheckParseOptions {
    std::string policies;
    std::string schema;
    std::string schema_format = "cedar";
    std::string entities;
};

struct FormatOptions {
    std::string policies;
    bool checks = false;
    bool writes = false;
};

ExitStatus authorize(const AuthorizeOptions& options);
ExitStatus validate(const ValidateOptions& options);
ExitStatus check_parse(const CheckParseOptions& options);
ExitStatus format(const FormatOptions& options);
// Reads one JSON call a line from standard input and writes one JSON answer a line; for tests and
// automation. batch.cc describes the form.
ExitStatus batch();

}  // namespace hs::cedar_tool
