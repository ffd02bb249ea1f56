// The Merkle tree of RFC 6962: hashing, the growing tree, proofs and their verifiers.
//
// What it is for: one root that stands for all records so far, and short proofs that a record is
// in it and that a later root only adds to an earlier one.
// What it does not protect from: two roots for one size. Only signatures and witnesses over roots
// (audit/note.h) show those.
// Threads: Tree is a value; the functions are pure.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace hs::audit {

using crypto::Digest;

// RFC 6962, section 2.1: SHA-256(0x00 || leaf) and SHA-256(0x01 || left || right).
Digest leaf_hash(base::ByteView leaf);
Digest node_hash(const Digest& left, const Digest& right);
Digest empty_root();
// The same as leaf_hash for each, several at a time. CHECKs that both spans are as long.
void hash_leaves(std::span<const base::ByteView> leaves, std::span<Digest> hashes);

constexpr std::size_t tile_width = 256;

// The root of a perfect subtree over 1, 2, 4 ... 256 hashes: CHECKs the count.
Digest subtree_root(std::span<const Digest> hashes);

// A tree that grows at its right edge. It keeps only the hashes of the unfinished tile of each
// level, which is also what partial tiles hold (C2SP tlog-tiles).
class Tree {
  public:
    // Told of every hash that a level gains: level, index on that level, hash.
    using Seen = std::function<void(unsigned level, std::uint64_t index, const Digest& hash)>;

    void append(const Digest& leaf, const Seen& seen = {});
    std::uint64_t size() const { return size_; }
    Digest root() const;

    // The hashes of the unfinished tile of each level, fewer than 256 each.
    const std::vector<std::vector<Digest>>& edges() const { return edges_; }
    // A tree from its edges. invalid_input unless their widths are those of the size.
    static base::Result<Tree> from_edges(std::uint64_t size,
                                         std::vector<std::vector<Digest>> edges);

  private:
    std::uint64_t size_ = 0;
    std::vector<std::vector<Digest>> edges_;
};

// Hashes that the unfinished tile of a level holds at that size: floor(size / 256^level) mod 256.
std::size_t edge_width(std::uint64_t size, unsigned level);
// Levels that have at least one hash: 0 for an empty tree.
unsigned level_count(std::uint64_t size);

// Yields the hash of the perfect subtree over leaves [index * 2^height, (index + 1) * 2^height).
using SubtreeSource = std::function<base::Result<Digest>(unsigned height, std::uint64_t index)>;

using Proof = std::vector<Digest>;
constexpr std::size_t proof_hashes_max = 64;

// RFC 6962, section 2.1.1. invalid_input unless index < size.
base::Result<Proof> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                    const SubtreeSource& source);
// RFC 6962, section 2.1.2. Empty for 0 and for equal sizes; invalid_input unless from <= to.
base::Result<Proof> consistency_proof(std::uint64_t from, std::uint64_t to,
                                      const SubtreeSource& source);

// RFC 9162, section 2.1.3.2.
bool includes(const Digest& leaf, std::uint64_t index, std::uint64_t size,
              std::span<const Digest> proof, const Digest& root);

struct Head {
    std::uint64_t size = 0;
    Digest root{};

    bool operator==(const Head&) const = default;
};
// RFC 9162, section 2.1.4.2, with its two special cases: from the empty tree, and equal sizes.
bool extends(const Head& from, const Head& to, std::span<const Digest> proof);

}  // namespace hs::audit
