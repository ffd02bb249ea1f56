// The canonical human text of a schema.
#include <algorithm>
#include <unordered_map>

#include "cedar/schema_draft.h"

namespace hs::cedar {
namespace {

using base::Result;

class SchemaPrinter {
  public:
    explicit SchemaPrinter(const Schema& schema) : schema_(schema), draft_(schema.draft()) {
        for (const DraftNamespace& space : draft_.namespaces) {
            for (const DraftCommonType& common : space.common_types) {
                commons_.emplace(qualify(space.path, common.name), common.type);
            }
        }
    }

    Result<std::string> run() {
        std::vector<const DraftNamespace*> spaces;
        for (const DraftNamespace& space : draft_.namespaces) spaces.push_back(&space);
        std::sort(spaces.begin(), spaces.end(),
                  [](const auto* a, const auto* b) { return a->path < b->path; });
        for (const DraftNamespace* space : spaces) TRY(print_namespace(*space));
        return std::move(out_);
    }

  private:
    static constexpr std::size_t indent_width = 2;

    void start_line() { out_.append(indent_ * indent_width, ' '); }

    Result<> print_namespace(const DraftNamespace& space) {
        space_ = &space;
        if (space.path.empty()) return print_declarations(space);
        print_annotations(space.annotations);
        out_ += "namespace " + space.path + " {\n";
        indent_ = 1;
        TRY(print_declarations(space));
        indent_ = 0;
        out_ += "}\n";
        return {};
    }

    template <class Declaration, class Key>
    static std::vector<const Declaration*> sorted(const std::vector<Declaration>& all, Key key) {
        std::vector<const Declaration*> out;
        for (const Declaration& one : all) out.push_back(&one);
        std::sort(out.begin(), out.end(),
                  [&](const auto* a, const auto* b) { return a->*key < b->*key; });
        return out;
    }

    Result<> print_declarations(const DraftNamespace& space) {
        for (const auto* common : sorted(space.common_types, &DraftCommonType::name)) {
            print_annotations(common->annotations);
            start_line();
            out_ += "type " + common->name + " = ";
            TRY(print_type(common->type));
            out_ += ";\n";
        }
        for (const auto* entity : sorted(space.entity_types, &DraftEntityType::name)) {
            TRY(print_entity_type(*entity));
        }
        for (const auto* action : sorted(space.actions, &DraftAction::id)) {
            TRY(print_action(*action));
        }
        return {};
    }

