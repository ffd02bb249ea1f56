#include "cedar/internal/scope_index.h"

#include <algorithm>

namespace hs::cedar::internal {
namespace {

// Calls use(edge) for every edge whose key the request has, by whichever side is shorter.
template <class Edge, class Use>
void intersect(std::span<const Edge> edges, const IndexScratch::Dimension& dimension,
               std::uint32_t round, Use use) {
    const auto key_less = [](const Edge& edge, std::uint32_t key) { return edge.key < key; };
    if (edges.size() <= dimension.keys.size() * 4) {
        for (const Edge& edge : edges) {
            if (dimension.marks[edge.key] == round) use(edge);
        }
        return;
    }
    for (const std::uint32_t key : dimension.keys) {
        const auto found = std::lower_bound(edges.begin(), edges.end(), key, key_less);
        if (found != edges.end() && found->key == key) use(*found);
    }
}

void prepare(IndexScratch::Dimension& dimension, const KeyTable& table, const EntityKey& key,
             const Entity* entity, std::uint32_t round) {
    if (dimension.marks.size() < table.size()) dimension.marks.resize(table.size(), 0);
    dimension.keys.clear();
    table.collect(key, entity, dimension.keys);
    for (const std::uint32_t number : dimension.keys) dimension.marks[number] = round;
}

bool is_below(const EntityKey& key, const EntityKey& target, const World& world) {
    if (key == target) return true;
    const Entity* entity = world.find(key);
    return entity != nullptr && entity->has_ancestor(target);
}

bool constraint_holds(const ScopeConstraint& constraint, const EntityKey& key, const World& world) {
    switch (constraint.kind) {
        case ScopeKind::any:
            return true;
        case ScopeKind::equal:
            return key == make_key(constraint.entity);
        case ScopeKind::in:
            return is_below(key, make_key(constraint.entity), world);
        case ScopeKind::is_type:
            return key.type == constraint.type;
        case ScopeKind::is_in:
            return key.type == constraint.type && is_below(key, make_key(constraint.entity), world);
        case ScopeKind::in_list:
            return std::any_of(
                constraint.list.begin(), constraint.list.end(),
                [&](const EntityUid& uid) { return is_below(key, make_key(uid), world); });
    }
    return false;
}

}  // namespace

KeyTable::EntityNumbers& KeyTable::numbers_of(const EntityUid& uid) {
    const EntityKey wanted = make_key(uid);
    const auto found = entities_.find(wanted);
    if (found != entities_.end()) return found->second;
    return entities_.emplace(*ValueBuilder(arena_).key(uid), EntityNumbers{}).first->second;
}

std::uint32_t KeyTable::number_below(const EntityUid& uid) {
    EntityNumbers& numbers = numbers_of(uid);
    if (numbers.below == 0) numbers.below = next_++;
    return numbers.below;
}

std::uint32_t KeyTable::number_equal(const EntityUid& uid) {
    EntityNumbers& numbers = numbers_of(uid);
    if (numbers.equal == 0) numbers.equal = next_++;
    return numbers.equal;
}

std::uint32_t KeyTable::number_of(const ScopeConstraint& constraint) {
    if (constraint.kind == ScopeKind::any) return any;
    if (constraint.kind == ScopeKind::equal) return number_equal(constraint.entity);
    if (constraint.kind != ScopeKind::is_type) return number_below(constraint.entity);
    const auto found = types_.find(constraint.type);
    if (found != types_.end()) return found->second;
    return types_.emplace(arena_.keep_text(constraint.type), next_++).first->second;
}

void KeyTable::collect_below(const EntityKey& key, std::vector<std::uint32_t>& out) const {
    const auto found = entities_.find(key);
    if (found != entities_.end() && found->second.below != 0) out.push_back(found->second.below);
}

void KeyTable::collect(const EntityKey& key, const Entity* entity,
                       std::vector<std::uint32_t>& out) const {
    out.push_back(any);
    if (!types_.empty()) {
        const auto type = types_.find(key.type);
        if (type != types_.end()) out.push_back(type->second);
    }
    if (entities_.empty()) return;
    const auto own = entities_.find(key);
    if (own != entities_.end() && own->second.equal != 0) out.push_back(own->second.equal);
    collect_below(key, out);
    if (entity == nullptr) return;
    for (const EntityKey* ancestor : entity->ancestors) collect_below(*ancestor, out);
}

void ScopeIndex::add(std::uint32_t policy, const FilledScope& scope) {
    Entry entry;
    entry.policy = policy;
    entry.principal = principal_keys_.number_of(scope.principal);
    entry.resource = resource_keys_.number_of(scope.resource);
    TypeCheck check;
    if (scope.principal.kind == ScopeKind::is_in) check.principal = scope.principal.type;
    if (scope.resource.kind == ScopeKind::is_in) check.resource = scope.resource.type;
    if (!check.principal.empty() || !check.resource.empty()) checks_.emplace(policy, check);
    if (scope.action.kind != ScopeKind::in_list) {
        entry.action = action_keys_.number_of(scope.action);
        entries_.push_back(entry);
        return;
    }
    for (const EntityUid& uid : scope.action.list) {
        entry.action = action_keys_.number_below(uid);
        entries_.push_back(entry);
    }
}

void ScopeIndex::build() {
    std::sort(entries_.begin(), entries_.end());
    entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
    const Entry* before = nullptr;
    for (const Entry& entry : entries_) {
        const bool new_action = before == nullptr || entry.action != before->action;
        const bool new_principal = new_action || entry.principal != before->principal;
        const bool new_resource = new_principal || entry.resource != before->resource;
        if (new_action) {
            actions_.push_back({entry.action, static_cast<std::uint32_t>(principals_.size()), 0});
        }
        if (new_principal) {
            ++actions_.back().count;
            principals_.push_back(
                {entry.principal, static_cast<std::uint32_t>(resources_.size()), 0});
        }
        if (new_resource) {
            ++principals_.back().count;
            resources_.push_back({entry.resource, static_cast<std::uint32_t>(policies_.size()), 0});
        }
        ++resources_.back().count;
        policies_.push_back(entry.policy);
        before = &entry;
    }
    entries_.clear();
    entries_.shrink_to_fit();
}

bool ScopeIndex::passes(std::uint32_t policy, const Request& request) const {
    const auto found = checks_.find(policy);
    if (found == checks_.end()) return true;
    const TypeCheck& check = found->second;
    return (check.principal.empty() || check.principal == request.principal->type) &&
           (check.resource.empty() || check.resource == request.resource->type);
}

void ScopeIndex::candidates(const World& world, IndexScratch& scratch,
                            std::vector<std::uint32_t>& out) const {
    const Request& request = *world.request;
    if (++scratch.round == 0) {
        for (auto* dimension : {&scratch.action, &scratch.principal, &scratch.resource}) {
            std::fill(dimension->marks.begin(), dimension->marks.end(), 0);
        }
        scratch.round = 1;
    }
    const std::uint32_t round = scratch.round;
    prepare(scratch.action, action_keys_, *request.action, world.find(*request.action), round);
    prepare(scratch.principal, principal_keys_, *request.principal, world.find(*request.principal),
            round);
    prepare(scratch.resource, resource_keys_, *request.resource, world.find(*request.resource),
            round);
    out.clear();
    const auto take = [&](const Edge& resource) {
        for (std::uint32_t i = 0; i < resource.count; ++i) {
            const std::uint32_t policy = policies_[resource.first + i];
            if (checks_.empty() || passes(policy, request)) out.push_back(policy);
        }
    };
    const auto by_resource = [&](const Edge& principal) {
        intersect(std::span<const Edge>(resources_).subspan(principal.first, principal.count),
                  scratch.resource, round, take);
    };
    const auto by_principal = [&](const Edge& action) {
        intersect(std::span<const Edge>(principals_).subspan(action.first, action.count),
                  scratch.principal, round, by_resource);
    };
    intersect(std::span<const Edge>(actions_), scratch.action, round, by_principal);
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
}

bool scope_holds(const FilledScope& scope, const World& world) {
    const Request& request = *world.request;
    return constraint_holds(scope.principal, *request.principal, world) &&
           constraint_holds(scope.action, *request.action, world) &&
           constraint_holds(scope.resource, *request.resource, world);
}

}  // namespace hs::cedar::internal
