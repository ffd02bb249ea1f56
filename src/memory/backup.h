// Backup: the memory in files that lie elsewhere: sealed under a passphrase of their own,
// incremental, each file bound to the one before. docs/formats/memory.md has the form.
//
// What it does not protect from: a passphrase that can be guessed; the last files of a backup taken
// away together, which is an older backup. Restoring compares revisions for that.
// Threads: pure functions and values; who reads and writes the files is the caller.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "memory/entry.h"

namespace hs::memory {

inline constexpr std::size_t segments_max = 10'000;
inline constexpr std::size_t segment_bytes_max = std::size_t{256} << 20U;

// The first file, "backup": how the key is made, and a proof that a passphrase is the right one.
struct BackupHead {
    std::string id;
    crypto::SecretBytes key;
    base::Bytes file;
};
// invalid_input for a passphrase of fewer than 8 characters.
base::Result<BackupHead> make_backup_head(std::string_view passphrase, const base::Clock& clock,
                                          base::Random& random);
// corrupt: cut short or changed; denied: another passphrase; conflict: of a later version.
base::Result<BackupHead> open_backup_head(base::ByteView file, std::string_view passphrase);

// One later file: what was changed since the one before, and what is there at all.
struct Segment {
    std::uint32_t number = 1;
    base::WallTime_ms made_ms = 0;
    std::int64_t revision = 0;     // of the memory when it was made
    std::vector<std::string> ids;  // of all entries that there are
    std::vector<Entry> entries;    // new or changed
};
// `before` is the whole file before this one: the head, or the segment.
base::Result<base::Bytes> seal_segment(const BackupHead& head, base::ByteView before,
                                       const Segment& segment, base::Random& random);
// corrupt names the number: cut short, changed, or not the one that follows `before`.
base::Result<Segment> open_segment(const BackupHead& head, base::ByteView before,
                                   std::uint32_t number, base::ByteView file);
std::string segment_name(std::uint32_t number);  // "0001.segment"

// What restoring gives: built up segment by segment.
class Restored {
  public:
    // corrupt when an id is told of that no segment has.
    base::Result<> apply(Segment segment);
    const std::map<std::string, Entry>& entries() const { return entries_; }
    std::int64_t revision() const { return revision_; }
    base::WallTime_ms made_ms() const { return made_ms_; }
    std::uint32_t segments() const { return segments_; }

  private:
    std::map<std::string, Entry> entries_;
    std::int64_t revision_ = 0;
    base::WallTime_ms made_ms_ = 0;
    std::uint32_t segments_ = 0;
};

}  // namespace hs::memory
