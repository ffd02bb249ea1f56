#include "flow/connector.h"

#include <algorithm>

#include "flow/text.h"

namespace hs::flow {
namespace {

using wire::Json;

const Json* field_at(const Json& item, std::string_view field) {
    if (!field.starts_with('/')) return item.find(field);
    const Json* at = &item;
    while (!field.empty() && at != nullptr) {
        field.remove_prefix(1);
        const std::size_t end = std::min(field.find('/'), field.size());
        const std::string key(field.substr(0, end));
        if (at->array() != nullptr) {
            const bool number =
                !key.empty() && key.size() < 6 && key.find_first_not_of("0123456789") == key.npos;
            const std::size_t index = number ? static_cast<std::size_t>(std::stoi(key)) : 0;
            at = number && index < at->array()->size() ? &(*at->array())[index] : nullptr;
        } else {
            at = at->find(key);
        }
        field.remove_prefix(end);
    }
    return at;
}

std::string shown(const Json* value) {
    return value == nullptr || value->is_null() ? "None" : value_text(*value);
}

std::vector<std::string> names_in(const Json* value) {
    std::vector<std::string> names;
    if (value == nullptr) return names;
    if (value->text() != nullptr) names.push_back(*value->text());
    if (value->array() != nullptr) {
        for (const Json& each : *value->array()) {
            if (each.text() != nullptr) names.push_back(*each.text());
        }
    }
    if (value->object() != nullptr) {
        for (const auto& [key, unused] : *value->object()) names.push_back(key);
    }
    return names;
}

// A text that goes with no result at all.
bool says_nothing(std::string_view text) {
    const std::string low = lowered(trimmed(text));
    return low.empty() || low == "none" || low == "null" || low == "[]";
}

void sort_unique(std::vector<std::string>& names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
}

// "report.docx" → "report"
std::string without_extension(std::string name) {
    const std::size_t dot = name.rfind('.');
    if (dot == name.npos || dot + 1 == name.size()) return name;
    for (const char c : std::string_view(name).substr(dot + 1)) {
        const bool word =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!word) return name;
    }
    name.resize(dot);
    return name;
}

// Labels one result by one rule.
class Labelling {
  public:
    Labelling(const ResultRule& rule, const std::string& domain, std::string_view tool)
        : rule_(rule), domain_(domain), tool_(tool) {}

    LabelledResult text(std::string_view text) {
        LabelledResult result;
        result.classes = {rule_.confidentiality};
        result.spans.push_back({std::string(text), label_of(rule_.integrity, {}), origin("")});
        result.items.push_back({std::string(text), result.classes, std::nullopt});
        return result;
    }

    LabelledResult items(const Json& json) {
        const std::vector<const Json*> all = elements(json);
        LabelledResult result;
        result.classes = {class_of(all)};
        if (rule_.readers_intersect) result.readers = common_readers(all);
        for (const Json* item : all) take(*item, result);
        return result;
    }

  private:
    std::vector<const Json*> elements(const Json& json) const {
        std::vector<const Json*> all;
        if (json.array() == nullptr) {
            if (!json.is_null()) all.push_back(&json);
            return all;
        }
        for (const Json& item : *json.array()) all.push_back(&item);
        return all;
    }

    const Shape* shape_of(const Json& item) const {
        for (const Shape& shape : rule_.shapes) {
            if (shape.has.empty() || item.find(shape.has) != nullptr) return &shape;
        }
        return nullptr;
    }

    DataClass class_of(const std::vector<const Json*>& all) const {
        if (all.empty()) return rule_.confidentiality_if_empty.value_or(rule_.confidentiality);
        for (const Json* item : all) {
            if (rule_.raise_unless && !rule_.raise_unless->holds(*item, domain_)) {
                return rule_.raise_to;
            }
        }
        return rule_.confidentiality;
    }

    std::optional<std::vector<std::string>> readers_of(const Json& item) const {
        const Shape* shape = item.object() != nullptr ? shape_of(item) : nullptr;
        if (shape == nullptr) return std::nullopt;
        std::vector<std::string> readers;
        for (const std::string& field : shape->readers) {
            for (std::string& name : names_in(field_at(item, field))) readers.push_back(name);
        }
        sort_unique(readers);
        return readers;
    }

    std::optional<std::vector<std::string>> common_readers(
        const std::vector<const Json*>& all) const {
        std::optional<std::vector<std::string>> common;
        for (const Json* item : all) {
            const auto readers = readers_of(*item);
            if (!readers) continue;
            if (!common) {
                common = readers;
                continue;
            }
            std::vector<std::string> both;
            std::set_intersection(common->begin(), common->end(), readers->begin(), readers->end(),
                                  std::back_inserter(both));
            common = std::move(both);
        }
        return common;
    }

    Label label_of(Integrity integrity, std::vector<std::string> principals) const {
        Label label;
        label.integrity = integrity;
        label.classes = {rule_.confidentiality};
        label.principals = std::move(principals);
        return label;
    }

