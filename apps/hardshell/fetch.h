// fetch_text: one GET by the person at the command line, for what is public and verified after.
//
// What it does not protect from: content. It is for notes whose signatures are checked. The
// assistant's own connections go through egress; this program acts for the person alone, also on
// machines where no daemon runs. Metadata and link-local addresses are refused all the same.
// Threads: any.
#pragma once

#include <string>

#include "base/result.h"

namespace hs::cli {

// The body of an answer 200. not_found for 404; io with the status for any other.
base::Result<std::string> fetch_text(const std::string& url, std::size_t bytes_max);

}  // namespace hs::cli
