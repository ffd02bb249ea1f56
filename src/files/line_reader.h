// LineReader: the lines of an open file in bounded memory, however long a line or the file is.
//
// What it does not protect from: a file that changes while it is read. unchanged() tells.
// Threads: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "files/watch.h"
#include "os/fd.h"
#include "os/file.h"

namespace hs::files {

struct Line {
    std::string_view text;             // without its line feed; valid until the next call
    std::uint64_t left_out_bytes = 0;  // of a line longer than line_bytes_max
};

enum class TextKind : std::uint8_t { text, binary, utf16 };

class LineReader {
  public:
    static constexpr std::size_t chunk_bytes = 256 * 1024;
    static constexpr std::size_t line_bytes_max = 64 * 1024;

    // A regular file, opened for reading. Reads at most scan_bytes_max of it.
    LineReader(const os::Fd& file, const Watch& watch, std::uint64_t scan_bytes_max);

    // Looks at the first 8 KiB: a NUL byte means that this is no text (the rule of git).
    base::Result<TextKind> kind();
    // The next line, or nothing at the end. exhausted beyond scan_bytes_max; cancelled and
    // timed_out as the watch says.
    base::Result<std::optional<Line>> next();
    // True when no byte is left.
    base::Result<bool> finished();
    // False once size or times are others than at the beginning.
    base::Result<bool> unchanged() const;

  private:
    base::Result<bool> fill();
    void take(std::size_t bytes);

    const os::Fd& file_;  // outlives the reader
    const Watch& watch_;  // outlives the reader
    std::uint64_t scan_bytes_max_;
    std::uint64_t offset_ = 0;
    base::Bytes chunk_;
    std::size_t start_ = 0;
    std::size_t end_ = 0;
    std::string line_;
    std::uint64_t left_out_bytes_ = 0;
    std::optional<os::FileFacts> before_;
};

// Opens what is held for reading: regular files only, so that no pipe or device can block or act.
base::Result<os::Fd> open_for_reading(const os::Fd& held, const os::FileFacts& facts,
                                      const std::string& path);

}  // namespace hs::files
