// Archive: what lies in a .zip, .tar or .tar.gz, as one packed folder (os/staged_folder.h).
//
// What it is for: a skill that comes as an archive. Only what may lie in a skill comes out: regular
// files with plain relative paths. The rest ends the reading with its name, and so nothing of such
// an archive is ever half there.
// What it does not protect from: faults of the library that parses it; this program runs in a
// sandbox without a network. Names that deceive are the taker's business (skills/tree.h).
// Threads: one.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace hs::reader {

inline constexpr std::size_t archive_bytes_max = std::size_t{64} << 20U;
inline constexpr std::size_t archive_entries_max = 4'000;  // folders included

// denied names the entry that does not belong there, exhausted the bound that does not hold:
// os::folder_files_max files, 16 MiB unpacked. invalid_input for what is no such archive.
base::Result<base::Bytes> unpack_archive(base::ByteView archive);

}  // namespace hs::reader
