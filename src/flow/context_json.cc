// A context as it is stored, and back. What cannot be read is taken for something untrusted and
// private that the model has seen.
#include <algorithm>

#include "flow/context.h"

namespace hs::flow {
namespace {

using wire::Json;

constexpr std::int64_t format = 1;

Json names_json(const std::vector<std::string>& names) {
    wire::JsonArray array;
    for (const std::string& name : names) array.emplace_back(name);
    return Json(std::move(array));
}

std::vector<std::string> names_from(const Json* json) {
    std::vector<std::string> names;
    if (json == nullptr || json->array() == nullptr) return names;
    for (const Json& item : *json->array()) {
        if (item.text() != nullptr) names.push_back(*item.text());
    }
    std::sort(names.begin(), names.end());
    return names;
}

Json passages_json(const std::vector<PassagePointer>& passages) {
    wire::JsonArray array;
    for (const PassagePointer& passage : passages) {
        Json one;
        one["text"] = passage->text;
        one["label"] = to_json(passage->label);
        one["origin"] = passage->origin;
        array.push_back(std::move(one));
    }
    return Json(std::move(array));
}

// A passage whose label does not fit the list it stands in vouches for nothing.
bool belongs(const Label& label, Integrity lowest) {
    return label.integrity >= lowest;
}

}  // namespace

Json Context::to_json() const {
    Json json;
    json["format"] = format;
    json["label"] = flow::to_json(label_);
    json["person"] = passages_json(person_);
    json["trusted"] = passages_json(trusted_);
    json["untrusted"] = passages_json(untrusted_);
    json["delegated"] = passages_json(delegated_);
    json["named_sources"] = passages_json(named_sources_);
    wire::JsonArray items;
    for (const Held& held : items_) {
        Json one;
        one["text"] = *held.text;
        one["classes"] = flow::to_json(held.classes);
        if (held.readers) one["readers"] = names_json(*held.readers);
        items.push_back(std::move(one));
    }
    json["items"] = std::move(items);
    json["values"] = passages_json(values_);
    wire::JsonArray objects;
    for (const auto& [key, object] : objects_) {
        Json one;
        one["kind"] = object->kind;
        one["id"] = object->id;
        one["name"] = object->name;
        one["integrity"] = integrity_name(object->integrity);
        if (object->participants) one["participants"] = names_json(*object->participants);
        one["of_this_run"] = object->is_of_this_run;
        objects.push_back(std::move(one));
    }
    json["objects"] = std::move(objects);
    if (plan_) json["plan"] = plan_->to_json();
    return json;
}

bool Context::restore_passage(const Json& item, Integrity lowest, bool with_words,
                              std::vector<PassagePointer>& into) {
    const auto text = wire::text_at(item, "text");
    const Label held = label_or_unknown(item.find("label"));
    if (!text || !belongs(held, lowest)) return false;
    const auto origin = wire::text_at_or(item, "origin", "");
    auto made = passage(*text, held, origin ? *origin : "", with_words);
    if (made) into.push_back(std::move(made));
    return true;
}

bool Context::restore_item(const Json& item) {
    const auto text = wire::text_at(item, "text");
    const Json* classes = item.find("classes");
    if (!text || classes == nullptr) return false;
    const auto read = data_classes_from_json(*classes);
    if (!read) return false;
    Held held{std::make_shared<const std::string>(*text), *read, std::nullopt};
    if (const Json* readers = item.find("readers")) held.readers = names_from(readers);
    items_.push_back(std::move(held));
    return true;
}

bool Context::restore_object(const Json& item) {
    const auto kind = wire::text_at(item, "kind");
    const auto id = wire::text_at(item, "id");
    const auto name = wire::text_at(item, "name");
    if (!kind || !id || !name) return false;
    Object object;
    object.kind = *kind;
    object.id = *id;
    object.name = *name;
    const auto integrity = wire::text_at_or(item, "integrity", "");
    object.integrity =
        integrity_from_name(integrity ? *integrity : "").value_or(Integrity::untrusted);
    if (const Json* who = item.find("participants")) object.participants = names_from(who);
    const auto made = wire::boolean_at_or(item, "of_this_run", false);
    object.is_of_this_run = made && *made;
    objects_.emplace(ObjectKey{object.kind, object.id},
                     std::make_shared<const Object>(std::move(object)));
    return true;
}

Context Context::from_json(const Json& json, std::shared_ptr<const World> world) {
    Context context(std::move(world));
    const auto version = wire::integer_at(json, "format");
    bool whole = version && *version == format;
    context.label_ = label_or_unknown(json.find("label"));
    const auto each = [&](std::string_view key, const auto& take) {
        const Json* list = json.find(key);
        if (list == nullptr || list->array() == nullptr) {
            whole = false;
            return;
        }
        for (const Json& item : *list->array()) whole = take(item) && whole;
    };
    const auto passages = [&](std::string_view key, Integrity lowest, bool with_words,
                              std::vector<PassagePointer>& into) {
        each(key, [&](const Json& item) {
            return context.restore_passage(item, lowest, with_words, into);
        });
    };
    passages("person", Integrity::person, true, context.person_);
    passages("trusted", Integrity::internal, false, context.trusted_);
    passages("untrusted", Integrity::untrusted, false, context.untrusted_);
    passages("delegated", Integrity::internal, true, context.delegated_);
    passages("named_sources", Integrity::untrusted, false, context.named_sources_);
    // Contexts of before there were values have no list of them.
    if (json.find("values") != nullptr) {
        passages("values", Integrity::untrusted, false, context.values_);
    }
    each("items", [&](const Json& item) { return context.restore_item(item); });
    each("objects", [&](const Json& item) { return context.restore_object(item); });
    if (const Json* plan = json.find("plan")) {
        auto read = Plan::from_json(*plan);
        // A plan that cannot be read allows nothing.
        context.plan_ = read ? *std::move(read) : Plan();
    }
    if (!whole) context.label_ = join(context.label_, Label::unknown());
    return context;
}

}  // namespace hs::flow
