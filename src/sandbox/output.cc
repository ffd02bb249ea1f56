#include "sandbox/output.h"

#include <algorithm>

#include "wire/utf8.h"

namespace hs::sandbox {
namespace {

// A cut moves to a line end that is at most this far away.
constexpr std::size_t line_reach_bytes = 1024;

// Without a character at the end whose last bytes are missing.
std::string_view whole_characters(std::string_view text) {
    std::size_t start = text.size();
    while (start > 0 && text.size() - start < 4) {
        const auto byte = static_cast<unsigned char>(text[--start]);
        if ((byte & 0xC0U) == 0x80U) continue;
        const std::size_t length = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
        return text.size() - start < length ? text.substr(0, start) : text;
    }
    return text;
}

std::string_view cut_head(std::string_view head) {
    const std::size_t end = head.rfind('\n');
    const bool near = end != std::string_view::npos && head.size() - end <= line_reach_bytes;
    return near ? head.substr(0, end + 1) : whole_characters(head);
}

std::string_view cut_tail(std::string_view tail) {
    const std::size_t end = tail.find('\n');
    if (end != std::string_view::npos && end < line_reach_bytes) return tail.substr(end + 1);
    // Not in the middle of a character.
    while (!tail.empty() && (static_cast<unsigned char>(tail.front()) & 0xC0U) == 0x80U) {
        tail.remove_prefix(1);
    }
    return tail;
}

}  // namespace

void Output::append(base::ByteView bytes) {
    total_ += bytes.size();
    const std::size_t room = bounds_.head_bytes_max - head_.size();
    const std::size_t first = std::min(room, bytes.size());
    head_ += base::text_of(bytes.first(first));
    bytes = bytes.subspan(first);
    if (bytes.size() >= bounds_.tail_bytes_max) {
        tail_ = base::text_of(bytes.last(bounds_.tail_bytes_max));
        return;
    }
    tail_ += base::text_of(bytes);
    if (tail_.size() > bounds_.tail_bytes_max)
        tail_.erase(0, tail_.size() - bounds_.tail_bytes_max);
}

std::string Output::text() const {
    if (bytes_left_out() == 0) return wire::mend_utf8(head_ + tail_);
    const std::string_view head = cut_head(head_);
    const std::string_view tail = cut_tail(tail_);
    const std::uint64_t missing = total_ - head.size() - tail.size();
    std::string text = wire::mend_utf8(head);
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += "[" + std::to_string(missing) + " bytes left out]\n";
    return text + wire::mend_utf8(tail);
}

base::Bytes Output::since(std::uint64_t& position, std::uint64_t& skipped) const {
    skipped = 0;
    base::Bytes bytes;
    if (position < head_.size()) {
        const auto part = std::string_view(head_).substr(static_cast<std::size_t>(position));
        bytes = base::copy_bytes(base::bytes_of(part));
        position = head_.size();
    }
    const std::uint64_t tail_start = total_ - tail_.size();
    if (position < tail_start) {
        skipped = tail_start - position;
        position = tail_start;
    }
    const auto rest =
        std::string_view(tail_).substr(static_cast<std::size_t>(position - tail_start));
    const auto view = base::bytes_of(rest);
    bytes.insert(bytes.end(), view.begin(), view.end());
    position = total_;
    return bytes;
}

}  // namespace hs::sandbox
