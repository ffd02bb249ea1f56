// Entities, contexts and requests as JSON.
//
// What it is for: the JSON formats of Cedar (docs.cedarpolicy.com: entities and context JSON):
// values with the escapes `__entity` and `__extn`, integers exact over 64 bits. With a schema, an
// entity may be written {"type", "id"} and an ipaddr, decimal, datetime or duration as a plain
// string where the schema says that one is expected, and its actions are added to the entities.
// What it does not protect from: more than JsonLimits allow; that is refused. Stricter than the
// reference: an escape with a wrong shape and unknown members of an entity are errors.
// Threads: pure functions.
#pragma once

#include <string_view>

#include "base/result.h"
#include "cedar/entity.h"
#include "cedar/request.h"
#include "cedar/schema.h"
#include "wire/json.h"

namespace hs::cedar {

// Messages name the place as a path such as `entities[3].attrs.owner`.

// A value of the wanted type, or of any type where it is null.
base::Result<Value> read_value(const wire::Json& json, const ValueBuilder& build,
                               const Schema* schema = nullptr, const Type* wanted = nullptr);
// {"type", "id"} or {"__entity": {"type", "id"}}.
base::Result<EntityUid> read_uid(const wire::Json& json);
// A record; with a schema, of the type that the action's requests have.
base::Result<Value> read_context(const wire::Json& json, const ValueBuilder& build,
                                 const Schema* schema = nullptr, const EntityKey* action = nullptr);

// Adds the entities to the store and, with a schema, its actions; the store stays open and nothing
// is validated.
base::Result<> read_entities(const wire::Json& json, EntityStore& store,
                             const Schema* schema = nullptr);
// Parses the text, reads the entities, closes the store and, with a schema, validates them.
base::Result<EntityStore> parse_entities(std::string_view text, const Schema* schema = nullptr,
                                         const wire::JsonLimits& limits = {});

// Adds the actions of the schema that the store does not have.
base::Result<> add_schema_actions(const Schema& schema, EntityStore& store);

// The JSON form that read_value reads back.
wire::Json to_json(const Value& value);
wire::Json to_json(const EntityKey& key);  // {"type", "id"}

}  // namespace hs::cedar
