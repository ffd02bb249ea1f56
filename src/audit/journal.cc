#include "audit/journal.h"

#include <algorithm>
#include <optional>

#include "audit/tiles.h"

namespace hs::audit {

using base::Code;
using base::Result;

namespace {

constexpr std::size_t journal_bytes_max = std::size_t{256} << 20U;
constexpr std::size_t window_bytes = std::size_t{128} << 10U;
static_assert(window_bytes >= Journal::header_bytes + leaf_bytes_max);

void put_number(base::Bytes& out, std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint64_t number_at(base::ByteView bytes, std::size_t offset, unsigned width) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i) value |= std::uint64_t{bytes[offset + i]} << (8 * i);
    return value;
}

// The leaf at the front of bytes if it is a whole record of that generation and index.
std::optional<base::ByteView> whole_record(base::ByteView bytes, std::uint64_t generation,
                                           std::uint64_t index) {
    if (bytes.size() < Journal::header_bytes) return std::nullopt;
    const std::uint64_t size = number_at(bytes, 0, 4);
    if (size > leaf_bytes_max || size > bytes.size() - Journal::header_bytes) return std::nullopt;
    if (number_at(bytes, 4, 8) != generation || number_at(bytes, 12, 8) != index) {
        return std::nullopt;
    }
    const auto leaf = bytes.subspan(Journal::header_bytes, size);
    const Digest hash = leaf_hash(leaf);
    if (!std::equal(hash.begin(), hash.end(), bytes.begin() + 20)) return std::nullopt;
    return leaf;
}

}  // namespace

Result<Journal> Journal::open(Storage& storage, std::size_t bytes) {
    CHECK(bytes >= header_bytes + leaf_bytes_max && bytes <= journal_bytes_max);
    const auto existing = storage.size(file_name);
    if (existing && *existing >= header_bytes + leaf_bytes_max && *existing <= journal_bytes_max) {
        return Journal(storage, static_cast<std::size_t>(*existing));
    }
    if (!existing && existing.error().code != Code::not_found) return existing.failure();
    if (existing && *existing > journal_bytes_max) {
        return base::fail(Code::exhausted,
                          "the log's journal is larger than it is ever made; restore the folder "
                          "from a copy");
    }
    // Written with zeros rather than reserved: a reserved block costs an entry in the file
    // system's own journal when it is first written, in the middle of somebody's wait.
    TRY(storage.make_zeros(file_name, bytes));
    return Journal(storage, bytes);
}

// A window at a time: most of the file is zeros, or older than the records that count.
Result<> Journal::replay(std::uint64_t generation, std::uint64_t first, const Use& use) {
    base::Bytes window;
    base::ByteView rest;
    std::uint64_t read_to = 0;
    for (std::uint64_t index = first;; ++index) {
        if (rest.size() < header_bytes + leaf_bytes_max && read_to < size_bytes_) {
            window = TRY(storage_->read_part(file_name, read_to - rest.size(), window_bytes));
            read_to += window.size() - rest.size();
            rest = window;
            if (window.size() < window_bytes) read_to = size_bytes_;
        }
        const auto leaf = whole_record(rest, generation, index);
        if (!leaf) return {};
        use(*leaf, leaf_hash(*leaf));
        rest = rest.subspan(header_bytes + leaf->size());
    }
}

void Journal::restart(std::uint64_t generation) {
    CHECK(batch_.empty());
    generation_ = generation;
    offset_ = 0;
}

bool Journal::has_room(std::size_t leaf_bytes) const {
    return size_bytes_ - offset_ - batch_.size() >= header_bytes + leaf_bytes;
}

void Journal::add(base::ByteView leaf, const Digest& hash, std::uint64_t index) {
    CHECK(has_room(leaf.size()));
    put_number(batch_, leaf.size(), 4);
    put_number(batch_, generation_, 8);
    put_number(batch_, index, 8);
    batch_.insert(batch_.end(), hash.begin(), hash.end());
    batch_.insert(batch_.end(), leaf.begin(), leaf.end());
}

Result<> Journal::commit() {
    TRY(storage_->write_at(file_name, batch_, offset_));
    TRY(storage_->sync(file_name));
    offset_ += batch_.size();
    batch_.clear();
    return {};
}

}  // namespace hs::audit
