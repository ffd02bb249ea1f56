// CanonicalPath: an absolute path in the one spelling that policy, records and people see.
//
// What it is for: deciding about a path. Dot segments, doubled and trailing slashes are gone, so
// that equal paths have equal texts and "below a folder" is a comparison of text.
// What it does not protect from: links. A lexical path says nothing about where the kernel would
// go; whoever opens files resolves beneath a descriptor and gives the resolved form as well.
// Threads: values.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hs::policy {

inline constexpr std::size_t path_bytes_max = 4096;      // PATH_MAX of Linux
inline constexpr std::size_t path_name_bytes_max = 255;  // NAME_MAX of Linux
inline constexpr std::size_t path_depth_max = 128;

class CanonicalPath {
  public:
    // Purely lexical (POSIX.1-2017 4.13 without links): "." and empty segments vanish, ".." takes
    // the segment before it and is refused above the root. invalid_input for a relative path,
    // NUL and control characters, invalid UTF-8, invisible and direction-changing characters, and
    // characters that look like a separator or like a dot segment.
    static base::Result<CanonicalPath> from_text(std::string_view text);
    // For what the kernel reported: it must already be canonical; anything else is invalid_input.
    static base::Result<CanonicalPath> from_resolved(std::string_view text);

    const std::string& text() const { return text_; }
    // The last segment; empty for the root.
    std::string_view name() const;
    // Every folder above, nearest first, ending with "/"; empty for the root.
    std::vector<std::string_view> ancestors() const;
    // The segments from the root on.
    std::vector<std::string_view> segments() const;
    // True for the folder itself and everything below it.
    bool lies_in(const CanonicalPath& folder) const;

    bool operator==(const CanonicalPath&) const = default;
    auto operator<=>(const CanonicalPath&) const = default;

  private:
    explicit CanonicalPath(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

// The form in which names are compared with the tables of protected names: compatibility forms
// unified (NFKC) and case folded, so that "ID_RSA" and full-width letters do not slip by.
// ASCII input is only lower-cased. Invalid UTF-8 gives an empty text.
std::string folded_name(std::string_view name);

}  // namespace hs::policy
