#include "cedar/json.h"

#include <fmt/format.h>

#include <algorithm>

#include "cedar/extension.h"
#include "cedar/internal/call_value.h"
#include "cedar/validate.h"

namespace hs::cedar {
namespace {

using base::Code;
using base::fail;
using base::Failure;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

constexpr std::string_view entity_escape = "__entity";
constexpr std::string_view extension_escape = "__extn";
constexpr std::string_view removed_escape = "__expr";

std::string_view json_kind(const Json& json) {
    if (json.is_null()) return "null";
    if (json.boolean() != nullptr) return "a bool";
    if (json.integer() != nullptr) return "an integer";
    if (json.real() != nullptr) return "a number with a fraction";
    if (json.text() != nullptr) return "a string";
    return json.array() != nullptr ? "an array" : "an object";
}

// Where in the document a reader is; parts are joined only for a message.
class Path {
  public:
    explicit Path(std::string_view root) : name_(root) {}
    Path(const Path& parent, std::string_view member) : parent_(&parent), name_(member) {}
    Path(const Path& parent, std::size_t index)
        : parent_(&parent), index_(index), is_index_(true) {}
    Path(const Path&) = delete;
    Path& operator=(const Path&) = delete;

    std::string text() const {
        if (parent_ == nullptr) return std::string(name_);
        if (is_index_) return fmt::format("{}[{}]", parent_->text(), index_);
        if (is_identifier_shape(name_)) return fmt::format("{}.{}", parent_->text(), name_);
        return fmt::format("{}[{}]", parent_->text(), quoted(name_));
    }
    Failure refuse(std::string_view message) const {
        return fail(Code::invalid_input, fmt::format("{}: {}", text(), message));
    }
    Failure expected(std::string_view what, const Json& found) const {
        return refuse(fmt::format("expected {}, found {}", what, json_kind(found)));
    }

  private:
    const Path* parent_ = nullptr;
    std::string_view name_;
    std::size_t index_ = 0;
    bool is_index_ = false;
};

bool has_only(const JsonObject& object, std::initializer_list<std::string_view> names) {
    return object.size() == names.size() &&
           std::all_of(names.begin(), names.end(),
                       [&](std::string_view name) { return object.find(name) != object.end(); });
}

const Json* sole_member(const Json& json, std::string_view name) {
    const JsonObject* object = json.object();
    return object != nullptr && object->size() == 1 ? json.find(name) : nullptr;
}

std::string_view constructor_of(ExtensionType type) {
    return type == ExtensionType::ip ? "ip" : extension_type_name(type);
}

Result<EntityUid> read_type_and_id(const Json& json, const Path& path) {
    const JsonObject* object = json.object();
    if (object == nullptr || !has_only(*object, {"type", "id"})) {
        return path.expected("an entity: an object with \"type\" and \"id\" only", json);
    }
    const std::string* type = json.find("type")->text();
    const std::string* id = json.find("id")->text();
    if (type == nullptr || id == nullptr) return path.refuse("\"type\" and \"id\" must be strings");
    if (!is_type_path(*type)) {
        return Path(path, "type")
            .refuse(fmt::format("{} is no entity type; expected identifiers joined by `::`",
                                quoted(*type)));
    }
    return EntityUid{*type, *id};
}

Result<EntityUid> read_reference(const Json& json, const Path& path) {
    const Json* escaped = sole_member(json, entity_escape);
    if (escaped == nullptr) return read_type_and_id(json, path);
    return read_type_and_id(*escaped, Path(path, entity_escape));
}

class ValueReader {
  public:
    ValueReader(const ValueBuilder& build, const Schema* schema) : build_(build), schema_(schema) {}

    Result<Value> read(const Json& json, const Type* wanted, const Path& path) const {
        if (wanted != nullptr && wanted->is_entity() && json.object() != nullptr) {
            return build_.entity(TRY(read_reference(json, path)));
        }
        if (wanted != nullptr && wanted->kind == TypeKind::extension) {
            return read_extension(json, wanted->extension, path);
        }
        if (const JsonArray* array = json.array()) return read_set(*array, wanted, path);
        const bool is_record = wanted != nullptr && wanted->kind == TypeKind::record;
        if (json.object() != nullptr) {
            return is_record ? read_record(*json.object(), wanted, path) : read_object(json, path);
        }
        return read_scalar(json, path);
    }

