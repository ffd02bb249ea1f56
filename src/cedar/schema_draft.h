// SchemaDraft: the declarations of a schema as written, before and after names are bound.
//
// What it is for: both syntaxes are read into it; SchemaResolver binds its names and makes the
// Schema from it, and print_schema writes it out. Only files named schema_* include it.
// What it does not protect from: anything; it is material, and the resolver judges it.
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/ast.h"
#include "cedar/schema.h"
#include "cedar/source.h"
#include "wire/utf8.h"

namespace hs::cedar {

using DraftTypeId = std::uint32_t;

enum class DraftTypeKind : std::uint8_t {
    boolean,
    integer,
    string,
    extension,  // path: its name
    set,
    record,
    entity,  // path: must name an entity type
    common,  // path: must name a common type
    either,  // path: a common type, else an entity type
};

// What a path turned out to name.
enum class BindingKind : std::uint8_t { none, builtin, common, entity };
struct Binding {
    BindingKind kind = BindingKind::none;
    std::string path;         // fully qualified; of a builtin its bare name
    std::uint32_t index = 0;  // common: into the resolver's list
};

struct DraftName {
    std::string path;  // as written
    Span span;
    Binding binding;
};

struct DraftAttribute {
    std::string name;
    bool is_required = true;
    DraftTypeId type = 0;
    std::vector<Annotation> annotations;
    Span span;
};

struct DraftType {
    DraftTypeKind kind = DraftTypeKind::boolean;
    Span span;
    DraftName name;                          // extension, entity, common, either
    DraftTypeId element = 0;                 // set
    std::vector<DraftAttribute> attributes;  // record
};

struct DraftEntityType {
    std::string name;
    Span span;
    std::vector<Annotation> annotations;
    bool is_enumerated = false;
    std::vector<std::string> choices;
    std::vector<DraftName> parents;
    std::optional<DraftTypeId> shape;
    std::optional<DraftTypeId> tags;
};

struct DraftActionName {
    std::string type;  // "" when only the id is written
    std::string id;
    Span span;
    EntityUid bound;
};

struct DraftAction {
    std::string id;
    Span span;
    std::vector<Annotation> annotations;
    std::vector<DraftActionName> parents;
    std::vector<DraftName> principals;
    std::vector<DraftName> resources;
    std::optional<DraftTypeId> context;
};

struct DraftCommonType {
    std::string name;
    Span span;
    std::vector<Annotation> annotations;
    DraftTypeId type = 0;
};

struct DraftNamespace {
    std::string path;  // "" is the empty namespace
    Span span;
    std::vector<Annotation> annotations;
    std::vector<DraftEntityType> entity_types;
    std::vector<DraftAction> actions;
    std::vector<DraftCommonType> common_types;
};

struct SchemaDraft {
    SourcePointer source;
    SchemaSyntax syntax = SchemaSyntax::human;
    std::vector<DraftNamespace> namespaces;
    std::vector<DraftType> types;

    DraftTypeId add(DraftType type) {
        types.push_back(std::move(type));
        return static_cast<DraftTypeId>(types.size() - 1);
    }
};

// At the span in human syntax; with the schema's name alone in JSON, whose messages name the
// declaration themselves.
inline base::Failure draft_failure(const SchemaDraft& draft, Span span, std::string_view message,
                                   base::Place where = base::Place::here()) {
    if (draft.syntax == SchemaSyntax::human) return fail_at(*draft.source, span, message, where);
    return base::fail(base::Code::invalid_input, draft.source->name() + ": " + std::string(message),
                      where);
}

inline std::string qualify(std::string_view space, std::string_view name) {
    if (space.empty()) return std::string(name);
    return std::string(space) + "::" + std::string(name);
}

// Identifiers joined by "::", `__cedar` allowed among them.
bool is_schema_path(std::string_view text);

base::Result<SchemaDraft> read_human_schema(SourcePointer source, const SchemaLimits& limits);
base::Result<SchemaDraft> read_json_schema(SourcePointer source, const SchemaLimits& limits);

}  // namespace hs::cedar
