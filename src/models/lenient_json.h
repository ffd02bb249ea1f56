// JSON as providers send it: strict, but with text mended that no reader could use.
//
// What it is for: a single bad byte or half a surrogate pair in a model's text must not cost the
// whole answer.
// What it does not protect from: a wrong shape; the readers check it.
// Threads: pure functions.
#pragma once

#include "wire/json.h"

namespace hs::models {

// Like parse_json, after mending invalid UTF-8 and lone surrogate escapes (both become U+FFFD).
base::Result<wire::Json> parse_lenient_json(std::string_view text,
                                            const wire::JsonLimits& limits = {});

// The member's text, or "" when it is absent or of another type.
std::string_view text_or_empty(const wire::Json* json, std::string_view key);
// The member's integer when it is one and not negative, else 0. Providers' counts are at most 2^53.
std::int64_t count_or_zero(const wire::Json* json, std::string_view key);

}  // namespace hs::models
