// Entities and the store that holds them with their ancestors worked out beforehand.
//
// What it is for: one type for the resident entities and for the handful a request brings. A
// request's store is closed over the resident one below it; clear() keeps its memory, so that a
// warmed-up store allocates nothing.
// What it does not protect from: attributes of the wrong shape (validate_entities) and entities
// that nothing vouches for. A resident entity's ancestors do not change through a store above it.
// Threads: immutable once closed; before that one owner.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cedar/arena.h"
#include "cedar/value.h"

namespace hs::cedar {

struct Entity {
    const EntityKey* key = nullptr;
    Value attributes;  // record
    Value tags;        // record
    std::span<const EntityKey* const> parents;
    std::span<const EntityKey* const> ancestors;  // sorted by hash; filled by close()

    bool has_ancestor(const EntityKey& other) const;
};

class EntityStore {
  public:
    EntityStore() = default;
    EntityStore(EntityStore&&) = default;
    EntityStore& operator=(EntityStore&&) = default;

    // Makes keys and values that live as long as this store, or until clear().
    ValueBuilder values() { return ValueBuilder(arena_); }

    // `attributes` and `tags` must be records of values(). conflict: the key is already there with
    // other contents (the same contents twice are one entity).
    base::Result<> add(const EntityKey* key, std::span<const EntityKey* const> parents,
                       Value attributes, Value tags);
    base::Result<> add(const EntityKey* key, std::initializer_list<const EntityKey*> parents,
                       Value attributes);
    base::Result<> add(const EntityKey* key, std::initializer_list<const EntityKey*> parents = {});

    // Works out every ancestor. invalid_input: a cycle (its members are named). conflict: a key
    // is also in the store below. exhausted: more than ancestors_max in all.
    base::Result<> close(const EntityStore* below = nullptr);
    bool is_closed() const { return closed_; }
    void clear();

    // Null when the entity is not here (the store below is not asked).
    const Entity* find(const EntityKey& key) const;
    std::span<const Entity> entities() const { return entities_; }

    static constexpr std::size_t entities_max = 4'000'000;
    static constexpr std::size_t ancestors_max = 4'000'000;

  private:
    base::Result<> close_from(std::uint32_t root, const EntityStore* below);
    base::Failure cycle_through(std::uint32_t index) const;
    void gather_ancestors(std::uint32_t index, const EntityStore* below);
    void grow_table();
    std::uint32_t find_slot(const EntityKey& key) const;

    Arena arena_;
    std::vector<Entity> entities_;
    std::vector<std::uint32_t> table_;  // open addressing: index + 1, 0 is free
    std::vector<std::uint8_t> state_;   // during close()
    std::vector<std::uint64_t> path_;   // during close(): (entity, next parent)
    std::vector<const EntityKey*> gathered_;
    std::size_t ancestors_ = 0;
    bool closed_ = false;
};

}  // namespace hs::cedar
