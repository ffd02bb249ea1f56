// Names of Cedar: identifiers, type paths, entity identifiers in their owning and flat forms.
//
// What it is for: EntityUid owns its text and is what policies and schemas hold; EntityKey is the
// flat form that values, stores and the evaluator compare (its bytes live in an Arena).
// What it does not protect from: confusable characters in identifiers; validation warns of them.
// Threads: values.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace hs::cedar {

// An entity's identity: the full type path (`Ns::Type`) and the unescaped id.
struct EntityUid {
    std::string type;
    std::string id;
    auto operator<=>(const EntityUid&) const = default;
};

// The flat form. `hash` covers type and id and is the same for equal keys within one process.
struct EntityKey {
    std::string_view type;
    std::string_view id;
    std::uint64_t hash = 0;
};

inline bool operator==(const EntityKey& a, const EntityKey& b) {
    return a.hash == b.hash && a.id == b.id && a.type == b.type;
}
// A key whose bytes are those of the arguments (nothing is copied).
EntityKey make_key(std::string_view type, std::string_view id);
inline EntityKey make_key(const EntityUid& uid) {
    return make_key(uid.type, uid.id);
}
EntityUid to_uid(const EntityKey& key);

// Seeded once a process, so that hostile names cannot be chosen to collide.
std::uint64_t hash_text(std::string_view text);

// `Ns::Type::"id"`, the id escaped so that the parser reads it back.
std::string to_text(const EntityUid& uid);
std::string to_text(const EntityKey& key);
// Appends text between double quotes, escaped so that the parser reads it back.
void append_quoted(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

// [_a-zA-Z][_a-zA-Z0-9]* ; reserved words included (docs.cedarpolicy.com, grammar: IDENT).
bool is_identifier_shape(std::string_view text);
// true false if then else in is like has __cedar
bool is_reserved_word(std::string_view text);
inline bool is_identifier(std::string_view text) {
    return is_identifier_shape(text) && !is_reserved_word(text);
}
// Identifiers joined by "::".
bool is_type_path(std::string_view text);

// The four extension types are written as functions of the same name, except `ip`.
enum class ExtensionType : std::uint8_t { ip, decimal, datetime, duration };

// "ipaddr", "decimal", "datetime", "duration": the names that schemas and messages use.
std::string_view extension_type_name(ExtensionType type);

}  // namespace hs::cedar