    Result<Value> read_record(const JsonObject& object, const Type* wanted,
                              const Path& path) const {
        std::vector<Field> fields;
        fields.reserve(object.size());
        for (const auto& [name, member] : object) {
            const AttributeType* attribute =
                wanted != nullptr ? wanted->find_attribute(name) : nullptr;
            const Path place(path, name);
            const Value value =
                TRY(read(member, attribute != nullptr ? attribute->type : nullptr, place));
            fields.push_back(Field{name, value});
        }
        return build_.record(fields);
    }

  private:
    Result<Value> read_scalar(const Json& json, const Path& path) const {
        if (const bool* value = json.boolean()) return Value::boolean(*value);
        if (const std::int64_t* value = json.integer()) return Value::integer(*value);
        if (const std::string* value = json.text()) return build_.string(*value);
        return path.expected("a bool, an integer of 64 bits, a string, an array or an object",
                             json);
    }

    Result<Value> read_set(const JsonArray& array, const Type* wanted, const Path& path) const {
        const bool is_set = wanted != nullptr && wanted->kind == TypeKind::set;
        const Type* element = is_set ? wanted->element : nullptr;
        std::vector<Value> items;
        items.reserve(array.size());
        for (std::size_t i = 0; i < array.size(); ++i) {
            items.push_back(TRY(read(array[i], element, Path(path, i))));
        }
        return build_.set(items);
    }

    // Without a wanted type, only the escapes are more than a record.
    Result<Value> read_object(const Json& json, const Path& path) const {
        if (const Json* escaped = sole_member(json, entity_escape)) {
            return build_.entity(TRY(read_type_and_id(*escaped, Path(path, entity_escape))));
        }
        if (const Json* escaped = sole_member(json, extension_escape)) {
            return read_call(*escaped, Path(path, extension_escape));
        }
        if (sole_member(json, removed_escape) != nullptr) {
            return path.refuse(
                "the escape __expr is no longer part of Cedar; use __entity or __extn");
        }
        return read_record(*json.object(), nullptr, path);
    }

    // A plain string stands for a call of the type's constructor.
    Result<Value> read_extension(const Json& json, ExtensionType type, const Path& path) const {
        if (const std::string* text = json.text()) {
            const Value argument = Value::borrowed_string(*text);
            return call(constructor_of(type), {&argument, 1}, path);
        }
        if (const Json* escaped = sole_member(json, extension_escape)) {
            return read_call(*escaped, Path(path, extension_escape));
        }
        const bool implicit = json.find("fn") != nullptr;
        if (implicit) return read_call(json, path);
        return read(json, nullptr, path);
    }

    // {"fn", "arg"} or {"fn", "args"}: arguments are values; strings and further escapes.
    Result<Value> read_call(const Json& json, const Path& path) const {
        const JsonObject* object = json.object();
        const bool one = object != nullptr && has_only(*object, {"fn", "arg"});
        const bool many = object != nullptr && has_only(*object, {"fn", "args"});
        if (!one && !many) {
            return path.expected("a call: an object with \"fn\" and either \"arg\" or \"args\"",
                                 json);
        }
        const std::string* function = json.find("fn")->text();
        if (function == nullptr) return path.refuse("\"fn\" must be the name of a function");
        std::vector<Value> values;
        if (one) {
            values.push_back(TRY(read(*json.find("arg"), nullptr, Path(path, "arg"))));
            return call(*function, values, path);
        }
        const JsonArray* arguments = json.find("args")->array();
        if (arguments == nullptr) return path.refuse("\"args\" must be an array");
        for (std::size_t i = 0; i < arguments->size(); ++i) {
            values.push_back(TRY(read((*arguments)[i], nullptr, Path(Path(path, "args"), i))));
        }
        return call(*function, values, path);
    }

