// The layout of a log on disk: C2SP tlog-tiles (c2sp.org/tlog-tiles).
//
// What it is for: names of tiles and entry bundles, and the bytes inside them, so that any
// third-party tool reads the folder.
// What it does not protect from: content that is wrong; audit/verify.h holds it against the tree.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/merkle.h"

namespace hs::audit {

constexpr std::size_t leaf_bytes_max = 65'535;  // a bundle's length prefix has 16 bits
constexpr std::size_t bundle_bytes_max = tile_width * (leaf_bytes_max + 2);
constexpr std::size_t tile_bytes_max = tile_width * 32;
constexpr unsigned tile_levels_max = 8;

// What a tile's name says. width 256 is the full tile; a partial one has 1 to 255.
struct TileName {
    enum class Kind : std::uint8_t { hashes, entries };
    Kind kind = Kind::hashes;
    unsigned level = 0;  // 0 for entries
    std::uint64_t index = 0;
    std::size_t width = tile_width;

    bool operator==(const TileName&) const = default;
    // "tile/0/x001/x234/067", "tile/entries/000.p/12".
    std::string path() const;
};
// nullopt for any other text; one tile has exactly one name.
std::optional<TileName> parse_tile_path(std::string_view path);

base::Bytes encode_hashes(std::span<const Digest> hashes);
// corrupt unless the bytes are a multiple of 32, 1 to 256 times.
base::Result<std::vector<Digest>> decode_hashes(base::ByteView bytes);

// Appends the 16-bit big-endian length and the leaf. CHECKs the leaf's size.
void append_entry(base::Bytes& bundle, base::ByteView leaf);

// The entries of a bundle, as views into it, as far as they are whole; `rest` is what follows the
// last whole entry or the 256th, empty in a good bundle.
struct Entries {
    std::vector<base::ByteView> leaves;
    base::ByteView rest;
};
Entries split_bundle(base::ByteView bundle);

}  // namespace hs::audit
