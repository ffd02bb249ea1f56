// Requests and entities against a schema.
#include <algorithm>

#include "cedar/validate.h"
#include "wire/utf8.h"

namespace hs::cedar {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t shown_bytes_max = 300;

// Names in messages, cut where they are very long.
std::string cut(std::string text) {
    text.resize(wire::cut_utf8(text, shown_bytes_max).size());
    return text;
}

std::string shown(const EntityKey& key) {
    return cut(to_text(key));
}

std::string shown(std::string_view name) {
    return cut(quoted(name));
}

Result<> check_choice(const EntityTypeRule& rule, const EntityKey& key) {
    if (rule.kind != EntityTypeKind::enumerated || rule.has_choice(key.id)) return {};
    return fail(
        Code::invalid_input,
        shown(key) + " is none of the entities that the enumeration `" + rule.name + "` lists");
}

// Where a value stands: `context.a.b`; built only for a message.
struct ValuePath {
    const ValuePath* outer = nullptr;
    std::string_view step;
    enum class Kind : std::uint8_t { root, attribute, member } kind = Kind::root;

    std::string text() const {
        switch (kind) {
            case Kind::root:
                return std::string(step);
            case Kind::attribute:
                return outer->text() + "[" + shown(step) + "]";
            case Kind::member:
                return "a member of " + outer->text();
        }
        return {};
    }
};

class ValueChecker {
  public:
    explicit ValueChecker(const Schema& schema) : schema_(schema) {}

    Result<> check(const Value& value, const Type& type, const ValuePath& path) const {
        switch (type.kind) {
            case TypeKind::boolean:
                return require(value, ValueKind::boolean, type, path);
            case TypeKind::integer:
                return require(value, ValueKind::integer, type, path);
            case TypeKind::string:
                return require(value, ValueKind::string, type, path);
            case TypeKind::extension:
                return require(value, kind_of(type.extension), type, path);
            case TypeKind::set:
                return check_set(value, type, path);
            case TypeKind::record:
                return check_record(value, type, path);
            case TypeKind::entity:
                return check_entity(value, type, path);
            case TypeKind::any_entity:
                return require(value, ValueKind::entity, type, path);
            case TypeKind::never:
            case TypeKind::only_true:
            case TypeKind::only_false:
                break;
        }
        return mismatch(value, type, path);
    }

    Result<> check_record(const Value& value, const Type& type, const ValuePath& path) const {
        TRY(require(value, ValueKind::record, type, path));
        for (const AttributeType& attribute : type.attributes) {
            if (!attribute.is_required || value.find(attribute.name) != nullptr) continue;
            return fail(Code::invalid_input,
                        path.text() + " lacks the required attribute " + shown(attribute.name));
        }
        for (const Field& field : value.fields()) {
            const AttributeType* attribute = type.find_attribute(field.name);
            if (attribute == nullptr) {
                return fail(Code::invalid_input, path.text() + " has the attribute " +
                                                     shown(field.name) +
                                                     ", which the schema does not declare");
            }
            TRY(check(field.value, *attribute->type,
                      {&path, field.name, ValuePath::Kind::attribute}));
        }
        return {};
    }

  private:
    static ValueKind kind_of(ExtensionType type) {
        switch (type) {
            case ExtensionType::ip:
                return ValueKind::ip;
            case ExtensionType::decimal:
                return ValueKind::decimal;
            case ExtensionType::datetime:
                return ValueKind::datetime;
            case ExtensionType::duration:
                return ValueKind::duration;
        }
        return ValueKind::ip;
    }

    Result<> mismatch(const Value& value, const Type& type, const ValuePath& path) const {
        std::string given(kind_name(value.kind()));
        if (value.is(ValueKind::entity)) given = shown(value.as_entity());
        return fail(Code::invalid_input, path.text() + " must be of type " +
                                             describe_type(type, schema_) + ", but it is " + given);
    }

    Result<> require(const Value& value, ValueKind kind, const Type& type,
                     const ValuePath& path) const {
        if (!value.is(kind)) return mismatch(value, type, path);
        return {};
    }

    Result<> check_set(const Value& value, const Type& type, const ValuePath& path) const {
        TRY(require(value, ValueKind::set, type, path));
        if (type.element == nullptr) return {};
        for (const Value& item : value.items()) {
            TRY(check(item, *type.element, {&path, {}, ValuePath::Kind::member}));
        }
        return {};
    }

    Result<> check_entity(const Value& value, const Type& type, const ValuePath& path) const {
        TRY(require(value, ValueKind::entity, type, path));
        const EntityKey& key = value.as_entity();
        for (const EntityTypeId id : type.entities) {
            const EntityTypeRule& rule = schema_.entity_type(id);
            if (rule.name != key.type) continue;
            if (rule.kind == EntityTypeKind::enumerated && !rule.has_choice(key.id)) {
                return fail(Code::invalid_input,
                            path.text() + ": " + check_choice(rule, key).error().what);
            }
            return {};
        }
        return mismatch(value, type, path);
    }

