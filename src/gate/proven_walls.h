// ProvenWalls: which walls the last proof (hardshell doctor) found missing, so that policy closes
// what rests on them until a later proof finds them.
//
// What it is for: a wall that fell is not only told of. Sandbox: nothing is run for the assistant.
// Network: nothing is fetched or connected to. State: the assistant does nothing at all, because
// whoever else can write there can approve.
// What it does not protect from: a wall that falls between two proofs, a proof that was never made,
// and what a person runs themselves. It survives restarts.
// Threads: one thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/json.h"

namespace hs::gate {

class ProvenWalls {
  public:
    // A file that cannot be read closes everything until the next proof.
    static ProvenWalls open(std::string path);

    // Of a whole proof, {name, state} each; durable when it returns. invalid_input for a state that
    // is none, io where it cannot be written: then it holds until the keeper ends.
    base::Result<> take(const wire::JsonArray& findings);
    // "network", "sandbox", "state"; sorted.
    std::vector<std::string> unproven() const { return {missing_.begin(), missing_.end()}; }

  private:
    explicit ProvenWalls(std::string path) : path_(std::move(path)) {}

    std::string path_;
    std::set<std::string, std::less<>> missing_;
};

// The wall that a finding of the doctor speaks of; empty where nothing rests on it.
std::string_view wall_of(std::string_view finding);

}  // namespace hs::gate
