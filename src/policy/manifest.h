// Manifest: which source files a policy set was made of, each by name and SHA-256.
//
// What it is for: every set that was ever in force can be loaded again, so that a decision of last
// month is decided again by the rules of last month (`hardshell policy replay`). Whoever reads a
// set back holds its digest against the one in the record. What it does not protect from: files
// that are gone; then those decisions cannot be made again, and replay says so. Threads: pure
// functions.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "policy/load.h"
#include "wire/json.h"

namespace hs::policy {

// Stores one file's text; called with its SHA-256 as 64 lower-case hexadecimal digits.
using KeepText = std::function<base::Result<>(const std::string& sha256, const std::string& text)>;
using ReadText = std::function<base::Result<std::string>(const std::string& sha256)>;

// {files: [{part, layer?, name, sha256}]}. Tests of policy are no part of a set.
base::Result<wire::Json> manifest_of(const PolicySources& sources, Sha256 sha256,
                                     const KeepText& keep);
// invalid_input for a part that does not exist; corrupt for a text that is not of its SHA-256.
base::Result<PolicySources> sources_from(const wire::Json& manifest, Sha256 sha256,
                                         const ReadText& read);

}  // namespace hs::policy
