// Json: a JSON value as our own type, a strict parser and the canonical form.
//
// What it is for: every JSON that enters or leaves the program. The parser (Boost.JSON's SAX
// parser below) refuses duplicate keys, invalid UTF-8, nesting beyond a limit and text beyond a
// limit; integers stay exact over the 64-bit range (RFC 8259; I-JSON's rule on duplicates).
// What it does not protect from: a value of the wrong shape. Use the typed readers (`text_at` ...),
// which say what was expected.
// Threads: values.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace hs::wire {

class Json;
using JsonArray = std::vector<Json>;
struct JsonMember;

// The members of an object in one block of memory, sorted by the bytes of their keys, so that
// iteration is already the canonical order. What std::map would offer, as far as it is used here.
class JsonObject {
  public:
    using value_type = std::pair<std::string, Json>;
    using Members = std::vector<value_type>;
    using iterator = Members::iterator;
    using const_iterator = Members::const_iterator;

    JsonObject() = default;
    // Of equal keys the first holds. The values are moved out of the list.
    JsonObject(std::initializer_list<JsonMember> members);

    iterator begin();
    iterator end();
    const_iterator begin() const;
    const_iterator end() const;
    std::size_t size() const;
    bool empty() const;

    iterator find(std::string_view key);
    const_iterator find(std::string_view key) const;
    bool contains(std::string_view key) const;
    Json& operator[](std::string_view key);
    // Keeps the value that is there.
    std::pair<iterator, bool> emplace(std::string key, Json value);
    void insert_or_assign(std::string_view key, Json value);
    std::size_t erase(std::string_view key);

    bool operator==(const JsonObject& other) const;

    // For a reader that meets the members in any order: append them all, then settle once. Nothing
    // else may be called in between but size(). The result names a key that stands twice.
    Json& append(std::string key, Json value);
    std::optional<std::string> settle();

  private:
    Members members_;
};

class Json {
  public:
    Json() = default;                                              // null
    Json(bool value) : value_(value) {}                            // NOLINT: implicit
    Json(std::int64_t value) : value_(value) {}                    // NOLINT: implicit
    Json(int value) : value_(static_cast<std::int64_t>(value)) {}  // NOLINT: implicit
    Json(double value) : value_(value) {}                          // NOLINT: implicit
    Json(std::string value) : value_(std::move(value)) {}          // NOLINT: implicit
    Json(std::string_view value) : value_(std::string(value)) {}   // NOLINT: implicit
    Json(const char* value) : value_(std::string(value)) {}        // NOLINT: implicit
    Json(JsonArray value) : value_(std::move(value)) {}            // NOLINT: implicit
    Json(JsonObject value) : value_(std::move(value)) {}           // NOLINT: implicit

    bool is_null() const { return value_.index() == 0; }
    // Each returns null when the value is of another type.
    const bool* boolean() const { return std::get_if<bool>(&value_); }
    const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value_); }
    const double* real() const { return std::get_if<double>(&value_); }
    const std::string* text() const { return std::get_if<std::string>(&value_); }
    const JsonArray* array() const { return std::get_if<JsonArray>(&value_); }
    const JsonObject* object() const { return std::get_if<JsonObject>(&value_); }
    JsonArray* array() { return std::get_if<JsonArray>(&value_); }
    JsonObject* object() { return std::get_if<JsonObject>(&value_); }

    // The member of an object, or null when there is none or this is no object.
    const Json* find(std::string_view key) const;
    // Makes this an object if it is null; CHECKs that it is one.
    Json& operator[](std::string_view key);
    // Makes this an array if it is null; CHECKs that it is one.
    void push(Json item);

    bool operator==(const Json&) const = default;

  private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, JsonArray, JsonObject>
        value_;
};

struct JsonMember {
    std::string_view key;
    mutable Json value;  // an initializer list is const; its values are only passing through
};

inline JsonObject::iterator JsonObject::begin() {
    return members_.begin();
}
inline JsonObject::iterator JsonObject::end() {
    return members_.end();
}
inline JsonObject::const_iterator JsonObject::begin() const {
    return members_.begin();
}
inline JsonObject::const_iterator JsonObject::end() const {
    return members_.end();
}
inline std::size_t JsonObject::size() const {
    return members_.size();
}
inline bool JsonObject::empty() const {
    return members_.empty();
}
inline bool JsonObject::contains(std::string_view key) const {
    return find(key) != end();
}

struct JsonLimits {
    std::size_t bytes_max = std::size_t{16} << 20U;
    std::size_t depth_max = 64;
    std::size_t values_max = 4'000'000;
};

// invalid_input names the position (line and column) and what is wrong. An integer beyond 64 bits
// is refused. Nothing may follow the value but white space.
base::Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

// The one form that is signed, hashed and recorded: members sorted by bytes, no white space,
// strings escaped as in RFC 8785, integers in decimal. A real number keeps its shortest form.
std::string canonical_json(const Json& value);
void append_canonical_json(std::string& out, const Json& value);
// The same with two spaces of indentation, for people.
std::string pretty_json(const Json& value);
// Appends the quoted, escaped form of text. Invalid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// Typed readers for an object's members: invalid_input names the key and what was expected.
base::Result<std::string> text_at(const Json& object, std::string_view key);
base::Result<std::int64_t> integer_at(const Json& object, std::string_view key);
base::Result<bool> boolean_at(const Json& object, std::string_view key);
base::Result<const JsonArray*> array_at(const Json& object, std::string_view key);
base::Result<const JsonObject*> object_at(const Json& object, std::string_view key);
// The same, with a value for an absent member; a member of another type is still an error.
base::Result<std::string> text_at_or(const Json& object, std::string_view key,
                                     std::string_view otherwise);
base::Result<std::int64_t> integer_at_or(const Json& object, std::string_view key,
                                         std::int64_t otherwise);
base::Result<bool> boolean_at_or(const Json& object, std::string_view key, bool otherwise);

}  // namespace hs::wire
