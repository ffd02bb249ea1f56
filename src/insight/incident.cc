#include "insight/incident.h"

#include <fmt/format.h>

#include <algorithm>

namespace hs::insight {

using audit::EventKind;
using audit::Field;
using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::size_t incidents_max = 100'000;

IncidentEntry entry_of(std::uint64_t index, const audit::RecordedEvent& event) {
    const Json* detail = event.json.find("detail");
    const auto text = [detail](std::string_view key) {
        const Json* member = detail != nullptr ? detail->find(key) : nullptr;
        return member != nullptr && member->text() != nullptr ? *member->text() : std::string();
    };
    IncidentEntry entry;
    entry.index = index;
    entry.time_ms = event.time_ms;
    entry.what = event.text(Field::outcome);
    entry.person = event.text(Field::person);
    entry.text = event.text(Field::reason);
    entry.step = text("step");
    entry.state = text("state");
    entry.about = text("about");
    entry.playbook = text("playbook");
    return entry;
}

}  // namespace

Json IncidentEntry::to_json() const {
    Json json = JsonObject{{"index", static_cast<std::int64_t>(index)},
                           {"time", base::format_time(time_ms)},
                           {"what", what},
                           {"person", person},
                           {"text", text}};
    for (const auto& [key, value] :
         {std::pair{"step", &step}, std::pair{"state", &state}, std::pair{"about", &about},
          std::pair{"playbook", &playbook}}) {
        if (!value->empty()) json[key] = *value;
    }
    return json;
}

bool Incident::is_open() const {
    return std::none_of(entries.begin(), entries.end(),
                        [](const IncidentEntry& entry) { return entry.what == "closed"; });
}

std::string Incident::state_of(std::string_view step) const {
    std::string state;
    for (const IncidentEntry& entry : entries) {
        if (entry.what == "step" && entry.step == step) state = entry.state;
    }
    return state;
}

Json Incident::to_json() const {
    JsonArray list;
    for (const IncidentEntry& entry : entries) list.push_back(entry.to_json());
    return JsonObject{{"id", id},
                      {"open", is_open()},
                      {"opened", base::format_time(opening().time_ms)},
                      {"reason", opening().text},
                      {"about", opening().about},
                      {"playbook", opening().playbook},
                      {"entries", std::move(list)}};
}

Result<std::vector<Incident>> read_incidents(audit::Reader& reader) {
    std::vector<Incident> found;
    TRY(reader.for_each(0, reader.size(), [&](const audit::Record& record) {
        // Told apart before it is parsed: most records are of other kinds.
        if (base::text_of(record.leaf).find("\"kind\":\"incident\"") == std::string_view::npos) {
            return true;
        }
        const auto event = audit::parse_event(record.leaf);
        if (!event || event->kind != EventKind::incident) return true;
        IncidentEntry entry = entry_of(record.index, *event);
        const std::string id = event->text(Field::id);
        const auto known = std::find_if(found.begin(), found.end(),
                                        [&](const Incident& one) { return one.id == id; });
        if (known != found.end()) {
            known->entries.push_back(std::move(entry));
        } else if (entry.what == "opened" && found.size() < incidents_max) {
            found.push_back({id, {std::move(entry)}});
        }
        return true;
    }));
    return found;
}

Result<Incident> find_incident(audit::Reader& reader, const std::string& id) {
    const auto all = TRY(read_incidents(reader));
    for (auto one = all.rbegin(); one != all.rend(); ++one) {
        if (id == "last" ? one->is_open() : one->id == id) return *one;
    }
    return fail(Code::not_found,
                fmt::format("there is no incident {}; see: hardshell incident list", id));
}

}  // namespace hs::insight
