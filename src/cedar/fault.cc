#include "cedar/fault.h"

#include <fmt/format.h>

namespace hs::cedar {
namespace {

std::string_view wanted_name(Wanted wanted) {
    switch (wanted) {
        case Wanted::boolean:
            return "a bool";
        case Wanted::integer:
            return "a long";
        case Wanted::string:
            return "a string";
        case Wanted::entity:
            return "an entity";
        case Wanted::set:
            return "a set";
        case Wanted::record_or_entity:
            return "a record or an entity";
        case Wanted::comparable:
            return "two longs, two datetimes or two durations";
        case Wanted::entity_or_set_of_entities:
            return "an entity or a set of entities";
        case Wanted::decimal:
            return "a decimal";
        case Wanted::datetime:
            return "a datetime";
        case Wanted::duration:
            return "a duration";
        case Wanted::ip:
            return "an ipaddr";
    }
    return "";
}

std::string missing_attribute(const Fault& fault) {
    if (fault.entity == nullptr) {
        return fmt::format("the record has no attribute {}; test it with `has` first",
                           quoted(fault.text));
    }
    return fmt::format("the entity {} has no attribute {}; test it with `has` first",
                       to_text(*fault.entity), quoted(fault.text));
}

}  // namespace

std::string describe(const Fault& fault) {
    const std::string_view function = extension_signature(fault.function).name;
    switch (fault.kind) {
        case FaultKind::none:
            return "no error";
        case FaultKind::wrong_type:
            return fmt::format("expected {}, found a value of type {}", wanted_name(fault.wanted),
                               kind_name(fault.found));
        case FaultKind::missing_attribute:
            return missing_attribute(fault);
        case FaultKind::missing_tag:
            return fmt::format("the entity {} has no tag {}; test it with hasTag first",
                               to_text(*fault.entity), quoted(fault.text));
        case FaultKind::missing_entity:
            return fmt::format("the entity {} is not known; expected it among the entities",
                               to_text(*fault.entity));
        case FaultKind::overflow:
            return "the result does not fit 64 bits signed; expected smaller numbers";
        case FaultKind::bad_extension_text:
            return fmt::format("{} is no valid argument of {}", quoted(fault.text), function);
        case FaultKind::wrong_argument_count:
            return fmt::format("{} takes {} argument(s) with its receiver; another number is given",
                               function, extension_signature(fault.function).arguments);
    }
    return "";
}

}  // namespace hs::cedar
