#include "flow/label.h"

#include <algorithm>
#include <array>

namespace hs::flow {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::array<std::string_view, 3> integrity_names = {"untrusted", "internal", "person"};
constexpr std::array<std::string_view, data_class_count> class_names = {
    "public",   "internal",   "source_code", "confidential", "personal",
    "customer", "production", "security",    "credential",   "secret"};
constexpr std::array<std::int64_t, data_class_count> class_levels = {0, 1, 1, 2, 2, 2, 2, 3, 3, 3};

std::vector<std::string> merged(const std::vector<std::string>& a,
                                const std::vector<std::string>& b) {
    std::vector<std::string> result;
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
    return result;
}

std::optional<std::vector<std::string>> common_readers(
    const std::optional<std::vector<std::string>>& a,
    const std::optional<std::vector<std::string>>& b) {
    if (!a) return b;
    if (!b) return a;
    std::vector<std::string> result;
    std::set_intersection(a->begin(), a->end(), b->begin(), b->end(), std::back_inserter(result));
    return result;
}

Json names_to_json(const std::vector<std::string>& names) {
    wire::JsonArray array;
    for (const std::string& name : names) array.emplace_back(name);
    return Json(std::move(array));
}

Result<std::vector<std::string>> names_from_json(const Json& json, std::size_t names_max,
                                                 std::string_view key) {
    const auto refused = [key](std::string_view wanted) {
        return fail(Code::invalid_input,
                    "\"" + std::string(key) + "\" of a label: expected " + std::string(wanted));
    };
    const wire::JsonArray* array = json.array();
    if (array == nullptr) return refused("a list of names");
    if (array->size() > names_max) return refused("fewer names");
    std::vector<std::string> names;
    for (const Json& item : *array) {
        const std::string* name = item.text();
        if (name == nullptr || name->empty() || name->size() > label_name_bytes_max) {
            return refused("names of 1 to 256 bytes");
        }
        names.push_back(*name);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace

std::string_view integrity_name(Integrity integrity) {
    return integrity_names[static_cast<std::size_t>(integrity)];
}

std::optional<Integrity> integrity_from_name(std::string_view name) {
    const auto* found = std::find(integrity_names.begin(), integrity_names.end(), name);
    if (found == integrity_names.end()) return std::nullopt;
    return static_cast<Integrity>(found - integrity_names.begin());
}

std::string_view data_class_name(DataClass data_class) {
    return class_names[static_cast<std::size_t>(data_class)];
}

std::optional<DataClass> data_class_from_name(std::string_view name) {
    const auto* found = std::find(class_names.begin(), class_names.end(), name);
    if (found == class_names.end()) return std::nullopt;
    return static_cast<DataClass>(found - class_names.begin());
}

std::int64_t level_of(DataClass data_class) {
    return class_levels[static_cast<std::size_t>(data_class)];
}

std::vector<DataClass> DataClasses::list() const {
    std::vector<DataClass> result;
    for (std::size_t i = 0; i < data_class_count; ++i) {
        if (has(static_cast<DataClass>(i))) result.push_back(static_cast<DataClass>(i));
    }
    return result;
}

std::int64_t DataClasses::level() const {
    std::int64_t highest = 0;
    for (const DataClass data_class : list()) highest = std::max(highest, level_of(data_class));
    return highest;
}

Json to_json(DataClasses classes) {
    wire::JsonArray array;
    for (const DataClass data_class : classes.list())
        array.emplace_back(data_class_name(data_class));
    return Json(std::move(array));
}

Result<DataClasses> data_classes_from_json(const Json& json) {
    const wire::JsonArray* array = json.array();
    if (array == nullptr) return fail(Code::invalid_input, "expected a list of data classes");
    DataClasses classes;
    for (const Json& item : *array) {
        const auto found =
            item.text() != nullptr ? data_class_from_name(*item.text()) : std::nullopt;
        if (!found) {
            return fail(Code::invalid_input,
                        "expected a data class: public, internal, source_code, confidential, "
                        "personal, customer, production, security, credential or secret");
        }
        classes.add(*found);
    }
    return classes;
}

Label Label::unknown() {
    Label label;
    label.classes = {DataClass::personal};
    label.readers.emplace();
    return label;
}

Label Label::of_person(std::string_view person) {
    Label label;
    label.integrity = Integrity::person;
    label.classes = {DataClass::internal};
    if (!person.empty()) label.principals = {std::string(person)};
    return label;
}

Label Label::untrusted_public() {
    Label label;
    label.classes = {DataClass::public_};
    return label;
}

Label Label::nothing() {
    Label label;
    label.integrity = Integrity::person;
    return label;
}

Label join(const Label& a, const Label& b) {
    Label result;
    result.integrity = std::min(a.integrity, b.integrity);
    result.classes = a.classes | b.classes;
    result.principals = merged(a.principals, b.principals);
    if (result.principals.size() > label_principals_max) {
        result.principals.resize(label_principals_max);
        result.integrity = Integrity::untrusted;
    }
    result.readers = common_readers(a.readers, b.readers);
    return result;
}

Json to_json(const Label& label) {
    Json json{wire::JsonObject{}};
    json["integrity"] = integrity_name(label.integrity);
    json["classes"] = to_json(label.classes);
    json["principals"] = names_to_json(label.principals);
    if (label.readers) json["readers"] = names_to_json(*label.readers);
    return json;
}

Result<Label> label_from_json(const Json& json) {
    Label label;
    const auto integrity = integrity_from_name(TRY(wire::text_at(json, "integrity")));
    if (!integrity) {
        return fail(Code::invalid_input,
                    "\"integrity\" of a label: expected untrusted, internal or person");
    }
    label.integrity = *integrity;
    const Json* classes = json.find("classes");
    label.classes = TRY(data_classes_from_json(classes != nullptr ? *classes : Json()));
    const Json* principals = json.find("principals");
    label.principals = TRY(names_from_json(principals != nullptr ? *principals : Json(),
                                           label_principals_max, "principals"));
    if (const Json* readers = json.find("readers")) {
        label.readers = TRY(names_from_json(*readers, label_readers_max, "readers"));
    }
    for (const auto& [key, value] : *json.object()) {
        if (key != "integrity" && key != "classes" && key != "principals" && key != "readers") {
            return fail(Code::invalid_input, "a label has no member \"" + key + "\"");
        }
    }
    return label;
}

Label label_or_unknown(const Json* json) {
    if (json == nullptr) return Label::unknown();
    Result<Label> label = label_from_json(*json);
    return label ? *std::move(label) : Label::unknown();
}

}  // namespace hs::flow
