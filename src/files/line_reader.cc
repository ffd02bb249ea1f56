#include "files/line_reader.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "os/folder.h"

namespace hs::files {

using base::Code;
using base::fail;
using base::Result;

LineReader::LineReader(const os::Fd& file, const Watch& watch, std::uint64_t scan_bytes_max)
    : file_(file), watch_(watch), scan_bytes_max_(scan_bytes_max), chunk_(chunk_bytes) {
    if (const auto facts = os::facts_of(file_.get())) before_ = *facts;
}

Result<bool> LineReader::fill() {
    TRY(watch_.go_on());
    if (offset_ >= scan_bytes_max_) {
        return fail(Code::exhausted,
                    fmt::format("only the first {} MiB of a file are looked through; use a "
                                "command for more",
                                scan_bytes_max_ >> 20U));
    }
    start_ = 0;
    end_ = TRY(os::read_at(file_.get(), chunk_, offset_));
    offset_ += end_;
    return end_ > 0;
}

void LineReader::take(std::size_t bytes) {
    const std::size_t room = line_bytes_max - line_.size();
    const std::size_t kept = std::min(bytes, room);
    line_.append(reinterpret_cast<const char*>(chunk_.data()) + start_, kept);
    left_out_bytes_ += bytes - kept;
    start_ += bytes;
}

Result<TextKind> LineReader::kind() {
    if (start_ == end_ && offset_ == 0) TRY(fill());
    const std::size_t looked = std::min<std::size_t>(end_, 8192);
    if (looked >= 2 &&
        ((chunk_[0] == 0xff && chunk_[1] == 0xfe) || (chunk_[0] == 0xfe && chunk_[1] == 0xff))) {
        return TextKind::utf16;
    }
    return looked > 0 && std::memchr(chunk_.data(), 0, looked) != nullptr ? TextKind::binary
                                                                          : TextKind::text;
}

Result<std::optional<Line>> LineReader::next() {
    line_.clear();
    left_out_bytes_ = 0;
    bool any = false;
    for (;;) {
        if (start_ == end_) {
            const bool more = TRY(fill());
            if (!more) {
                if (!any) return std::optional<Line>();
                return std::optional<Line>(Line{line_, left_out_bytes_});
            }
        }
        any = true;
        const void* feed = std::memchr(chunk_.data() + start_, '\n', end_ - start_);
        if (feed == nullptr) {
            take(end_ - start_);
            continue;
        }
        const auto at =
            static_cast<std::size_t>(static_cast<const std::uint8_t*>(feed) - chunk_.data());
        take(at - start_);
        ++start_;
        return std::optional<Line>(Line{line_, left_out_bytes_});
    }
}

Result<bool> LineReader::finished() {
    if (start_ != end_) return false;
    return !TRY(fill());
}

Result<bool> LineReader::unchanged() const {
    if (!before_) return false;
    const os::FileFacts now = TRY(os::facts_of(file_.get()));
    return now.size_bytes == before_->size_bytes && now.modified_ns == before_->modified_ns &&
           now.changed_ns == before_->changed_ns;
}

Result<os::Fd> open_for_reading(const os::Fd& held, const os::FileFacts& facts,
                                const std::string& path) {
    if (facts.kind == os::FileFacts::Kind::directory) {
        return fail(Code::invalid_input, fmt::format("{} is a folder; list it instead", path));
    }
    if (facts.kind != os::FileFacts::Kind::regular) {
        return fail(
            Code::invalid_input,
            fmt::format("{} is a pipe, socket, device or link; only regular files are read", path));
    }
    auto opened = os::reopen(held.get(), O_RDONLY | O_NONBLOCK);
    if (!opened) return fail(opened.error().code, fmt::format("{}: {}", path, opened.error().what));
    return opened;
}

}  // namespace hs::files