    void print_annotations(std::vector<Annotation> annotations) {
        std::sort(annotations.begin(), annotations.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        for (const Annotation& annotation : annotations) {
            start_line();
            out_ += "@" + annotation.name;
            if (annotation.has_value) out_ += "(" + quoted(annotation.value) + ")";
            out_ += "\n";
        }
    }

    Result<> print_entity_type(const DraftEntityType& entity) {
        print_annotations(entity.annotations);
        start_line();
        out_ += "entity " + entity.name;
        if (entity.is_enumerated) {
            for (std::size_t i = 0; i < entity.choices.size(); ++i) {
                out_ += (i == 0 ? " enum [" : ", ") + quoted(entity.choices[i]);
            }
            out_ += "];\n";
            return {};
        }
        if (!entity.parents.empty()) out_ += " in " + entity_list(entity.parents);
        if (entity.shape) TRY(print_shape(*entity.shape));
        if (entity.tags) {
            out_ += " tags ";
            TRY(print_type(*entity.tags));
        }
        out_ += ";\n";
        return {};
    }

    // The attributes in braces; a named record is written out, for the grammar wants braces here.
    Result<> print_shape(DraftTypeId id) {
        while (draft_.types[id].name.binding.kind == BindingKind::common) {
            id = commons_.at(draft_.types[id].name.binding.path);
        }
        if (draft_.types[id].attributes.empty()) return {};
        out_ += " = ";
        return print_type(id);
    }

    Result<> print_action(const DraftAction& action) {
        print_annotations(action.annotations);
        start_line();
        out_ += "action " + name_text(action.id);
        for (std::size_t i = 0; i < action.parents.size(); ++i) {
            out_ += (i == 0 ? " in [" : ", ") + to_text(action.parents[i].bound);
        }
        if (!action.parents.empty()) out_ += "]";
        if (!action.principals.empty() && !action.resources.empty()) {
            TRY(print_applies_to(action));
        }
        out_ += ";\n";
        return {};
    }

    Result<> print_applies_to(const DraftAction& action) {
        out_ += " appliesTo {\n";
        ++indent_;
        start_line();
        out_ += "principal: " + entity_list(action.principals) + ",\n";
        start_line();
        out_ += "resource: " + entity_list(action.resources) + ",\n";
        if (action.context) {
            start_line();
            out_ += "context: ";
            TRY(print_type(*action.context));
            out_ += ",\n";
        }
        --indent_;
        start_line();
        out_ += "}";
        return {};
    }

    static std::string name_text(const std::string& name) {
        return is_identifier(name) ? name : quoted(name);
    }

    // The shortest path that means the target here: nothing may hide a name of the empty namespace.
    std::string path_text(const std::string& path) const {
        const std::string prefix = space_->path + "::";
        if (!space_->path.empty() && path.starts_with(prefix) &&
            path.find("::", prefix.size()) == std::string::npos) {
            return path.substr(prefix.size());
        }
        return path;
    }

    std::string entity_list(const std::vector<DraftName>& names) const {
        std::vector<std::string> texts;
        for (const DraftName& name : names) texts.push_back(path_text(name.binding.path));
        std::sort(texts.begin(), texts.end());
        texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
        std::string out = "[";
        for (const std::string& text : texts) out += (out.size() == 1 ? "" : ", ") + text;
        return out + "]";
    }

    bool is_declared(const std::string& path) const {
        return commons_.contains(path) || schema_.find_entity_type(path) != nullptr;
    }

    std::string builtin_text(const std::string& name) const {
        const bool is_hidden = is_declared(name) || is_declared(qualify(space_->path, name));
        return (is_hidden ? "__cedar::" : "") + name;
    }

    Result<> print_type(DraftTypeId id) {
        const DraftType& type = draft_.types[id];
        switch (type.kind) {
            case DraftTypeKind::boolean:
                out_ += builtin_text("Bool");
                return {};
            case DraftTypeKind::integer:
                out_ += builtin_text("Long");
                return {};
            case DraftTypeKind::string:
                out_ += builtin_text("String");
                return {};
            case DraftTypeKind::set:
                out_ += "Set<";
                TRY(print_type(type.element));
                out_ += ">";
                return {};
            case DraftTypeKind::record:
                return print_record(type);
            case DraftTypeKind::extension:
            case DraftTypeKind::entity:
            case DraftTypeKind::common:
            case DraftTypeKind::either:
                return print_reference(type.name.binding);
        }
        return {};
    }

    Result<> print_reference(const Binding& binding) {
        if (binding.kind == BindingKind::builtin) {
            out_ += builtin_text(binding.path);
            return {};
        }
        const bool is_hidden = commons_.contains(binding.path);
        if (binding.kind == BindingKind::entity && is_hidden) {
            return base::fail(base::Code::invalid_input,
                              "the entity type `" + binding.path +
                                  "` cannot be written in the human syntax, because a type of the "
                                  "same name hides it; rename one of them");
        }
        out_ += path_text(binding.path);
        return {};
    }

    Result<> print_record(const DraftType& type) {
        if (type.attributes.empty()) {
            out_ += "{}";
            return {};
        }
        out_ += "{\n";
        ++indent_;
        for (const auto* attribute : sorted(type.attributes, &DraftAttribute::name)) {
            print_annotations(attribute->annotations);
            start_line();
            out_ += name_text(attribute->name) + (attribute->is_required ? ": " : "?: ");
            TRY(print_type(attribute->type));
            out_ += ",\n";
        }
        --indent_;
        start_line();
        out_ += "}";
        return {};
    }

    const Schema& schema_;
    const SchemaDraft& draft_;
    const DraftNamespace* space_ = nullptr;
    std::unordered_map<std::string, DraftTypeId> commons_;
    std::string out_;
    std::size_t indent_ = 0;
};

}  // namespace

Result<std::string> print_schema(const Schema& schema) {
    return SchemaPrinter(schema).run();
}

}  // namespace hs::cedar
