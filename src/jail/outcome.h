// Outcome: how a sandboxed command ended, what it used and how its limits were held.
//
// What it does not protect from: the output of the command, which is not in here.
// Threads: values. docs/formats/launcher-frames.md has the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace hs::jail {

enum class Ending : std::uint8_t {
    exited = 0,         // `code`
    signalled = 1,      // `signal`
    timed_out = 2,      // the wall clock
    out_of_memory = 3,  // the memory limit
    violated = 4,       // `violation` names the call no honest program makes
    killed = 5,         // on request, by lockdown, or because the daemon went away
    not_started = 6,    // `step` and `problem` say what failed and what to do
};
std::string_view ending_name(Ending ending);

struct DeniedCall {
    std::string name;
    std::uint32_t count = 0;
    bool operator==(const DeniedCall&) const = default;
};

// A limit or a wall and what holds it: {"memory", "control group v2"}.
struct Enforcement {
    std::string what;
    std::string by;
    bool operator==(const Enforcement&) const = default;
};

// What a recorded command asked for, whether it got it or not. Paths are those inside the sandbox.
enum class AttemptKind : std::uint8_t {
    read = 0,     // a file outside the system's own folders
    write = 1,    // made, changed, renamed or removed; not in /tmp
    run = 2,      // a program
    resolve = 3,  // a host's name
    connect = 4,  // "192.0.2.7:443", "unix:/run/…"
};
std::string_view attempt_name(AttemptKind kind);

struct Attempt {
    AttemptKind kind = AttemptKind::read;
    std::string what;
    bool operator==(const Attempt&) const = default;
};

struct Usage {
    std::uint64_t wall_us = 0;
    std::uint64_t cpu_us = 0;             // user and system, of every process that was reaped
    std::uint64_t memory_peak_bytes = 0;  // of the control group; else of the largest process
    bool operator==(const Usage&) const = default;
};

struct Outcome {
    static constexpr std::size_t denied_names_max = 64;
    static constexpr std::size_t attempts_max = 200;
    static constexpr std::size_t attempt_bytes_max = 200;
    static constexpr std::size_t packed_bytes_max = 96 * 1024;

    Ending ending = Ending::not_started;
    std::int32_t code = 0;
    std::int32_t signal = 0;
    std::string violation;
    std::string step;
    std::string problem;
    Usage usage;
    std::vector<DeniedCall> denied;
    std::vector<Enforcement> enforced;
    std::vector<Attempt> attempts;   // of a recorded command, each once, in their order
    std::vector<std::string> notes;  // what differs from what was asked, for the person
    bool operator==(const Outcome&) const = default;
};

base::Bytes pack_outcome(const Outcome& outcome);
base::Result<Outcome> unpack_outcome(base::ByteView bytes);

// One line for people: "exit code 1", "killed by signal 9 (SIGKILL)", "stopped after 120 s" ….
std::string describe(const Outcome& outcome);

}  // namespace hs::jail
