#include "wire/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>

#include "wire/utf8.h"

namespace hs::wire {
namespace {

using base::Code;
using base::fail;
using base::Result;

// Receives the parser's events and builds the value. Members begin with their key, so a stack of
// open containers and one of pending keys is all the state there is.
class Builder {
  public:
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = std::size_t{64} << 10U;
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
    using Bad = boost::json::error_code;

    std::size_t values_max = 0;
    std::string problem;
    Json root;

    bool on_document_begin(Bad&) { return true; }
    bool on_document_end(Bad&) { return true; }
    bool on_object_begin(Bad& bad) { return open(JsonObject{}, bad); }
    bool on_object_end(std::size_t, Bad& bad) {
        if (const auto twice = open_.back()->object()->settle()) {
            return refuse(
                fmt::format("the key \"{}\" stands twice in the object that ends here", *twice),
                bad);
        }
        return close();
    }
    bool on_array_begin(Bad& bad) { return open(JsonArray{}, bad); }
    bool on_array_end(std::size_t, Bad&) { return close(); }
    bool on_key_part(boost::json::string_view part, std::size_t, Bad&) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool on_key(boost::json::string_view part, std::size_t, Bad&) {
        text_.append(part.data(), part.size());
        keys_.push_back(std::exchange(text_, {}));
        return true;
    }
    bool on_string_part(boost::json::string_view part, std::size_t, Bad&) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool on_string(boost::json::string_view part, std::size_t, Bad& bad) {
        text_.append(part.data(), part.size());
        return put(Json(std::exchange(text_, {})), bad) != nullptr;
    }
    bool on_number_part(boost::json::string_view, Bad&) { return true; }
    bool on_int64(std::int64_t value, boost::json::string_view, Bad& bad) {
        return put(Json(value), bad) != nullptr;
    }
    bool on_uint64(std::uint64_t, boost::json::string_view, Bad& bad) {
        return refuse("an integer is beyond 64 bits signed", bad);
    }
    bool on_double(double value, boost::json::string_view, Bad& bad) {
        if (!std::isfinite(value)) return refuse("a number is too large", bad);
        return put(Json(value), bad) != nullptr;
    }
    bool on_bool(bool value, Bad& bad) { return put(Json(value), bad) != nullptr; }
    bool on_null(Bad& bad) { return put(Json(), bad) != nullptr; }
    bool on_comment_part(boost::json::string_view, Bad&) { return true; }
    bool on_comment(boost::json::string_view, Bad&) { return true; }

