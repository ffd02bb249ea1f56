// Value: what a Cedar expression yields; sixteen bytes, flat, its parts in an Arena.
//
// What it is for: attributes, tags, contexts, constants of policies and results of evaluation share
// this one form, so that a decision copies and allocates nothing. Sets are kept sorted without
// duplicates and records sorted by name, so that equality is one pass (docs.cedarpolicy.com: data
// types; equality across types is false).
// What it does not protect from: use after the arena that holds the parts was reset or destroyed.
// Threads: immutable values; a ValueBuilder belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cedar/arena.h"
#include "cedar/name.h"

namespace hs::cedar {

enum class ValueKind : std::uint8_t {
    boolean,
    integer,
    string,
    entity,
    set,
    record,
    decimal,
    datetime,
    duration,
    ip,
};

// "bool", "long", "string", "entity", "set", "record", "decimal", "datetime", "duration", "ipaddr"
std::string_view kind_name(ValueKind kind);

// An address or a range of addresses. IPv4 uses the first four bytes.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};
    std::uint8_t prefix = 0;  // bits
    bool is_v6 = false;
    bool operator==(const IpAddress&) const = default;
};

struct Field;

class Value {
  public:
    Value() : number_(0) {}  // false

    static Value boolean(bool value) { return Value(ValueKind::boolean, value ? 1 : 0); }
    static Value integer(std::int64_t value) { return Value(ValueKind::integer, value); }
    // Ten-thousandths.
    static Value decimal(std::int64_t units) { return Value(ValueKind::decimal, units); }
    // Milliseconds since 1970-01-01T00:00:00Z.
    static Value datetime(std::int64_t unix_ms) { return Value(ValueKind::datetime, unix_ms); }
    // Milliseconds.
    static Value duration(std::int64_t length_ms) { return Value(ValueKind::duration, length_ms); }
    // The text, the key and the address are not copied; ValueBuilder copies.
    static Value borrowed_string(std::string_view text);
    static Value borrowed_entity(const EntityKey* key);
    static Value borrowed_ip(const IpAddress* address);
    // The items must be sorted by compare() without duplicates; the fields sorted by name.
    static Value sorted_set(std::span<const Value> items);
    static Value sorted_record(std::span<const Field> fields);

    ValueKind kind() const { return kind_; }
    bool is(ValueKind kind) const { return kind_ == kind; }

    // Each requires its kind; another kind is a broken invariant only in the caller.
    bool as_bool() const { return number_ != 0; }
    // Also the number of a decimal, datetime or duration.
    std::int64_t as_integer() const { return number_; }
    std::string_view as_text() const { return {text_, count_}; }
    const EntityKey& as_entity() const { return *entity_; }
    const EntityKey* entity_pointer() const { return entity_; }
    const IpAddress& as_ip() const { return *ip_; }
    std::span<const Value> items() const { return {items_, count_}; }
    std::span<const Field> fields() const;
    // The member of a record, or null.
    const Value* find(std::string_view name) const;
    bool contains(const Value& item) const;  // of a set

    bool operator==(const Value& other) const;

  private:
    Value(ValueKind kind, std::int64_t number) : kind_(kind), number_(number) {}

    ValueKind kind_ = ValueKind::boolean;
    std::uint32_t count_ = 0;
    union {
        std::int64_t number_;
        const char* text_;
        const EntityKey* entity_;
        const IpAddress* ip_;
        const Value* items_;
        const Field* fields_;
    };
};
static_assert(sizeof(Value) == 16);

struct Field {
    std::string_view name;
    Value value;
};

// A total order over all values (by kind first); only for sorting.
int compare(const Value& a, const Value& b);

// The literal form: an expression of the language that evaluates to the value. A record is
// `{"name": value}`, a decimal `decimal("1.0")`.
std::string to_text(const Value& value);

// Makes values whose parts lie in one arena. Cheap: no allocation once the arena is warm.
class ValueBuilder {
  public:
    explicit ValueBuilder(Arena& arena) : arena_(&arena) {}

    Value boolean(bool value) const { return Value::boolean(value); }
    Value integer(std::int64_t value) const { return Value::integer(value); }
    Value datetime(std::int64_t unix_ms) const { return Value::datetime(unix_ms); }
    Value duration(std::int64_t length_ms) const { return Value::duration(length_ms); }
    Value decimal(std::int64_t units) const { return Value::decimal(units); }
    Value string(std::string_view text) const;
    Value ip(const IpAddress& address) const;
    const EntityKey* key(std::string_view type, std::string_view id) const;
    const EntityKey* key(const EntityUid& uid) const { return key(uid.type, uid.id); }
    Value entity(std::string_view type, std::string_view id) const;
    Value entity(const EntityUid& uid) const { return entity(uid.type, uid.id); }
    // Sorts and removes duplicates.
    Value set(std::span<const Value> items) const;
    Value set(std::initializer_list<Value> items) const;
    // Sorts by name and copies the names. Two fields of one name are a broken invariant.
    Value record(std::span<const Field> fields) const;
    Value record(std::initializer_list<Field> fields) const;
    // The record with the field at the path replaced or added; the other parts are shared.
    // Every step but the last must name a record.
    Value with(const Value& record, std::span<const std::string_view> path, Value value) const;
    // A copy whose every part lies in this arena.
    Value copy(const Value& value) const;

    Arena& arena() const { return *arena_; }

  private:
    Arena* arena_;
};

}  // namespace hs::cedar
