// ToolManifest: what a tool does to the world, and what each of its arguments means.
//
// What it is for: rules speak of destinations, objects and amounts, not of one tool's argument
// names. The manifest of a built-in tool is ours, that of an MCP server's tool comes from an
// administrator; a tool without one is taken for everything at once.
// What it does not protect from: a manifest that calls a sending tool a reading one.
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/json.h"

namespace hs::flow {

enum class ToolEffect : std::uint8_t {
    read,        // nothing changes
    fetch,       // reads, but the request itself leaves the machine
    own,         // a write that only the person sees
    send,        // tells others
    grant,       // gives somebody access
    mutate,      // changes an object that exists
    destroy,     // removes one
    buy,         // makes a reservation or an order
    pay,         // moves money
    credential,  // changes credentials or identity data
    unknown,     // nobody has said
};
std::string_view tool_effect_name(ToolEffect effect);
std::optional<ToolEffect> tool_effect_from_name(std::string_view name);  // "cred" too

struct ObjectRole {
    std::string argument;
    std::string kind;  // "channel": a place by its name; "user": a person by name; else an id
    bool is_known_kind = true;
};

struct ToolManifest {
    std::string name;
    ToolEffect effect = ToolEffect::unknown;
    std::vector<std::string> destinations;  // names of arguments, as all of these
    std::vector<ObjectRole> objects;
    std::vector<std::string> contents;
    std::vector<std::string> amounts;
    std::vector<std::string> dates;

    bool is_declared() const { return effect != ToolEffect::unknown; }
    // Changes or sends something: neither read nor fetch.
    bool writes() const { return effect > ToolEffect::fetch; }
    bool has_role(std::string_view argument) const;

    static ToolManifest unknown(std::string_view name);
};

// invalid_input names the tool and the key. `object_kinds` maps names of arguments to kinds.
base::Result<ToolManifest> manifest_from_json(std::string_view name, const wire::Json& json,
                                              const wire::Json* object_kinds);

// The values of an argument as texts: each element of a list, numbers as they are written (50.0
// stays "50.0"), `file_id` of an object; nothing for null or an absent argument.
std::vector<std::string> values_of(const wire::Json& arguments, std::string_view name);
std::string value_text(const wire::Json& value);

}  // namespace hs::flow
