#include "audit/merkle.h"

#include <bit>

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::uint8_t leaf_prefix = 0;
constexpr std::uint8_t node_prefix = 1;

base::ByteView pair_at(std::span<const Digest> hashes, std::size_t index) {
    static_assert(sizeof(Digest) == 32);
    return {hashes[index].data(), 64};
}

}  // namespace

Digest leaf_hash(base::ByteView leaf) {
    return crypto::Sha256().update({&leaf_prefix, 1}).update(leaf).finish();
}

Digest node_hash(const Digest& left, const Digest& right) {
    return crypto::Sha256().update({&node_prefix, 1}).update(left).update(right).finish();
}

void hash_leaves(std::span<const base::ByteView> leaves, std::span<Digest> hashes) {
    crypto::sha256_prefixed(leaf_prefix, leaves, hashes);
}

Digest empty_root() {
    return crypto::sha256({});
}

Digest subtree_root(std::span<const Digest> hashes) {
    CHECK(std::has_single_bit(hashes.size()) && hashes.size() <= tile_width);
    if (hashes.size() == 1) return hashes[0];
    std::array<Digest, tile_width / 2> level;
    std::array<base::ByteView, tile_width / 2> pairs;
    std::span<const Digest> below = hashes;
    while (below.size() > 1) {
        const std::size_t count = below.size() / 2;
        std::array<Digest, tile_width / 2> above;
        for (std::size_t i = 0; i < count; ++i) pairs[i] = pair_at(below, 2 * i);
        crypto::sha256_prefixed(node_prefix, std::span(pairs).first(count),
                                std::span(above).first(count));
        level = above;
        below = std::span<const Digest>(level).first(count);
    }
    return below[0];
}

std::size_t edge_width(std::uint64_t size, unsigned level) {
    return level >= 8 ? 0 : (size >> (8 * level)) % tile_width;
}

unsigned level_count(std::uint64_t size) {
    unsigned levels = 0;
    while (levels < 8 && (size >> (8 * levels)) != 0) ++levels;
    return levels;
}

void Tree::append(const Digest& leaf, const Seen& seen) {
    Digest hash = leaf;
    std::uint64_t index = size_++;
    for (unsigned level = 0;; ++level) {
        if (edges_.size() == level) edges_.emplace_back();
        if (seen) seen(level, index, hash);
        edges_[level].push_back(hash);
        if (edges_[level].size() < tile_width) return;
        hash = subtree_root(edges_[level]);
        edges_[level].clear();
        index /= tile_width;
    }
}

Digest Tree::root() const {
    // The perfect subtrees from left to right: those of the highest level come first.
    std::vector<Digest> subtrees;
    for (std::size_t level = edges_.size(); level-- > 0;) {
        std::span<const Digest> rest = edges_[level];
        while (!rest.empty()) {
            const std::size_t count = std::bit_floor(rest.size());
            subtrees.push_back(subtree_root(rest.first(count)));
            rest = rest.subspan(count);
        }
    }
    if (subtrees.empty()) return empty_root();
    Digest root = subtrees.back();
    for (std::size_t i = subtrees.size() - 1; i-- > 0;) root = node_hash(subtrees[i], root);
    return root;
}

Result<Tree> Tree::from_edges(std::uint64_t size, std::vector<std::vector<Digest>> edges) {
    if (edges.size() != level_count(size)) {
        return fail(Code::invalid_input, "a tree's edges do not fit its size");
    }
    for (unsigned level = 0; level < edges.size(); ++level) {
        if (edges[level].size() != edge_width(size, level)) {
            return fail(Code::invalid_input, "a tree's edges do not fit its size");
        }
    }
    Tree tree;
    tree.size_ = size;
    tree.edges_ = std::move(edges);
    return tree;
}

