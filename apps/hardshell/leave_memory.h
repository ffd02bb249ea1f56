// What a leaver's memory becomes: a file in the bundle, or nothing that any key opens.
//
// What it does not protect from: backups made before, which the report names; and what was copied
// out of the memory earlier. Threads: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hardshell/commands.h"

namespace hs::cli {

enum class Parting : std::uint8_t { hand_over, erase };

struct PartedMemory {
    wire::Json summary{wire::JsonObject{}};  // memory.json of the bundle
    std::string lines;                       // memory.jsonl, where it is handed over
    std::string words;                       // for the report
};

// Before anything is revoked: conflict where a memory is under a hold and would be erased.
base::Result<std::vector<wire::Json>> memories_to_part(const Desk& desk, Parting how);
// Erasing forgets each memory by destroying the key of its compartment; the records of that stand
// in the summary.
base::Result<PartedMemory> part_memory(const Desk& desk, Parting how,
                                       const std::vector<wire::Json>& entries);

}  // namespace hs::cli
