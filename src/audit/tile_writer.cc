#include "audit/tile_writer.h"

#include <fmt/format.h>

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

base::Failure damaged(const TileName& name, std::string_view why) {
    return fail(Code::corrupt,
                fmt::format("the log's file {} {}; restore the folder from a copy, or verify it to "
                            "see what is left",
                            name.path(), why));
}

}  // namespace

Result<TileWriter> TileWriter::open(Storage& storage, std::uint64_t size) {
    TileWriter writer(storage);
    TRY(writer.load(size));
    TRY(writer.load_bundle(size));
    return writer;
}

Result<> TileWriter::load(std::uint64_t size) {
    std::vector<std::vector<Digest>> edges(level_count(size));
    for (unsigned level = 0; level < edges.size(); ++level) {
        const TileName name{TileName::Kind::hashes, level, size >> (8 * (level + 1)),
                            edge_width(size, level)};
        if (name.width == 0) continue;
        const auto content = storage_->read(name.path(), tile_bytes_max);
        if (!content) return damaged(name, "cannot be read");
        auto hashes = decode_hashes(*content);
        if (!hashes || hashes->size() != name.width) return damaged(name, "has a wrong size");
        edges[level] = std::move(*hashes);
        written_[name.path()] = true;
    }
    tree_ = TRY(Tree::from_edges(size, std::move(edges)));
    return {};
}

Result<> TileWriter::load_bundle(std::uint64_t size) {
    const TileName name{TileName::Kind::entries, 0, size / tile_width, size % tile_width};
    if (name.width == 0) return {};
    auto content = storage_->read(name.path(), bundle_bytes_max);
    if (!content) return damaged(name, "cannot be read");
    const Entries entries = split_bundle(*content);
    if (entries.leaves.size() != name.width || !entries.rest.empty()) {
        return damaged(name, "has a wrong size");
    }
    for (std::size_t i = 0; i < name.width; ++i) {
        if (leaf_hash(entries.leaves[i]) != tree_.edges()[0][i]) {
            return damaged(name, "does not hold the records of the tree");
        }
    }
    bundle_ = std::move(*content);
    written_[name.path()] = true;
    return {};
}

Result<> TileWriter::append(base::ByteView leaf, const Digest& hash) {
    append_entry(bundle_, leaf);
    std::vector<TileName> finished;
    // A hash that is the 256th of its tile finishes it; what the tile held is in edges() only
    // until append returns, so the content is taken while the hash is seen.
    std::vector<base::Bytes> contents;
    tree_.append(hash, [&](unsigned level, std::uint64_t index, const Digest& added) {
        if (index % tile_width != tile_width - 1) return;
        finished.push_back({TileName::Kind::hashes, level, index / tile_width, tile_width});
        contents.push_back(encode_hashes(tree_.edges()[level]));
        contents.back().insert(contents.back().end(), added.begin(), added.end());
    });
    if (finished.empty()) return {};
    TRY(write_full({TileName::Kind::entries, 0, finished[0].index, tile_width}, bundle_));
    bundle_.clear();
    for (std::size_t i = 0; i < finished.size(); ++i) TRY(write_full(finished[i], contents[i]));
    return {};
}

// The journal has the records until make_durable() has returned, so nobody waits for the disk here.
Result<> TileWriter::write_full(const TileName& name, base::ByteView content) {
    obsolete_.push_back(name);
    const std::string path = name.path();
    TRY(storage_->replace(path, content, Storage::Sync::later));
    storage_->sync_soon(path);
    return {};
}

// Partial tiles may go once the full one exists (tlog-tiles).
Result<> TileWriter::remove_obsolete() {
    for (TileName& name : obsolete_) {
        name.width = 1;
        const std::string path = name.path();
        const std::string folder = path.substr(0, path.rfind('/'));
        for (const std::string& width : TRY(storage_->list(folder))) {
            TRY(storage_->remove(folder + "/" + width));
            written_.erase(folder + "/" + width);
        }
    }
    obsolete_.clear();
    return {};
}

Result<> TileWriter::write_once(const TileName& name, base::ByteView content, Storage::Sync sync) {
    const std::string path = name.path();
    const bool durably = sync != Storage::Sync::later;
    const auto found = written_.find(path);
    if (found != written_.end() && (found->second || !durably)) return {};
    TRY(storage_->replace(path, content, sync));
    written_[path] = durably;
    return {};
}

Result<> TileWriter::write_unfinished(Storage::Sync sync) {
    const auto& edges = tree_.edges();
    for (unsigned level = 0; level < edges.size(); ++level) {
        if (edges[level].empty()) continue;
        const TileName name{TileName::Kind::hashes, level, tree_.size() >> (8 * (level + 1)),
                            edges[level].size()};
        TRY(write_once(name, encode_hashes(edges[level]), sync));
    }
    if (bundle_.empty()) return {};
    const TileName name{TileName::Kind::entries, 0, tree_.size() / tile_width,
                        static_cast<std::size_t>(tree_.size() % tile_width)};
    return write_once(name, bundle_, sync);
}

Result<> TileWriter::make_durable() {
    TRY(write_unfinished(Storage::Sync::content));
    TRY(storage_->finish_syncs());
    return storage_->sync_folders();
}

}  // namespace hs::audit
