// Event lists: what search, tail and export share: the query from the options, the waiting for the
// checkpoint, and how events are printed.
//
// What it does not protect from: nothing is decided here. Threads: one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/read.h"
#include "hardshell/commands.h"

namespace hs::cli {

// invalid_input names the option that cannot be read.
base::Result<audit::EventQuery> event_query(const Desk& desk);

// The last `count` that match, newest first. While a daemon runs the checkpoint may lag behind the
// last record; an empty answer is asked for again for a short while.
base::Result<std::vector<audit::Record>> find_events(const Desk& desk,
                                                     const audit::EventQuery& query,
                                                     std::size_t count);

// Reading the log is itself recorded, where a keeper is there to do it.
void note_reading(const Desk& desk, std::string_view what);

std::string one_line(const audit::Record& record);
// Oldest first. lines: one JSON object a line, in place of one list.
enum class Listing : std::uint8_t { whole, lines };
void show_events(const Desk& desk, const std::vector<audit::Record>& newest_first, Listing listing);

// The verifier key in a file, if there is one.
std::optional<audit::VerifierKey> key_in(const std::string& path);

}  // namespace hs::cli