    Result<Value> call(std::string_view name, std::span<const Value> values,
                       const Path& path) const {
        const std::optional<ExtensionFunction> function = find_extension_function(name);
        if (!function) return path.refuse(fmt::format("there is no function {}", quoted(name)));
        Fault fault;
        Value out;
        if (!internal::call_extension(*function, values, build_.arena(), out, fault)) {
            return path.refuse(cedar::describe(fault));
        }
        return build_.copy(out);
    }

    const ValueBuilder& build_;
    const Schema* schema_;
};

class EntityReader {
  public:
    EntityReader(EntityStore& store, const Schema* schema)
        : store_(store), schema_(schema), build_(store.values()), values_(build_, schema) {}

    Result<> read(const Json& json, const Path& path) {
        const JsonObject* object = json.object();
        if (object == nullptr) return path.expected("an entity as an object", json);
        TRY(check_members(*object, path));
        const EntityUid uid = TRY(read_reference(*json.find("uid"), Path(path, "uid")));
        const EntityTypeRule* rule =
            schema_ != nullptr ? schema_->find_entity_type(uid.type) : nullptr;
        const Value attributes = TRY(read_attributes(*json.find("attrs"), rule, path));
        const Value tags = TRY(read_tags(json.find("tags"), rule, path));
        TRY(read_parents(*json.find("parents"), uid, Path(path, "parents")));
        return store_.add(build_.key(uid), parents_, attributes, tags);
    }

  private:
    static Result<> check_members(const JsonObject& object, const Path& path) {
        for (const std::string_view required : {"uid", "attrs", "parents"}) {
            if (object.find(required) == object.end()) {
                return path.refuse(fmt::format("the member \"{}\" is missing", required));
            }
        }
        for (const auto& [name, member] : object) {
            if (name == "uid" || name == "attrs" || name == "parents" || name == "tags") continue;
            return path.refuse(
                fmt::format("there is no member {} in an entity; expected \"uid\", "
                            "\"attrs\", \"parents\" and at will \"tags\"",
                            quoted(name)));
        }
        return {};
    }

    Result<Value> read_attributes(const Json& json, const EntityTypeRule* rule,
                                  const Path& path) const {
        const Path place(path, "attrs");
        if (json.object() == nullptr) return place.expected("an object", json);
        return values_.read_record(*json.object(), rule != nullptr ? rule->shape : nullptr, place);
    }

    Result<Value> read_tags(const Json* json, const EntityTypeRule* rule, const Path& path) const {
        if (json == nullptr) return Value::sorted_record({});
        const Path place(path, "tags");
        if (json->object() == nullptr) return place.expected("an object", *json);
        std::vector<Field> fields;
        for (const auto& [name, member] : *json->object()) {
            const Type* wanted = rule != nullptr ? rule->tags : nullptr;
            fields.push_back(Field{name, TRY(values_.read(member, wanted, Path(place, name)))});
        }
        return build_.record(fields);
    }

    Result<> read_parents(const Json& json, const EntityUid& uid, const Path& path) {
        parents_.clear();
        if (json.array() == nullptr) return path.expected("an array of entities", json);
        for (std::size_t i = 0; i < json.array()->size(); ++i) {
            const Path place(path, i);
            const EntityUid parent = TRY(read_reference((*json.array())[i], place));
            if (is_action_type(uid.type) && !is_action_type(parent.type)) {
                return place.refuse("the parent of an action must be an action");
            }
            parents_.push_back(build_.key(parent));
        }
        return {};
    }

