// Trial: what the scripts of a skill asked the system for when a person let them run once in a
// recording sandbox (profile "recorded"), as data for a proposed manifest.
//
// What it does not protect from: a script that behaves while it is watched, or whose needs depend
// on its input. What it did not ask for here it does not get later either, unless a person says so.
// Threads: values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "wire/json.h"

namespace hs::skills {

struct Trial {
    static constexpr std::size_t items_max = 256;  // of each list

    base::WallTime_ms at_ms = 0;
    // Sorted, each once. Paths are "project/…", "~/…" or absolute ones.
    std::vector<std::string> reads;
    std::vector<std::string> writes;
    std::vector<std::string> programs;  // names without a path
    std::vector<std::string> hosts;     // names that were asked for
    std::vector<std::string> reached;   // addresses and sockets that were connected to

    bool operator==(const Trial&) const = default;

    // Adds the attempts of one run: a list of {kind, what} as a command's outcome tells them.
    // `folder` is where the skill's copy lay; what of it is the skill's own is left out of `reads`.
    void add(const wire::Json& attempts, std::string_view folder,
             const std::vector<std::string>& own_files);
    // One line each, for people: "write project/out.txt".
    std::vector<std::string> lines() const;
};

wire::Json to_json(const Trial& trial);
base::Result<Trial> trial_from_json(const wire::Json& json);

}  // namespace hs::skills
