#include "cedar/type.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "base/result.h"

namespace hs::cedar {
namespace {

Type make_simple(TypeKind kind) {
    Type type;
    type.kind = kind;
    return type;
}

std::uint32_t saturating_sum(std::uint32_t a, std::uint32_t b) {
    const std::uint64_t sum = std::uint64_t{a} + b;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()));
}

bool includes_all(const std::vector<EntityTypeId>& all, const std::vector<EntityTypeId>& some) {
    return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

bool is_attribute_subtype(const AttributeType& a, const AttributeType& b, ValidationMode mode,
                          std::uint64_t& steps) {
    const bool presence_fits = mode == ValidationMode::strict ? a.is_required == b.is_required
                                                              : a.is_required || !b.is_required;
    return presence_fits && is_subtype(*a.type, *b.type, mode, steps);
}

bool is_record_subtype(const Type& a, const Type& b, ValidationMode mode, std::uint64_t& steps) {
    if (a.is_open && !b.is_open) return false;
    const bool may_be_wider = b.is_open && mode == ValidationMode::permissive;
    if (a.attributes.size() != b.attributes.size() && !may_be_wider) return false;
    for (const AttributeType& wanted : b.attributes) {
        const AttributeType* given = a.find_attribute(wanted.name);
        if (given == nullptr || !is_attribute_subtype(*given, wanted, mode, steps)) return false;
    }
    return true;
}

// The bound of two attributes of one name; a null type when there is none.
AttributeType attribute_bound(const AttributeType& a, const AttributeType& b, ValidationMode mode,
                              TypeStore& store) {
    if (mode == ValidationMode::strict && a.is_required != b.is_required) return {};
    return {a.name, least_upper_bound(*a.type, *b.type, mode, store),
            a.is_required && b.is_required};
}

bool have_same_names(const Type& a, const Type& b) {
    return std::equal(a.attributes.begin(), a.attributes.end(), b.attributes.begin(),
                      b.attributes.end(),
                      [](const auto& left, const auto& right) { return left.name == right.name; });
}

const Type* record_bound(const Type& a, const Type& b, ValidationMode mode, TypeStore& store) {
    if (mode == ValidationMode::strict && !have_same_names(a, b)) return nullptr;
    std::vector<AttributeType> common;
    for (const AttributeType& left : a.attributes) {
        const AttributeType* right = b.find_attribute(left.name);
        if (right == nullptr) continue;
        AttributeType bound = attribute_bound(left, *right, mode, store);
        if (bound.type != nullptr) {
            common.push_back(std::move(bound));
        } else if (mode == ValidationMode::strict) {
            return nullptr;
        }
    }
    const bool lost_some =
        common.size() != a.attributes.size() || common.size() != b.attributes.size();
    return store.record(std::move(common), a.is_open || b.is_open || lost_some);
}

const Type* entity_bound(const Type& a, const Type& b, ValidationMode mode, TypeStore& store) {
    if (mode == ValidationMode::strict) return nullptr;
    if (a.kind == TypeKind::any_entity || b.kind == TypeKind::any_entity) {
        return &simple_type(TypeKind::any_entity);
    }
    std::vector<EntityTypeId> both;
    std::set_union(a.entities.begin(), a.entities.end(), b.entities.begin(), b.entities.end(),
                   std::back_inserter(both));
    return store.entities(std::move(both));
}

}  // namespace

const AttributeType* Type::find_attribute(std::string_view name) const {
    const auto found =
        std::lower_bound(attributes.begin(), attributes.end(), name,
                         [](const AttributeType& a, std::string_view b) { return a.name < b; });
    return found != attributes.end() && found->name == name ? &*found : nullptr;
}

EntityTypeId Type::single_entity() const {
    return kind == TypeKind::entity && entities.size() == 1 ? entities.front() : no_entity_type;
}

const Type& simple_type(TypeKind kind) {
    static const std::array<Type, 7> types = {
        make_simple(TypeKind::never),      make_simple(TypeKind::only_true),
        make_simple(TypeKind::only_false), make_simple(TypeKind::boolean),
        make_simple(TypeKind::integer),    make_simple(TypeKind::string),
        make_simple(TypeKind::any_entity)};
    if (kind == TypeKind::any_entity) return types[6];
    const auto index = static_cast<std::size_t>(kind);
    CHECK(index < 6);
    return types[index];
}

