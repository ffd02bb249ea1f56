#include "control/memory_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace hs::control {

using base::Code;
using base::fail;
using base::Result;
using gate::Remember;
using memory::Entry;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t ids_max = 100'000;
constexpr std::size_t found_max = 50;
constexpr std::size_t compared_max = 300;

Json entries_json(const std::vector<Entry>& entries) {
    Json list{wire::JsonArray{}};
    for (const Entry& entry : entries) list.push(memory::to_json(entry));
    return list;
}

Result<std::vector<std::string>> ids_in(const Json& body) {
    std::vector<std::string> ids;
    const auto& list = *TRY(wire::array_at(body, "ids"));
    if (list.empty() || list.size() > ids_max) {
        return fail(Code::invalid_input, fmt::format("\"ids\": expected 1 to {} ids", ids_max));
    }
    for (const Json& id : list) {
        if (id.text() == nullptr) return fail(Code::invalid_input, "\"ids\": expected texts");
        ids.push_back(*id.text());
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
}

Json names_json(const std::vector<std::string>& names) {
    Json list{wire::JsonArray{}};
    for (const auto& name : names) list.push(name);
    return list;
}

bool is_newer(const Entry& a, const Entry& b) {
    return a.created_ms != b.created_ms ? a.created_ms > b.created_ms : a.id > b.id;
}

}  // namespace

Result<Json> MemoryDesk::handle(const std::string& verb, const std::string& person,
                                const Json& body) {
    using Handle = Answer (MemoryDesk::*)(const gate::Circumstances&, const Json&);
    static const std::map<std::string_view, Handle> verbs{
        {"list", &MemoryDesk::list},         {"search", &MemoryDesk::search},
        {"show", &MemoryDesk::show},         {"about", &MemoryDesk::about},
        {"forget", &MemoryDesk::forget},     {"review", &MemoryDesk::review},
        {"reviewed", &MemoryDesk::reviewed}, {"keep", &MemoryDesk::keep},
        {"hold", &MemoryDesk::hold},         {"import", &MemoryDesk::import},
        {"backup", &MemoryDesk::backup},     {"backed-up", &MemoryDesk::backed_up},
        {"backups", &MemoryDesk::backups},   {"restore", &MemoryDesk::restore},
        {"verify", &MemoryDesk::verify},     {"rekey", &MemoryDesk::rekey}};
    const auto found = verbs.find(verb);
    if (found == verbs.end()) {
        return fail(Code::not_found, fmt::format("there is no request memory/{}", verb));
    }
    if (parts_.memory == nullptr) {
        return fail(Code::corrupt, "there is no memory: " + parts_.problem);
    }
    gate::Circumstances who;  // without an agent: it is the person who acts
    who.person = person;
    who.space = parts_.settings.text("space.name");
    who.origin = "cli";
    who.label = flow::Label::of_person(person);
    auto answer = (this->*found->second)(who, body);
    memory::finish_erasures(*parts_.memory, parts_.gate);
    return answer;
}

Result<std::vector<Entry>> MemoryDesk::all(const gate::Circumstances& who,
                                           std::int64_t after_revision) {
    std::vector<Entry> entries;
    for (const auto& facts : TRY(parts_.memory->compartments())) {
        const auto permit = TRY(memory::permit_for(parts_.gate, gate::Recall{facts.name, ""}, who));
        for (Entry& entry : TRY(parts_.memory->list(permit, after_revision))) {
            entries.push_back(std::move(entry));
        }
    }
    std::stable_sort(entries.begin(), entries.end(), is_newer);
    return entries;
}

Result<Entry> MemoryDesk::find(const gate::Circumstances& who, const std::string& id) {
    const std::string compartment = TRY(parts_.memory->compartment_of(id));
    const auto permit = TRY(memory::permit_for(parts_.gate, gate::Recall{compartment, ""}, who));
    auto entry = TRY(parts_.memory->find(permit, id));
    if (entry) return *std::move(entry);
    return fail(Code::not_found, fmt::format("there is no memory {}", id));
}

Result<MemoryDesk::Groups> MemoryDesk::groups_of(const std::vector<std::string>& ids) {
    Groups groups;
    for (const auto& id : ids) groups[TRY(parts_.memory->compartment_of(id))].push_back(id);
    return groups;
}

MemoryDesk::Answer MemoryDesk::list(const gate::Circumstances& who, const Json& body) {
    const std::string state = TRY(wire::text_at_or(body, "state", ""));
    const auto limit = static_cast<std::size_t>(
        std::max<std::int64_t>(TRY(wire::integer_at_or(body, "limit", 200)), 0));
    std::vector<Entry> entries = TRY(all(who));
    if (!state.empty()) {
        std::erase_if(entries,
                      [&](const Entry& e) { return memory::state_name(e.state) != state; });
    }
    const auto total = static_cast<std::int64_t>(entries.size());
    if (entries.size() > limit) entries.resize(limit);
    Json json;
    json["entries"] = entries_json(entries);
    json["total"] = total;
    return json;
}

