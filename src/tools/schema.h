// Schemas: the small part of JSON Schema in which the tools describe their arguments, made and
// checked in one place, so that what the model is told is what is checked.
//
// What it does not protect from: values that fit the schema and still make no sense; each tool
// says so itself.
// Threads: pure functions.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/json.h"

namespace hs::tools {

enum class Presence : std::uint8_t { required, optional };

struct Property {
    std::string_view name;
    wire::Json schema;
    Presence presence = Presence::required;
};

wire::Json text_schema(std::string_view description = {});
wire::Json integer_schema(std::int64_t lowest, std::int64_t highest,
                          std::string_view description = {});
wire::Json boolean_schema(std::string_view description = {});
wire::Json texts_schema(std::string_view description = {});
wire::Json choice_schema(std::initializer_list<std::string_view> choices);
wire::Json text_map_schema(std::string_view description = {});
// An object of any members; what they must be is somebody else's to say.
wire::Json any_object_schema();
wire::Json object_schema(std::initializer_list<Property> properties);

// The arguments without members that are null; invalid_input says which member is missing, of the
// wrong type, out of bounds or unknown, and what was expected.
base::Result<wire::Json> checked_arguments(const wire::Json& schema, const wire::Json& arguments);

}  // namespace hs::tools
