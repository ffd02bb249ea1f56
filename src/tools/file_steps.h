// Steps that the file tools share: from a path in arguments to a Permit, and the words for a walk.
// Threads: the caller's.
#pragma once

#include <string>

#include "base/result.h"
#include "files/read.h"
#include "files/search.h"
#include "files/write.h"
#include "tools/permission.h"
#include "tools/tool.h"

namespace hs::tools {

constexpr std::int64_t file_work_ms_max = 60'000;

// For work that may take long: ends when the call is cancelled or after file_work_ms_max.
files::Watch watch_of(const ToolContext& context);

struct Reading {
    std::string path;  // canonical
    gate::Permit<gate::ReadFile> permit;
};
// The "path" member of the arguments (or `otherwise`), resolved, decided.
base::Result<Reading> permit_to_read(ToolContext& context, const wire::Json& arguments,
                                     gate::ReadFile::What what, std::string_view otherwise = ".");

// Asks for a planned change, shows `preview` on the card, and carries it out.
base::Result<files::Changed> carry_out(ToolContext& context, const files::ChangePlan& plan,
                                       const std::string& preview);

// "Skipped: …" lines for what a walk did not cover; empty when it covered all.
std::string notes_of(const files::Coverage& coverage);

}  // namespace hs::tools
