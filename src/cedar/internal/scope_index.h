// ScopeIndex: from a request to the policies whose scope it satisfies.
//
// What it is for: a decision whose cost does not grow with the policies that cannot apply. Each
// scope constraint is a key: any, a type, an entity itself, or an entity and all below it. A
// request has few keys a variable (its own entity, its type, its ancestors); the policies lie in a
// trie action -> principal -> resource, and each level is intersected with the request's keys. What
// it does not protect from: nothing is left to check but `is T in E`, which the index does.
// Threads: immutable once built; the marks belong to one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "cedar/ast.h"
#include "cedar/internal/evaluator.h"

namespace hs::cedar::internal {

// A policy's scope with every slot filled.
struct FilledScope {
    ScopeConstraint principal;
    ScopeConstraint action;
    ScopeConstraint resource;
};

// The keys that the policies use of one variable, numbered.
class KeyTable {
  public:
    static constexpr std::uint32_t any = 0;

    std::uint32_t number_of(const ScopeConstraint& constraint);
    std::uint32_t number_below(const EntityUid& uid);
    std::uint32_t number_equal(const EntityUid& uid);
    // The keys of the table that the entity satisfies; the entity may be unknown (null).
    void collect(const EntityKey& key, const Entity* entity, std::vector<std::uint32_t>& out) const;
    std::uint32_t size() const { return next_; }

  private:
    struct EntityNumbers {
        std::uint32_t equal = 0;  // 0: no policy uses it
        std::uint32_t below = 0;
    };
    struct KeyHash {
        std::size_t operator()(const EntityKey& key) const { return key.hash; }
    };
    struct TextHash {
        std::size_t operator()(std::string_view text) const { return hash_text(text); }
    };
    EntityNumbers& numbers_of(const EntityUid& uid);
    void collect_below(const EntityKey& key, std::vector<std::uint32_t>& out) const;

    Arena arena_;
    std::unordered_map<EntityKey, EntityNumbers, KeyHash> entities_;
    std::unordered_map<std::string_view, std::uint32_t, TextHash> types_;
    std::uint32_t next_ = 1;
};

// Working memory of one thread.
struct IndexScratch {
    struct Dimension {
        std::vector<std::uint32_t> keys;   // of the request
        std::vector<std::uint32_t> marks;  // by key: the round in which the request had it
    };
    Dimension action;
    Dimension principal;
    Dimension resource;
    std::uint32_t round = 0;
};

class ScopeIndex {
  public:
    void add(std::uint32_t policy, const FilledScope& scope);
    void build();
    // The policies whose scope holds, ascending, each once.
    void candidates(const World& world, IndexScratch& scratch,
                    std::vector<std::uint32_t>& out) const;

  private:
    struct Entry {
        std::uint32_t action = 0;
        std::uint32_t principal = 0;
        std::uint32_t resource = 0;
        std::uint32_t policy = 0;
        auto operator<=>(const Entry&) const = default;
    };
    struct Edge {
        std::uint32_t key = 0;
        std::uint32_t first = 0;  // of the level below
        std::uint32_t count = 0;
    };
    // `is T in E`: the key is E, the type is checked at the end.
    struct TypeCheck {
        std::string principal;
        std::string resource;
    };

    bool passes(std::uint32_t policy, const Request& request) const;

    KeyTable action_keys_;
    KeyTable principal_keys_;
    KeyTable resource_keys_;
    std::vector<Entry> entries_;
    std::vector<Edge> actions_;
    std::vector<Edge> principals_;
    std::vector<Edge> resources_;
    std::vector<std::uint32_t> policies_;
    std::unordered_map<std::uint32_t, TypeCheck> checks_;
};

// The scope evaluated in full, without the index.
bool scope_holds(const FilledScope& scope, const World& world);

}  // namespace hs::cedar::internal
