// What the memory commands share: requests to the daemon, and a memory as a person reads it.
// Threads: one thread.
#pragma once

#include <string>
#include <vector>

#include "hardshell/commands.h"
#include "hardshell/lines.h"

namespace hs::cli {

base::Result<wire::Json> ask_memory(const Desk& desk, const std::string& verb,
                                    const wire::Json& body = wire::JsonObject{});
const wire::JsonArray& entries_in(const wire::Json& json, std::string_view key = "entries");
wire::Json ids_json(const std::vector<std::string>& ids);
// id, kind and state, date, whose words, text.
void show_entry(const Screen& screen, const wire::Json& entry);
// Where it comes from: who, when, in which conversation, what had been read.
void show_provenance(const Screen& screen, const wire::Json& entry);
std::string day_of(const wire::Json& entry, std::string_view key = "created_ms");
// Every memory, in whatever state, as `memory import` takes them.
base::Result<std::vector<wire::Json>> all_memories(const Desk& desk);
std::string lines_of(const std::vector<wire::Json>& entries);
// What was forgotten, its proof, and the backups that survive.
void show_forgotten(const Screen& screen, const wire::Json& answer);

}  // namespace hs::cli
