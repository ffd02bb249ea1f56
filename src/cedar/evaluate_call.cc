#include "cedar/extension.h"
#include "cedar/internal/call_value.h"
#include "cedar/internal/evaluator.h"

namespace hs::cedar::internal {
namespace {

constexpr std::size_t arguments_max = 2;

// Rounds towards minus infinity to a whole day; false when that leaves 64 bits.
bool day_start(std::int64_t unix_ms, std::int64_t& out) {
    std::int64_t into_day = unix_ms % day_ms;
    if (into_day < 0) into_day += day_ms;
    return !__builtin_sub_overflow(unix_ms, into_day, &out);
}

std::int64_t time_of_day(std::int64_t unix_ms) {
    const std::int64_t into_day = unix_ms % day_ms;
    return into_day < 0 ? into_day + day_ms : into_day;
}

std::int64_t units_of(ExtensionFunction function, std::int64_t length_ms) {
    if (function == ExtensionFunction::to_seconds) return length_ms / 1000;
    if (function == ExtensionFunction::to_minutes) return length_ms / 60'000;
    if (function == ExtensionFunction::to_hours) return length_ms / 3'600'000;
    if (function == ExtensionFunction::to_days) return length_ms / day_ms;
    return length_ms;
}

bool decimals_ordered(ExtensionFunction function, std::int64_t a, std::int64_t b) {
    if (function == ExtensionFunction::less_than) return a < b;
    if (function == ExtensionFunction::less_than_or_equal) return a <= b;
    if (function == ExtensionFunction::greater_than) return a > b;
    return a >= b;
}

bool ip_test(ExtensionFunction function, const IpAddress& address) {
    if (function == ExtensionFunction::is_ipv4) return !address.is_v6;
    if (function == ExtensionFunction::is_ipv6) return address.is_v6;
    if (function == ExtensionFunction::is_loopback) return is_loopback(address);
    return is_multicast(address);
}

std::optional<Value> parse_value(ExtensionFunction function, std::string_view text, Arena& arena) {
    if (function == ExtensionFunction::ip) {
        const auto address = parse_ip(text);
        if (!address) return {};
        return Value::borrowed_ip(arena.keep(*address));
    }
    std::optional<std::int64_t> number;
    if (function == ExtensionFunction::decimal) {
        number = parse_decimal(text);
        return number ? std::optional(Value::decimal(*number)) : std::nullopt;
    }
    if (function == ExtensionFunction::datetime) {
        number = parse_datetime(text);
        return number ? std::optional(Value::datetime(*number)) : std::nullopt;
    }
    number = parse_duration(text);
    return number ? std::optional(Value::duration(*number)) : std::nullopt;
}

class Call {
  public:
    Call(ExtensionFunction function, std::span<const Value> arguments, Fault& fault)
        : function_(function), arguments_(arguments), fault_(fault) {}

    bool run(Arena& arena, Value& out) {
        const ExtensionSignature& signature = extension_signature(function_);
        if (arguments_.size() != signature.arguments) return fail(FaultKind::wrong_argument_count);
        if (signature.style == CallStyle::function) return construct(arena, out);
        if (function_ <= ExtensionFunction::greater_than_or_equal) return compare_decimals(out);
        if (function_ <= ExtensionFunction::is_multicast) return test_address(out);
        if (function_ == ExtensionFunction::is_in_range) return test_range(out);
        if (function_ <= ExtensionFunction::duration_since) return shift(out);
        if (function_ <= ExtensionFunction::to_time) return split(out);
        if (!typed(0, ValueKind::duration, Wanted::duration)) return false;
        out = Value::integer(units_of(function_, arguments_[0].as_integer()));
        return true;
    }

  private:
    bool fail(FaultKind kind) {
        fault_ = Fault{};
        fault_.kind = kind;
        fault_.function = function_;
        return false;
    }

