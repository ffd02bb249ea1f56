#include "audit/tiles.h"

#include <fmt/format.h>

#include <algorithm>

#include "audit/note.h"

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

// Groups of three digits; all but the last begin with x.
std::string index_path(std::uint64_t index) {
    std::string path = fmt::format("{:03}", index % 1000);
    for (index /= 1000; index != 0; index /= 1000) {
        path = fmt::format("x{:03}/{}", index % 1000, path);
    }
    return path;
}

bool is_three_digits(std::string_view text) {
    return text.size() == 3 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::uint64_t> parse_index(std::string_view text) {
    constexpr std::uint64_t index_max = std::uint64_t{1} << 55U;
    std::uint64_t index = 0;
    while (true) {
        const std::size_t slash = text.find('/');
        std::string_view group = text.substr(0, slash);
        const bool last = slash == std::string_view::npos;
        if (!last && (group.empty() || group[0] != 'x')) return std::nullopt;
        if (!last) group.remove_prefix(1);
        if (!is_three_digits(group)) return std::nullopt;
        for (const char c : group) index = index * 10 + static_cast<std::uint64_t>(c - '0');
        if (index > index_max) return std::nullopt;
        if (last) return index;
        text.remove_prefix(slash + 1);
    }
}

}  // namespace

std::string TileName::path() const {
    const std::string folder = kind == Kind::entries ? "entries" : std::to_string(level);
    const std::string path = fmt::format("tile/{}/{}", folder, index_path(index));
    return width == tile_width ? path : fmt::format("{}.p/{}", path, width);
}

std::optional<TileName> parse_tile_path(std::string_view path) {
    const std::string_view whole = path;
    constexpr std::string_view start = "tile/";
    if (!path.starts_with(start)) return std::nullopt;
    path.remove_prefix(start.size());
    TileName name;
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::string_view folder = path.substr(0, slash);
    path.remove_prefix(slash + 1);
    if (folder == "entries") {
        name.kind = TileName::Kind::entries;
    } else if (folder.size() == 1 && folder[0] >= '0' && folder[0] < '8') {
        name.level = static_cast<unsigned>(folder[0] - '0');
    } else {
        return std::nullopt;
    }
    if (const std::size_t partial = path.find(".p/"); partial != std::string_view::npos) {
        const auto width = parse_decimal(path.substr(partial + 3));
        if (!width || *width == 0 || *width >= tile_width) return std::nullopt;
        name.width = *width;
        path = path.substr(0, partial);
    }
    const auto index = parse_index(path);
    if (!index) return std::nullopt;
    name.index = *index;
    // Leading groups of zeros would be a second name of the same tile.
    if (name.path() != whole) return std::nullopt;
    return name;
}

base::Bytes encode_hashes(std::span<const Digest> hashes) {
    base::Bytes bytes;
    bytes.reserve(hashes.size() * 32);
    for (const Digest& hash : hashes) bytes.insert(bytes.end(), hash.begin(), hash.end());
    return bytes;
}

Result<std::vector<Digest>> decode_hashes(base::ByteView bytes) {
    if (bytes.empty() || bytes.size() % 32 != 0 || bytes.size() > tile_bytes_max) {
        return fail(
            Code::corrupt,
            fmt::format("a tile has 1 to 256 hashes of 32 bytes, not {} bytes", bytes.size()));
    }
    std::vector<Digest> hashes(bytes.size() / 32);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(32 * i), 32, hashes[i].begin());
    }
    return hashes;
}

void append_entry(base::Bytes& bundle, base::ByteView leaf) {
    CHECK(leaf.size() <= leaf_bytes_max);
    bundle.push_back(static_cast<std::uint8_t>(leaf.size() >> 8U));
    bundle.push_back(static_cast<std::uint8_t>(leaf.size()));
    bundle.insert(bundle.end(), leaf.begin(), leaf.end());
}

Entries split_bundle(base::ByteView bundle) {
    Entries entries;
    while (bundle.size() >= 2 && entries.leaves.size() < tile_width) {
        const std::size_t size = (std::size_t{bundle[0]} << 8U) | bundle[1];
        if (bundle.size() - 2 < size) break;
        entries.leaves.push_back(bundle.subspan(2, size));
        bundle = bundle.subspan(2 + size);
    }
    entries.rest = bundle;
    return entries;
}

}  // namespace hs::audit
