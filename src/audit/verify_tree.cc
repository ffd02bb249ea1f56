#include "audit/verify_tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "audit/read.h"
#include "os/file.h"

namespace hs::audit {

using base::Code;
using base::Result;

void TreeCheck::report(Problem problem) {
    if (problems_.size() < problems_max) problems_.push_back(std::move(problem));
}

// The exact width first; a tile that has been filled since serves as well.
Result<base::Bytes> TreeCheck::read(const TileName& name, std::size_t bytes_max,
                                    bool& exact) const {
    exact = true;
    auto content = os::read_file(folder_ + "/" + name.path(), bytes_max);
    if (content || name.width == tile_width || content.error().code != Code::not_found) {
        return content;
    }
    exact = false;
    TileName full = name;
    full.width = tile_width;
    return os::read_file(folder_ + "/" + full.path(), bytes_max);
}

void TreeCheck::run(const std::vector<SignedHead>& heads) {
    levels_.resize(1);
    const std::uint64_t tiles = (size_ + tile_width - 1) / tile_width;
    for (std::uint64_t tile = 0; tile < tiles && problems_.size() < problems_max; ++tile) {
        const Leaves leaves = check_tile(tile);
        check_heads(heads, tile, leaves);
        if (leaves.taken.size() < tile_width) {
            levels_[0].edge = leaves.taken;
            continue;
        }
        push(1, tile, subtree_root(leaves.taken), &leaves);
    }
    const bool complete = problems_.size() < problems_max;
    for (; complete && next_head_ < heads.size(); ++next_head_) {
        check_head(heads[next_head_], levels_[0].edge);
    }
}

TreeCheck::Leaves TreeCheck::check_tile(std::uint64_t tile) {
    Leaves leaves;
    leaves.computed = hash_bundle(tile, leaves);
    TileName name{TileName::Kind::hashes, 0, tile, tile_width};
    name.width = tile_width_at(size_, name);
    leaves.stored = read_tile(name, leaves.whole);
    compare(tile, leaves);
    // Where the tile lacks a hash the record's own is taken, and where both are lacking the tree
    // gets a hash that nothing has; the problem is named already.
    leaves.taken = leaves.stored;
    for (std::size_t i = leaves.taken.size(); i < name.width; ++i) {
        leaves.taken.push_back(i < leaves.computed.size() ? leaves.computed[i] : Digest{});
    }
    return leaves;
}

std::vector<Digest> TreeCheck::hash_bundle(std::uint64_t tile, Leaves& leaves) {
    TileName name{TileName::Kind::entries, 0, tile, tile_width};
    name.width = tile_width_at(size_, name);
    const std::uint64_t first = tile * tile_width;
    bool exact = true;
    const auto content = read(name, bundle_bytes_max, exact);
    if (!content) {
        leaves.readable = leaves.whole = false;
        report({Fault::missing, first, Problem::Reach::exact,
                fmt::format("records {} to {}: {} cannot be read", first, first + name.width - 1,
                            name.path())});
        return {};
    }
    Entries entries = split_bundle(*content);
    if (exact && (entries.leaves.size() > name.width ||
                  (entries.leaves.size() == name.width && !entries.rest.empty()))) {
        leaves.whole = false;
        report({Fault::inserted, first + name.width, Problem::Reach::exact,
                fmt::format("{} holds more than its {} records", name.path(), name.width)});
    }
    if (entries.leaves.size() > name.width) entries.leaves.resize(name.width);
    std::vector<Digest> hashes(entries.leaves.size());
    hash_leaves(entries.leaves, hashes);
    return hashes;
}

std::vector<Digest> TreeCheck::read_tile(const TileName& name, bool& whole) {
    const std::uint64_t first = (name.index * tile_width) << (8 * name.level);
    bool exact = true;
    const auto content = read(name, tile_bytes_max, exact);
    const std::size_t count = content ? content->size() / 32 : 0;
    const bool right =
        content && content->size() % 32 == 0 && (exact ? count == name.width : count >= name.width);
    if (!right) {
        whole = false;
        const std::uint64_t good = std::min(count, name.width);
        report({Fault::tile, first + (good << (8 * name.level)), Problem::Reach::exact,
                fmt::format("{} should hold {} hashes and {}", name.path(), name.width,
                            content ? fmt::format("has {} bytes", content->size())
                                    : std::string("cannot be read"))});
    }
    if (count == 0) return {};
    const auto bytes = base::ByteView(*content).first(std::min(count, name.width) * 32);
    auto hashes = decode_hashes(bytes);
    return hashes ? std::move(*hashes) : std::vector<Digest>{};
}

Fault TreeCheck::classify(const Leaves& leaves, std::size_t index) const {
    const auto& computed = leaves.computed;
    const auto& stored = leaves.stored;
    if (index + 1 < stored.size() && computed[index] == stored[index + 1] &&
        (index + 1 >= computed.size() || computed[index + 1] != stored[index])) {
        return Fault::missing;
    }
    if (index + 1 < computed.size() && computed[index + 1] == stored[index] &&
        (index + 1 >= stored.size() || computed[index] != stored[index + 1])) {
        return Fault::inserted;
    }
    if (std::find(stored.begin(), stored.end(), computed[index]) != stored.end()) {
        return Fault::reordered;
    }
    return Fault::changed;
}

void TreeCheck::compare(std::uint64_t tile, Leaves& leaves) {
    const std::uint64_t first = tile * tile_width;
    const std::size_t both = std::min(leaves.computed.size(), leaves.stored.size());
    for (std::size_t i = 0; i < both; ++i) {
        if (leaves.computed[i] == leaves.stored[i]) continue;
        leaves.whole = false;
        const Fault fault = classify(leaves, i);
        report({fault, first + i, Problem::Reach::exact,
                fmt::format("record {} is not what the tree holds ({})", first + i,
                            fault_name(fault))});
        return;  // after the first, the rest of a tile is often only shifted
    }
    const TileName name{TileName::Kind::entries, 0, tile, tile_width};
    if (!leaves.readable || leaves.computed.size() == tile_width_at(size_, name)) return;
    leaves.whole = false;
    report({Fault::missing, first + leaves.computed.size(), Problem::Reach::exact,
            fmt::format("record {} is missing or cut off", first + leaves.computed.size())});
}

// hash is the root of a full tile below; what is stored on this level must be the same. Where the
// tile below had a problem of its own, either of its two readings may be the right one.
void TreeCheck::push(unsigned level, std::uint64_t index, const Digest& hash,
                     const Leaves* leaves) {
    if (levels_.size() <= level) levels_.resize(level + 1);
    const TileName name{TileName::Kind::hashes, level, index / tile_width, tile_width};
    if (levels_[level].tile != name.index) {
        TileName here = name;
        here.width = tile_width_at(size_, name);
        bool whole = true;
        levels_[level].stored = read_tile(here, whole);
        levels_[level].tile = name.index;
    }
    Level& here = levels_[level];
    const std::size_t offset = index % tile_width;
    const bool stored = offset < here.stored.size();
    if (stored && here.stored[offset] != hash && (leaves == nullptr || leaves->whole)) {
        const std::uint64_t first = index << (8 * level);
        report({Fault::rewritten, first, Problem::Reach::exact,
                fmt::format("records from {} to {} are not what {} holds", first,
                            first + (std::uint64_t{1} << (8 * level)) - 1, name.path())});
    }
    here.edge.push_back(stored ? here.stored[offset] : hash);
    if (here.edge.size() < tile_width) return;
    const Digest above = subtree_root(here.edge);
    here.edge.clear();
    push(level + 1, index / tile_width, above, nullptr);
}

void TreeCheck::check_heads(const std::vector<SignedHead>& heads, std::uint64_t tile,
                            const Leaves& leaves) {
    const std::uint64_t first = tile * tile_width;
    for (; next_head_ < heads.size(); ++next_head_) {
        const std::uint64_t size = heads[next_head_].head.size;
        if (size >= first + tile_width || size > first + leaves.taken.size()) return;
        check_head(heads[next_head_], std::span(leaves.taken).first(size - first));
    }
}

void TreeCheck::check_head(const SignedHead& head, std::span<const Digest> edge) {
    std::vector<std::vector<Digest>> edges;
    for (const Level& level : levels_) edges.push_back(level.edge);
    edges[0].assign(edge.begin(), edge.end());
    while (!edges.empty() && edges.size() > level_count(head.head.size)) edges.pop_back();
    const auto tree = Tree::from_edges(head.head.size, std::move(edges));
    CHECK(tree.ok());
    if (tree->root() == head.head.root) {
        good_size_ = head.head.size;
        return;
    }
    report({Fault::rewritten, good_size_, Problem::Reach::from_here,
            fmt::format("the first {} records are not those that {} stands for; at least one from "
                        "record {} on is another",
                        head.head.size, head.by, good_size_)});
}

}  // namespace hs::audit
