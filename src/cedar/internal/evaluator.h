// Evaluator: runs the conditions of a Program against one request.
//
// What it is for: the decision path. It allocates only from the scratch arena it is given.
// What it does not protect from: nothing; recursion is bounded by expression_depth_max.
// Threads: one owner; the program and the stores are shared and only read.
#pragma once

#include "cedar/entity.h"
#include "cedar/fault.h"
#include "cedar/internal/program.h"
#include "cedar/request.h"

namespace hs::cedar::internal {

// What a request is evaluated against. Null stores hold nothing.
struct World {
    const Request* request = nullptr;
    const EntityStore* resident = nullptr;
    const EntityStore* brought = nullptr;

    const Entity* find(const EntityKey& key) const {
        if (brought != nullptr) {
            if (const Entity* entity = brought->find(key)) return entity;
        }
        return resident != nullptr ? resident->find(key) : nullptr;
    }
};

enum class Outcome : std::uint8_t { unsatisfied, satisfied, faulty };

class Evaluator {
  public:
    Evaluator(const Program& program, const World& world, Arena& scratch)
        : program_(program), world_(world), scratch_(&scratch) {}

    // All conditions in order, stopping at the first that does not hold.
    Outcome run(std::span<const CompiledCondition> conditions);
    // False: fault() says why.
    bool evaluate(NodeId id, Value& out);
    const Fault& fault() const { return fault_; }

  private:
    bool conditional(const Node& node, Value& out);
    bool logical(const Node& node, Value& out, bool stops_at);
    bool boolean(NodeId id, bool& out);
    bool integer(NodeId id, std::int64_t& out);
    bool negate(const Node& node, NodeId id, Value& out);
    bool binary(const Node& node, NodeId id, Value& out);
    bool order(const Node& node, NodeId id, Value& out);
    bool arithmetic(const Node& node, NodeId id, Value& out);
    bool member_of(NodeId id, const Value& left, const Value& right, bool& out);
    bool set_operation(const Node& node, NodeId id, Value& out);
    bool tag(const Node& node, NodeId id, Value& out);
    bool get_attribute(const Node& node, NodeId id, Value& out);
    bool has_attribute(const Node& node, NodeId id, Value& out);
    bool like(const Node& node, NodeId id, Value& out);
    bool is_type(const Node& node, NodeId id, Value& out);
    bool set(const Node& node, Value& out);
    bool record(const Node& node, Value& out);
    bool call(const Node& node, NodeId id, Value& out);

    bool typed(NodeId id, const Value& value, ValueKind kind, Wanted wanted);
    bool wrong_type(NodeId id, Wanted wanted, ValueKind found);
    bool fail(NodeId id, FaultKind kind);
    bool missing(NodeId id, FaultKind kind, std::string_view text, const EntityKey* entity);
    Value variable(Variable variable) const;

    const Program& program_;
    const World& world_;
    Arena* scratch_;
    Fault fault_;
};

bool matches_pattern(std::string_view text, std::span<const std::string_view> parts);

}  // namespace hs::cedar::internal
