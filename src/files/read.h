// Reading under a Permit: a page of a file, a whole small file, a folder's entries.
//
// What it is for: content for the assistant. Every function takes its Permit by value and opens
// what the Permit's action names, nothing else. Only regular files are read, so that nothing
// blocks; all that is returned is valid UTF-8 and bounded.
// What it does not protect from: what the text says. Whoever hands it to a model labels it.
// Threads: pure functions over the arguments; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "files/roots.h"
#include "files/watch.h"
#include "gate/action.h"
#include "gate/permit.h"

namespace hs::files {

struct PageRequest {
    static constexpr std::uint64_t limit_lines_default = 500;
    static constexpr std::uint64_t limit_lines_max = 5000;
    std::uint64_t offset_lines = 0;  // lines before the first one wanted
    std::uint64_t limit_lines = limit_lines_default;
    std::size_t bytes_max = 40 * 1024;  // of the page
};

struct Page {
    std::string text;              // lines, each with its line feed
    std::uint64_t first_line = 0;  // counted from 1; 0 when the page is empty
    std::uint64_t lines = 0;
    std::uint64_t file_bytes = 0;
    bool at_end = false;          // nothing follows the page
    std::uint64_t cut_lines = 0;  // lines of which the middle was left out
    bool mended = false;          // bytes that are no UTF-8 (or NUL) became U+FFFD
    bool changed = false;         // the file changed while it was read
};

// invalid_input for folders, pipes, devices and binary files; what and how is said.
base::Result<Page> read_page(gate::Permit<gate::ReadFile> permit, const Roots& roots,
                             const PageRequest& request, const Watch& watch);

// The exact bytes; exhausted beyond bytes_max, conflict when the file changed meanwhile.
base::Result<base::Bytes> read_whole(gate::Permit<gate::ReadFile> permit, const Roots& roots,
                                     std::size_t bytes_max, const Watch& watch);

struct Entry {
    std::string name;  // valid UTF-8; mended where the file system's name is not
    os::FileFacts::Kind kind = os::FileFacts::Kind::other;
    std::uint64_t size_bytes = 0;  // of regular files
};
struct Listing {
    static constexpr std::size_t entries_max = 1000;
    std::vector<Entry> entries;  // folders first, then by name
    bool whole = true;           // false: there are more than entries_max
};
base::Result<Listing> list_entries(gate::Permit<gate::ReadFile> permit, const Roots& roots,
                                   const Watch& watch);

// A line for a reader: valid UTF-8 without NUL and of at most bytes_max, its middle left out.
struct ShownLine {
    std::string text;
    bool mended = false;
    bool cut = false;
};
ShownLine show_line(std::string_view line, std::uint64_t left_out_bytes, std::size_t bytes_max);

}  // namespace hs::files
