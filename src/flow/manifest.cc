#include "flow/manifest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace hs::flow {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::array<std::string_view, 11> effect_names = {"read",  "fetch",      "own",     "send",
                                                           "grant", "mutate",     "destroy", "buy",
                                                           "pay",   "credential", "unknown"};
constexpr std::size_t arguments_max = 100;

Result<std::vector<std::string>> names_at(std::string_view tool, const Json& json,
                                          std::string_view key) {
    std::vector<std::string> names;
    const Json* list = json.find(key);
    if (list == nullptr || list->is_null()) return names;
    const auto refused = [&] {
        return fail(Code::invalid_input, "\"" + std::string(key) + "\" of the tool " +
                                             std::string(tool) +
                                             ": expected a list of names of arguments");
    };
    if (list->array() == nullptr || list->array()->size() > arguments_max) return refused();
    for (const Json& item : *list->array()) {
        if (item.text() == nullptr || item.text()->empty()) return refused();
        names.push_back(*item.text());
    }
    return names;
}

bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// As the common languages write it: 50.0, not 50, where it is a real number.
std::string real_text(double value) {
    if (std::isfinite(value) && value == std::floor(value) && std::fabs(value) < 1e15) {
        std::array<char, 40> text{};
        const int size = std::snprintf(text.data(), text.size(), "%.1f", value);
        return {text.data(), static_cast<std::size_t>(size)};
    }
    return wire::canonical_json(Json(value));
}

}  // namespace

std::string_view tool_effect_name(ToolEffect effect) {
    return effect_names[static_cast<std::size_t>(effect)];
}

std::optional<ToolEffect> tool_effect_from_name(std::string_view name) {
    if (name == "cred") return ToolEffect::credential;
    const auto* found = std::find(effect_names.begin(), effect_names.end(), name);
    if (found == effect_names.end()) return std::nullopt;
    return static_cast<ToolEffect>(found - effect_names.begin());
}

bool ToolManifest::has_role(std::string_view argument) const {
    const bool is_object = std::any_of(objects.begin(), objects.end(), [&](const ObjectRole& role) {
        return role.argument == argument;
    });
    return is_object || has(destinations, argument) || has(contents, argument) ||
           has(amounts, argument) || has(dates, argument);
}

ToolManifest ToolManifest::unknown(std::string_view name) {
    ToolManifest manifest;
    manifest.name = name;
    return manifest;
}

Result<ToolManifest> manifest_from_json(std::string_view name, const Json& json,
                                        const Json* object_kinds) {
    ToolManifest manifest;
    manifest.name = name;
    if (json.object() == nullptr) {
        return fail(Code::invalid_input, "the tool " + std::string(name) +
                                             ": expected an object with its class and roles");
    }
    const Json* word = json.find("class");
    const auto effect = word != nullptr && word->text() != nullptr
                            ? tool_effect_from_name(*word->text())
                            : std::nullopt;
    if (!effect) {
        return fail(Code::invalid_input,
                    "\"class\" of the tool " + std::string(name) +
                        ": expected read, fetch, own, send, grant, mutate, destroy, buy, pay or "
                        "credential");
    }
    manifest.effect = *effect;
    manifest.destinations = TRY(names_at(name, json, "dest"));
    manifest.contents = TRY(names_at(name, json, "content"));
    manifest.amounts = TRY(names_at(name, json, "amount"));
    manifest.dates = TRY(names_at(name, json, "date"));
    for (std::string& argument : TRY(names_at(name, json, "object"))) {
        const Json* kind = object_kinds != nullptr ? object_kinds->find(argument) : nullptr;
        const bool is_known = kind != nullptr && kind->text() != nullptr;
        manifest.objects.push_back({argument, is_known ? *kind->text() : argument, is_known});
    }
    return manifest;
}

std::string value_text(const Json& value) {
    if (value.text() != nullptr) return *value.text();
    if (const Json* file = value.find("file_id")) return value_text(*file);
    if (value.real() != nullptr) return real_text(*value.real());
    return wire::canonical_json(value);
}

std::vector<std::string> values_of(const Json& arguments, std::string_view name) {
    std::vector<std::string> values;
    const Json* value = arguments.find(name);
    if (value == nullptr || value->is_null()) return values;
    if (value->array() == nullptr) {
        values.push_back(value_text(*value));
        return values;
    }
    for (const Json& item : *value->array()) {
        if (!item.is_null()) values.push_back(value_text(item));
    }
    return values;
}

}  // namespace hs::flow
