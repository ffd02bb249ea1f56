#include "gate/carried.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t series_bytes_max = 64;
constexpr std::size_t kind_bytes_max = 128;
// With one more item of the largest size, a record stays below what the log takes.
constexpr std::size_t items_bytes_max = 16'000;
constexpr std::size_t ranges_in_record_max = 256;

Json kinds_json(const ReplacedKinds& kinds) {
    Json json{JsonObject{}};
    for (const auto& [kind, count] : kinds) json[kind] = count;
    return json;
}

Result<ReplacedKinds> kinds_from(const Json& json) {
    if (json.object() == nullptr || json.object()->size() > Carried::kinds_max) {
        return fail(Code::invalid_input, "\"kinds\" must name at most 64 kinds");
    }
    ReplacedKinds kinds;
    for (const auto& [kind, count] : *json.object()) {
        if (count.integer() == nullptr || *count.integer() < 0 || kind.size() > kind_bytes_max) {
            return fail(Code::invalid_input, "\"kinds\" must hold counts");
        }
        kinds[kind] = *count.integer();
    }
    return kinds;
}

Json item_json(const CarriedItem& item) {
    Json json = flow::to_json(item.source);
    json["classes"] = flow::to_json(item.classes);
    return json;
}

Result<CarriedItem> item_from(const Json& json) {
    CarriedItem item;
    item.source = TRY(flow::source_from_json(json));
    const Json* classes = json.find("classes");
    if (classes == nullptr) return fail(Code::invalid_input, "\"classes\" is missing");
    item.classes = TRY(flow::data_classes_from_json(*classes));
    return item;
}

// The member that has the name: what a sink may not learn is told by its members (ship/redact.h).
std::string_view name_member(flow::SourceKind kind) {
    switch (kind) {
        case flow::SourceKind::file:
        case flow::SourceKind::listing:
            return "path";
        case flow::SourceKind::page:
            return "url";
        case flow::SourceKind::command:
            return "summary";
        case flow::SourceKind::memory:
        case flow::SourceKind::skill:
        case flow::SourceKind::tool:
        case flow::SourceKind::message:
        case flow::SourceKind::answer:
        case flow::SourceKind::summary:
        case flow::SourceKind::earlier:
        case flow::SourceKind::prompt:
            break;
    }
    return "name";
}

// As the log has it: no digest of a text that could be guessed.
Json recorded_item(const CarriedItem& item, const audit::Pseudonyms* names) {
    CarriedItem shown = item;
    shown.source.digest.clear();
    Json json = item_json(shown);
    json.object()->erase("name");
    json[name_member(item.source.kind)] = item.source.name;
    if (names != nullptr && !item.source.digest.empty()) {
        json["content"] = names->of(item.source.digest);
    }
    return json;
}

Json replaced_json(const std::vector<ReplacedIn>& replaced) {
    wire::JsonArray list;
    for (const ReplacedIn& one : replaced) {
        list.emplace_back(JsonObject{{"item", one.item}, {"kinds", kinds_json(one.kinds)}});
    }
    return list;
}

// One list a record.
std::vector<wire::JsonArray> items_in_parts(const Carried& carried,
                                            const audit::Pseudonyms* names) {
    std::vector<wire::JsonArray> parts(1);
    std::size_t bytes = 0;
    for (const CarriedItem& held : carried.items) {
        Json item = recorded_item(held, names);
        const std::size_t size = wire::canonical_json(item).size();
        if (bytes > 0 && bytes + size > items_bytes_max) {
            parts.emplace_back();
            bytes = 0;
        }
        bytes += size;
        parts.back().push_back(std::move(item));
    }
    return parts;
}

Result<const wire::JsonArray*> list_at(const Json& json, std::string_view key, std::size_t most) {
    const auto* list = TRY(wire::array_at(json, key));
    if (list->size() > most) {
        return fail(Code::exhausted, "\"" + std::string(key) + "\" holds too many items");
    }
    return list;
}

}  // namespace

Json to_json(const Carried& carried) {
    wire::JsonArray items;
    for (const CarriedItem& item : carried.items) items.push_back(item_json(item));
    return JsonObject{{"series", carried.series},
                      {"first", carried.first},
                      {"items", std::move(items)},
                      {"numbers", flow::to_json(carried.numbers)},
                      {"replaced", replaced_json(carried.replaced)},
                      {"kinds", kinds_json(carried.kinds)}};
}

Result<Carried> carried_from_json(const Json& json) {
    Carried carried;
    carried.series = TRY(wire::text_at(json, "series"));
    carried.first = TRY(wire::integer_at(json, "first"));
    if (carried.series.empty() || carried.series.size() > series_bytes_max || carried.first < 0) {
        return fail(Code::invalid_input, "\"series\" or \"first\" is malformed");
    }
    for (const Json& item : *TRY(list_at(json, "items", Carried::items_max))) {
        carried.items.push_back(TRY(item_from(item)));
    }
    const Json* numbers = json.find("numbers");
    if (numbers == nullptr) return fail(Code::invalid_input, "\"numbers\" is missing");
    carried.numbers = TRY(flow::line_ranges_from_json(*numbers, Carried::items_max));
    const auto end = carried.first + static_cast<std::int64_t>(carried.items.size());
    for (const flow::LineRange& range : carried.numbers) {
        if (range.last >= end) return fail(Code::invalid_input, "\"numbers\" names no item");
    }
    for (const Json& one : *TRY(list_at(json, "replaced", Carried::replaced_max))) {
        const Json* kinds = one.find("kinds");
        if (kinds == nullptr) return fail(Code::invalid_input, "\"kinds\" is missing");
        carried.replaced.push_back({TRY(wire::integer_at(one, "item")), TRY(kinds_from(*kinds))});
    }
    const Json* kinds = json.find("kinds");
    if (kinds == nullptr) return fail(Code::invalid_input, "\"kinds\" is missing");
    carried.kinds = TRY(kinds_from(*kinds));
    return carried;
}

std::vector<audit::Event> model_call_events(const audit::Event& head, const Carried& carried,
                                            const audit::Pseudonyms* names) {
    const auto items = items_in_parts(carried, names);
    const std::size_t ranges = carried.numbers.size();
    const std::size_t parts =
        std::max(items.size(), (ranges + ranges_in_record_max - 1) / ranges_in_record_max);
    std::vector<audit::Event> events;
    std::int64_t first = carried.first;
    for (std::size_t i = 0; i < parts; ++i) {
        audit::Event event = head;
        event.detail("series", carried.series);
        if (parts > 1) {
            event.detail("part", static_cast<std::int64_t>(i + 1));
            event.detail("parts", static_cast<std::int64_t>(parts));
        }
        if (i < items.size()) {
            event.detail("first", first);
            event.detail("items", items[i]);
            first += static_cast<std::int64_t>(items[i].size());
        }
        const std::size_t begin = std::min(ranges, i * ranges_in_record_max);
        const std::size_t end = std::min(ranges, begin + ranges_in_record_max);
        event.detail("numbers", flow::to_json(std::vector<flow::LineRange>(
                                    carried.numbers.begin() + static_cast<std::ptrdiff_t>(begin),
                                    carried.numbers.begin() + static_cast<std::ptrdiff_t>(end))));
        if (i == 0) {
            event.detail("replaced", replaced_json(carried.replaced));
            event.detail("redacted", kinds_json(carried.kinds));
        }
        events.push_back(std::move(event));
    }
    return events;
}

}  // namespace hs::gate
