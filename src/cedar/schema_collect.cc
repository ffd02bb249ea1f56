// The definitions of a schema and the binding of names to them (RFC 24: common types before entity
// types; RFC 52: `__cedar` is reserved; RFC 70: nothing hides a name of the empty namespace).
#include <algorithm>
#include <array>
#include <unordered_set>

#include "cedar/schema_state.h"

namespace hs::cedar {
namespace {

using base::Result;

constexpr std::array<std::string_view, 7> builtin_names = {
    "Bool", "Long", "String", "ipaddr", "decimal", "datetime", "duration"};
constexpr std::array<std::string_view, 8> reserved_common_names = {
    "Bool", "Boolean", "Entity", "Extension", "Long", "Record", "Set", "String"};

bool is_builtin(std::string_view name) {
    return std::find(builtin_names.begin(), builtin_names.end(), name) != builtin_names.end();
}

std::string_view basename_of(std::string_view path) {
    const std::size_t at = path.rfind("::");
    return at == std::string_view::npos ? path : path.substr(at + 2);
}

bool is_reserved_path(std::string_view path) {
    while (!path.empty()) {
        const std::size_t end = path.find("::");
        if (path.substr(0, end) == "__cedar") return true;
        if (end == std::string_view::npos) return false;
        path.remove_prefix(end + 2);
    }
    return false;
}

}  // namespace

SchemaResolver::SchemaResolver(SchemaDraft draft, const SchemaLimits& limits)
    : limits_(limits), state_(std::make_unique<Schema::State>()) {
    state_->draft = std::move(draft);
}

Result<> SchemaResolver::collect_definitions() {
    for (std::size_t i = 0; i < draft().namespaces.size(); ++i) TRY(collect_namespace(i));
    TRY(refuse_shadowing());
    TRY(refuse_shadowed_actions());
    warn_of_hiding();
    return {};
}

Result<> SchemaResolver::collect_namespace(std::size_t space) {
    const DraftNamespace& declared = draft().namespaces[space];
    if (is_reserved_path(declared.path)) {
        return refuse(declared.span,
                      "the namespace `" + declared.path +
                          "` uses `__cedar`, which is reserved; choose another name");
    }
    TRY(collect_common_types(space));
    TRY(collect_entity_types(space));
    return collect_actions(space);
}

Result<> SchemaResolver::collect_common_types(std::size_t space) {
    const DraftNamespace& declared = draft().namespaces[space];
    for (std::size_t i = 0; i < declared.common_types.size(); ++i) {
        const DraftCommonType& common = declared.common_types[i];
        const auto reserved =
            std::find(reserved_common_names.begin(), reserved_common_names.end(), common.name);
        if (common.name == "__cedar" || reserved != reserved_common_names.end()) {
            return refuse(common.span,
                          "`" + common.name + "` is reserved and cannot be the name of a type");
        }
        const std::string path = qualify(declared.path, common.name);
        const auto index = static_cast<std::uint32_t>(commons_.size());
        if (!common_index_.emplace(path, index).second) {
            return refuse(common.span, "the type `" + path + "` is declared twice; keep one");
        }
        commons_.push_back({path, space, i, {}, nullptr});
    }
    return {};
}

Result<> SchemaResolver::collect_entity_types(std::size_t space) {
    const DraftNamespace& declared = draft().namespaces[space];
    for (const DraftEntityType& entity : declared.entity_types) {
        if (entity.name == "__cedar" || entity.name == "Action") {
            return refuse(
                entity.span,
                "`" + entity.name + "` is reserved and cannot be the name of an entity type");
        }
        const std::string path = qualify(declared.path, entity.name);
        if (!entity_paths_.emplace(path, entity.span).second) {
            return refuse(entity.span,
                          "the entity type `" + path + "` is declared twice; keep one");
        }
    }
    return {};
}

Result<> SchemaResolver::collect_actions(std::size_t space) {
    const DraftNamespace& declared = draft().namespaces[space];
    if (declared.actions.empty()) return {};
    const std::string type = qualify(declared.path, "Action");
    action_types_.push_back(type);
    for (const DraftAction& action : declared.actions) {
        const std::string key = to_text(EntityUid{type, action.id});
        if (!action_keys_.emplace(key, action.span).second) {
            return refuse(action.span, "the action " + key + " is declared twice; keep one");
        }
    }
    return {};
}

Result<> SchemaResolver::refuse_shadowing() {
    std::unordered_set<std::string_view> bare;
    for (const auto& [path, span] : entity_paths_) {
        if (path.find("::") == std::string::npos) bare.insert(path);
    }
    for (const CommonType& common : commons_) {
        if (common.path.find("::") == std::string::npos) bare.insert(common.path);
    }
    const auto check = [&](const std::string& path, Span span) -> Result<> {
        const std::string_view base = basename_of(path);
        if (base.size() == path.size() || !bare.contains(base)) return {};
        return refuse(span, "`" + path + "` hides `" + std::string(base) +
                                "` of the empty namespace; rename one of them");
    };
    for (const CommonType& common : commons_) {
        TRY(check(common.path, draft().namespaces[common.space].common_types[common.index].span));
    }
    for (const auto& [path, span] : entity_paths_) TRY(check(path, span));
    return {};
}

Result<> SchemaResolver::refuse_shadowed_actions() {
    std::unordered_set<std::string_view> bare;
    for (const DraftNamespace& space : draft().namespaces) {
        if (!space.path.empty()) continue;
        for (const DraftAction& action : space.actions) bare.insert(action.id);
    }
    if (bare.empty()) return {};
    for (const DraftNamespace& space : draft().namespaces) {
        if (space.path.empty()) continue;
        for (const DraftAction& action : space.actions) {
            if (!bare.contains(action.id)) continue;
            return refuse(action.span, "the action " + quoted(action.id) + " of `" + space.path +
                                           "` hides the action of the empty namespace; rename one");
        }
    }
    return {};
}

void SchemaResolver::warn_of_hiding() {
    for (const DraftNamespace& space : draft().namespaces) {
        for (const DraftCommonType& common : space.common_types) {
            const std::string path = qualify(space.path, common.name);
            if (entity_paths_.contains(path)) {
                state_->warnings.push_back("the type `" + path +
                                           "` hides the entity type of the same name");
            }
            if (is_builtin(common.name)) {
                state_->warnings.push_back("the type `" + path + "` hides a builtin type");
            }
        }
        for (const DraftEntityType& entity : space.entity_types) {
            if (!is_builtin(entity.name)) continue;
            state_->warnings.push_back("the entity type `" + qualify(space.path, entity.name) +
                                       "` hides a builtin type");
        }
    }
}

Result<> SchemaResolver::bind_all() {
    for (const std::string& type : action_types_) entity_paths_.emplace(type, Span{});
    for (DraftNamespace& space : state_->draft.namespaces) {
        for (DraftCommonType& common : space.common_types) {
            const std::uint32_t index = common_index_.at(qualify(space.path, common.name));
            TRY(bind_type(space.path, common.type, &commons_[index].needs));
        }
        for (DraftEntityType& entity : space.entity_types) {
            TRY(bind_names(space.path, entity.parents));
            if (entity.shape) TRY(bind_type(space.path, *entity.shape, nullptr));
            if (entity.tags) TRY(bind_type(space.path, *entity.tags, nullptr));
        }
        TRY(bind_actions(space));
    }
    return {};
}

Result<> SchemaResolver::bind_actions(DraftNamespace& space) {
    for (DraftAction& action : space.actions) {
        TRY(bind_names(space.path, action.principals));
        TRY(bind_names(space.path, action.resources));
        if (action.context) TRY(bind_type(space.path, *action.context, nullptr));
        for (DraftActionName& parent : action.parents) TRY(bind_action_name(space, parent));
    }
    return {};
}

// `name` and `Action::"name"` mean this namespace's action, else that of the empty namespace.
Result<> SchemaResolver::bind_action_name(const DraftNamespace& space, DraftActionName& name) {
    const std::string type = name.type.empty() ? "Action" : name.type;
    std::vector<std::string> candidates;
    if (type.find("::") == std::string::npos) candidates.push_back(qualify(space.path, type));
    candidates.push_back(type);
    for (std::string& candidate : candidates) {
        const EntityUid uid{candidate, name.id};
        if (!action_keys_.contains(to_text(uid))) continue;
        name.bound = uid;
        return {};
    }
    return refuse(name.span, "the action " + to_text(EntityUid{candidates.front(), name.id}) +
                                 " is not declared");
}

Result<> SchemaResolver::bind_names(std::string_view space, std::vector<DraftName>& names) {
    for (DraftName& name : names) TRY(bind_name(space, name, Wanted::entity));
    return {};
}

Result<> SchemaResolver::bind_name(std::string_view space, DraftName& name, Wanted wanted) {
    const bool is_bare = name.path.find("::") == std::string::npos;
    if (is_bare && !space.empty() && bind_to(name, qualify(space, name.path), wanted)) return {};
    if (bind_to(name, name.path, wanted)) return {};
    const std::string_view builtin = name.path.starts_with("__cedar::")
                                         ? std::string_view(name.path).substr(9)
                                         : std::string_view(name.path);
    if (wanted != Wanted::entity && is_builtin(builtin)) {
        name.binding = {BindingKind::builtin, std::string(builtin), 0};
        return {};
    }
    const std::string_view what = wanted == Wanted::entity   ? "an entity type"
                                  : wanted == Wanted::common ? "a type"
                                                             : "a type or entity type";
    return refuse(name.span, "`" + name.path + "` is not declared as " + std::string(what) +
                                 (is_bare && !space.empty()
                                      ? " in `" + std::string(space) + "` or the empty namespace"
                                      : ""));
}

bool SchemaResolver::bind_to(DraftName& name, const std::string& path, Wanted wanted) const {
    if (wanted != Wanted::entity) {
        if (const auto found = common_index_.find(path); found != common_index_.end()) {
            name.binding = {BindingKind::common, path, found->second};
            return true;
        }
    }
    if (wanted == Wanted::common || !entity_paths_.contains(path)) return false;
    name.binding = {BindingKind::entity, path, 0};
    return true;
}

Result<> SchemaResolver::bind_type(std::string_view space, DraftTypeId id,
                                   std::vector<std::uint32_t>* needs) {
    DraftType& type = state_->draft.types[id];
    switch (type.kind) {
        case DraftTypeKind::boolean:
        case DraftTypeKind::integer:
        case DraftTypeKind::string:
            return {};
        case DraftTypeKind::extension:
            if (!is_builtin(type.name.path) || type.name.path < "a") {
                return refuse(type.span, "`" + type.name.path +
                                             "` is no extension type; expected ipaddr, decimal, "
                                             "datetime or duration");
            }
            type.name.binding = {BindingKind::builtin, type.name.path, 0};
            return {};
        case DraftTypeKind::set:
            return bind_type(space, type.element, needs);
        case DraftTypeKind::record:
            for (const DraftAttribute& attribute : type.attributes) {
                TRY(bind_type(space, attribute.type, needs));
            }
            return {};
        case DraftTypeKind::entity:
            return bind_name(space, type.name, Wanted::entity);
        case DraftTypeKind::common:
        case DraftTypeKind::either:
            TRY(bind_name(space, type.name,
                          type.kind == DraftTypeKind::common ? Wanted::common : Wanted::either));
            if (needs != nullptr && type.name.binding.kind == BindingKind::common) {
                needs->push_back(type.name.binding.index);
            }
            return {};
    }
    return {};
}

}  // namespace hs::cedar
