// Schema: entity types, actions and their request types, with every name resolved.
//
// What it is for: the one resolved form behind both schema syntaxes, which the validator, the
// schema-directed JSON reader and the index read (docs.cedarpolicy.com: Cedar schema format, schema
// grammar, JSON schema format; RFC 24, 52, 53, 55, 58, 70, 82).
// What it does not protect from: a schema that says less than the application means. Attributes
// of actions and records with additional attributes (both experimental) are refused, and so is an
// attribute that one record declares twice.
// Threads: immutable; share it freely.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/lexer.h"
#include "cedar/name.h"
#include "cedar/source.h"
#include "cedar/type.h"

namespace hs::cedar {

using ActionId = std::uint32_t;  // index into Schema::actions()

enum class SchemaSyntax : std::uint8_t { human, json };

enum class EntityTypeKind : std::uint8_t {
    standard,
    enumerated,  // only the ids in `choices` exist; no attributes, tags or parents
    action,      // the type of a namespace's actions, `Ns::Action`
};

struct EntityTypeRule {
    std::string name;  // fully qualified
    EntityTypeKind kind = EntityTypeKind::standard;
    const Type* shape = nullptr;          // a record; empty where there are no attributes
    const Type* tags = nullptr;           // the type of every tag; null where there are no tags
    const Type* reference = nullptr;      // the type of an entity of this type
    std::vector<std::string> choices;     // enumerated: sorted
    std::vector<EntityTypeId> parents;    // sorted, as declared
    std::vector<EntityTypeId> ancestors;  // sorted, transitive; itself only through a cycle

    bool has_choice(std::string_view id) const;
    bool may_have_ancestor(EntityTypeId type) const;
};

struct ActionRule {
    EntityUid uid;
    EntityTypeId type = 0;
    std::vector<ActionId> parents;         // sorted, as declared
    std::vector<ActionId> ancestors;       // sorted, transitive, without itself
    std::vector<EntityTypeId> principals;  // sorted; empty for a group
    std::vector<EntityTypeId> resources;   // sorted
    const Type* context = nullptr;         // a record

    bool has_ancestor(ActionId action) const;
    bool applies_to_principal(EntityTypeId type) const;
    bool applies_to_resource(EntityTypeId type) const;
};

struct SchemaLimits {
    TextLimits text;
    std::uint32_t type_depth_max = 64;            // sets and records inside each other
    std::uint32_t type_parts_max = 100'000;       // of one type with common types written out
    std::uint32_t declarations_max = 50'000;      // entity types, actions and common types
    std::uint32_t ancestors_max = 1'000'000;      // of all entity types and actions together
    std::uint32_t request_types_max = 1'000'000;  // (principal, action, resource)
};

struct SchemaDraft;  // the declarations as written

class Schema {
  public:
    Schema();  // declares nothing
    Schema(Schema&&) noexcept;
    Schema& operator=(Schema&&) noexcept;
    ~Schema();

    // invalid_input: a message with name, line, column and excerpt (JSON: the path of the member).
    static base::Result<Schema> parse(SourcePointer source, SchemaSyntax syntax,
                                      const SchemaLimits& limits = {});
    static base::Result<Schema> parse(std::string_view text, SchemaSyntax syntax,
                                      const SchemaLimits& limits = {});

    std::span<const EntityTypeRule> entity_types() const;  // sorted by name
    std::span<const ActionRule> actions() const;           // sorted by uid
    const EntityTypeRule& entity_type(EntityTypeId id) const { return entity_types()[id]; }
    const ActionRule& action(ActionId id) const { return actions()[id]; }

    // Null when it is not declared. The types of actions are found too.
    const EntityTypeRule* find_entity_type(std::string_view name) const;
    const ActionRule* find_action(std::string_view type, std::string_view id) const;
    EntityTypeId id_of(const EntityTypeRule& rule) const;
    ActionId id_of(const ActionRule& rule) const;
    // The record type of the context of requests for the action; null when it is not declared.
    const Type* context_type(std::string_view action_type, std::string_view action_id) const;

    // Declarations that hide a builtin type or an entity type of the same name (allowed, unwise).
    const std::vector<std::string>& warnings() const;
    // The declarations with their annotations and common types, for print_schema.
    const SchemaDraft& draft() const;

  private:
    friend class SchemaResolver;
    struct State;
    std::unique_ptr<State> state_;
};

// Is the type path the type of actions: `Action` or `Ns::Action`?
bool is_action_type(std::string_view type_path);

// `Set<Ns::User>`, `{"a": Long, "b"?: Bool}`: for messages; cut after about 400 bytes.
std::string describe_type(const Type& type, const Schema& schema);

// The canonical human text: namespaces, then types, entities and actions by name, with their
// annotations. Parsing it gives the same schema and the same text. invalid_input: a JSON schema
// whose reference to an entity type cannot be written, because a common type of the name hides it.
base::Result<std::string> print_schema(const Schema& schema);

// Both declare the same entity types and actions. Common types count only by what they stand for.
bool same_schema(const Schema& a, const Schema& b);

}  // namespace hs::cedar
