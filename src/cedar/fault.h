// Fault: why the evaluation of a policy stopped, small enough to make without allocating.
//
// What it is for: the errors of an answer. The text is made by describe() when somebody asks.
// What it does not protect from: views that outlive the request; describe a fault before the
// request, its entities or the policies go away. Threads: a value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cedar/ast.h"
#include "cedar/value.h"

namespace hs::cedar {

enum class FaultKind : std::uint8_t {
    none,
    wrong_type,            // wanted, found
    missing_attribute,     // text: its name; entity: of this one, or null for a record
    missing_tag,           // text, entity
    missing_entity,        // entity
    overflow,              // of an integer or a time
    bad_extension_text,    // function; text: the argument
    wrong_argument_count,  // function
};

// Sets of kinds that an operator accepts.
enum class Wanted : std::uint8_t {
    boolean,
    integer,
    string,
    entity,
    set,
    record_or_entity,
    comparable,  // long, datetime or duration, both of one kind
    entity_or_set_of_entities,
    decimal,
    datetime,
    duration,
    ip,
};

struct Fault {
    FaultKind kind = FaultKind::none;
    Wanted wanted = Wanted::boolean;
    ValueKind found = ValueKind::boolean;
    ExtensionFunction function = ExtensionFunction::decimal;
    Span span;
    std::string_view text;
    const EntityKey* entity = nullptr;
};

// One sentence: "expected a bool, found a long".
std::string describe(const Fault& fault);

}  // namespace hs::cedar
