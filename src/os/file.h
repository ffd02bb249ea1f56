// Files: whole reads with a limit, atomic writes, folders that only their owner may enter, and
// opening a path beneath a folder so that no link leaves it.
//
// What it does not protect from: another process of the same user that changes a file between two
// calls. Hold the descriptor and work through it. Threads: pure functions over the kernel.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "os/fd.h"

namespace hs::os {

using base::Bytes;
using base::ByteView;
using base::Result;

// open(2) with O_CLOEXEC | O_NOCTTY always set. For our own files: links are followed.
Result<Fd> open_file(const std::string& path, int flags, mode_t mode = 0600);
// openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS: the path cannot leave the folder, by
// link, "..", or a race with a rename; denied when it tries. Needs Linux 5.6.
Result<Fd> open_beneath(int folder, const std::string& path, int flags, mode_t mode = 0600);

struct FileFacts {
    enum class Kind : std::uint8_t { regular, directory, link, other };
    Kind kind = Kind::other;
    std::uint64_t size_bytes = 0;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    std::uint32_t mode = 0;
    std::uint32_t owner = 0;
    std::uint32_t group = 0;

    bool operator==(const FileFacts&) const = default;
};
Result<FileFacts> facts_of(int fd);
// Does not follow a link in the last place.
Result<FileFacts> facts_of_path(const std::string& path);

// Reads to the end; exhausted when there is more than bytes_max.
Result<Bytes> read_all(int fd, std::size_t bytes_max);
Result<Bytes> read_file(const std::string& path, std::size_t bytes_max);
Result<std::string> read_text(const std::string& path, std::size_t bytes_max);
// Up to the view's size from an offset; less only at the end of the file.
Result<std::size_t> read_at(int fd, std::span<std::uint8_t> out, std::uint64_t offset);

Result<> write_all(int fd, ByteView bytes);
Result<> write_all_at(int fd, ByteView bytes, std::uint64_t offset);
// fdatasync(2).
Result<> sync_data(int fd);
// Makes a rename or a new name in that folder durable.
Result<> sync_folder(const std::string& path);
// Writes beside the target, syncs, renames over it and syncs the folder: readers see the old or
// the new file, whole, and after a crash one of the two is there.
Result<> write_file_atomic(const std::string& path, ByteView bytes, mode_t mode = 0600);

// Makes the folder and its parents as needed. An existing last folder must belong to us and admit
// nobody else (0700); else denied with the command that mends it.
Result<> make_private_folder(const std::string& path);
Result<> make_folders(const std::string& path, mode_t mode = 0755);
// Names in a folder, sorted, without "." and "..". exhausted beyond entries_max.
Result<std::vector<std::string>> list_folder(const std::string& path, std::size_t entries_max);
Result<> remove_file(const std::string& path);
Result<> rename_file(const std::string& from, const std::string& to);
// The path with every link resolved (realpath).
Result<std::string> resolve_path(const std::string& path);

// An exclusive lock on a file that ends with the process. conflict when another holds it; the
// Error's text carries what the holder wrote in it.
Result<Fd> lock_file(const std::string& path, const std::string& holder);

}  // namespace hs::os
