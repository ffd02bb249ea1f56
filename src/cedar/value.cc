#include "cedar/value.h"

#include <algorithm>
#include <limits>

namespace hs::cedar {
namespace {

// Records of a few fields are faster to walk than to bisect.
constexpr std::size_t linear_fields_max = 8;

std::uint32_t checked_count(std::size_t count) {
    CHECK(count <= std::numeric_limits<std::uint32_t>::max());
    return static_cast<std::uint32_t>(count);
}

template <class T>
int order(const T& a, const T& b) {
    if (a == b) return 0;
    return a < b ? -1 : 1;
}

int compare_text(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    return a.empty() ? 0 : std::memcmp(a.data(), b.data(), a.size());
}

int compare_keys(const EntityKey& a, const EntityKey& b) {
    if (a.hash != b.hash) return order(a.hash, b.hash);
    const int by_id = compare_text(a.id, b.id);
    return by_id != 0 ? by_id : compare_text(a.type, b.type);
}

int compare_ip(const IpAddress& a, const IpAddress& b) {
    if (a.is_v6 != b.is_v6) return a.is_v6 ? 1 : -1;
    if (a.prefix != b.prefix) return order(a.prefix, b.prefix);
    return std::memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size());
}

int compare_items(std::span<const Value> a, std::span<const Value> b) {
    if (a.size() != b.size()) return order(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (const int found = compare(a[i], b[i]); found != 0) return found;
    }
    return 0;
}

int compare_fields(std::span<const Field> a, std::span<const Field> b) {
    if (a.size() != b.size()) return order(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (const int found = compare_text(a[i].name, b[i].name); found != 0) return found;
        if (const int found = compare(a[i].value, b[i].value); found != 0) return found;
    }
    return 0;
}

}  // namespace

std::string_view kind_name(ValueKind kind) {
    switch (kind) {
        case ValueKind::boolean:
            return "bool";
        case ValueKind::integer:
            return "long";
        case ValueKind::string:
            return "string";
        case ValueKind::entity:
            return "entity";
        case ValueKind::set:
            return "set";
        case ValueKind::record:
            return "record";
        case ValueKind::decimal:
            return "decimal";
        case ValueKind::datetime:
            return "datetime";
        case ValueKind::duration:
            return "duration";
        case ValueKind::ip:
            return "ipaddr";
    }
    return "";
}

Value Value::borrowed_string(std::string_view text) {
    Value value(ValueKind::string, 0);
    value.count_ = checked_count(text.size());
    value.text_ = text.data();
    return value;
}

Value Value::borrowed_entity(const EntityKey* key) {
    Value value(ValueKind::entity, 0);
    value.entity_ = key;
    return value;
}

Value Value::borrowed_ip(const IpAddress* address) {
    Value value(ValueKind::ip, 0);
    value.ip_ = address;
    return value;
}

Value Value::sorted_set(std::span<const Value> items) {
    Value value(ValueKind::set, 0);
    value.count_ = checked_count(items.size());
    value.items_ = items.data();
    return value;
}

Value Value::sorted_record(std::span<const Field> fields) {
    Value value(ValueKind::record, 0);
    value.count_ = checked_count(fields.size());
    value.fields_ = fields.data();
    return value;
}

std::span<const Field> Value::fields() const {
    return {fields_, count_};
}

const Value* Value::find(std::string_view name) const {
    const std::span<const Field> all = fields();
    if (all.size() <= linear_fields_max) {
        for (const Field& field : all) {
            if (field.name == name) return &field.value;
        }
        return nullptr;
    }
    const auto found = std::lower_bound(
        all.begin(), all.end(), name,
        [](const Field& field, std::string_view wanted) { return field.name < wanted; });
    return found != all.end() && found->name == name ? &found->value : nullptr;
}

bool Value::contains(const Value& item) const {
    const std::span<const Value> all = items();
    const auto found =
        std::lower_bound(all.begin(), all.end(), item,
                         [](const Value& a, const Value& b) { return compare(a, b) < 0; });
    return found != all.end() && compare(*found, item) == 0;
}

bool Value::operator==(const Value& other) const {
    return compare(*this, other) == 0;
}

int compare(const Value& a, const Value& b) {
    if (a.kind() != b.kind()) return order(a.kind(), b.kind());
    switch (a.kind()) {
        case ValueKind::boolean:
        case ValueKind::integer:
        case ValueKind::decimal:
        case ValueKind::datetime:
        case ValueKind::duration:
            return order(a.as_integer(), b.as_integer());
        case ValueKind::string:
            return compare_text(a.as_text(), b.as_text());
        case ValueKind::entity:
            if (a.entity_pointer() == b.entity_pointer()) return 0;
            return compare_keys(a.as_entity(), b.as_entity());
        case ValueKind::set:
            return compare_items(a.items(), b.items());
        case ValueKind::record:
            return compare_fields(a.fields(), b.fields());
        case ValueKind::ip:
            return compare_ip(a.as_ip(), b.as_ip());
    }
    return 0;
}

}  // namespace hs::cedar
