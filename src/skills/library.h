// Library: a team's own collection of skills: one index, signed by a configured reviewer, that
// names each skill's version by the digest of its folder and brings the reviews of it.
//
// What it is for: a folder or a web server that anybody may hold, because what is taken from it is
// what was signed: the index by its signature, each skill by its digest, and an index older than
// one that was seen here is refused.
// What it does not protect from: a reviewer's key that others have; a server that goes on showing
// an old index to somebody who has seen no newer one, until the index ends. Threads: values; pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "skills/review.h"
#include "skills/tree.h"

namespace hs::skills {

struct LibraryEntry {
    std::string name;
    std::string digest;  // of the folder
    std::string file;    // beside the index: "NAME-DIGEST.skill", the folder packed
    std::vector<Review> reviews;
};

struct LibraryIndex {
    static constexpr std::size_t entries_max = 2'000;
    static constexpr std::size_t bytes_max = std::size_t{8} << 20U;
    base::WallTime_ms at_ms = 0;
    base::WallTime_ms expiry_ms = 0;  // after it nobody takes anything from this index
    std::string signed_by;            // a reviewer's name
    std::vector<LibraryEntry> entries;

    const LibraryEntry* find(std::string_view name) const;
};

inline constexpr std::string_view library_index_file = "index.json";

// The file's text: the index with its signature over the canonical form of the rest.
std::string signed_index(const LibraryIndex& index, const crypto::SigningKey& key);
// denied when none of the reviewers has signed it, or its time is over, or it is from before
// `seen_ms`; invalid_input names what is malformed. With 0 as the time it may be over: for whoever
// signs it anew.
base::Result<LibraryIndex> open_index(std::string_view text, const std::vector<Reviewer>& reviewers,
                                      base::WallTime_ms now_ms, base::WallTime_ms seen_ms);
// denied when the bytes are not the folder of that digest.
base::Result<Tree> open_library_file(const LibraryEntry& entry, base::ByteView bytes);
std::string library_file_of(std::string_view name, std::string_view digest);

}  // namespace hs::skills
