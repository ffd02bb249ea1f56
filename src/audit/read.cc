#include "audit/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "audit/proof.h"
#include "os/file.h"

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t found_max = 10'000;

}  // namespace

std::size_t tile_width_at(std::uint64_t size, const TileName& name) {
    const std::uint64_t hashes = name.level >= 8 ? 0 : size >> (8 * name.level);
    const std::uint64_t first = name.index * tile_width;
    if (hashes <= first) return 0;
    return static_cast<std::size_t>(std::min<std::uint64_t>(hashes - first, tile_width));
}

Result<Reader> Reader::open(std::string folder, const std::optional<VerifierKey>& log_key) {
    Reader reader(std::move(folder));
    reader.log_key_ = log_key;
    TRY(reader.load_checkpoint());
    return reader;
}

Result<> Reader::load_checkpoint() {
    checkpoint_bytes_ = TRY(os::read_text(folder_ + "/checkpoint", note_bytes_max));
    const Note note = TRY(parse_note(checkpoint_bytes_));
    if (log_key_) TRY(verify_note(note, {&*log_key_, 1}));
    checkpoint_ = TRY(parse_checkpoint(note.text));
    if (log_key_ && checkpoint_.origin != log_key_->name) {
        return fail(Code::denied, "the checkpoint belongs to another log");
    }
    return {};
}

Result<> Reader::refresh() {
    kept_.reset();
    return load_checkpoint();
}

Result<base::Bytes> Reader::tile_file(TileName name, std::size_t bytes_max) {
    name.width = tile_width_at(size(), name);
    if (name.width == 0) return fail(Code::not_found, "the log has no such tile");
    auto exact = os::read_file(folder_ + "/" + name.path(), bytes_max);
    if (exact || exact.error().code != Code::not_found) return exact;
    name.width = tile_width;
    return os::read_file(folder_ + "/" + name.path(), bytes_max);
}

Result<base::Bytes> Reader::tile_content(const TileName& name) {
    const std::size_t width = tile_width_at(size(), name);
    const bool hashes = name.kind == TileName::Kind::hashes;
    base::Bytes content = TRY(tile_file(name, hashes ? tile_bytes_max : bundle_bytes_max));
    std::size_t bytes = width * 32;
    if (!hashes) {
        const Entries entries = split_bundle(content);
        bytes = 0;
        for (std::size_t i = 0; i < std::min(width, entries.leaves.size()); ++i) {
            bytes += 2 + entries.leaves[i].size();
        }
    }
    // A full tile in place of an unfinished one has more; what is damaged is copied as it is.
    if (content.size() > bytes) content.resize(bytes);
    return content;
}

Result<const std::vector<base::Bytes>*> Reader::bundle(std::uint64_t index) {
    const TileName name{TileName::Kind::entries, 0, index, tile_width};
    if (kept_ && kept_->index == index) return &kept_->leaves;
    const base::Bytes content = TRY(tile_file(name, bundle_bytes_max));
    const TileName hashes_name{TileName::Kind::hashes, 0, index, tile_width};
    const auto hashes = TRY(decode_hashes(TRY(tile_file(hashes_name, tile_bytes_max))));
    const Entries entries = split_bundle(content);
    const std::size_t width = tile_width_at(size(), name);
    if (entries.leaves.size() < width || hashes.size() < width) {
        return fail(Code::corrupt, fmt::format("{} is cut short; verify the log", name.path()));
    }
    KeptBundle kept{index, {}};
    for (std::size_t i = 0; i < width; ++i) {
        if (leaf_hash(entries.leaves[i]) != hashes[i]) {
            return fail(Code::corrupt, fmt::format("record {} is not what the tree holds; verify "
                                                   "the log",
                                                   index * tile_width + i));
        }
        kept.leaves.push_back(base::copy_bytes(entries.leaves[i]));
    }
    kept_ = std::move(kept);
    return &kept_->leaves;
}

