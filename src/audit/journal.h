// Journal: where records become durable before anything else happens with them.
//
// What it is for: one file, written once and then overwritten from its beginning, so that making a
// batch durable costs the disk no new blocks. A record says its generation, index and leaf hash;
// replay stops at the first that does not fit, which is where a crash tore it.
// What it does not protect from: whoever may write the file before the next checkpoint is signed.
// Threads: the log's writer thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "audit/merkle.h"
#include "audit/storage.h"

namespace hs::audit {

class Journal {
  public:
    static constexpr const char* file_name = "journal";
    static constexpr std::size_t header_bytes = 4 + 8 + 8 + 32;

    // The file keeps its size if it has one; else it is made with `bytes` zeros, durably.
    static base::Result<Journal> open(Storage& storage, std::size_t bytes);

    // Calls use for each whole record of that generation, the first of which has index `first`.
    using Use = std::function<void(base::ByteView leaf, const Digest& hash)>;
    base::Result<> replay(std::uint64_t generation, std::uint64_t first, const Use& use);

    // From now on records begin at the front and carry this generation.
    void restart(std::uint64_t generation);

    bool has_room(std::size_t leaf_bytes) const;
    // Adds a record to the batch that commit() writes.
    void add(base::ByteView leaf, const Digest& hash, std::uint64_t index);
    // Writes the batch and makes it durable.
    base::Result<> commit();
    bool empty() const { return offset_ == 0 && batch_.empty(); }

  private:
    Journal(Storage& storage, std::size_t size_bytes)
        : storage_(&storage), size_bytes_(size_bytes) {}

    Storage* storage_;
    std::size_t size_bytes_;
    std::uint64_t generation_ = 0;
    std::uint64_t offset_ = 0;
    base::Bytes batch_;
};

}  // namespace hs::audit