    const Schema& schema_;
};

Result<> check_party(const EntityKey& key, std::string_view role,
                     const std::vector<EntityTypeId>& allowed, const ActionRule& action,
                     const Schema& schema) {
    const EntityTypeRule* rule = schema.find_entity_type(key.type);
    if (rule == nullptr || rule->kind == EntityTypeKind::action) {
        return fail(Code::invalid_input, std::string(role) + " " + shown(key) +
                                             ": the entity type `" + cut(std::string(key.type)) +
                                             "` is not declared in the schema");
    }
    if (!std::binary_search(allowed.begin(), allowed.end(), schema.id_of(*rule))) {
        return fail(Code::invalid_input, std::string(role) + " " + shown(key) +
                                             ": the schema does not let entities of type `" +
                                             rule->name + "` be the " + std::string(role) + " of " +
                                             to_text(action.uid));
    }
    return check_choice(*rule, key);
}

const ActionRule* find_action(const EntityKey& key, const Schema& schema) {
    return schema.find_action(key.type, key.id);
}

Result<> check_action_entity(const Entity& entity, const Schema& schema) {
    const ActionRule* rule = find_action(*entity.key, schema);
    if (rule == nullptr) {
        return fail(Code::invalid_input,
                    "the action " + shown(*entity.key) + " is not declared in the schema");
    }
    const auto refuse = [&](std::string_view what) {
        return fail(Code::invalid_input, "the action " + shown(*entity.key) + " has other " +
                                             std::string(what) + " than the schema gives it");
    };
    if (!entity.attributes.fields().empty()) return refuse("attributes");
    if (!entity.tags.fields().empty()) return refuse("tags");
    std::vector<ActionId> given;
    for (const auto& list : {entity.parents, entity.ancestors}) {
        for (const EntityKey* key : list) {
            const ActionRule* group = find_action(*key, schema);
            if (group == nullptr || !rule->has_ancestor(schema.id_of(*group))) {
                return refuse("parents");
            }
            given.push_back(schema.id_of(*group));
        }
    }
    std::sort(given.begin(), given.end());
    given.erase(std::unique(given.begin(), given.end()), given.end());
    if (!std::includes(given.begin(), given.end(), rule->parents.begin(), rule->parents.end())) {
        return refuse("parents");
    }
    return {};
}

Result<> check_parents(const Entity& entity, const EntityTypeRule& rule, const Schema& schema) {
    for (const auto& list : {entity.parents, entity.ancestors}) {
        for (const EntityKey* key : list) {
            const EntityTypeRule* parent = schema.find_entity_type(key->type);
            if (parent == nullptr || !rule.may_have_ancestor(schema.id_of(*parent))) {
                return fail(Code::invalid_input, shown(*entity.key) + " is in " + shown(*key) +
                                                     ", but the schema does not let `" + rule.name +
                                                     "` be in `" + cut(std::string(key->type)) +
                                                     "`");
            }
            TRY(check_choice(*parent, *key));
        }
    }
    return {};
}

Result<> check_tags(const Entity& entity, const EntityTypeRule& rule, const Schema& schema) {
    const std::string name = "the tags of " + shown(*entity.key);
    if (!entity.tags.is(ValueKind::record))
        return fail(Code::invalid_input, name + " are no record");
    if (entity.tags.fields().empty()) return {};
    if (rule.tags == nullptr) {
        return fail(Code::invalid_input, shown(*entity.key) + " has tags, but the schema gives `" +
                                             rule.name + "` none");
    }
    const ValueChecker checker(schema);
    const ValuePath root{nullptr, name, ValuePath::Kind::root};
    for (const Field& field : entity.tags.fields()) {
        TRY(checker.check(field.value, *rule.tags,
                          {&root, field.name, ValuePath::Kind::attribute}));
    }
    return {};
}

}  // namespace

Result<> validate_context(const Value& context, const EntityKey& action, const Schema& schema) {
    const ActionRule* rule = find_action(action, schema);
    if (rule == nullptr) {
        return fail(Code::invalid_input,
                    "the action " + shown(action) + " is not declared in the schema");
    }
    return ValueChecker(schema).check(context, *rule->context,
                                      {nullptr, "the context", ValuePath::Kind::root});
}

Result<> validate_request(const Request& request, const Schema& schema) {
    CHECK(request.principal != nullptr && request.action != nullptr && request.resource != nullptr);
    const ActionRule* rule = find_action(*request.action, schema);
    if (rule == nullptr) {
        return fail(Code::invalid_input,
                    "the action " + shown(*request.action) + " is not declared in the schema");
    }
    TRY(check_party(*request.principal, "principal", rule->principals, *rule, schema));
    TRY(check_party(*request.resource, "resource", rule->resources, *rule, schema));
    return validate_context(request.context, *request.action, schema);
}

Result<> validate_entity(const Entity& entity, const Schema& schema) {
    if (is_action_type(entity.key->type)) return check_action_entity(entity, schema);
    const EntityTypeRule* rule = schema.find_entity_type(entity.key->type);
    if (rule == nullptr) {
        return fail(Code::invalid_input, shown(*entity.key) + ": the entity type `" +
                                             cut(std::string(entity.key->type)) +
                                             "` is not declared in the schema");
    }
    TRY(check_choice(*rule, *entity.key));
    TRY(ValueChecker(schema).check_record(entity.attributes, *rule->shape,
                                          {nullptr, shown(*entity.key), ValuePath::Kind::root}));
    TRY(check_tags(entity, *rule, schema));
    return check_parents(entity, *rule, schema);
}

std::vector<EntityFinding> validate_entities(const EntityStore& entities, const Schema& schema,
                                             std::uint32_t findings_max) {
    std::vector<EntityFinding> findings;
    for (const Entity& entity : entities.entities()) {
        if (findings.size() >= findings_max) break;
        const Result<> checked = validate_entity(entity, schema);
        if (!checked) findings.push_back({to_uid(*entity.key), checked.error().what});
    }
    return findings;
}

}  // namespace hs::cedar
