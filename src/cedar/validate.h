// Validation: policies, requests and entities against a schema.
//
// What it is for: the guarantee that a policy set which passes strict validation does not fail at
// run time for a reason of types when requests and entities pass too (overflow and a missing
// entity remain) - docs.cedarpolicy.com: validation; Cedar specification, Validation.
// What it does not protect from: a policy that means something else than its author thought.
// Warnings (a policy that never applies, characters that deceive the eye) do not make a set
// invalid. Threads: pure functions over immutable arguments.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cedar/ast.h"
#include "cedar/entity.h"
#include "cedar/policy_set.h"
#include "cedar/request.h"
#include "cedar/schema.h"

namespace hs::cedar {

enum class FindingKind : std::uint8_t {
    // errors
    unknown_entity_type,
    unknown_action,
    unknown_enum_id,
    no_applicable_action,  // no action of the scope applies to its principal and resource
    unexpected_type,
    incompatible_types,  // strict: no common type
    unsafe_attribute,    // does not exist, or is optional and not guarded by `has`
    unsafe_tag,          // not guarded by `hasTag`, or the type has no tags
    empty_set,           // strict: its member type cannot be known
    wrong_argument_count,
    bad_constructor_argument,  // ip, decimal, datetime, duration: text it refuses
    computed_constructor,      // strict: such a call on anything but a literal
    limit_exceeded,            // the validation was given up
    // warnings
    impossible_policy,
    bidirectional_text,   // a control character that reorders what is shown
    mixed_scripts,        // letters of several scripts in one text
    confusable_text,      // letters that look like Latin ones throughout
    restricted_character  // not recommended in identifiers, or invisible
};

std::string_view finding_name(FindingKind kind);  // "unknown_entity_type" …

struct Finding {
    std::string policy_id;
    FindingKind kind = FindingKind::unexpected_type;
    Span span;
    LineColumn place;
    std::string message;  // one sentence, without place and id
    std::string shown;    // "name:line:column: for policy `id`, …", then the line and a caret
};

struct ValidationReport {
    std::vector<Finding> errors;
    std::vector<Finding> warnings;
    bool passed() const { return errors.empty(); }
};

struct ValidationLimits {
    std::uint64_t steps_max = 200'000'000;  // expressions times request types, and type parts
    std::uint32_t findings_max =
        100;  // errors of a whole set, and as many warnings; the rest is left out
};

// Every policy, template and link in every request type of the schema; findings in the order of the
// set. A link is checked for its slots only, its template for the rest.
ValidationReport validate(const PolicySet& policies, const Schema& schema,
                          ValidationMode mode = ValidationMode::strict,
                          const ValidationLimits& limits = {});
// The same for policies and templates outside a set.
ValidationReport validate_policies(std::span<const Policy> policies, const Schema& schema,
                                   ValidationMode mode = ValidationMode::strict,
                                   const ValidationLimits& limits = {});

// Principal, action, resource and context fit one request type of the schema. invalid_input names
// the part and what was expected.
base::Result<> validate_request(const Request& request, const Schema& schema);
// The context alone, for the action.
base::Result<> validate_context(const Value& context, const EntityKey& action,
                                const Schema& schema);

// The attributes (required, none extra, of their types), tags, parents and the id of an enumeration
// fit the schema. An action must be declared and have the parents that the schema gives it
// (direct ones, or all ancestors).
base::Result<> validate_entity(const Entity& entity, const Schema& schema);

struct EntityFinding {
    EntityUid uid;
    std::string message;
};
// All entities of the store, at most findings_max findings.
std::vector<EntityFinding> validate_entities(const EntityStore& entities, const Schema& schema,
                                             std::uint32_t findings_max = 1000);

}  // namespace hs::cedar
