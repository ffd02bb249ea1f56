// Label: what is known about where a text comes from and who may read it.
//
// What it is for: every message, tool result, memory and value carries one; what the model has seen
// is the join of theirs, and policy reads the join as facts. Integrity says who could have written
// the text, the data classes what it tells, the readers whom it may reach.
// What it does not protect from: a source that is given a better label than it deserves. What
// nobody vouches for gets Label::unknown(), untrusted and private. Threads: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/json.h"

namespace hs::flow {

// Who could have written it, least trusted first.
enum class Integrity : std::uint8_t {
    untrusted,  // anyone
    internal,   // members of the organisation, the project's own authors, authenticated services
    person,     // the person for whom the assistant acts, and configuration
};
std::string_view integrity_name(Integrity integrity);
std::optional<Integrity> integrity_from_name(std::string_view name);

enum class DataClass : std::uint8_t {
    public_,  // anyone may know it
    internal,
    source_code,
    confidential,
    personal,    // about a person; what nobody has classified counts as this
    customer,    // of or about customers
    production,  // state of production systems
    security,    // security infrastructure
    credential,  // keys, tokens, passwords in files
    secret,      // brokered secrets and what must never leave
};
inline constexpr std::size_t data_class_count = 10;
std::string_view data_class_name(DataClass data_class);  // "public", "internal", …
std::optional<DataClass> data_class_from_name(std::string_view name);

// 0 public, 1 internal, 2 private, 3 secret.
std::int64_t level_of(DataClass data_class);

// A set of data classes, one bit each.
class DataClasses {
  public:
    constexpr DataClasses() = default;
    constexpr DataClasses(std::initializer_list<DataClass> classes) {
        for (const DataClass data_class : classes) add(data_class);
    }
    constexpr void add(DataClass data_class) { bits_ |= bit(data_class); }
    constexpr bool has(DataClass data_class) const { return (bits_ & bit(data_class)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr bool holds_all(DataClasses other) const { return (other.bits_ & ~bits_) == 0; }
    constexpr DataClasses operator|(DataClasses other) const {
        return DataClasses(bits_ | other.bits_);
    }
    std::vector<DataClass> list() const;
    // The highest level of a member; 0 for none.
    std::int64_t level() const;
    bool operator==(const DataClasses&) const = default;

  private:
    constexpr explicit DataClasses(std::uint32_t bits) : bits_(bits) {}
    static constexpr std::uint32_t bit(DataClass data_class) {
        return std::uint32_t{1} << static_cast<unsigned>(data_class);
    }
    std::uint32_t bits_ = 0;
};
base::Result<DataClasses> data_classes_from_json(const wire::Json& json);
wire::Json to_json(DataClasses classes);

inline constexpr std::size_t label_principals_max = 16;
inline constexpr std::size_t label_readers_max = 64;
inline constexpr std::size_t label_name_bytes_max = 256;

struct Label {
    Integrity integrity = Integrity::untrusted;
    DataClasses classes;
    std::vector<std::string> principals;  // who wrote it, sorted; empty: nobody known
    // Who may read it, sorted; nothing: everyone, the empty list: nobody but the person.
    std::optional<std::vector<std::string>> readers;

    // Untrusted and private: what a text is until somebody vouches for it.
    static Label unknown();
    // The person's own words; private to nobody in particular.
    static Label of_person(std::string_view person);
    // Text that anyone may know and that nobody vouches for, such as a public web page.
    static Label untrusted_public();

    // Of nothing seen yet: joining it with a label gives that label.
    static Label nothing();

    bool operator==(const Label&) const = default;
};

// The label of a text made from both: the lower integrity, all classes, all principals, the readers
// of both. Beyond label_principals_max principals the integrity falls to untrusted; the readers can
// only become fewer.
Label join(const Label& a, const Label& b);

wire::Json to_json(const Label& label);
// invalid_input names the member. A class or integrity that is not known is an error here; use
// label_or_unknown where a bad label must not stop the reading.
base::Result<Label> label_from_json(const wire::Json& json);
// Label::unknown() for anything that is not a valid label.
Label label_or_unknown(const wire::Json* json);

}  // namespace hs::flow