    EntityStore& store_;
    const Schema* schema_;
    ValueBuilder build_;
    ValueReader values_;
    std::vector<const EntityKey*> parents_;
};

}  // namespace

Result<Value> read_value(const Json& json, const ValueBuilder& build, const Schema* schema,
                         const Type* wanted) {
    return ValueReader(build, schema).read(json, wanted, Path("value"));
}

Result<EntityUid> read_uid(const Json& json) {
    return read_reference(json, Path("entity"));
}

Result<Value> read_context(const Json& json, const ValueBuilder& build, const Schema* schema,
                           const EntityKey* action) {
    const Path path("context");
    const bool escaped = sole_member(json, entity_escape) != nullptr ||
                         sole_member(json, extension_escape) != nullptr;
    if (json.object() == nullptr || escaped) return path.expected("a record", json);
    const Type* wanted = schema != nullptr && action != nullptr
                             ? schema->context_type(action->type, action->id)
                             : nullptr;
    return ValueReader(build, schema).read_record(*json.object(), wanted, path);
}

namespace {

Json call_json(std::string_view function, std::string argument) {
    return JsonObject{{std::string(extension_escape),
                       JsonObject{{"fn", function}, {"arg", std::move(argument)}}}};
}

// A time that no literal can name is the epoch and an offset.
Json datetime_json(std::int64_t unix_ms) {
    std::string text = datetime_text(unix_ms);
    if (!text.empty()) return call_json("datetime", std::move(text));
    JsonArray arguments{call_json("datetime", "1970-01-01"),
                        call_json("duration", duration_text(unix_ms))};
    return JsonObject{{std::string(extension_escape),
                       JsonObject{{"fn", "offset"}, {"args", std::move(arguments)}}}};
}

Json set_json(const Value& value) {
    JsonArray items;
    for (const Value& item : value.items()) items.push_back(to_json(item));
    return items;
}

Json record_json(const Value& value) {
    JsonObject members;
    for (const Field& field : value.fields()) {
        members.emplace(std::string(field.name), to_json(field.value));
    }
    return members;
}

}  // namespace

Json to_json(const EntityKey& key) {
    return JsonObject{{"type", key.type}, {"id", key.id}};
}

Json to_json(const Value& value) {
    switch (value.kind()) {
        case ValueKind::boolean:
            return value.as_bool();
        case ValueKind::integer:
            return value.as_integer();
        case ValueKind::string:
            return value.as_text();
        case ValueKind::entity:
            return JsonObject{{std::string(entity_escape), to_json(value.as_entity())}};
        case ValueKind::set:
            return set_json(value);
        case ValueKind::record:
            return record_json(value);
        case ValueKind::decimal:
            return call_json("decimal", decimal_text(value.as_integer()));
        case ValueKind::datetime:
            return datetime_json(value.as_integer());
        case ValueKind::duration:
            return call_json("duration", duration_text(value.as_integer()));
        case ValueKind::ip:
            return call_json("ip", ip_text(value.as_ip()));
    }
    return {};
}

Result<> add_schema_actions(const Schema& schema, EntityStore& store) {
    const ValueBuilder build = store.values();
    for (const ActionRule& action : schema.actions()) {
        if (store.find(make_key(action.uid)) != nullptr) continue;
        std::vector<const EntityKey*> parents;
        for (const ActionId parent : action.parents) {
            parents.push_back(build.key(schema.action(parent).uid));
        }
        TRY(store.add(build.key(action.uid), parents, Value::sorted_record({}),
                      Value::sorted_record({})));
    }
    return {};
}

Result<> read_entities(const Json& json, EntityStore& store, const Schema* schema) {
    const Path path("entities");
    if (json.array() == nullptr) return path.expected("an array of entities", json);
    EntityReader reader(store, schema);
    for (std::size_t i = 0; i < json.array()->size(); ++i) {
        TRY(reader.read((*json.array())[i], Path(path, i)));
    }
    if (schema == nullptr) return {};
    return add_schema_actions(*schema, store);
}

Result<EntityStore> parse_entities(std::string_view text, const Schema* schema,
                                   const wire::JsonLimits& limits) {
    EntityStore store;
    const Json json = TRY(wire::parse_json(text, limits));
    TRY(read_entities(json, store, schema));
    TRY(store.close());
    if (schema == nullptr) return store;
    const std::vector<EntityFinding> findings = validate_entities(store, *schema, 1);
    if (findings.empty()) return store;
    return fail(Code::invalid_input, fmt::format("the entity {} does not fit the schema: {}",
                                                 to_text(findings[0].uid), findings[0].message));
}

}  // namespace hs::cedar
