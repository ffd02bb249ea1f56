#include "cedar/typecheck_extension.h"

#include <array>

#include "cedar/extension.h"
#include "wire/utf8.h"

namespace hs::cedar {
namespace {

std::array<CallType, extension_function_count> make_call_types() {
    const Type* text = &simple_type(TypeKind::string);
    const Type* integer = &simple_type(TypeKind::integer);
    const Type* boolean = &simple_type(TypeKind::boolean);
    const Type* address = &extension_type(ExtensionType::ip);
    const Type* number = &extension_type(ExtensionType::decimal);
    const Type* instant = &extension_type(ExtensionType::datetime);
    const Type* length = &extension_type(ExtensionType::duration);
    std::array<CallType, extension_function_count> types;
    const auto set = [&types](ExtensionFunction function, CallType type) {
        types[static_cast<std::size_t>(function)] = std::move(type);
    };
    using enum ExtensionFunction;
    set(decimal, {{text}, number, true});
    set(ip, {{text}, address, true});
    set(datetime, {{text}, instant, true});
    set(duration, {{text}, length, true});
    for (const auto order : {less_than, less_than_or_equal, greater_than, greater_than_or_equal}) {
        set(order, {{number, number}, boolean, false});
    }
    for (const auto test : {is_ipv4, is_ipv6, is_loopback, is_multicast}) {
        set(test, {{address}, boolean, false});
    }
    set(is_in_range, {{address, address}, boolean, false});
    set(offset, {{instant, length}, instant, false});
    set(duration_since, {{instant, instant}, length, false});
    set(to_date, {{instant}, instant, false});
    set(to_time, {{instant}, length, false});
    for (const auto unit : {to_milliseconds, to_seconds, to_minutes, to_hours, to_days}) {
        set(unit, {{length}, integer, false});
    }
    return types;
}

}  // namespace

const CallType& call_type(ExtensionFunction function) {
    static const std::array<CallType, extension_function_count> types = make_call_types();
    return types[static_cast<std::size_t>(function)];
}

std::string constructor_problem(ExtensionFunction constructor, std::string_view text) {
    const std::string shown = quoted(wire::cut_utf8(text, 100));
    if (constructor == ExtensionFunction::decimal && !parse_decimal(text)) {
        return shown +
               " is no decimal; expected -?digits.digits with 1 to 4 digits behind the "
               "point, as in \"12.5\"";
    }
    if (constructor == ExtensionFunction::ip && !parse_ip(text)) {
        return shown + " is no IP address or range, as in \"10.0.0.0/8\" or \"::1\"";
    }
    if (constructor == ExtensionFunction::datetime && !parse_datetime(text)) {
        return shown + " is no datetime, as in \"2026-01-31\" or \"2026-01-31T12:00:00Z\"";
    }
    if (constructor == ExtensionFunction::duration && !parse_duration(text)) {
        return shown + " is no duration, as in \"1d2h3m4s5ms\" or \"-30m\"";
    }
    return {};
}

}  // namespace hs::cedar
