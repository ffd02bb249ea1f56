// Reads the corpus archives (gzip over tar) for tests; no part of the product.
//
// What it is for: ustar and GNU headers and PAX archives whose names need no extension. Entries
// that are not regular files and AppleDouble files (`._name`) are skipped. What it does not protect
// from: a hostile archive; it reads only the corpora. Threads: immutable once loaded.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hs::cedar {

class Archive {
  public:
    // Null when the file is not there; a damaged one fails the test that runs.
    static std::shared_ptr<const Archive> load(const std::string& path);

    // By the file's name without folders.
    std::optional<std::string_view> find(const std::string& name) const;
    const std::map<std::string, std::string>& files() const { return files_; }
    // The names of all files that end so, without that ending; sorted.
    std::vector<std::string> stems(std::string_view ending) const;

  private:
    std::map<std::string, std::string> files_;
};

// "$HARDSHELL_CORPORA/cedar", by default shared/corpora/cedar beside the sources.
std::string cedar_corpus_folder();
// HS_FULL=1: every case instead of a seeded part.
bool runs_in_full();
// All names when runs_in_full(); else `count` of them, chosen by a fixed seed.
std::vector<std::string> choose(std::vector<std::string> names, std::size_t count);

}  // namespace hs::cedar