MemoryDesk::Answer MemoryDesk::search(const gate::Circumstances& who, const Json& body) {
    const std::string query = TRY(wire::text_at(body, "query"));
    const std::string digest = parts_.memory->query_digest(query);
    std::vector<memory::Found> found;
    for (const auto& facts : TRY(parts_.memory->compartments())) {
        const auto permit =
            TRY(memory::permit_for(parts_.gate, gate::Recall{facts.name, digest}, who));
        for (auto& one :
             TRY(parts_.memory->search(permit, query, found_max, memory::Index::Which::all))) {
            found.push_back(std::move(one));
        }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    std::vector<Entry> entries;
    for (auto& one : found) {
        if (entries.size() < found_max) entries.push_back(std::move(one.entry));
    }
    return Json(JsonObject{{"entries", entries_json(entries)}});
}

MemoryDesk::Answer MemoryDesk::show(const gate::Circumstances& who, const Json& body) {
    const Entry entry = TRY(find(who, TRY(wire::text_at(body, "id"))));
    Json json = memory::to_json(entry);
    Json holders{wire::JsonArray{}};
    for (const auto& backup : TRY(parts_.memory->backups())) {
        if (backup.made_ms >= entry.created_ms) holders.push(backup.place);
    }
    json["backups"] = std::move(holders);
    return json;
}

// What holds the subject in its text, in any case, in every compartment.
MemoryDesk::Answer MemoryDesk::about(const gate::Circumstances& who, const Json& body) {
    const std::string subject = lower(TRY(wire::text_at(body, "subject")));
    if (subject.empty()) return fail(Code::invalid_input, "name what is to be forgotten");
    std::vector<Entry> entries = TRY(all(who));
    std::erase_if(entries, [&](const Entry& entry) {
        return lower(entry.text).find(subject) == std::string::npos &&
               lower(entry.project).find(subject) == std::string::npos;
    });
    return Json(JsonObject{{"entries", entries_json(entries)}});
}

// All of them or none: holds are looked for before the first is erased.
MemoryDesk::Answer MemoryDesk::forget(const gate::Circumstances& who, const Json& body) {
    const auto ids = TRY(ids_in(body));
    std::map<std::string, base::WallTime_ms> oldest;
    for (const auto& id : ids) {
        const Entry entry = TRY(find(who, id));
        if (!entry.hold.empty()) {
            return fail(Code::conflict,
                        fmt::format("the memory {} is under a hold ({}); nothing was forgotten. "
                                    "Lift it with: hardshell memory hold --lift {}",
                                    id, entry.hold, id));
        }
        auto& since = oldest[entry.compartment];
        if (since == 0 || entry.created_ms < since) since = entry.created_ms;
    }
    Json records{wire::JsonArray{}};
    std::set<std::string> holders;
    std::int64_t count = 0;
    for (const auto& [compartment, some] : TRY(groups_of(ids))) {
        memory::Forgetting wish{compartment, some, who.person};
        wish.oldest_ms = oldest[compartment];
        auto permit = TRY(memory::permit_for(
            parts_.gate, memory::forget_action(wish, Remember::Operation::forget), who));
        const auto forgotten =
            TRY(memory::forget(*parts_.memory, parts_.gate, std::move(permit), wish));
        count += static_cast<std::int64_t>(forgotten.ids.size());
        records.push(forgotten.record);
        holders.insert(forgotten.backups.begin(), forgotten.backups.end());
    }
    Json json;
    json["forgotten"] = count;
    json["records"] = std::move(records);
    json["backups"] = names_json({holders.begin(), holders.end()});
    return json;
}

MemoryDesk::Answer MemoryDesk::review(const gate::Circumstances& who, const Json&) {
    const std::int64_t since_ms = TRY(parts_.memory->mark("reviewed_ms"));
    const std::vector<Entry> entries = TRY(all(who));
    std::vector<Entry> quarantined;
    std::vector<Entry> fresh;
    for (const Entry& entry : entries) {
        if (entry.state == memory::State::quarantined) {
            quarantined.push_back(entry);
        } else if (entry.created_ms > since_ms) {
            fresh.push_back(entry);
        }
    }
    Json contradictions{wire::JsonArray{}};
    std::size_t compared = 0;
    for (const Entry& entry : entries) {
        if (entry.state == memory::State::superseded || entry.created_ms <= since_ms) continue;
        if (++compared > compared_max) break;
        for (const Entry& other : entries) {
            const bool counts = other.state != memory::State::superseded &&
                                (other.created_ms <= since_ms || other.id < entry.id);
            if (!counts || !memory::may_contradict(entry, other)) continue;
            contradictions.push(JsonObject{{"one", other.id}, {"other", entry.id}});
        }
    }
    Json json;
    json["since_ms"] = since_ms;
    json["total"] = static_cast<std::int64_t>(entries.size());
    json["quarantined"] = entries_json(quarantined);
    json["new"] = entries_json(fresh);
    json["contradictions"] = std::move(contradictions);
    return json;
}

MemoryDesk::Answer MemoryDesk::reviewed(const gate::Circumstances&, const Json&) {
    TRY(parts_.memory->set_mark("reviewed_ms", parts_.clock.wall_ms()));
    return Json(JsonObject{{"reviewed", true}});
}

Result<std::int64_t> MemoryDesk::change(const gate::Circumstances& who,
                                        const std::vector<std::string>& ids,
                                        Remember::Operation operation,
                                        const memory::Memory::Change& change) {
    std::int64_t count = 0;
    for (const auto& [compartment, some] : TRY(groups_of(ids))) {
        const auto action = memory::forget_action({compartment, some, who.person}, operation);
        auto permit = TRY(memory::permit_for(parts_.gate, action, who));
        count +=
            static_cast<std::int64_t>(TRY(parts_.memory->change(std::move(permit), some, change)));
    }
    return count;
}

// "own": the person vouches for the text as if it were theirs. Without, its label stays.
MemoryDesk::Answer MemoryDesk::keep(const gate::Circumstances& who, const Json& body) {
    const bool own = TRY(wire::boolean_at_or(body, "own", false));
    const std::int64_t now_ms = parts_.clock.wall_ms();
    const auto count =
        TRY(change(who, TRY(ids_in(body)), Remember::Operation::keep, [&](Entry& entry) {
            if (entry.state == memory::State::quarantined) entry.state = memory::State::kept;
            entry.reviewed_ms = now_ms;
            if (!own) return;
            entry.label.integrity = flow::Integrity::person;
            entry.label.principals = {who.person};
            entry.origin.by = "person";
        }));
    return Json(JsonObject{{"kept", count}});
}

MemoryDesk::Answer MemoryDesk::hold(const gate::Circumstances& who, const Json& body) {
    const std::string reason = TRY(wire::text_at_or(body, "reason", ""));
    const bool lift = TRY(wire::boolean_at_or(body, "lift", false));
    if (lift != reason.empty()) {
        return fail(Code::invalid_input, "a hold has a reason; say --reason TEXT, or --lift");
    }
    const auto count =
        TRY(change(who, TRY(ids_in(body)), Remember::Operation::hold,
                   [&](Entry& entry) { entry.hold = lift ? "" : reason.substr(0, 1000); }));
    return Json(JsonObject{{lift ? "lifted" : "held", count}});
}

MemoryDesk::Answer MemoryDesk::verify(const gate::Circumstances& who, const Json&) {
    Json problems{wire::JsonArray{}};
    Json list{wire::JsonArray{}};
    if (const auto file = parts_.memory->check_file(); !file) problems.push(file.error().what);
    for (const auto& facts : TRY(parts_.memory->compartments())) {
        const auto permit = TRY(memory::permit_for(parts_.gate, gate::Recall{facts.name, ""}, who));
        const auto found = parts_.memory->verify(permit);
        if (!found) problems.push(found.error().what);
        for (const auto& one : found ? *found : std::vector<std::string>()) problems.push(one);
        list.push(JsonObject{{"name", facts.name},
                             {"kept", facts.kept},
                             {"quarantined", facts.quarantined},
                             {"superseded", facts.superseded}});
    }
    Json json;
    json["verified"] = problems.array()->empty();
    json["problems"] = std::move(problems);
    json["compartments"] = std::move(list);
    return json;
}

MemoryDesk::Answer MemoryDesk::rekey(const gate::Circumstances& who, const Json&) {
    Json records{wire::JsonArray{}};
    for (const auto& facts : TRY(parts_.memory->compartments())) {
        const memory::Forgetting wish{facts.name, {}, who.person};
        auto permit = TRY(memory::permit_for(
            parts_.gate, memory::forget_action(wish, Remember::Operation::rekey), who));
        records.push(
            TRY(memory::forget(*parts_.memory, parts_.gate, std::move(permit), wish)).record);
    }
    return Json(JsonObject{{"records", std::move(records)}});
}

}  // namespace hs::control
