// DoctorProof: inside a real sandbox, through the real daemon, tries what must fail and what must
// work.
//
// What it does not protect from: an attack that is not tried here; tests/hostile has more.
// Threads: one thread.
#pragma once

#include <string>
#include <vector>

#include "hardshell/commands.h"

namespace hs::cli {

struct ProofLine {
    std::string name;
    bool held = false;
    std::string meaning;  // what was tried
};

// denied when policy does not let a person run a command in a sandbox here; the reason otherwise
// says why nothing could be proven.
base::Result<std::vector<ProofLine>> prove_in_sandbox(const Desk& desk);

}  // namespace hs::cli
