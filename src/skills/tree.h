// Tree: a skill's folder, read whole into memory: every file's bytes, its digest, and what does not
// belong into a skill (links, devices, names that deceive).
//
// What it is for: scanning and installing work on what was read here, so that a folder that changes
// meanwhile changes nothing. A folder of more than its limits is refused by name.
// What it does not protect from: what the files say; that is the scanner's part.
// Threads: values; pure functions over the file system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace hs::skills {

struct TreeFile {
    std::string path;  // relative, with '/'
    base::Bytes bytes;
    std::string sha256;  // lower-case hex
    bool is_executable = false;

    std::string_view text() const { return base::text_of(bytes); }
};

// Something that keeps a folder from being installed; the scanner reports it.
struct Oddity {
    enum class Kind : std::uint8_t { link, device, name, duplicate };
    Kind kind = Kind::name;
    std::string path;
    std::string what;  // a sentence
};

struct TreeLimits {
    std::size_t files_max = 2'000;
    std::size_t bytes_max = std::size_t{64} << 20U;
    std::size_t file_bytes_max = std::size_t{16} << 20U;
    std::size_t depth_max = 12;
};

struct Tree {
    std::vector<TreeFile> files;  // sorted by path
    std::vector<Oddity> oddities;

    const TreeFile* find(std::string_view path) const;
    // SHA-256 over the sorted paths, whether each is executable, and their digests; hex. Two
    // folders have the same digest exactly when they have the same files.
    std::string digest() const;
};

// exhausted when the folder is larger than the limits, with the limit's name. `.git` is left out.
base::Result<Tree> read_tree(const std::string& folder, const TreeLimits& limits = {});
// The same of a folder below one that belongs to somebody else: denied where a link leads to it.
base::Result<Tree> read_tree_below(const std::string& folder, const std::string& path);
// One entry of a tree that comes from elsewhere (an archive): the same checks of names.
base::Result<> check_tree_path(std::string_view path);
// The sentence and refusal for a tree that may not be installed; ok when it may.
base::Result<> check_installable(const Tree& tree);
// All of it as one value for the sandbox of one of its scripts (os/staged_folder.h); exhausted for
// more than that takes.
base::Result<base::Bytes> packed_for_sandbox(const Tree& tree);
// The same back, from wherever it comes; a name that deceives is an oddity, as in a folder.
base::Result<Tree> tree_from_packed(base::ByteView bytes);
// Files in `added` or changed get their digests; sorts. For trees put together in memory.
void settle_tree(Tree& tree);

}  // namespace hs::skills
