// Sandboxed: a program that a command of ours needs, run in a sandbox under a Permit as anything
// that a person starts with `hardshell sandbox run`, with what it prints collected.
//
// What it does not protect from: what the program prints; it is a stranger's word.
// Threads: one thread.
#pragma once

#include <string>
#include <vector>

#include "hardshell/command_relay.h"
#include "hardshell/commands.h"

namespace hs::cli {

struct SandboxedWish {
    std::vector<std::string> argv;
    std::string executable;         // absolute
    std::string working_directory;  // canonical
    std::string project;            // canonical; empty: nothing of the person's is shown
    std::string profile;            // a stricter one than policy's; empty: policy's
    int input = -1;                 // standard input; -1 for none
    std::int64_t wall_ms = 60'000;
    // told: the outcome says how it ended, and no bad end is an Error.
    enum class BadEnd : std::uint8_t { fails, told } bad_end = BadEnd::fails;
    std::size_t output_bytes_max = std::size_t{17} << 20U;
};

struct Sandboxed {
    wire::Json outcome;  // as control/command_desk.h makes it
    base::Bytes output;
    std::string errors;  // the first 4 KiB of standard error
};

// A program of the system by its name: its path; not_found.
base::Result<std::string> system_program(std::string_view name);
// The daemon's socket for commands; starts the daemon where none runs.
base::Result<os::Fd> connect_for_commands(const Desk& desk);
// A person at the terminal answers here; otherwise whoever approves does so elsewhere.
base::Result<CommandRelay::Asked> answer_card(const Desk& desk, const wire::Json& asked);
// denied with policy's reason; io with what the program said when it did not end with 0;
// exhausted when it prints more than is read.
base::Result<Sandboxed> run_in_sandbox(const Desk& desk, const SandboxedWish& wish);

}  // namespace hs::cli
