// Types of the validator: what a schema declares and what the typechecker infers.
//
// What it is for: one immutable form for declared and inferred types, with the subtype relation and
// the least upper bound of strict and permissive validation (docs.cedarpolicy.com: validation;
// Cedar specification, Validation/Types and Validation/Subtyping).
// What it does not protect from: a Type outliving the TypeStore that made it. Types share their
// parts; Type::parts counts them written out and is bounded where a schema is resolved.
// Threads: a Type is immutable; a TypeStore belongs to one thread until nothing is added any more.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/name.h"

namespace hs::cedar {

// Index into Schema::entity_types().
using EntityTypeId = std::uint32_t;
inline constexpr EntityTypeId no_entity_type = 0xFFFF'FFFF;

enum class TypeKind : std::uint8_t {
    never,       // below every type; the member type of the empty set
    only_true,   // a Bool that is true in every request
    only_false,  // a Bool that is false in every request
    boolean,
    integer,  // Long
    string,
    set,
    record,
    entity,      // one of `entities`
    any_entity,  // above all entity types
    extension,
};

enum class ValidationMode : std::uint8_t { strict, permissive };

struct Type;

struct AttributeType {
    std::string name;
    const Type* type = nullptr;
    bool is_required = true;
};

struct Type {
    TypeKind kind = TypeKind::never;
    ExtensionType extension = ExtensionType::ip;
    bool is_open = false;                   // record: may have further attributes
    std::uint32_t parts = 1;                // types in it when everything shared is written out
    std::uint32_t depth = 1;                // levels of sets and records
    const Type* element = nullptr;          // set; null is the set of anything
    std::vector<AttributeType> attributes;  // record, sorted by name
    std::vector<EntityTypeId> entities;     // entity: sorted, at least one

    const AttributeType* find_attribute(std::string_view name) const;
    bool is_bool() const {
        return kind == TypeKind::boolean || kind == TypeKind::only_true ||
               kind == TypeKind::only_false;
    }
    bool is_entity() const { return kind == TypeKind::entity || kind == TypeKind::any_entity; }
    // The one entity type, or no_entity_type.
    EntityTypeId single_entity() const;
};

// The types without parts; they live as long as the program.
const Type& simple_type(TypeKind kind);  // never … string, any_entity
const Type& extension_type(ExtensionType extension);
const Type& set_of_anything();
const Type& any_record();
const Type& empty_record();
inline const Type& bool_type(bool value) {
    return simple_type(value ? TypeKind::only_true : TypeKind::only_false);
}

// Makes types whose parts it shares, and counts the work that comparing them costs.
class TypeStore {
  public:
    TypeStore() = default;
    TypeStore(TypeStore&&) = default;
    TypeStore& operator=(TypeStore&&) = default;

    const Type* set(const Type& element);
    // Sorts by name; the names must differ.
    const Type* record(std::vector<AttributeType> attributes, bool is_open = false);
    const Type* entity(EntityTypeId id);
    // Sorts; at least one.
    const Type* entities(std::vector<EntityTypeId> ids);

    // Steps of subtype and bound computations so far; a caller stops when it is too many.
    std::uint64_t steps = 0;

  private:
    std::deque<Type> types_;
};

// Is every value of `a` a value of `b`? Strict: records of the same width, one entity type.
bool is_subtype(const Type& a, const Type& b, ValidationMode mode, std::uint64_t& steps);

// The smallest type above both, or null when there is none.
const Type* least_upper_bound(const Type& a, const Type& b, ValidationMode mode, TypeStore& store);

// No value can be of both types (only decided for entity types).
bool are_disjoint(const Type& a, const Type& b);

}  // namespace hs::cedar
