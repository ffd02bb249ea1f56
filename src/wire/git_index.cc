#include "wire/git_index.h"

namespace hs::wire {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t header_bytes = 12;
constexpr std::size_t entry_bytes = 62;  // before the name: times, ids, mode, size, SHA-1, flags
constexpr std::uint16_t extended_flag = 0x4000;
constexpr std::size_t path_bytes_max = 4096;

base::Failure malformed(const char* what) {
    return fail(Code::invalid_input, std::string("no git index: ") + what);
}

std::uint32_t number(base::ByteView bytes, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = (value << 8U) | bytes[at + i];
    return value;
}

// The variable-width number of version 4 ("offset encoding" of gitformat-pack(5)).
Result<std::size_t> width(base::ByteView bytes, std::size_t& at) {
    std::size_t value = 0;
    for (int i = 0; i < 5; ++i) {
        if (at >= bytes.size()) return malformed("it ends within an entry");
        const std::uint8_t byte = bytes[at++];
        value = (value << 7U) | (byte & 0x7FU);
        if ((byte & 0x80U) == 0) return value;
        ++value;
    }
    return malformed("a number is too long");
}

bool stays_inside(std::string_view path) {
    if (path.empty() || path.size() > path_bytes_max || path.front() == '/') return false;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        const std::string_view part = path.substr(0, end);
        if (part.empty() || part == "." || part == ".." || part == ".git") return false;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return true;
}

}  // namespace

Result<std::set<std::string, std::less<>>> tracked_in_git_index(base::ByteView bytes) {
    if (bytes.size() < header_bytes || base::text_of(bytes.subspan(0, 4)) != "DIRC") {
        return malformed("it does not begin with DIRC");
    }
    const std::uint32_t version = number(bytes, 4, 4);
    const std::uint32_t count = number(bytes, 8, 4);
    if (version < 2 || version > 4) return malformed("its version is not 2, 3 or 4");
    if (count > git_index_entries_max) return malformed("it has too many entries");
    std::set<std::string, std::less<>> tracked;
    std::string path;
    std::size_t at = header_bytes;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::size_t start = at;
        if (bytes.size() - at < entry_bytes) return malformed("it ends within an entry");
        const bool extended = (number(bytes, at + entry_bytes - 2, 2) & extended_flag) != 0;
        at += entry_bytes + (extended ? 2 : 0);
        if (version == 4) {
            const std::size_t dropped = TRY(width(bytes, at));
            if (dropped > path.size()) return malformed("a path is shorter than nothing");
            path.resize(path.size() - dropped);
        } else {
            path.clear();
        }
        while (at < bytes.size() && bytes[at] != 0) {
            if (path.size() > path_bytes_max) return malformed("a path is too long");
            path += static_cast<char>(bytes[at++]);
        }
        if (at >= bytes.size() || !stays_inside(path)) return malformed("a path is not one");
        tracked.insert(path);
        ++at;
        // Up to version 3 an entry is padded to a multiple of eight bytes.
        if (version < 4) at = start + (at - start + 7) / 8 * 8;
        if (at > bytes.size()) return malformed("it ends within an entry");
    }
    return tracked;
}

}  // namespace hs::wire
