#include "cedar/schema.h"

#include <algorithm>

#include "cedar/schema_state.h"
#include "wire/utf8.h"

namespace hs::cedar {
namespace {

constexpr std::size_t described_bytes_max = 400;

template <class Id>
bool has(const std::vector<Id>& sorted, Id id) {
    return std::binary_search(sorted.begin(), sorted.end(), id);
}

bool same_type(const Type* a, const Type* b) {
    if (a == b) return true;
    if (a == nullptr || b == nullptr || a->kind != b->kind || a->parts != b->parts) return false;
    if (a->kind == TypeKind::extension) return a->extension == b->extension;
    if (a->kind == TypeKind::entity) return a->entities == b->entities;
    if (a->kind == TypeKind::set) return same_type(a->element, b->element);
    return std::equal(a->attributes.begin(), a->attributes.end(), b->attributes.begin(),
                      b->attributes.end(), [](const AttributeType& x, const AttributeType& y) {
                          return x.name == y.name && x.is_required == y.is_required &&
                                 same_type(x.type, y.type);
                      });
}

bool same_entity_type(const EntityTypeRule& a, const EntityTypeRule& b) {
    return a.name == b.name && a.kind == b.kind && a.choices == b.choices &&
           a.parents == b.parents && same_type(a.shape, b.shape) && same_type(a.tags, b.tags);
}

bool same_action(const ActionRule& a, const ActionRule& b) {
    return a.uid == b.uid && a.parents == b.parents && a.principals == b.principals &&
           a.resources == b.resources && same_type(a.context, b.context);
}

void describe(std::string& out, const Type& type, const Schema& schema) {
    if (out.size() > described_bytes_max) return;
    switch (type.kind) {
        case TypeKind::never:
            out += "nothing";
            return;
        case TypeKind::only_true:
            out += "True";
            return;
        case TypeKind::only_false:
            out += "False";
            return;
        case TypeKind::boolean:
            out += "Bool";
            return;
        case TypeKind::integer:
            out += "Long";
            return;
        case TypeKind::string:
            out += "String";
            return;
        case TypeKind::any_entity:
            out += "any entity";
            return;
        case TypeKind::extension:
            out += extension_type_name(type.extension);
            return;
        case TypeKind::set:
            out += "Set<";
            if (type.element == nullptr) out += "anything";
            if (type.element != nullptr) describe(out, *type.element, schema);
            out += ">";
            return;
        case TypeKind::entity:
            for (std::size_t i = 0; i < type.entities.size(); ++i) {
                if (out.size() > described_bytes_max) return;
                out += (i == 0 ? "" : " or ") + schema.entity_type(type.entities[i]).name;
            }
            return;
        case TypeKind::record:
            break;
    }
    out += "{";
    for (std::size_t i = 0; i < type.attributes.size(); ++i) {
        if (out.size() > described_bytes_max) return;
        const AttributeType& attribute = type.attributes[i];
        out +=
            (i == 0 ? "" : ", ") + quoted(attribute.name) + (attribute.is_required ? ": " : "?: ");
        describe(out, *attribute.type, schema);
    }
    out += type.is_open ? ", …}" : "}";
}

}  // namespace

bool EntityTypeRule::has_choice(std::string_view id) const {
    return std::binary_search(choices.begin(), choices.end(), id);
}
bool EntityTypeRule::may_have_ancestor(EntityTypeId type) const {
    return has(ancestors, type);
}
bool ActionRule::has_ancestor(ActionId action) const {
    return has(ancestors, action);
}
bool ActionRule::applies_to_principal(EntityTypeId id) const {
    return has(principals, id);
}
bool ActionRule::applies_to_resource(EntityTypeId id) const {
    return has(resources, id);
}

Schema::Schema() : state_(std::make_unique<State>()) {}
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

base::Result<Schema> Schema::parse(SourcePointer source, SchemaSyntax syntax,
                                   const SchemaLimits& limits) {
    if (source->text().size() > limits.text.bytes_max) {
        return base::fail(base::Code::invalid_input,
                          source->name() + ": the schema has " +
                              std::to_string(source->text().size()) + " bytes; at most " +
                              std::to_string(limits.text.bytes_max) + " are allowed");
    }
    SchemaDraft draft = syntax == SchemaSyntax::human
                            ? TRY(read_human_schema(std::move(source), limits))
                            : TRY(read_json_schema(std::move(source), limits));
    return SchemaResolver(std::move(draft), limits).run();
}

base::Result<Schema> Schema::parse(std::string_view text, SchemaSyntax syntax,
                                   const SchemaLimits& limits) {
    if (text.size() > limits.text.bytes_max) {
        return base::fail(base::Code::invalid_input,
                          "the schema has " + std::to_string(text.size()) + " bytes; at most " +
                              std::to_string(limits.text.bytes_max) + " are allowed");
    }
    return parse(std::make_shared<const SourceText>("schema", std::string(text)), syntax, limits);
}

std::span<const EntityTypeRule> Schema::entity_types() const {
    return state_->entity_types;
}
std::span<const ActionRule> Schema::actions() const {
    return state_->actions;
}
const std::vector<std::string>& Schema::warnings() const {
    return state_->warnings;
}
const SchemaDraft& Schema::draft() const {
    return state_->draft;
}

const EntityTypeRule* Schema::find_entity_type(std::string_view name) const {
    const auto found = state_->entity_type_ids.find(name);
    return found == state_->entity_type_ids.end() ? nullptr : &state_->entity_types[found->second];
}

const ActionRule* Schema::find_action(std::string_view type, std::string_view id) const {
    const auto space = state_->action_ids.find(type);
    if (space == state_->action_ids.end()) return nullptr;
    const auto found = space->second.find(id);
    return found == space->second.end() ? nullptr : &state_->actions[found->second];
}

EntityTypeId Schema::id_of(const EntityTypeRule& rule) const {
    return static_cast<EntityTypeId>(&rule - state_->entity_types.data());
}
ActionId Schema::id_of(const ActionRule& rule) const {
    return static_cast<ActionId>(&rule - state_->actions.data());
}

const Type* Schema::context_type(std::string_view action_type, std::string_view action_id) const {
    const ActionRule* rule = find_action(action_type, action_id);
    return rule == nullptr ? nullptr : rule->context;
}

bool is_action_type(std::string_view type_path) {
    return type_path == "Action" || type_path.ends_with("::Action");
}

std::string describe_type(const Type& type, const Schema& schema) {
    std::string out;
    describe(out, type, schema);
    if (out.size() <= described_bytes_max) return out;
    return std::string(wire::cut_utf8(out, described_bytes_max)) + "…";
}

bool same_schema(const Schema& a, const Schema& b) {
    return std::equal(a.entity_types().begin(), a.entity_types().end(), b.entity_types().begin(),
                      b.entity_types().end(), same_entity_type) &&
           std::equal(a.actions().begin(), a.actions().end(), b.actions().begin(),
                      b.actions().end(), same_action);
}

}  // namespace hs::cedar