Result<Record> Reader::record(std::uint64_t index) {
    if (index >= size()) {
        return fail(Code::not_found,
                    fmt::format("the log has {} records, no record {}", size(), index));
    }
    const auto* leaves = TRY(bundle(index / tile_width));
    return Record{index, (*leaves)[index % tile_width]};
}

Result<> Reader::for_each(std::uint64_t first, std::uint64_t last, const Visit& visit) {
    for (std::uint64_t index = first; index < std::min(last, size()); ++index) {
        if (!visit(TRY(record(index)))) return {};
    }
    return {};
}

bool matches(const EventQuery& query, base::ByteView leaf) {
    if (!query.contains.empty() && !base::text_of(leaf).contains(query.contains)) return false;
    const auto event = parse_event(leaf);
    if (!event) return false;
    if (!query.kinds.empty() &&
        std::find(query.kinds.begin(), query.kinds.end(), event->kind) == query.kinds.end()) {
        return false;
    }
    if (query.from_ms && event->time_ms < *query.from_ms) return false;
    if (query.to_ms && event->time_ms >= *query.to_ms) return false;
    return std::all_of(query.matches.begin(), query.matches.end(),
                       [&](const auto& match) { return event->text(match.field) == match.text; });
}

Result<std::vector<Record>> Reader::search(const EventQuery& query, std::size_t count) {
    if (count == 0 || count > found_max) {
        return fail(Code::invalid_input, "a number of records from 1 to 10,000 was expected");
    }
    std::vector<Record> found;
    for (std::uint64_t index = size(); index-- > 0 && found.size() < count;) {
        Record held = TRY(record(index));
        if (matches(query, held.leaf)) found.push_back(std::move(held));
    }
    return found;
}

Result<std::vector<Record>> Reader::search_stories(const EventQuery& query, std::size_t count) {
    if (count == 0 || count > found_max) {
        return fail(Code::invalid_input, "a number of records from 1 to 10,000 was expected");
    }
    std::deque<Record> found;
    Story story;
    TRY(for_each(0, size(), [&](const Record& held) {
        const auto event = parse_event(held.leaf);
        if (!event) return true;
        const EventFacts facts = story.take(*event);
        if (!matches(query.facets, facts) || !matches(query, held.leaf)) return true;
        found.push_front(held);
        if (found.size() > count) found.pop_back();
        return true;
    }));
    return std::vector<Record>(std::make_move_iterator(found.begin()),
                               std::make_move_iterator(found.end()));
}

// A perfect subtree lies inside one tile: 2^(height mod 256's bits) hashes of level height / 8.
Result<Digest> Reader::subtree(unsigned height, std::uint64_t index) {
    const unsigned level = height / 8;
    const std::size_t count = std::size_t{1} << (height % 8);
    const std::uint64_t first = index * count;
    const TileName name{TileName::Kind::hashes, level, first / tile_width, tile_width};
    const auto hashes = TRY(decode_hashes(TRY(tile_file(name, tile_bytes_max))));
    const std::size_t offset = first % tile_width;
    if (hashes.size() < offset + count) {
        return fail(Code::corrupt, fmt::format("{} is cut short; verify the log", name.path()));
    }
    return subtree_root(std::span(hashes).subspan(offset, count));
}

Result<Proof> Reader::prove_inclusion(std::uint64_t index) {
    return inclusion_proof(
        index, size(), [this](unsigned height, std::uint64_t at) { return subtree(height, at); });
}

Result<Proof> Reader::prove_consistency(std::uint64_t from) {
    return consistency_proof(
        from, size(), [this](unsigned height, std::uint64_t at) { return subtree(height, at); });
}

Result<std::string> Reader::portable_proof(std::uint64_t index) {
    PortableProof proof;
    proof.leaf = TRY(record(index)).leaf;
    proof.index = index;
    proof.hashes = TRY(prove_inclusion(index));
    proof.checkpoint = checkpoint_bytes_;
    return proof.text();
}

}  // namespace hs::audit
