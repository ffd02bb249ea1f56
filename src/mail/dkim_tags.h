// Tag lists of DKIM (RFC 6376 section 3.2): `name=value; name=value`.
//
// What it is for: signatures and key records.
// What it does not protect from: what a value means; that is the caller's.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hs::mail {

using DkimTags = std::map<std::string, std::string, std::less<>>;

inline constexpr std::size_t dkim_tags_max = 32;
inline constexpr std::size_t dkim_tag_list_bytes_max = 16 << 10;

// Values trimmed. invalid_input: too long, too many, a tag twice, no `=`, a malformed name.
base::Result<DkimTags> read_dkim_tags(std::string_view text);

// The value of a tag, or `otherwise`.
std::string dkim_tag(const DkimTags& tags, std::string_view name, std::string_view otherwise = {});

// `a : b` into its parts, lower case and trimmed; at most 256.
base::Result<std::vector<std::string>> colon_list(std::string_view text);

// The field with the value of its b= taken out (section 3.5), all else as it was.
std::string without_signature(std::string_view raw_field);

}  // namespace hs::mail
