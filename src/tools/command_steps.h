// Steps of every tool that runs a program: find it, build the action, run what was permitted.
//
// What it does not protect from: what the program does inside its sandbox with what it is shown.
// Threads: the caller's.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "jail/outcome.h"
#include "sandbox/command_run.h"
#include "tools/permission.h"
#include "tools/tool.h"

namespace hs::tools {

// A script that is given to an interpreter: its place and hash go into the action, its bytes into
// the sandbox, so that no later change of the file can run.
struct StagedScript {
    gate::RunCommand::Script script;
    base::Bytes bytes;
};

struct CommandPlan {
    gate::RunCommand action;
    std::vector<base::Bytes> staged;  // in the order of action.scripts
};

// argv[0] with a '/' is taken relative to the working directory; else it is looked for in
// /usr/local/bin, /usr/bin, /bin, /usr/sbin and /sbin. not_found says so.
base::Result<std::string> find_program(const std::string& name,
                                       const std::string& working_directory);

// invalid_input for an empty argv, NUL bytes, and more than the sandbox takes; denied for a working
// directory outside the granted folders.
base::Result<CommandPlan> plan_command(const ToolContext& context, std::vector<std::string> argv,
                                       const std::string& working_directory, std::int64_t wall_ms);

// Starts what the Permit allows, from the Permit.
base::Result<std::unique_ptr<sandbox::CommandRun>> start_permitted(
    ToolContext& context, const gate::Permit<gate::RunCommand>& permit, base::Bytes input,
    std::vector<base::Bytes> staged);

// Starts it, waits for its end and reports it to the log. cancelled kills it first.
base::Result<sandbox::Completed> run_permitted(ToolContext& context,
                                               gate::Permit<gate::RunCommand> permit,
                                               base::Bytes input, std::vector<base::Bytes> staged);

// What it printed and how it ended, as text.
std::string text_of(const sandbox::Completed& completed);

}  // namespace hs::tools