const Type& extension_type(ExtensionType extension) {
    static const std::array<Type, 4> types = [] {
        std::array<Type, 4> made;
        for (std::size_t i = 0; i < made.size(); ++i) {
            made[i].kind = TypeKind::extension;
            made[i].extension = static_cast<ExtensionType>(i);
        }
        return made;
    }();
    return types[static_cast<std::size_t>(extension)];
}

const Type& set_of_anything() {
    static const Type type = make_simple(TypeKind::set);
    return type;
}

const Type& any_record() {
    static const Type type = [] {
        Type made = make_simple(TypeKind::record);
        made.is_open = true;
        return made;
    }();
    return type;
}

const Type& empty_record() {
    static const Type type = make_simple(TypeKind::record);
    return type;
}

const Type* TypeStore::set(const Type& element) {
    Type& made = types_.emplace_back();
    made.kind = TypeKind::set;
    made.element = &element;
    made.parts = saturating_sum(element.parts, 1);
    made.depth = saturating_sum(element.depth, 1);
    return &made;
}

const Type* TypeStore::record(std::vector<AttributeType> attributes, bool is_open) {
    std::sort(attributes.begin(), attributes.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    Type& made = types_.emplace_back();
    made.kind = TypeKind::record;
    made.is_open = is_open;
    for (const AttributeType& attribute : attributes) {
        made.parts = saturating_sum(made.parts, attribute.type->parts);
        made.depth = std::max(made.depth, saturating_sum(attribute.type->depth, 1));
    }
    made.attributes = std::move(attributes);
    steps += made.attributes.size();
    return &made;
}

const Type* TypeStore::entity(EntityTypeId id) {
    return entities({id});
}

const Type* TypeStore::entities(std::vector<EntityTypeId> ids) {
    CHECK(!ids.empty());
    std::sort(ids.begin(), ids.end());
    Type& made = types_.emplace_back();
    made.kind = TypeKind::entity;
    made.entities = std::move(ids);
    return &made;
}

bool is_subtype(const Type& a, const Type& b, ValidationMode mode, std::uint64_t& steps) {
    ++steps;
    if (&a == &b || a.kind == TypeKind::never) return true;
    if (b.kind == TypeKind::boolean) return a.is_bool();
    if (b.kind == TypeKind::any_entity && a.kind == TypeKind::entity) {
        return mode == ValidationMode::permissive;
    }
    if (a.kind != b.kind) return false;
    switch (a.kind) {
        case TypeKind::set:
            if (a.element == nullptr || b.element == nullptr) return b.element == nullptr;
            return is_subtype(*a.element, *b.element, mode, steps);
        case TypeKind::record:
            return is_record_subtype(a, b, mode, steps);
        case TypeKind::entity:
            return mode == ValidationMode::strict ? a.entities == b.entities
                                                  : includes_all(b.entities, a.entities);
        case TypeKind::extension:
            return a.extension == b.extension;
        case TypeKind::never:
        case TypeKind::only_true:
        case TypeKind::only_false:
        case TypeKind::boolean:
        case TypeKind::integer:
        case TypeKind::string:
        case TypeKind::any_entity:
            return true;
    }
    return false;
}

const Type* least_upper_bound(const Type& a, const Type& b, ValidationMode mode, TypeStore& store) {
    if (is_subtype(a, b, mode, store.steps)) return &b;
    if (is_subtype(b, a, mode, store.steps)) return &a;
    if (a.is_bool() && b.is_bool()) return &simple_type(TypeKind::boolean);
    if (a.kind == TypeKind::set && b.kind == TypeKind::set) {
        const Type* element = least_upper_bound(*a.element, *b.element, mode, store);
        return element == nullptr ? nullptr : store.set(*element);
    }
    if (a.kind == TypeKind::record && b.kind == TypeKind::record) {
        return record_bound(a, b, mode, store);
    }
    if (a.is_entity() && b.is_entity()) return entity_bound(a, b, mode, store);
    return nullptr;
}

bool are_disjoint(const Type& a, const Type& b) {
    if (a.kind != TypeKind::entity || b.kind != TypeKind::entity) return false;
    return std::none_of(a.entities.begin(), a.entities.end(), [&b](EntityTypeId id) {
        return std::binary_search(b.entities.begin(), b.entities.end(), id);
    });
}

}  // namespace hs::cedar
