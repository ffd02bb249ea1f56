// The JSON schema syntax (docs.cedarpolicy.com: JSON schema format; RFC 24, 48, 53, 82).
#include <algorithm>

#include "cedar/schema_draft.h"
#include "wire/json.h"

namespace hs::cedar {
namespace {

using base::Result;
using wire::Json;
using wire::JsonObject;

constexpr std::size_t json_depth_max = 256;
constexpr std::size_t annotations_max = 1024;

// Where in the document: messages say `Ns`.entityTypes.User.shape.
class Place {
  public:
    explicit Place(std::string path) : path_(std::move(path)) {}
    Place operator/(std::string_view member) const {
        return Place(path_.empty() ? std::string(member) : path_ + "." + std::string(member));
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

class SchemaJsonReader {
  public:
    SchemaJsonReader(SourcePointer source, const SchemaLimits& limits) : limits_(limits) {
        draft_.source = std::move(source);
        draft_.syntax = SchemaSyntax::json;
    }

    Result<SchemaDraft> run() {
        wire::JsonLimits json_limits;
        json_limits.bytes_max = limits_.text.bytes_max;
        json_limits.depth_max = json_depth_max;
        const Result<Json> parsed = wire::parse_json(draft_.source->text(), json_limits);
        if (!parsed) {
            return base::fail(parsed.error().code,
                              draft_.source->name() + ": " + parsed.error().what);
        }
        const Place root("");
        const JsonObject* spaces = TRY(object_of(*parsed, root));
        for (const auto& [path, value] : *spaces) TRY(read_namespace(path, value));
        return std::move(draft_);
    }

  private:
    base::Failure refuse(const Place& place, std::string_view message,
                         base::Place where = base::Place::here()) const {
        const std::string shown = place.path().empty() ? "the schema" : place.path();
        return draft_failure(draft_, {}, "at " + shown + ": " + std::string(message), where);
    }

    Result<const JsonObject*> object_of(const Json& value, const Place& place) const {
        if (value.object() == nullptr) return refuse(place, "expected an object");
        return value.object();
    }
    Result<std::string> text_of(const Json& value, const Place& place) const {
        if (value.text() == nullptr) return refuse(place, "expected a string");
        return *value.text();
    }
    // A member that may be absent; null stands for absent where `null_is_absent`.
    enum class Null : std::uint8_t { refused, is_absent };
    static const Json* member(const JsonObject& object, std::string_view key, Null null) {
        const auto found = object.find(key);
        if (found == object.end()) return nullptr;
        return null == Null::is_absent && found->second.is_null() ? nullptr : &found->second;
    }
    Result<> check_members(const JsonObject& object, const Place& place,
                           std::initializer_list<std::string_view> known) const {
        for (const auto& [key, value] : object) {
            if (std::find(known.begin(), known.end(), key) != known.end()) continue;
            std::string names;
            for (const std::string_view name : known) {
                names += (names.empty() ? "" : ", ") + std::string(name);
            }
            return refuse(place, "unknown member " + quoted(key) + "; expected one of " + names);
        }
        return {};
    }
    Result<DraftName> path_of(const Json& value, const Place& place) const {
        DraftName name;
        name.path = TRY(text_of(value, place));
        if (!is_schema_path(name.path)) {
            return refuse(place, quoted(name.path) + " is no type name (Ns::Name)");
        }
        return name;
    }
    Result<std::vector<DraftName>> paths_of(const Json& value, const Place& place) const {
        if (value.array() == nullptr) return refuse(place, "expected an array of type names");
        std::vector<DraftName> names;
        for (const Json& item : *value.array()) names.push_back(TRY(path_of(item, place)));
        return names;
    }

    Result<std::vector<Annotation>> annotations_of(const JsonObject& object,
                                                   const Place& place) const {
        std::vector<Annotation> annotations;
        const Json* value = member(object, "annotations", Null::refused);
        if (value == nullptr) return annotations;
        const Place inside = place / "annotations";
        for (const auto& [name, text] : *TRY(object_of(*value, inside))) {
            if (!is_identifier_shape(name)) {
                return refuse(inside, quoted(name) + " is no annotation name");
            }
            Annotation annotation;
            annotation.name = name;
            annotation.has_value = !text.is_null();
            if (annotation.has_value) annotation.value = TRY(text_of(text, inside / name));
            annotations.push_back(std::move(annotation));
        }
        if (annotations.size() > annotations_max) return refuse(inside, "too many annotations");
        return annotations;
    }

    Result<> read_namespace(const std::string& path, const Json& value) {
        const Place place(path.empty() ? quoted(path) : path);
        if (!path.empty() && !is_schema_path(path)) {
            return refuse(place, "the member is no namespace (A::B, or empty)");
        }
        const JsonObject& object = *TRY(object_of(value, place));
        TRY(check_members(object, place, {"annotations", "commonTypes", "entityTypes", "actions"}));
        DraftNamespace space;
        space.path = path;
        space.annotations = TRY(annotations_of(object, place));
        if (path.empty() && !space.annotations.empty()) {
            return refuse(place, "the empty namespace takes no annotations");
        }
        TRY(read_common_types(space, object, place));
        TRY(read_entity_types(space, object, place));
        TRY(read_actions(space, object, place));
        draft_.namespaces.push_back(std::move(space));
        return {};
    }

    Result<> count_declaration(const Place& place) {
        if (++declarations_ <= limits_.declarations_max) return {};
        return refuse(place, "too many declarations; at most " +
                                 std::to_string(limits_.declarations_max) + " are allowed");
    }
    Result<> check_name(const std::string& name, const Place& place) const {
        if (is_identifier(name) || name == "__cedar") return {};
        return refuse(place, quoted(name) + " is no identifier that a type may have");
    }

    Result<> read_common_types(DraftNamespace& space, const JsonObject& object,
                               const Place& outer) {
        const Json* value = member(object, "commonTypes", Null::refused);
        if (value == nullptr) return {};
        const Place place = outer / "commonTypes";
        for (const auto& [name, body] : *TRY(object_of(*value, place))) {
            const Place inside = place / name;
            TRY(count_declaration(inside));
            TRY(check_name(name, inside));
            DraftCommonType common;
            common.name = name;
            common.annotations = TRY(annotations_of(*TRY(object_of(body, inside)), inside));
            common.type = TRY(read_type(body, inside, 1, {"annotations"}));
            space.common_types.push_back(std::move(common));
        }
        return {};
    }

    Result<const JsonObject*> required_object(const JsonObject& object, std::string_view key,
                                              const Place& place) const {
        const Json* value = member(object, key, Null::refused);
        if (value == nullptr) return refuse(place, "the member " + quoted(key) + " is missing");
        return object_of(*value, place / key);
    }

    Result<> read_entity_types(DraftNamespace& space, const JsonObject& object,
                               const Place& outer) {
        const Place place = outer / "entityTypes";
        for (const auto& [name, body] : *TRY(required_object(object, "entityTypes", outer))) {
            const Place inside = place / name;
            TRY(count_declaration(inside));
            TRY(check_name(name, inside));
            DraftEntityType entity;
            entity.name = name;
            TRY(read_entity_type(entity, *TRY(object_of(body, inside)), inside));
            space.entity_types.push_back(std::move(entity));
        }
        return {};
    }

    Result<> read_entity_type(DraftEntityType& entity, const JsonObject& object,
                              const Place& place) {
        entity.annotations = TRY(annotations_of(object, place));
        if (const Json* choices = member(object, "enum", Null::refused)) {
            TRY(check_members(object, place, {"annotations", "enum"}));
            entity.is_enumerated = true;
            return read_choices(entity, *choices, place / "enum");
        }
        TRY(check_members(object, place,
                          {"annotations", "memberOfTypes", "shape", "tags", "enum"}));
        if (const Json* parents = member(object, "memberOfTypes", Null::refused)) {
            entity.parents = TRY(paths_of(*parents, place / "memberOfTypes"));
        }
        if (const Json* shape = member(object, "shape", Null::refused)) {
            entity.shape = TRY(read_type(*shape, place / "shape", 1, {}));
        }
        if (const Json* tags = member(object, "tags", Null::refused)) {
            entity.tags = TRY(read_type(*tags, place / "tags", 1, {}));
        }
        return {};
    }

    Result<> read_choices(DraftEntityType& entity, const Json& value, const Place& place) const {
        if (value.array() == nullptr || value.array()->empty()) {
            return refuse(place, "expected an array of at least one entity id");
        }
        for (const Json& item : *value.array()) {
            entity.choices.push_back(TRY(text_of(item, place)));
        }
        return {};
    }

    Result<> read_actions(DraftNamespace& space, const JsonObject& object, const Place& outer) {
        const Place place = outer / "actions";
        for (const auto& [id, body] : *TRY(required_object(object, "actions", outer))) {
            const Place inside = place / quoted(id);
            TRY(count_declaration(inside));
            DraftAction action;
            action.id = id;
            TRY(read_action(action, *TRY(object_of(body, inside)), inside));
            space.actions.push_back(std::move(action));
        }
        return {};
    }

    Result<> read_action(DraftAction& action, const JsonObject& object, const Place& place) {
        TRY(check_members(object, place, {"annotations", "attributes", "appliesTo", "memberOf"}));
        action.annotations = TRY(annotations_of(object, place));
        if (const Json* attributes = member(object, "attributes", Null::is_absent)) {
            if (!TRY(object_of(*attributes, place / "attributes"))->empty()) {
                return refuse(place / "attributes",
                              "attributes of actions are not supported; leave them out");
            }
        }
        if (const Json* parents = member(object, "memberOf", Null::is_absent)) {
            action.parents = TRY(read_action_parents(*parents, place / "memberOf"));
        }
        if (const Json* applies = member(object, "appliesTo", Null::is_absent)) {
            TRY(read_applies_to(action, *applies, place / "appliesTo"));
        }
        return {};
    }

    Result<std::vector<DraftActionName>> read_action_parents(const Json& value,
                                                             const Place& place) const {
        if (value.array() == nullptr) return refuse(place, "expected an array");
        std::vector<DraftActionName> parents;
        for (const Json& item : *value.array()) {
            const JsonObject& object = *TRY(object_of(item, place));
            TRY(check_members(object, place, {"id", "type"}));
            const Json* id = member(object, "id", Null::refused);
            if (id == nullptr) return refuse(place, "the member \"id\" is missing");
            DraftActionName name;
            name.id = TRY(text_of(*id, place / "id"));
            if (const Json* type = member(object, "type", Null::is_absent)) {
                name.type = TRY(path_of(*type, place / "type")).path;
            }
            parents.push_back(std::move(name));
        }
        return parents;
    }

    Result<> read_applies_to(DraftAction& action, const Json& value, const Place& place) {
        const JsonObject& object = *TRY(object_of(value, place));
        TRY(check_members(object, place, {"principalTypes", "resourceTypes", "context"}));
        const Json* principals = member(object, "principalTypes", Null::refused);
        const Json* resources = member(object, "resourceTypes", Null::refused);
        if (principals == nullptr || resources == nullptr) {
            return refuse(place, "\"principalTypes\" and \"resourceTypes\" are both needed");
        }
        action.principals = TRY(paths_of(*principals, place / "principalTypes"));
        action.resources = TRY(paths_of(*resources, place / "resourceTypes"));
        if (const Json* context = member(object, "context", Null::refused)) {
            action.context = TRY(read_type(*context, place / "context", 1, {}));
        }
        return {};
    }

    // The members a type of this kind takes, with those its surroundings allow.
    Result<> check_type_members(const JsonObject& object, const Place& place,
                                std::initializer_list<std::string_view> own,
                                std::initializer_list<std::string_view> around) const {
        for (const auto& [key, value] : object) {
            const auto is_key = [&key](std::string_view name) { return name == key; };
            if (key == "type" || std::any_of(own.begin(), own.end(), is_key) ||
                std::any_of(around.begin(), around.end(), is_key)) {
                continue;
            }
            return refuse(place, "a type of this kind has no member " + quoted(key));
        }
        return {};
    }

    Result<DraftTypeId> read_type(const Json& value, const Place& place, std::uint32_t depth,
                                  std::initializer_list<std::string_view> around) {
        const JsonObject& object = *TRY(object_of(value, place));
        const Json* kind = member(object, "type", Null::refused);
        if (kind == nullptr) return refuse(place, "the member \"type\" is missing");
        const std::string name = TRY(text_of(*kind, place / "type"));
        if (depth > limits_.type_depth_max) {
            return refuse(place, "sets and records are nested more than " +
                                     std::to_string(limits_.type_depth_max) + " levels deep");
        }
        DraftType type;
        if (name == "Set") {
            TRY(check_type_members(object, place, {"element"}, around));
            const Json* element = member(object, "element", Null::refused);
            if (element == nullptr) return refuse(place, "the member \"element\" is missing");
            type.kind = DraftTypeKind::set;
            type.element = TRY(read_type(*element, place / "element", depth + 1, {}));
            return draft_.add(std::move(type));
        }
        if (name == "Record") {
            TRY(check_type_members(object, place, {"attributes", "additionalAttributes"}, around));
            type.kind = DraftTypeKind::record;
            type.attributes = TRY(read_attributes(object, place, depth));
            return draft_.add(std::move(type));
        }
        return read_plain_type(name, object, place, around);
    }

    Result<DraftTypeId> read_plain_type(const std::string& name, const JsonObject& object,
                                        const Place& place,
                                        std::initializer_list<std::string_view> around) {
        DraftType type;
        const bool is_named = name == "Entity" || name == "EntityOrCommon" || name == "Extension";
        if (is_named) {
            TRY(check_type_members(object, place, {"name"}, around));
            const Json* path = member(object, "name", Null::refused);
            if (path == nullptr) return refuse(place, "the member \"name\" is missing");
            type.name = TRY(path_of(*path, place / "name"));
            type.kind = name == "Entity"      ? DraftTypeKind::entity
                        : name == "Extension" ? DraftTypeKind::extension
                                              : DraftTypeKind::either;
            return draft_.add(std::move(type));
        }
        TRY(check_type_members(object, place, {}, around));
        if (name == "Boolean" || name == "Long" || name == "String") {
            type.kind = name == "Boolean" ? DraftTypeKind::boolean
                        : name == "Long"  ? DraftTypeKind::integer
                                          : DraftTypeKind::string;
            return draft_.add(std::move(type));
        }
        type.kind = DraftTypeKind::common;
        type.name.path = name;
        if (!is_schema_path(name)) return refuse(place, quoted(name) + " is no type");
        return draft_.add(std::move(type));
    }

    Result<std::vector<DraftAttribute>> read_attributes(const JsonObject& object,
                                                        const Place& place, std::uint32_t depth) {
        if (const Json* additional = member(object, "additionalAttributes", Null::refused)) {
            if (additional->boolean() == nullptr || *additional->boolean()) {
                return refuse(place / "additionalAttributes",
                              "only false is supported; list the attributes");
            }
        }
        std::vector<DraftAttribute> attributes;
        const Place inside = place / "attributes";
        for (const auto& [name, body] : *TRY(required_object(object, "attributes", place))) {
            const Place at = inside / quoted(name);
            const JsonObject& attribute = *TRY(object_of(body, at));
            DraftAttribute made;
            made.name = name;
            made.annotations = TRY(annotations_of(attribute, at));
            if (const Json* required = member(attribute, "required", Null::refused)) {
                if (required->boolean() == nullptr) {
                    return refuse(at / "required", "expected true or false");
                }
                made.is_required = *required->boolean();
            }
            made.type = TRY(read_type(body, at, depth + 1, {"required", "annotations"}));
            attributes.push_back(std::move(made));
        }
        return attributes;
    }

    SchemaLimits limits_;
    SchemaDraft draft_;
    std::size_t declarations_ = 0;
};

}  // namespace

Result<SchemaDraft> read_json_schema(SourcePointer source, const SchemaLimits& limits) {
    return SchemaJsonReader(std::move(source), limits).run();
}

}  // namespace hs::cedar
