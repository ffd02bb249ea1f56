// What a Schema holds; only files named schema_* include it.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cedar/schema_draft.h"

namespace hs::cedar {

struct Schema::State {
    TypeStore types;
    std::vector<EntityTypeRule> entity_types;
    std::vector<ActionRule> actions;
    std::unordered_map<std::string_view, EntityTypeId> entity_type_ids;
    // Action types by name, then the ids of actions within.
    std::unordered_map<std::string_view, std::unordered_map<std::string_view, ActionId>> action_ids;
    std::vector<std::string> warnings;
    SchemaDraft draft;
};

// Makes a Schema from a draft: collects the definitions, binds every name, orders the common types,
// builds types, hierarchies and request types. One use.
class SchemaResolver {
  public:
    SchemaResolver(SchemaDraft draft, const SchemaLimits& limits);
    base::Result<Schema> run();

  private:
    struct CommonType {
        std::string path;
        std::size_t space = 0;
        std::size_t index = 0;
        std::vector<std::uint32_t> needs;  // common types that it names
        const Type* type = nullptr;
    };
    enum class Wanted : std::uint8_t { entity, common, either };

    // schema_collect.cc: definitions and the binding of names
    base::Result<> collect_definitions();
    base::Result<> collect_namespace(std::size_t space);
    base::Result<> collect_common_types(std::size_t space);
    base::Result<> collect_entity_types(std::size_t space);
    base::Result<> collect_actions(std::size_t space);
    base::Result<> refuse_shadowing();
    base::Result<> refuse_shadowed_actions();
    void warn_of_hiding();
    base::Result<> bind_all();
    base::Result<> bind_actions(DraftNamespace& space);
    base::Result<> bind_action_name(const DraftNamespace& space, DraftActionName& name);
    base::Result<> bind_names(std::string_view space, std::vector<DraftName>& names);
    base::Result<> bind_name(std::string_view space, DraftName& name, Wanted wanted);
    bool bind_to(DraftName& name, const std::string& path, Wanted wanted) const;
    base::Result<> bind_type(std::string_view space, DraftTypeId id,
                             std::vector<std::uint32_t>* needs);

    // schema_resolve.cc: types and rules
    base::Result<> build_common_types();
    base::Result<> build_common_type(std::uint32_t root, std::vector<std::uint8_t>& state);
    base::Failure refuse_cycle(const std::vector<std::uint32_t>& path, std::uint32_t again) const;
    base::Result<const Type*> build_type(DraftTypeId id);
    base::Result<const Type*> build_checked_type(DraftTypeId id, std::string_view owner);
    base::Result<const Type*> build_record_type(DraftTypeId id, std::string_view owner);
    base::Result<const Type*> build_record(const DraftType& draft);
    const Type* reference_to(EntityTypeId id);
    base::Result<> list_entity_types();
    base::Result<> fill_entity_types();
    base::Result<> fill_entity_type(const DraftNamespace& space, const DraftEntityType& draft);
    base::Result<> list_actions();
    base::Result<> fill_actions();
    base::Result<> fill_action(const DraftNamespace& space, const DraftAction& draft);
    base::Result<std::vector<EntityTypeId>> request_types(const std::vector<DraftName>& names,
                                                          const std::string& action) const;
    base::Result<> close_hierarchies();
    base::Result<> refuse_action_cycles() const;

    const SchemaDraft& draft() const { return state_->draft; }
    base::Failure refuse(Span span, std::string_view message,
                         base::Place where = base::Place::here()) const {
        return draft_failure(draft(), span, message, where);
    }

    SchemaLimits limits_;
    std::unique_ptr<Schema::State> state_;
    std::unordered_map<std::string, std::uint32_t> common_index_;
    std::vector<CommonType> commons_;
    std::unordered_map<std::string, Span> entity_paths_;  // with the types of actions
    std::unordered_map<std::string, Span> action_keys_;   // to_text of the uid
    std::vector<std::string> action_types_;
    std::vector<const Type*> references_;
    std::uint64_t request_type_count_ = 0;
};

}  // namespace hs::cedar
