// What a Memory holds open. Inside the memory room only.
// Threads: under the Memory's lock.
#pragma once

#include "gate/compartment_keys.h"
#include "memory/memory.h"

namespace hs::memory {

// A compartment whose key has come in a Permit.
struct Memory::Opened {
    std::string name;
    std::int64_t number = 0;  // of its row; 0: none yet
    std::uint64_t generation = 0;
    std::unique_ptr<store::Compartment> seal;
    std::unique_ptr<Index> index;
    std::vector<std::string> damaged;  // ids that did not open
};

struct Memory::Shelf {
    std::unique_ptr<store::Database> reader;
    std::map<std::string, std::unique_ptr<Opened>> opened;
    std::map<std::string, std::uint64_t> retired;  // generations that an erasure has ended
    std::vector<Unfinished> unfinished;
};

// A row as it lies in the file.
struct Memory::Raw {
    std::int64_t row = 0;
    std::string id;
    std::int64_t held = 0;
    base::WallTime_ms used_ms = 0;
    std::int64_t uses = 0;
    base::Bytes body;
};

// The place that a body is bound to.
store::Place body_place(const std::string& id);
base::Result<Memory::Raw> raw_from(store::Statement& row);

}  // namespace hs::memory