    std::string origin(const std::string& what) const {
        return what.empty() ? "a result of " + std::string(tool_)
                            : what + " (" + std::string(tool_) + ")";
    }

    Integrity integrity_of(const SpanRule& rule, const Json& item) const {
        if (!rule.internal_if) return rule.integrity;
        return rule.internal_if->holds(item, domain_) ? Integrity::internal : Integrity::untrusted;
    }

    // Who wrote it: the field by which it is vouched for, or would be.
    std::vector<std::string> principals_of(const SpanRule& rule, const Json& item) const {
        std::vector<std::string> names;
        if (!rule.internal_if) return names;
        for (std::string& name : names_in(field_at(item, rule.internal_if->field))) {
            if (name.size() <= label_name_bytes_max && !name.empty()) names.push_back(name);
        }
        sort_unique(names);
        if (names.size() > label_principals_max) names.resize(label_principals_max);
        return names;
    }

    std::string described(const Shape& shape, const Json& item) const {
        std::string what = shape.name.empty() ? "an item" : shape.name;
        if (shape.object) {
            if (const Json* name = field_at(item, shape.object->name)) {
                what += " \"" + shown(name).substr(0, 80) + "\"";
            }
        }
        for (const SpanRule& rule : shape.spans) {
            const auto writers = principals_of(rule, item);
            if (writers.empty()) continue;
            return what + " from " + writers.front();
        }
        return what;
    }

    void take(const Json& item, LabelledResult& result) {
        Item held{wire::canonical_json(item), {class_of({&item})}, std::nullopt};
        if (rule_.readers_intersect) held.readers = readers_of(item);
        if (result.items.size() < result_items_max) result.items.push_back(std::move(held));
        if (item.object() == nullptr) {
            // An element that is no object is the service's own: an id, a count, a status.
            result.spans.push_back({shown(&item), label_of(Integrity::internal, {}), origin("")});
            return;
        }
        const Shape* shape = shape_of(item);
        if (shape == nullptr) {
            result.spans.push_back(
                {wire::canonical_json(item), label_of(Integrity::untrusted, {}), origin("")});
            return;
        }
        for (const SpanRule& rule : shape->spans) {
            if (rule.when && !rule.when->holds(item, domain_)) continue;
            std::string text;
            for (const std::string& field : rule.fields) {
                if (!text.empty() || &field != &rule.fields.front()) text += ' ';
                text += shown(field_at(item, field));
            }
            result.spans.push_back({std::move(text),
                                    label_of(integrity_of(rule, item), principals_of(rule, item)),
                                    origin(described(*shape, item))});
        }
        if (shape->object) result.objects.push_back(object_of(*shape->object, item));
    }

    Object object_of(const ObjectRule& rule, const Json& item) const {
        Object object;
        object.kind = rule.kind;
        object.id = shown(field_at(item, rule.id));
        object.name = shown(field_at(item, rule.name));
        if (rule.strip_extension) object.name = without_extension(object.name);
        object.integrity = integrity_of(rule.trust, item);
        if (!rule.participants.empty()) {
            object.participants = names_in(field_at(item, rule.participants));
        }
        return object;
    }

    const ResultRule& rule_;
    const std::string& domain_;
    std::string_view tool_;
};

}  // namespace

LabelledResult LabelledResult::unknown(std::string text, std::string origin) {
    LabelledResult result;
    result.classes = {DataClass::personal};
    Label label = Label::unknown();
    result.readers = label.readers;
    result.items.push_back({text, result.classes, result.readers});
    result.spans.push_back({std::move(text), std::move(label), std::move(origin)});
    return result;
}

bool Condition::holds(const Json& item, const std::string& domain) const {
    const Json* value = field_at(item, field);
    if (value == nullptr || value->is_null()) return false;
    if (in_organisation) {
        return !domain.empty() && value->text() != nullptr && value->text()->ends_with(domain) &&
               !is_deceptive(*value->text());
    }
    return std::find(in.begin(), in.end(), value_text(*value)) != in.end();
}

const ToolManifest* Connector::find(std::string_view tool) const {
    const auto found = tools_.find(tool);
    return found == tools_.end() ? nullptr : &found->second;
}

LabelledResult Connector::label(std::string_view tool, std::string_view text,
                                const Json& json) const {
    for (const ResultRule& rule : results_) {
        const bool applies =
            std::any_of(rule.tools.begin(), rule.tools.end(),
                        [&](const std::string& each) { return each == tool || each == "*"; });
        if (!applies) continue;
        // The wildcard is for the connector's own tools, not for one that it does not know.
        if (find(tool) == nullptr) break;
        Labelling labelling(rule, domain_, tool);
        if (rule.is_text) return labelling.text(text);
        const Json* items = rule.at.empty() ? &json : field_at(json, rule.at);
        if (items == nullptr || (items->is_null() && !says_nothing(text))) break;
        return labelling.items(*items);
    }
    return LabelledResult::unknown(std::string(text), "a result of " + std::string(tool));
}

}  // namespace hs::flow
