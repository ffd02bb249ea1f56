// Trials: an action in plain words under given circumstances becomes a question.
//
// What it is for: policy tests and `hardshell policy try "run git push"`. The facts are worked out
// by the same FactTables as for real actions; nothing is done. What it does not protect from:
// circumstances that are not those of the machine. Threads: pure functions.
//
// The words:
//   read PATH | list PATH | write PATH | delete PATH
//   run ARGV…                        with '…' and "…" as quotes; nothing is expanded
//   get URL | send METHOD URL | browse URL | click URL | connect HOST:PORT
//   message CHANNEL | infer PROVIDER | recall COMPARTMENT | remember COMPARTMENT
//   secret NAME for HOST:PORT | skill NAME | call SERVER/TOOL
//   set KEY | schedule KEY | policy KEY
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/exceptions.h"
#include "policy/facts.h"
#include "policy/question.h"
#include "policy/table_reader.h"

namespace hs::policy {

// What the question does not say by itself.
struct Given {
    Question like;  // everything but effect and target
    Surroundings around;
    CanonicalPath working_directory = CanonicalPath::from_text("/").value();
    Tracking tracking = Tracking::untracked;
    std::string path_kind = "file";
    std::string executable;  // resolved; empty: argv[0], or /usr/bin/argv[0]
    std::string address;     // that the host resolves to; empty: not resolved
    // Of a skill, an MCP tool, a provider or a compartment.
    TrustTier tier = TrustTier::tier4;
    Assurance assurance;
    ProviderTarget provider;
    flow::DataClasses compartment_classes;
    std::int64_t compartment_level = 3;
    std::string compartment_project = {};
    std::string memory_kind = "fact";
    std::string memory_operation = "add";
    bool quarantined = false;
    bool mutates = true;
    bool destroys = true;
    bool weakens = true;
    std::vector<std::string> audience;  // of a secret
    bool is_external = false;           // of the channel that a message goes to
};

// Reads the keys of a [given] table or of a test case over what is given already. It reads only the
// keys it knows; the caller finishes the table.
base::Result<Given> read_given(TableReader& table, const Given& before);

// invalid_input says which words were expected.
base::Result<Question> question_of(std::string_view words, const Given& given,
                                   const FactTables& facts, const ExceptionTable& exceptions);

// Splits a command into arguments; '…' and "…" quote, a backslash outside quotes escapes one
// character. invalid_input: an open quote, or nothing at all.
base::Result<std::vector<std::string>> split_command(std::string_view text);

}  // namespace hs::policy