  private:
    bool refuse(std::string why, Bad& bad) {
        problem = std::move(why);
        bad = boost::json::error::incomplete;
        return false;
    }
    Json* put(Json value, Bad& bad) {
        if (++values_ > values_max) {
            refuse("it has too many values", bad);
            return nullptr;
        }
        if (open_.empty()) {
            root = std::move(value);
            return &root;
        }
        Json& parent = *open_.back();
        if (JsonArray* array = parent.array()) return &array->emplace_back(std::move(value));
        Json& member = parent.object()->append(std::move(keys_.back()), std::move(value));
        keys_.pop_back();
        return &member;
    }
    template <class Container>
    bool open(Container container, Bad& bad) {
        Json* place = put(Json(std::move(container)), bad);
        if (place == nullptr) return false;
        // A parent never grows while its child is open, so the pointer holds.
        open_.push_back(place);
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    std::vector<Json*> open_;
    std::vector<std::string> keys_;
    std::string text_;
    std::size_t values_ = 0;
};

std::string position_of(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t start = before.rfind('\n');
    const std::size_t column = start == std::string_view::npos ? offset : offset - start - 1;
    return fmt::format("line {}, column {}", line, column + 1);
}

void append_number(std::string& out, double value) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    out.append(buffer.data(), end);
}

void append_canonical(std::string& out, const Json& value);

void append_members(std::string& out, const JsonObject& object) {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : object) {
        if (!std::exchange(first, false)) out += ',';
        append_json_string(out, key);
        out += ':';
        append_canonical(out, member);
    }
    out += '}';
}

void append_scalar(std::string& out, const Json& value) {
    if (const bool* held = value.boolean()) {
        out += *held ? "true" : "false";
    } else if (const std::int64_t* held_integer = value.integer()) {
        fmt::format_to(std::back_inserter(out), "{}", *held_integer);
    } else if (const double* held_real = value.real()) {
        append_number(out, *held_real);
    } else if (const std::string* held_text = value.text()) {
        append_json_string(out, *held_text);
    } else {
        out += "null";
    }
}

void append_canonical(std::string& out, const Json& value) {
    if (const JsonObject* object = value.object()) return append_members(out, *object);
    const JsonArray* array = value.array();
    if (array == nullptr) return append_scalar(out, value);
    out += '[';
    bool first = true;
    for (const Json& item : *array) {
        if (!std::exchange(first, false)) out += ',';
        append_canonical(out, item);
    }
    out += ']';
}

void append_pretty(std::string& out, const Json& value, std::size_t depth) {
    const std::string margin((depth + 1) * 2, ' ');
    const JsonObject* object = value.object();
    const JsonArray* array = value.array();
    if ((object != nullptr && !object->empty()) || (array != nullptr && !array->empty())) {
        bool first = true;
        out += object != nullptr ? "{\n" : "[\n";
        const auto next = [&] {
            if (!std::exchange(first, false)) out += ",\n";
            out += margin;
        };
        if (object != nullptr) {
            for (const auto& [key, member] : *object) {
                next();
                append_json_string(out, key);
                out += ": ";
                append_pretty(out, member, depth + 1);
            }
        } else {
            for (const Json& item : *array) {
                next();
                append_pretty(out, item, depth + 1);
            }
        }
        out += '\n' + std::string(depth * 2, ' ') + (object != nullptr ? '}' : ']');
        return;
    }
    append_canonical(out, value);
}

base::Failure wrong_type(std::string_view key, std::string_view expected) {
    return fail(Code::invalid_input, fmt::format("\"{}\" must be {}", key, expected));
}

}  // namespace

JsonObject::JsonObject(std::initializer_list<JsonMember> members) {
    members_.reserve(members.size());
    for (const JsonMember& member : members) {
        emplace(std::string(member.key), std::move(member.value));
    }
}

namespace {

// Where the key is or would be. Members mostly come in order, so the end is looked at first.
template <class Members>
auto place_of(Members& members, std::string_view key) {
    if (members.empty() || members.back().first < key) return members.end();
    return std::lower_bound(
        members.begin(), members.end(), key,
        [](const auto& member, std::string_view wanted) { return member.first < wanted; });
}

}  // namespace

JsonObject::iterator JsonObject::find(std::string_view key) {
    const auto place = place_of(members_, key);
    return place != members_.end() && place->first == key ? place : members_.end();
}

JsonObject::const_iterator JsonObject::find(std::string_view key) const {
    const auto place = place_of(members_, key);
    return place != members_.end() && place->first == key ? place : members_.end();
}

Json& JsonObject::operator[](std::string_view key) {
    const auto place = place_of(members_, key);
    if (place != members_.end() && place->first == key) return place->second;
    return members_.emplace(place, std::string(key), Json())->second;
}

std::pair<JsonObject::iterator, bool> JsonObject::emplace(std::string key, Json value) {
    const auto place = place_of(members_, key);
    if (place != members_.end() && place->first == key) return {place, false};
    return {members_.emplace(place, std::move(key), std::move(value)), true};
}

void JsonObject::insert_or_assign(std::string_view key, Json value) {
    (*this)[key] = std::move(value);
}

std::size_t JsonObject::erase(std::string_view key) {
    const auto place = find(key);
    if (place == members_.end()) return 0;
    members_.erase(place);
    return 1;
}

bool JsonObject::operator==(const JsonObject& other) const {
    return members_ == other.members_;
}

Json& JsonObject::append(std::string key, Json value) {
    return members_.emplace_back(std::move(key), std::move(value)).second;
}

std::optional<std::string> JsonObject::settle() {
    const auto before = [](const value_type& one, const value_type& other) {
        return one.first < other.first;
    };
    if (!std::is_sorted(members_.begin(), members_.end(), before)) {
        std::sort(members_.begin(), members_.end(), before);
    }
    const auto twice = std::adjacent_find(
        members_.begin(), members_.end(),
        [](const value_type& one, const value_type& other) { return one.first == other.first; });
    if (twice == members_.end()) return std::nullopt;
    return twice->first;
}

