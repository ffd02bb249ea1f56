// Importing, backing up and restoring: the daemon's part. The files are the caller's.

#include <fmt/format.h>

#include <algorithm>

#include "control/memory_desk.h"

namespace hs::control {

using base::Code;
using base::fail;
using base::Result;
using gate::Remember;
using memory::Entry;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t entries_max = 200'000;
constexpr std::size_t page_entries = 5000;

Result<std::vector<Entry>> entries_in(const Json& body) {
    const auto& list = *TRY(wire::array_at(body, "entries"));
    if (list.size() > entries_max) return fail(Code::exhausted, "too many memories at once");
    std::vector<Entry> entries;
    for (const Json& item : list) entries.push_back(TRY(memory::entry_from_json(item)));
    return entries;
}

}  // namespace

Result<std::int64_t> MemoryDesk::put_back(const gate::Circumstances& who,
                                          const std::vector<Entry>& entries) {
    std::map<std::string, std::vector<Entry>> groups;
    for (const Entry& entry : entries) {
        TRY(gate::CompartmentName::parse(entry.compartment));
        groups[entry.compartment].push_back(entry);
    }
    std::int64_t count = 0;
    for (const auto& [compartment, some] : groups) {
        std::vector<std::string> ids;
        for (const Entry& entry : some) ids.push_back(entry.id);
        auto permit = TRY(memory::permit_for(
            parts_.gate,
            memory::forget_action({compartment, ids, who.person}, Remember::Operation::restore),
            who));
        count += static_cast<std::int64_t>(TRY(parts_.memory->restore(std::move(permit), some)));
    }
    return count;
}

// What comes in a file is a stranger's until the person says that it is theirs, or has reviewed it.
// Credentials are left behind.
MemoryDesk::Answer MemoryDesk::import(const gate::Circumstances& who, const Json& body) {
    const bool own = TRY(wire::boolean_at_or(body, "own", false));
    const std::string file = TRY(wire::text_at_or(body, "file", ""));
    std::vector<Entry> taken;
    std::int64_t refused = 0;
    for (Entry& entry : TRY(entries_in(body))) {
        flow::Label label = own ? flow::Label::of_person(who.person) : flow::Label::unknown();
        for (const auto& finding : parts_.memory->look(entry.text)) {
            label.classes.add(finding.data_class);
        }
        if (label.classes.level() > 2) {
            ++refused;
            continue;
        }
        entry.id = base::make_id(parts_.clock, parts_.random);
        entry.label = label;
        entry.state = own ? memory::State::kept : memory::State::quarantined;
        entry.origin = {"import", who.person, file.substr(0, 300), "", "", {}};
        entry.hold.clear();
        entry.supersedes.clear();
        entry.uses = entry.used_ms = entry.reviewed_ms = 0;
        entry.created_ms = parts_.clock.wall_ms();
        entry.compartment = gate::CompartmentName{who.space, gate::project_tag(entry.project),
                                                  gate::sensitivity_of(label.classes)}
                                .text();
        taken.push_back(std::move(entry));
    }
    Json json;
    json["imported"] = TRY(put_back(who, taken));
    json["refused"] = refused;
    json["quarantined"] = !own;
    return json;
}

// What was changed after a revision, in pages, and what is there at all.
MemoryDesk::Answer MemoryDesk::backup(const gate::Circumstances& who, const Json& body) {
    const std::int64_t since = TRY(wire::integer_at_or(body, "since", 0));
    Json json;
    json["revision"] = TRY(parts_.memory->revision());
    const std::int64_t skip = std::max<std::int64_t>(TRY(wire::integer_at_or(body, "skip", 0)), 0);
    const auto changed = TRY(all(who, since));
    const std::size_t begin = std::min(static_cast<std::size_t>(skip), changed.size());
    const std::size_t end = std::min(begin + page_entries, changed.size());
    Json list{wire::JsonArray{}};
    for (std::size_t i = begin; i < end; ++i) list.push(memory::to_json(changed[i]));
    json["entries"] = std::move(list);
    json["more"] = end < changed.size();
    Json ids{wire::JsonArray{}};
    for (const auto& id : TRY(parts_.memory->ids())) ids.push(id);
    json["ids"] = std::move(ids);
    // A change in between would make the three disagree.
    if (TRY(parts_.memory->revision()) != *json.find("revision")->integer()) {
        return fail(Code::conflict, "the memory was changed meanwhile; try again");
    }
    return json;
}

MemoryDesk::Answer MemoryDesk::backed_up(const gate::Circumstances&, const Json& body) {
    memory::BackupFacts facts;
    facts.place = TRY(wire::text_at(body, "place"));
    facts.revision = TRY(wire::integer_at(body, "revision"));
    facts.made_ms = parts_.clock.wall_ms();
    TRY(parts_.memory->note_backup(facts));
    return Json(JsonObject{{"noted", true}});
}

MemoryDesk::Answer MemoryDesk::backups(const gate::Circumstances&, const Json&) {
    Json list{wire::JsonArray{}};
    for (const auto& facts : TRY(parts_.memory->backups())) {
        list.push(JsonObject{
            {"place", facts.place}, {"made_ms", facts.made_ms}, {"revision", facts.revision}});
    }
    return Json(
        JsonObject{{"backups", std::move(list)}, {"revision", TRY(parts_.memory->revision())}});
}

// Nothing is ever replaced: what is there stays as it is, and what is missing comes back. Where the
// memory has moved on since the backup, the person must say that this is meant.
MemoryDesk::Answer MemoryDesk::restore(const gate::Circumstances& who, const Json& body) {
    const std::int64_t revision = TRY(wire::integer_at(body, "revision"));
    const bool merge = TRY(wire::boolean_at_or(body, "merge", false));
    const std::int64_t now = TRY(parts_.memory->revision());
    const bool is_empty = TRY(parts_.memory->ids()).empty();
    if (!merge && !is_empty && now > revision) {
        return fail(Code::conflict,
                    fmt::format("the memory is newer than this backup ({} changes against {}); "
                                "nothing was restored. With --merge what is missing comes back, "
                                "also what was forgotten since",
                                now, revision));
    }
    const auto entries = TRY(entries_in(body));
    for (const Entry& entry : entries) {
        if (entry.id.empty()) return fail(Code::invalid_input, "a memory in the backup has no id");
    }
    Json json;
    json["restored"] = TRY(put_back(who, entries));
    json["there_already"] =
        static_cast<std::int64_t>(entries.size()) - *json.find("restored")->integer();
    return json;
}

}  // namespace hs::control
