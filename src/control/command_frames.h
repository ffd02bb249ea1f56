// Frames between `hardshell sandbox run` and hardshelld, over os::Channel. Payloads are canonical
// JSON; docs/formats/command-frames.md lists them.
// Threads: constants.
#pragma once

#include <cstdint>

namespace hs::control {

enum class CommandFrame : std::uint16_t {
    run = 1,     // → {argv, executable, working_directory, project, profile, terminal, wall_ms};
                 //   descriptors: standard input, output, error
    asked = 11,  // ← {approval, decision, card}: a person must consent
    started = 12,   // ← {decision, profile}
    terminal = 13,  // ← empty, with the outer end of the run's own terminal
    ended = 14,     // ← {ending, code, signal, text, …}
    refused = 15,   // ← {code, what}
};

}  // namespace hs::control