    bool typed(std::size_t index, ValueKind kind, Wanted wanted) {
        if (arguments_[index].is(kind)) return true;
        fail(FaultKind::wrong_type);
        fault_.wanted = wanted;
        fault_.found = arguments_[index].kind();
        return false;
    }

    bool construct(Arena& arena, Value& out) {
        if (!typed(0, ValueKind::string, Wanted::string)) return false;
        const std::string_view text = arguments_[0].as_text();
        const std::optional<Value> value = parse_value(function_, text, arena);
        if (!value) {
            fail(FaultKind::bad_extension_text);
            fault_.text = text;
            return false;
        }
        out = *value;
        return true;
    }

    bool compare_decimals(Value& out) {
        if (!typed(0, ValueKind::decimal, Wanted::decimal) ||
            !typed(1, ValueKind::decimal, Wanted::decimal)) {
            return false;
        }
        const std::int64_t a = arguments_[0].as_integer();
        const std::int64_t b = arguments_[1].as_integer();
        out = Value::boolean(decimals_ordered(function_, a, b));
        return true;
    }

    bool test_address(Value& out) {
        if (!typed(0, ValueKind::ip, Wanted::ip)) return false;
        out = Value::boolean(ip_test(function_, arguments_[0].as_ip()));
        return true;
    }

    bool test_range(Value& out) {
        if (!typed(0, ValueKind::ip, Wanted::ip) || !typed(1, ValueKind::ip, Wanted::ip)) {
            return false;
        }
        out = Value::boolean(is_in_range(arguments_[0].as_ip(), arguments_[1].as_ip()));
        return true;
    }

    // offset and durationSince.
    bool shift(Value& out) {
        const bool adds = function_ == ExtensionFunction::offset;
        if (!typed(0, ValueKind::datetime, Wanted::datetime)) return false;
        if (!typed(1, adds ? ValueKind::duration : ValueKind::datetime,
                   adds ? Wanted::duration : Wanted::datetime)) {
            return false;
        }
        const std::int64_t a = arguments_[0].as_integer();
        const std::int64_t b = arguments_[1].as_integer();
        std::int64_t result = 0;
        const bool overflow =
            adds ? __builtin_add_overflow(a, b, &result) : __builtin_sub_overflow(a, b, &result);
        if (overflow) return fail(FaultKind::overflow);
        out = adds ? Value::datetime(result) : Value::duration(result);
        return true;
    }

    // toDate and toTime.
    bool split(Value& out) {
        if (!typed(0, ValueKind::datetime, Wanted::datetime)) return false;
        const std::int64_t unix_ms = arguments_[0].as_integer();
        if (function_ == ExtensionFunction::to_time) {
            out = Value::duration(time_of_day(unix_ms));
            return true;
        }
        std::int64_t start_ms = 0;
        if (!day_start(unix_ms, start_ms)) return fail(FaultKind::overflow);
        out = Value::datetime(start_ms);
        return true;
    }

    ExtensionFunction function_;
    std::span<const Value> arguments_;
    Fault& fault_;
};

}  // namespace

bool call_extension(ExtensionFunction function, std::span<const Value> arguments, Arena& arena,
                    Value& out, Fault& fault) {
    return Call(function, arguments, fault).run(arena, out);
}

// Arguments beyond those that any function takes are evaluated for their errors, then refused.
bool Evaluator::call(const Node& node, NodeId id, Value& out) {
    std::array<Value, arguments_max + 1> values;
    std::size_t count = 0;
    for (const NodeId operand : program_.list(node.second, node.third)) {
        if (!evaluate(operand, values[std::min(count, arguments_max)])) return false;
        ++count;
    }
    const std::span<const Value> arguments(values.data(), std::min(count, values.size()));
    const auto function = static_cast<ExtensionFunction>(node.detail);
    if (call_extension(function, arguments, *scratch_, out, fault_)) return true;
    fault_.span = program_.span(id);
    return false;
}

}  // namespace hs::cedar::internal