const Json* Json::find(std::string_view key) const {
    const JsonObject* members = object();
    if (members == nullptr) return nullptr;
    const auto found = members->find(key);
    return found == members->end() ? nullptr : &found->second;
}

Json& Json::operator[](std::string_view key) {
    if (is_null()) value_ = JsonObject{};
    JsonObject* members = object();
    CHECK(members != nullptr);
    return (*members)[key];
}

void Json::push(Json item) {
    if (is_null()) value_ = JsonArray{};
    JsonArray* items = array();
    CHECK(items != nullptr);
    items->push_back(std::move(item));
}

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.bytes_max) {
        return fail(Code::exhausted, fmt::format("JSON of {} bytes; at most {} are accepted",
                                                 text.size(), limits.bytes_max));
    }
    boost::json::parse_options options;
    options.max_depth = limits.depth_max;
    boost::json::basic_parser<Builder> parser(options);
    parser.handler().values_max = limits.values_max;
    boost::json::error_code bad;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), bad);
    if (!bad && used < text.size()) {
        return fail(Code::invalid_input,
                    "JSON at " + position_of(text, used) + ": something follows the value");
    }
    if (bad) {
        const std::string& problem = parser.handler().problem;
        return fail(Code::invalid_input, "JSON at " + position_of(text, used) + ": " +
                                             (problem.empty() ? bad.message() : problem));
    }
    return std::move(parser.handler().root);
}

std::string canonical_json(const Json& value) {
    std::string out;
    append_canonical(out, value);
    return out;
}

void append_canonical_json(std::string& out, const Json& value) {
    append_canonical(out, value);
}

std::string pretty_json(const Json& value) {
    std::string out;
    append_pretty(out, value, 0);
    return out;
}

namespace {

void append_escape(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\b':
            out += "\\b";
            break;
        case '\f':
            out += "\\f";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<int>(c));
    }
}

bool stands_for_itself(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    const std::string mended = is_utf8(text) ? std::string() : mend_utf8(text);
    if (!mended.empty()) text = mended;
    out += '"';
    // Most text is plain, so it goes over in runs.
    while (!text.empty()) {
        const auto* const end = std::find_if_not(text.begin(), text.end(), stands_for_itself);
        const auto plain = static_cast<std::size_t>(end - text.begin());
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        append_escape(out, text.front());
        text.remove_prefix(1);
    }
    out += '"';
}

Result<std::string> text_at(const Json& object, std::string_view key) {
    const Json* member = object.find(key);
    if (member == nullptr || member->text() == nullptr) return wrong_type(key, "a string");
    return *member->text();
}

Result<std::int64_t> integer_at(const Json& object, std::string_view key) {
    const Json* member = object.find(key);
    if (member == nullptr || member->integer() == nullptr) return wrong_type(key, "an integer");
    return *member->integer();
}

Result<bool> boolean_at(const Json& object, std::string_view key) {
    const Json* member = object.find(key);
    if (member == nullptr || member->boolean() == nullptr) return wrong_type(key, "true or false");
    return *member->boolean();
}

Result<const JsonArray*> array_at(const Json& object, std::string_view key) {
    const Json* member = object.find(key);
    if (member == nullptr || member->array() == nullptr) return wrong_type(key, "an array");
    return member->array();
}

Result<const JsonObject*> object_at(const Json& object, std::string_view key) {
    const Json* member = object.find(key);
    if (member == nullptr || member->object() == nullptr) return wrong_type(key, "an object");
    return member->object();
}

Result<std::string> text_at_or(const Json& object, std::string_view key,
                               std::string_view otherwise) {
    if (object.find(key) == nullptr) return std::string(otherwise);
    return text_at(object, key);
}

Result<std::int64_t> integer_at_or(const Json& object, std::string_view key,
                                   std::int64_t otherwise) {
    if (object.find(key) == nullptr) return otherwise;
    return integer_at(object, key);
}

Result<bool> boolean_at_or(const Json& object, std::string_view key, bool otherwise) {
    if (object.find(key) == nullptr) return otherwise;
    return boolean_at(object, key);
}

}  // namespace hs::wire
