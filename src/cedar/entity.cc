#include "cedar/entity.h"

#include <fmt/format.h>

#include <algorithm>

namespace hs::cedar {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t linear_ancestors_max = 12;
constexpr std::size_t first_table_size = 64;
constexpr std::size_t named_members_max = 8;

enum State : std::uint8_t { untouched, open, done };

bool by_hash(const EntityKey* a, const EntityKey* b) {
    if (a->hash != b->hash) return a->hash < b->hash;
    return a->id != b->id ? a->id < b->id : a->type < b->type;
}

bool same_keys(std::span<const EntityKey* const> a, std::span<const EntityKey* const> b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const EntityKey* x, const EntityKey* y) { return *x == *y; });
}

}  // namespace

bool Entity::has_ancestor(const EntityKey& other) const {
    if (ancestors.size() <= linear_ancestors_max) {
        for (const EntityKey* ancestor : ancestors) {
            if (ancestor->hash == other.hash && *ancestor == other) return true;
        }
        return false;
    }
    auto found = std::lower_bound(
        ancestors.begin(), ancestors.end(), other.hash,
        [](const EntityKey* ancestor, std::uint64_t hash) { return ancestor->hash < hash; });
    for (; found != ancestors.end() && (*found)->hash == other.hash; ++found) {
        if (**found == other) return true;
    }
    return false;
}

std::uint32_t EntityStore::find_slot(const EntityKey& key) const {
    const std::size_t mask = table_.size() - 1;
    std::size_t at = key.hash & mask;
    while (table_[at] != 0 && *entities_[table_[at] - 1].key != key) at = (at + 1) & mask;
    return static_cast<std::uint32_t>(at);
}

void EntityStore::grow_table() {
    if (!table_.empty() && (entities_.size() + 1) * 2 <= table_.size()) return;
    const std::size_t size = table_.empty() ? first_table_size : table_.size() * 2;
    table_.assign(size, 0);
    for (std::uint32_t i = 0; i < entities_.size(); ++i) {
        table_[find_slot(*entities_[i].key)] = i + 1;
    }
}

const Entity* EntityStore::find(const EntityKey& key) const {
    if (entities_.empty()) return nullptr;
    const std::uint32_t held = table_[find_slot(key)];
    return held == 0 ? nullptr : &entities_[held - 1];
}

Result<> EntityStore::add(const EntityKey* key, std::span<const EntityKey* const> parents,
                          Value attributes, Value tags) {
    CHECK(!closed_ && attributes.is(ValueKind::record) && tags.is(ValueKind::record));
    if (entities_.size() >= entities_max) {
        return fail(Code::exhausted,
                    fmt::format("a store holds at most {} entities", entities_max));
    }
    grow_table();
    std::uint32_t& held = table_[find_slot(*key)];
    if (held != 0) {
        const Entity& old = entities_[held - 1];
        const bool same =
            old.attributes == attributes && old.tags == tags && same_keys(old.parents, parents);
        if (same) return {};
        return fail(Code::conflict, fmt::format("the entity {} stands twice with different "
                                                "contents; keep one of them",
                                                to_text(*key)));
    }
    entities_.push_back(Entity{key, attributes, tags, arena_.keep_all(parents), {}});
    held = static_cast<std::uint32_t>(entities_.size());
    return {};
}

Result<> EntityStore::add(const EntityKey* key, std::initializer_list<const EntityKey*> parents,
                          Value attributes) {
    return add(key, std::span<const EntityKey* const>(parents.begin(), parents.size()), attributes,
               Value::sorted_record({}));
}

Result<> EntityStore::add(const EntityKey* key, std::initializer_list<const EntityKey*> parents) {
    return add(key, parents, Value::sorted_record({}));
}

void EntityStore::clear() {
    entities_.clear();
    std::fill(table_.begin(), table_.end(), 0);
    arena_.reset();
    ancestors_ = 0;
    closed_ = false;
}

Result<> EntityStore::close(const EntityStore* below) {
    CHECK(!closed_ && (below == nullptr || below->closed_));
    state_.assign(entities_.size(), untouched);
    for (std::uint32_t i = 0; i < entities_.size(); ++i) {
        if (below != nullptr && below->find(*entities_[i].key) != nullptr) {
            return fail(Code::conflict, fmt::format("the entity {} is already among the resident "
                                                    "entities; leave it out",
                                                    to_text(*entities_[i].key)));
        }
        if (state_[i] == untouched) TRY(close_from(i, below));
    }
    closed_ = true;
    return {};
}

// Depth first without recursion: each step of the path is an entity and its next parent.
Result<> EntityStore::close_from(std::uint32_t root, const EntityStore* below) {
    path_.clear();
    path_.push_back(std::uint64_t{root} << 32U);
    state_[root] = open;
    while (!path_.empty()) {
        const auto index = static_cast<std::uint32_t>(path_.back() >> 32U);
        const auto next = static_cast<std::uint32_t>(path_.back());
        const Entity& entity = entities_[index];
        if (next == entity.parents.size()) {
            gather_ancestors(index, below);
            if (ancestors_ > ancestors_max) {
                return fail(Code::exhausted, fmt::format("the entities have more than {} ancestors "
                                                         "in all; flatten the hierarchy",
                                                         ancestors_max));
            }
            state_[index] = done;
            path_.pop_back();
            continue;
        }
        ++path_.back();
        const std::uint32_t held = table_[find_slot(*entity.parents[next])];
        if (held == 0 || state_[held - 1] == done) continue;
        if (state_[held - 1] == open) return cycle_through(held - 1);
        state_[held - 1] = open;
        path_.push_back(std::uint64_t{held - 1} << 32U);
    }
    return {};
}

base::Failure EntityStore::cycle_through(std::uint32_t index) const {
    std::string members;
    std::size_t named = 0;
    bool inside = false;
    for (const std::uint64_t step : path_) {
        const auto member = static_cast<std::uint32_t>(step >> 32U);
        inside = inside || member == index;
        if (!inside || named == named_members_max) continue;
        members += to_text(*entities_[member].key) + " in ";
        ++named;
    }
    if (named == named_members_max) members += "… in ";
    members += to_text(*entities_[index].key);
    return fail(Code::invalid_input,
                fmt::format("the hierarchy of the entities has a cycle: {}; expected that no "
                            "entity is its own ancestor",
                            members));
}

// The ancestors of each parent are sorted already, so that one parent needs no sorting.
void EntityStore::gather_ancestors(std::uint32_t index, const EntityStore* below) {
    gathered_.clear();
    const auto parents = entities_[index].parents;
    for (const EntityKey* parent : parents) {
        const Entity* held = find(*parent);
        if (held == nullptr && below != nullptr) held = below->find(*parent);
        if (held != nullptr) {
            gathered_.insert(gathered_.end(), held->ancestors.begin(), held->ancestors.end());
        }
        if (parents.size() > 1) {
            gathered_.push_back(parent);
        } else {
            gathered_.insert(std::upper_bound(gathered_.begin(), gathered_.end(), parent, by_hash),
                             parent);
        }
    }
    if (parents.size() > 1) {
        std::sort(gathered_.begin(), gathered_.end(), by_hash);
        const auto same = [](const EntityKey* a, const EntityKey* b) { return *a == *b; };
        gathered_.erase(std::unique(gathered_.begin(), gathered_.end(), same), gathered_.end());
    }
    entities_[index].ancestors = arena_.keep_all(std::span<const EntityKey* const>(gathered_));
    ancestors_ += gathered_.size();
}

}  // namespace hs::cedar
