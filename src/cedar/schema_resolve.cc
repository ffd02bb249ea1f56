// From bound drafts to types, entity types, actions and their hierarchies.
#include <algorithm>

#include "cedar/schema_state.h"

namespace hs::cedar {
namespace {

using base::Result;

template <class Id>
void sort_unique(std::vector<Id>& ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

// Everything reachable over `parents_of`, sorted; nothing when the budget runs out.
template <class Id, class ParentsOf>
bool close_over(Id start, std::size_t count, const ParentsOf& parents_of,
                std::vector<std::uint32_t>& stamps, std::uint32_t stamp, std::vector<Id>& out,
                std::uint64_t& budget) {
    stamps.resize(count, 0);
    std::vector<Id> pending(parents_of(start));
    while (!pending.empty()) {
        const Id id = pending.back();
        pending.pop_back();
        if (stamps[id] == stamp) continue;
        stamps[id] = stamp;
        out.push_back(id);
        const std::vector<Id>& parents = parents_of(id);
        if (budget < parents.size() + 1) return false;
        budget -= parents.size() + 1;
        pending.insert(pending.end(), parents.begin(), parents.end());
    }
    std::sort(out.begin(), out.end());
    return true;
}

const Type& builtin_type(std::string_view name) {
    if (name == "Bool") return simple_type(TypeKind::boolean);
    if (name == "Long") return simple_type(TypeKind::integer);
    if (name == "String") return simple_type(TypeKind::string);
    if (name == "ipaddr") return extension_type(ExtensionType::ip);
    if (name == "decimal") return extension_type(ExtensionType::decimal);
    if (name == "datetime") return extension_type(ExtensionType::datetime);
    return extension_type(ExtensionType::duration);
}

}  // namespace

Result<Schema> SchemaResolver::run() {
    TRY(collect_definitions());
    TRY(bind_all());
    TRY(list_entity_types());
    TRY(build_common_types());
    TRY(fill_entity_types());
    TRY(list_actions());
    TRY(fill_actions());
    TRY(close_hierarchies());
    Schema schema;
    schema.state_ = std::move(state_);
    return schema;
}

Result<> SchemaResolver::build_common_types() {
    std::vector<std::uint8_t> state(commons_.size(), 0);
    for (std::uint32_t i = 0; i < commons_.size(); ++i) TRY(build_common_type(i, state));
    return {};
}

// Depth first with a stack of its own: chains of types may be long.
Result<> SchemaResolver::build_common_type(std::uint32_t root, std::vector<std::uint8_t>& state) {
    constexpr std::uint8_t open = 1;
    constexpr std::uint8_t done = 2;
    if (state[root] == done) return {};
    std::vector<std::uint32_t> path = {root};
    std::vector<std::size_t> next = {0};
    state[root] = open;
    while (!path.empty()) {
        CommonType& common = commons_[path.back()];
        if (next.back() < common.needs.size()) {
            const std::uint32_t needed = common.needs[next.back()++];
            if (state[needed] == open) return refuse_cycle(path, needed);
            if (state[needed] == done) continue;
            state[needed] = open;
            path.push_back(needed);
            next.push_back(0);
            continue;
        }
        const DraftCommonType& declared =
            draft().namespaces[common.space].common_types[common.index];
        common.type = TRY(build_checked_type(declared.type, "type `" + common.path + "`"));
        state[path.back()] = done;
        path.pop_back();
        next.pop_back();
    }
    return {};
}

base::Failure SchemaResolver::refuse_cycle(const std::vector<std::uint32_t>& path,
                                           std::uint32_t again) const {
    constexpr std::size_t shown_max = 8;
    std::string names;
    const auto start = std::find(path.begin(), path.end(), again);
    std::size_t shown = 0;
    for (auto it = start; it != path.end() && shown < shown_max; ++it, ++shown) {
        names += "`" + commons_[*it].path + "` → ";
    }
    if (static_cast<std::size_t>(path.end() - start) > shown_max) names += "… → ";
    names += "`" + commons_[again].path + "`";
    const CommonType& common = commons_[again];
    return refuse(draft().namespaces[common.space].common_types[common.index].span,
                  "types that stand for each other in a circle: " + names);
}

Result<const Type*> SchemaResolver::build_checked_type(DraftTypeId id, std::string_view owner) {
    const Type* type = TRY(build_type(id));
    if (type->depth > limits_.type_depth_max || type->parts > limits_.type_parts_max) {
        return refuse(draft().types[id].span,
                      std::string(owner) +
                          " is too large or too deep when its types are written "
                          "out (at most " +
                          std::to_string(limits_.type_parts_max) + " parts, " +
                          std::to_string(limits_.type_depth_max) + " levels)");
    }
    return type;
}

Result<const Type*> SchemaResolver::build_record_type(DraftTypeId id, std::string_view owner) {
    const Type* type = TRY(build_checked_type(id, owner));
    if (type->kind == TypeKind::record) return type;
    return refuse(draft().types[id].span, std::string(owner) + " must be a record");
}

Result<const Type*> SchemaResolver::build_type(DraftTypeId id) {
    const DraftType& type = draft().types[id];
    switch (type.kind) {
        case DraftTypeKind::boolean:
            return &simple_type(TypeKind::boolean);
        case DraftTypeKind::integer:
            return &simple_type(TypeKind::integer);
        case DraftTypeKind::string:
            return &simple_type(TypeKind::string);
        case DraftTypeKind::set: {
            const Type* element = TRY(build_type(type.element));
            return state_->types.set(*element);
        }
        case DraftTypeKind::record:
            return build_record(type);
        case DraftTypeKind::extension:
        case DraftTypeKind::entity:
        case DraftTypeKind::common:
        case DraftTypeKind::either:
            break;
    }
    const Binding& binding = type.name.binding;
    if (binding.kind == BindingKind::builtin) return &builtin_type(binding.path);
    if (binding.kind == BindingKind::common) return commons_[binding.index].type;
    return reference_to(state_->entity_type_ids.at(binding.path));
}

Result<const Type*> SchemaResolver::build_record(const DraftType& draft_type) {
    std::vector<AttributeType> attributes;
    attributes.reserve(draft_type.attributes.size());
    for (const DraftAttribute& attribute : draft_type.attributes) {
        const Type* type = TRY(build_type(attribute.type));
        attributes.push_back({attribute.name, type, attribute.is_required});
    }
    const Type* record = state_->types.record(std::move(attributes));
    for (std::size_t i = 1; i < record->attributes.size(); ++i) {
        if (record->attributes[i - 1].name != record->attributes[i].name) continue;
        const auto again = std::find_if(
            draft_type.attributes.rbegin(), draft_type.attributes.rend(),
            [&](const DraftAttribute& a) { return a.name == record->attributes[i].name; });
        return refuse(again->span,
                      "the attribute " + quoted(again->name) + " is declared twice; keep one");
    }
    return record;
}

const Type* SchemaResolver::reference_to(EntityTypeId id) {
    return references_[id];
}

// Ids go by name, so that equal schemas number their types alike.
Result<> SchemaResolver::list_entity_types() {
    for (const DraftNamespace& space : draft().namespaces) {
        for (const DraftEntityType& entity : space.entity_types) {
            EntityTypeRule& rule = state_->entity_types.emplace_back();
            rule.name = qualify(space.path, entity.name);
            rule.kind =
                entity.is_enumerated ? EntityTypeKind::enumerated : EntityTypeKind::standard;
        }
    }
    for (const std::string& type : action_types_) {
        EntityTypeRule& rule = state_->entity_types.emplace_back();
        rule.name = type;
        rule.kind = EntityTypeKind::action;
    }
    std::sort(state_->entity_types.begin(), state_->entity_types.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    for (EntityTypeId id = 0; id < state_->entity_types.size(); ++id) {
        EntityTypeRule& rule = state_->entity_types[id];
        state_->entity_type_ids.emplace(rule.name, id);
        references_.push_back(state_->types.entity(id));
        rule.reference = references_.back();
        rule.shape = &empty_record();
    }
    return {};
}

Result<> SchemaResolver::fill_entity_types() {
    for (const DraftNamespace& space : draft().namespaces) {
        for (const DraftEntityType& entity : space.entity_types) {
            TRY(fill_entity_type(space, entity));
        }
    }
    return {};
}

Result<> SchemaResolver::fill_entity_type(const DraftNamespace& space,
                                          const DraftEntityType& entity) {
    const std::string path = qualify(space.path, entity.name);
    EntityTypeRule& rule = state_->entity_types[state_->entity_type_ids.at(path)];
    rule.choices = entity.choices;
    sort_unique(rule.choices);
    for (const DraftName& parent : entity.parents) {
        const EntityTypeId id = state_->entity_type_ids.at(parent.binding.path);
        if (state_->entity_types[id].kind == EntityTypeKind::action) {
            return refuse(parent.span, "`" + path + "` cannot be in `" + parent.binding.path +
                                           "`: only actions are in actions");
        }
        rule.parents.push_back(id);
    }
    sort_unique(rule.parents);
    const std::string owner = "entity type `" + path + "`";
    if (entity.shape) {
        rule.shape = TRY(build_record_type(*entity.shape, "the attributes of " + owner));
    }
    if (entity.tags) rule.tags = TRY(build_checked_type(*entity.tags, "the tags of " + owner));
    return {};
}

Result<> SchemaResolver::list_actions() {
    for (const DraftNamespace& space : draft().namespaces) {
        for (const DraftAction& action : space.actions) {
            ActionRule& rule = state_->actions.emplace_back();
            rule.uid = {qualify(space.path, "Action"), action.id};
            rule.type = state_->entity_type_ids.at(rule.uid.type);
            rule.context = &empty_record();
        }
    }
    std::sort(state_->actions.begin(), state_->actions.end(),
              [](const auto& a, const auto& b) { return a.uid < b.uid; });
    for (ActionId id = 0; id < state_->actions.size(); ++id) {
        const EntityUid& uid = state_->actions[id].uid;
        state_->action_ids[state_->entity_types[state_->actions[id].type].name].emplace(uid.id, id);
    }
    return {};
}

Result<> SchemaResolver::fill_actions() {
    for (const DraftNamespace& space : draft().namespaces) {
        for (const DraftAction& action : space.actions) TRY(fill_action(space, action));
    }
    return {};
}

Result<> SchemaResolver::fill_action(const DraftNamespace& space, const DraftAction& action) {
    const std::string type = qualify(space.path, "Action");
    const std::string name = to_text(EntityUid{type, action.id});
    ActionRule& rule = state_->actions[state_->action_ids.at(type).at(action.id)];
    rule.principals = TRY(request_types(action.principals, name));
    rule.resources = TRY(request_types(action.resources, name));
    for (const DraftActionName& parent : action.parents) {
        rule.parents.push_back(state_->action_ids.at(parent.bound.type).at(parent.bound.id));
    }
    sort_unique(rule.parents);
    if (action.context) {
        rule.context = TRY(build_record_type(*action.context, "the context of " + name));
    }
    if (rule.principals.empty() || rule.resources.empty()) {
        // No request can ask for it: a group, whatever else is said about requests.
        rule.principals.clear();
        rule.resources.clear();
        rule.context = &empty_record();
    }
    request_type_count_ += std::uint64_t{rule.principals.size()} * rule.resources.size();
    if (request_type_count_ > limits_.request_types_max) {
        return refuse(action.span,
                      "too many combinations of principal, action and resource; at "
                      "most " +
                          std::to_string(limits_.request_types_max) + " are allowed");
    }
    return {};
}

Result<std::vector<EntityTypeId>> SchemaResolver::request_types(const std::vector<DraftName>& names,
                                                                const std::string& action) const {
    std::vector<EntityTypeId> ids;
    ids.reserve(names.size());
    for (const DraftName& name : names) {
        const EntityTypeId id = state_->entity_type_ids.at(name.binding.path);
        if (state_->entity_types[id].kind == EntityTypeKind::action) {
            return refuse(name.span, action + " cannot apply to `" + name.binding.path +
                                         "`, the type of actions");
        }
        ids.push_back(id);
    }
    sort_unique(ids);
    return ids;
}

Result<> SchemaResolver::close_hierarchies() {
    std::uint64_t budget = limits_.ancestors_max;
    std::vector<std::uint32_t> stamps;
    auto& types = state_->entity_types;
    bool fits = true;
    for (EntityTypeId id = 0; id < types.size() && fits; ++id) {
        const auto parents_of = [&](EntityTypeId of) -> const auto& {
            return types[of].parents;
        };
        fits =
            close_over(id, types.size(), parents_of, stamps, id + 1, types[id].ancestors, budget);
    }
    stamps.clear();
    auto& actions = state_->actions;
    for (ActionId id = 0; id < actions.size() && fits; ++id) {
        const auto parents_of = [&](ActionId of) -> const auto& {
            return actions[of].parents;
        };
        fits = close_over(id, actions.size(), parents_of, stamps, id + 1, actions[id].ancestors,
                          budget);
    }
    // The types of actions stand in each other as their actions do.
    for (const ActionRule& rule : actions) {
        for (const ActionId group : rule.ancestors) {
            types[rule.type].ancestors.push_back(actions[group].type);
        }
        sort_unique(types[rule.type].ancestors);
    }
    if (!fits) return refuse({}, "the hierarchy of entity types or actions is too large");
    return refuse_action_cycles();
}

Result<> SchemaResolver::refuse_action_cycles() const {
    for (ActionId id = 0; id < state_->actions.size(); ++id) {
        const ActionRule& rule = state_->actions[id];
        if (!rule.has_ancestor(id)) continue;
        const std::string key = to_text(rule.uid);
        return refuse(action_keys_.at(key),
                      "the action " + key + " is in itself through its groups; break the cycle");
    }
    return {};
}

}  // namespace hs::cedar
