// Reading what a command names, with a bound and messages that name the file.
//
// Threads: one.
#pragma once

#include <string>

#include "base/result.h"
#include "cedar/policy_set.h"
#include "cedar/schema.h"
#include "wire/json.h"

namespace hs::cedar_tool {

inline constexpr std::size_t file_bytes_max = std::size_t{16} << 20U;

// "-" is standard input. invalid_input: more than file_bytes_max; io: it cannot be read.
base::Result<std::string> read_text(const std::string& path);
base::Result<> write_text(const std::string& path, const std::string& text);
base::Result<wire::Json> read_json(const std::string& path);
// Policies whose ids are their @id annotations where they have one, as in the official CLI.
base::Result<cedar::PolicySet> read_policies(const std::string& path);
// format: "cedar" or "json".
base::Result<cedar::Schema> read_schema(const std::string& path, const std::string& format);

}  // namespace hs::cedar_tool
