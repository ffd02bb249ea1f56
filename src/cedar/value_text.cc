#include <fmt/format.h>

#include "cedar/extension.h"
#include "cedar/value.h"

namespace hs::cedar {
namespace {

void append(std::string& out, const Value& value);

void append_call(std::string& out, std::string_view function, std::string_view argument) {
    out += function;
    out += '(';
    append_quoted(out, argument);
    out += ')';
}

// A time beyond the years that a literal can name is written as the epoch and an offset.
void append_datetime(std::string& out, std::int64_t unix_ms) {
    const std::string text = datetime_text(unix_ms);
    append_call(out, "datetime", text.empty() ? "1970-01-01" : text);
    if (!text.empty()) return;
    out += ".offset(";
    append_call(out, "duration", duration_text(unix_ms));
    out += ')';
}

void append_set(std::string& out, const Value& value) {
    out += '[';
    for (const Value& item : value.items()) {
        if (out.back() != '[') out += ", ";
        append(out, item);
    }
    out += ']';
}

void append_record(std::string& out, const Value& value) {
    out += '{';
    for (const Field& field : value.fields()) {
        if (out.back() != '{') out += ", ";
        append_quoted(out, field.name);
        out += ": ";
        append(out, field.value);
    }
    out += '}';
}

void append(std::string& out, const Value& value) {
    switch (value.kind()) {
        case ValueKind::boolean:
            out += value.as_bool() ? "true" : "false";
            return;
        case ValueKind::integer:
            out += std::to_string(value.as_integer());
            return;
        case ValueKind::string:
            append_quoted(out, value.as_text());
            return;
        case ValueKind::entity:
            out += to_text(value.as_entity());
            return;
        case ValueKind::set:
            append_set(out, value);
            return;
        case ValueKind::record:
            append_record(out, value);
            return;
        case ValueKind::decimal:
            append_call(out, "decimal", decimal_text(value.as_integer()));
            return;
        case ValueKind::datetime:
            append_datetime(out, value.as_integer());
            return;
        case ValueKind::duration:
            append_call(out, "duration", duration_text(value.as_integer()));
            return;
        case ValueKind::ip:
            append_call(out, "ip", ip_text(value.as_ip()));
            return;
    }
}

}  // namespace

std::string to_text(const Value& value) {
    std::string out;
    append(out, value);
    return out;
}

}  // namespace hs::cedar