namespace {

// MTH(D[begin:end]) of RFC 6962. begin is a multiple of the subtree's width, by construction.
Result<Digest> range_root(std::uint64_t begin, std::uint64_t end, const SubtreeSource& source) {
    const std::uint64_t count = end - begin;
    if (std::has_single_bit(count)) {
        const auto height = static_cast<unsigned>(std::countr_zero(count));
        return source(height, begin >> height);
    }
    const std::uint64_t split = begin + std::bit_floor(count - 1);
    const Digest left = TRY(range_root(begin, split, source));
    return node_hash(left, TRY(range_root(split, end, source)));
}

}  // namespace

Result<Proof> inclusion_proof(std::uint64_t index, std::uint64_t size,
                              const SubtreeSource& source) {
    if (index >= size) return fail(Code::invalid_input, "a proof's index must be below the size");
    Proof proof;
    std::uint64_t begin = 0;
    std::uint64_t end = size;
    // From the root down; the proof lists siblings from the leaf up.
    while (end - begin > 1) {
        const std::uint64_t split = begin + std::bit_floor(end - begin - 1);
        const bool left = index < split;
        proof.push_back(
            TRY(left ? range_root(split, end, source) : range_root(begin, split, source)));
        (left ? end : begin) = split;
    }
    return Proof(proof.rbegin(), proof.rend());
}

Result<Proof> consistency_proof(std::uint64_t from, std::uint64_t to, const SubtreeSource& source) {
    if (from > to)
        return fail(Code::invalid_input, "a proof leads from a smaller size to a larger");
    if (from == 0 || from == to) return Proof{};
    Proof proof;
    std::uint64_t begin = 0;
    std::uint64_t end = to;
    bool whole = true;  // the old tree is the whole left part: its root is known to the verifier
    while (from != end) {
        const std::uint64_t split = begin + std::bit_floor(end - begin - 1);
        if (from <= split) {
            proof.push_back(TRY(range_root(split, end, source)));
            end = split;
        } else {
            proof.push_back(TRY(range_root(begin, split, source)));
            begin = split;
            whole = false;
        }
    }
    if (!whole) proof.push_back(TRY(range_root(begin, end, source)));
    return Proof(proof.rbegin(), proof.rend());
}

bool includes(const Digest& leaf, std::uint64_t index, std::uint64_t size,
              std::span<const Digest> proof, const Digest& root) {
    if (index >= size || proof.size() > proof_hashes_max) return false;
    std::uint64_t first = index;
    std::uint64_t last = size - 1;
    Digest hash = leaf;
    for (const Digest& sibling : proof) {
        if (last == 0) return false;
        if ((first & 1U) != 0 || first == last) {
            hash = node_hash(sibling, hash);
            while ((first & 1U) == 0 && first != 0) first >>= 1U, last >>= 1U;
        } else {
            hash = node_hash(hash, sibling);
        }
        first >>= 1U, last >>= 1U;
    }
    return last == 0 && hash == root;
}

bool extends(const Head& from, const Head& to, std::span<const Digest> proof) {
    if (proof.size() > proof_hashes_max || from.size > to.size) return false;
    if (from.size == to.size) return proof.empty() && from.root == to.root;
    if (from.size == 0) return proof.empty() && from.root == empty_root();
    std::uint64_t first = from.size - 1;
    std::uint64_t last = to.size - 1;
    while ((first & 1U) != 0) first >>= 1U, last >>= 1U;
    std::size_t next = 0;
    // A size that is a power of two has its root as the first hash, which the proof leaves out.
    if (!std::has_single_bit(from.size) && proof.empty()) return false;
    Digest old_root = std::has_single_bit(from.size) ? from.root : proof[next++];
    Digest new_root = old_root;
    for (; next < proof.size(); ++next) {
        if (last == 0) return false;
        if ((first & 1U) != 0 || first == last) {
            old_root = node_hash(proof[next], old_root);
            new_root = node_hash(proof[next], new_root);
            while ((first & 1U) == 0 && first != 0) first >>= 1U, last >>= 1U;
        } else {
            new_root = node_hash(new_root, proof[next]);
        }
        first >>= 1U, last >>= 1U;
    }
    return last == 0 && old_root == from.root && new_root == to.root;
}

}  // namespace hs::audit
