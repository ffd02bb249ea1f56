// TreeCheck: one pass over the records of a folder that holds bundles, tiles, heads and root
// against each other. A part of verify_folder.
//
// What it is for: memory for one tile a level, and hashing of 256 records at a time.
// What it does not protect from: unsigned heads; the caller checks who signed them.
// Threads: one at a time.
#pragma once

#include <string>
#include <vector>

#include "audit/tiles.h"
#include "audit/verify.h"

namespace hs::audit {

// A head that was signed, and by what, for the message.
struct SignedHead {
    Head head;
    std::string by;
};

class TreeCheck {
  public:
    TreeCheck(std::string folder, std::uint64_t size, std::vector<Problem>& problems)
        : folder_(std::move(folder)), size_(size), problems_(problems) {}

    // Heads in the order of their sizes, none larger than the size; the last is the checkpoint's.
    void run(const std::vector<SignedHead>& heads);

  private:
    struct Level {
        std::uint64_t tile = UINT64_MAX;  // the tile that `stored` holds
        std::vector<Digest> stored;
        std::vector<Digest> edge;  // what goes into the tree
    };
    struct Leaves {
        std::vector<Digest> computed;
        std::vector<Digest> stored;
        std::vector<Digest> taken;  // what goes into the tree
        bool readable = true;       // there was a bundle to hash
        bool whole = true;          // no problem was found in this tile
    };
    Leaves check_tile(std::uint64_t tile);
    std::vector<Digest> hash_bundle(std::uint64_t tile, Leaves& leaves);
    std::vector<Digest> read_tile(const TileName& name, bool& whole);
    void compare(std::uint64_t tile, Leaves& leaves);
    Fault classify(const Leaves& leaves, std::size_t index) const;
    void push(unsigned level, std::uint64_t index, const Digest& hash, const Leaves* leaves);
    void check_heads(const std::vector<SignedHead>& heads, std::uint64_t tile,
                     const Leaves& leaves);
    void check_head(const SignedHead& head, std::span<const Digest> edge);
    base::Result<base::Bytes> read(const TileName& name, std::size_t bytes_max, bool& exact) const;
    void report(Problem problem);

    std::string folder_;
    std::uint64_t size_;
    std::vector<Problem>& problems_;
    std::vector<Level> levels_;
    std::size_t next_head_ = 0;
    std::uint64_t good_size_ = 0;  // of the last head that was right
};

}  // namespace hs::audit
