#include "tools/schema.h"

#include <fmt/format.h>

namespace hs::tools {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

Json typed(std::string_view type, std::string_view description) {
    Json schema;
    schema["type"] = type;
    if (!description.empty()) schema["description"] = description;
    return schema;
}

std::string names_of(const Json& schema) {
    std::string names;
    for (const auto& [name, property] : *schema.find("properties")->object()) {
        names += (names.empty() ? "" : ", ") + name;
    }
    return names.empty() ? "none" : names;
}

Result<> wrong(std::string_view name, std::string_view expected) {
    return fail(Code::invalid_input, fmt::format("the argument \"{}\" must be {}", name, expected));
}

Result<> check_choice(std::string_view name, const JsonArray& choices, const Json& value) {
    std::string listed;
    for (const Json& choice : choices) {
        if (choice == value) return {};
        listed += (listed.empty() ? "" : ", ") + *choice.text();
    }
    return wrong(name, "one of: " + listed);
}

Result<> check_integer(std::string_view name, const Json& schema, const Json& value) {
    const std::int64_t lowest = *schema.find("minimum")->integer();
    const std::int64_t highest = *schema.find("maximum")->integer();
    const std::int64_t* number = value.integer();
    if (number != nullptr && *number >= lowest && *number <= highest) return {};
    return wrong(name, fmt::format("a whole number from {} to {}", lowest, highest));
}

Result<> check_value(std::string_view name, const Json& schema, const Json& value) {
    const std::string& type = *schema.find("type")->text();
    if (type == "string") {
        if (value.text() == nullptr) return wrong(name, "a string");
        const Json* choices = schema.find("enum");
        return choices == nullptr ? Result<>() : check_choice(name, *choices->array(), value);
    }
    if (type == "integer") return check_integer(name, schema, value);
    if (type == "boolean") {
        return value.boolean() == nullptr ? wrong(name, "true or false") : Result<>();
    }
    if (type == "array") {
        if (value.array() == nullptr) return wrong(name, "an array of strings");
        for (const Json& item : *value.array()) {
            if (item.text() == nullptr) return wrong(name, "an array of strings");
        }
        return {};
    }
    if (schema.find("additionalProperties") == nullptr) {
        return value.object() == nullptr ? wrong(name, "an object") : Result<>();
    }
    if (value.object() == nullptr) return wrong(name, "an object whose values are strings");
    for (const auto& [key, item] : *value.object()) {
        if (item.text() == nullptr) return wrong(name, "an object whose values are strings");
    }
    return {};
}

}  // namespace

Json text_schema(std::string_view description) {
    return typed("string", description);
}

Json integer_schema(std::int64_t lowest, std::int64_t highest, std::string_view description) {
    Json schema = typed("integer", description);
    schema["minimum"] = lowest;
    schema["maximum"] = highest;
    return schema;
}

Json boolean_schema(std::string_view description) {
    return typed("boolean", description);
}

Json texts_schema(std::string_view description) {
    Json schema = typed("array", description);
    schema["items"] = typed("string", {});
    return schema;
}

Json choice_schema(std::initializer_list<std::string_view> choices) {
    Json schema = typed("string", {});
    for (const std::string_view choice : choices) schema["enum"].push(choice);
    return schema;
}

Json text_map_schema(std::string_view description) {
    Json schema = typed("object", description);
    schema["additionalProperties"] = typed("string", {});
    return schema;
}

Json any_object_schema() {
    return typed("object", {});
}

Json object_schema(std::initializer_list<Property> properties) {
    Json schema = typed("object", {});
    Json required{JsonArray{}};
    schema["properties"] = JsonObject{};
    for (const Property& property : properties) {
        schema["properties"][property.name] = property.schema;
        if (property.presence == Presence::required) required.push(property.name);
    }
    if (!required.array()->empty()) schema["required"] = std::move(required);
    schema["additionalProperties"] = false;
    return schema;
}

Result<Json> checked_arguments(const Json& schema, const Json& arguments) {
    if (arguments.object() == nullptr) {
        return fail(Code::invalid_input, fmt::format("the arguments must be one JSON object with "
                                                     "the members: {}",
                                                     names_of(schema)));
    }
    Json checked{JsonObject{}};
    for (const auto& [name, value] : *arguments.object()) {
        const Json* property = schema.find("properties")->find(name);
        if (property == nullptr) {
            return fail(Code::invalid_input,
                        fmt::format("there is no argument \"{}\"; expected: {}",
                                    name.substr(0, 100), names_of(schema)));
        }
        if (value.is_null()) continue;  // what some models write for an absent member
        TRY(check_value(name, *property, value));
        checked[name] = value;
    }
    if (const Json* required = schema.find("required")) {
        for (const Json& name : *required->array()) {
            if (checked.find(*name.text()) != nullptr) continue;
            return fail(Code::invalid_input,
                        fmt::format("the argument \"{}\" is missing; expected: {}", *name.text(),
                                    names_of(schema)));
        }
    }
    return checked;
}

}  // namespace hs::tools
