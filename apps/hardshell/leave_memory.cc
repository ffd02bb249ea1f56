#include "hardshell/leave_memory.h"

#include <fmt/format.h>

#include "hardshell/memory_lines.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::size_t forgotten_at_once = 5'000;

const Json& member(const Json& json, std::string_view key) {
    static const Json none{JsonArray{}};
    const Json* found = json.find(key);
    return found != nullptr ? *found : none;
}

Json counted_by_compartment(const std::vector<Json>& entries) {
    Json counts{JsonObject{}};
    for (const Json& entry : entries) {
        const std::string name = text_in(entry, "compartment");
        const Json* held = counts.find(name);
        const std::int64_t before = held != nullptr ? *held->integer() : 0;
        counts[name] = before + 1;
    }
    return counts;
}

}  // namespace

Result<std::vector<Json>> memories_to_part(const Desk& desk, Parting how) {
    auto entries = TRY(all_memories(desk));
    std::size_t held = 0;
    for (const Json& entry : entries) held += text_in(entry, "hold").empty() ? 0U : 1U;
    if (held == 0 || how == Parting::hand_over) return entries;
    return fail(Code::conflict,
                fmt::format("{} memories are under a hold and may not be erased; nothing was "
                            "done. Hand them over (without --erase), or lift the hold with: "
                            "hardshell memory hold --lift ID",
                            held));
}

Result<PartedMemory> part_memory(const Desk& desk, Parting how, const std::vector<Json>& entries) {
    PartedMemory parted;
    parted.summary["memories"] = static_cast<std::int64_t>(entries.size());
    parted.summary["compartments"] = counted_by_compartment(entries);
    if (how == Parting::hand_over) {
        parted.lines = lines_of(entries);
        parted.summary["state"] = "handed over";
        parted.words = fmt::format("{} handed over in memory.jsonl", entries.size());
        return parted;
    }
    JsonArray records;
    std::map<std::string, bool> backups;
    for (std::size_t at = 0; at < entries.size(); at += forgotten_at_once) {
        std::vector<std::string> ids;
        for (std::size_t i = at; i < std::min(at + forgotten_at_once, entries.size()); ++i) {
            ids.push_back(text_in(entries[i], "id"));
        }
        const Json answer = TRY(ask_memory(desk, "forget", JsonObject{{"ids", ids_json(ids)}}));
        for (const Json& record : *member(answer, "records").array()) records.push_back(record);
        for (const Json& place : *member(answer, "backups").array()) {
            if (place.text() != nullptr) backups[*place.text()] = true;
        }
    }
    JsonArray places;
    for (const auto& [place, known] : backups) places.emplace_back(place);
    parted.words =
        fmt::format("{} erased by destroying the keys of their compartments{}", entries.size(),
                    places.empty() ? ""
                                   : "; backups that still hold some are named in "
                                     "memory.json");
    parted.summary["state"] = "erased";
    parted.summary["records"] = std::move(records);
    parted.summary["backups"] = std::move(places);
    return parted;
}

}  // namespace hs::cli
