// The human schema syntax (docs.cedarpolicy.com: schema grammar; RFC 24, 48, 53, 82).
#include "cedar/schema_draft.h"

namespace hs::cedar {
namespace {

using base::Result;

class SchemaTextParser {
  public:
    SchemaTextParser(SourcePointer source, std::vector<Token> tokens, const SchemaLimits& limits)
        : tokens_(std::move(tokens)), limits_(limits) {
        draft_.source = std::move(source);
        draft_.syntax = SchemaSyntax::human;
        draft_.namespaces.emplace_back();
    }

    Result<SchemaDraft> run() {
        while (!at(TokenKind::end)) {
            std::vector<Annotation> annotations = TRY(read_annotations());
            if (at_word("namespace")) {
                TRY(read_namespace(std::move(annotations)));
            } else {
                TRY(read_declaration(0, std::move(annotations)));
            }
        }
        return std::move(draft_);
    }

  private:
    const Token& token() const { return tokens_[next_]; }
    std::string_view text() const { return draft_.source->slice(token().span); }
    bool at(TokenKind kind) const { return token().kind == kind; }
    bool at_word(std::string_view word) const {
        return at(TokenKind::identifier) && text() == word;
    }
    void advance() {
        if (!at(TokenKind::end)) ++next_;
    }
    bool take(TokenKind kind) {
        if (!at(kind)) return false;
        advance();
        return true;
    }
    bool take_word(std::string_view word) {
        if (!at_word(word)) return false;
        advance();
        return true;
    }

    base::Failure refuse(Span span, std::string_view message,
                         base::Place where = base::Place::here()) const {
        return draft_failure(draft_, span, message, where);
    }
    base::Failure expected(std::string_view what, base::Place where = base::Place::here()) const {
        std::string found(token_name(token().kind));
        if (at(TokenKind::identifier)) found = "`" + std::string(text()) + "`";
        return refuse(token().span, "expected " + std::string(what) + ", found " + found, where);
    }
    Result<> require(TokenKind kind) {
        if (!take(kind)) return expected(token_name(kind));
        return {};
    }
    // From the start of an earlier token to the end of the last one taken.
    Span since(std::uint32_t begin) const {
        return {begin, next_ == 0 ? begin : tokens_[next_ - 1].span.end};
    }

    Result<> count_declaration() {
        if (++declarations_ <= limits_.declarations_max) return {};
        return refuse(token().span, "too many declarations; at most " +
                                        std::to_string(limits_.declarations_max) + " are allowed");
    }

    Result<std::vector<Annotation>> read_annotations() {
        std::vector<Annotation> annotations;
        while (at(TokenKind::at)) {
            const std::uint32_t begin = token().span.begin;
            advance();
            if (!at(TokenKind::identifier)) return expected("the name of an annotation");
            Annotation annotation;
            annotation.name = text();
            annotation.has_value = false;
            advance();
            if (take(TokenKind::open_parenthesis)) {
                annotation.value = TRY(read_string("the annotation's text"));
                annotation.has_value = true;
                TRY(require(TokenKind::close_parenthesis));
            }
            annotation.span = since(begin);
            for (const Annotation& other : annotations) {
                if (other.name != annotation.name) continue;
                return refuse(annotation.span,
                              "the annotation `@" + other.name + "` is given twice; keep one");
            }
            if (annotations.size() >= annotations_max) {
                return refuse(annotation.span, "too many annotations on one declaration");
            }
            annotations.push_back(std::move(annotation));
        }
        return annotations;
    }

    Result<std::string> read_string(std::string_view what) {
        if (!at(TokenKind::string)) return expected(std::string(what) + " in double quotes");
        std::string out = TRY(unescape(*draft_.source, token().span));
        advance();
        return out;
    }

    // An identifier that is not reserved; `__cedar` passes, the resolver judges it.
    Result<std::string> read_identifier(std::string_view what) {
        if (!at(TokenKind::identifier)) return expected(what);
        std::string word(text());
        if (is_reserved_word(word) && word != "__cedar") {
            return refuse(token().span, "`" + word + "` is a reserved word; use another name" +
                                            (what == attribute_name ? " or put it in quotes" : ""));
        }
        advance();
        return word;
    }

    Result<DraftName> read_path(std::string_view what) {
        DraftName name;
        const std::uint32_t begin = token().span.begin;
        name.path = TRY(read_identifier(what));
        while (take(TokenKind::double_colon)) {
            name.path += "::" + TRY(read_identifier("an identifier after `::`"));
        }
        name.span = since(begin);
        return name;
    }

    Result<> read_namespace(std::vector<Annotation> annotations) {
        advance();
        const DraftName name = TRY(read_path("the name of the namespace"));
        for (const DraftNamespace& other : draft_.namespaces) {
            if (other.path != name.path) continue;
            return refuse(name.span, "the namespace `" + name.path +
                                         "` is declared twice; put its declarations in one block");
        }
        TRY(count_declaration());
        TRY(require(TokenKind::open_brace));
        DraftNamespace& space = draft_.namespaces.emplace_back();
        space.path = name.path;
        space.span = name.span;
        space.annotations = std::move(annotations);
        const std::size_t index = draft_.namespaces.size() - 1;
        while (!take(TokenKind::close_brace)) {
            std::vector<Annotation> own = TRY(read_annotations());
            TRY(read_declaration(index, std::move(own)));
        }
        return {};
    }

    Result<> read_declaration(std::size_t space, std::vector<Annotation> annotations) {
        if (take_word("entity")) return read_entity_types(space, std::move(annotations));
        if (take_word("action")) return read_actions(space, std::move(annotations));
        if (take_word("type")) return read_common_type(space, std::move(annotations));
        return expected(space == 0 ? "`namespace`, `entity`, `action` or `type`"
                                   : "`entity`, `action`, `type` or `}`");
    }

    Result<> read_common_type(std::size_t space, std::vector<Annotation> annotations) {
        TRY(count_declaration());
        DraftCommonType common;
        common.span = token().span;
        common.name = TRY(read_identifier("the name of the type"));
        common.annotations = std::move(annotations);
        TRY(require(TokenKind::assign));
        common.type = TRY(read_type(1));
        TRY(require(TokenKind::semicolon));
        draft_.namespaces[space].common_types.push_back(std::move(common));
        return {};
    }

    struct NameAt {
        std::string text;
        Span span;
    };

    Result<> read_entity_types(std::size_t space, std::vector<Annotation> annotations) {
        std::vector<NameAt> names;
        do {
            const Span span = token().span;
            names.push_back({TRY(read_identifier("the name of an entity type")), span});
            TRY(count_declaration());
        } while (take(TokenKind::comma));
        DraftEntityType entity;
        entity.annotations = std::move(annotations);
        if (take_word("enum")) {
            entity.is_enumerated = true;
            entity.choices = TRY(read_choices());
        } else {
            TRY(read_entity_body(entity));
        }
        TRY(require(TokenKind::semicolon));
        return add_entity_types(space, names, std::move(entity));
    }

    Result<> add_entity_types(std::size_t space, const std::vector<NameAt>& names,
                              DraftEntityType entity) {
        const std::size_t weight =
            1 + entity.annotations.size() + entity.parents.size() + entity.choices.size();
        TRY(count_copies(names.size() * weight, names.front().span));
        for (const NameAt& name : names) {
            entity.name = name.text;
            entity.span = name.span;
            draft_.namespaces[space].entity_types.push_back(entity);
        }
        return {};
    }

    // Many names times long lists: what is written once is kept once for each name.
    Result<> count_copies(std::size_t copies, Span span) {
        copies_ += copies;
        if (copies_ <= copies_max) return {};
        return refuse(
            span,
            "the lists of parents, principals, resources, choices and annotations are too "
            "long for the number of names");
    }

    Result<std::vector<std::string>> read_choices() {
        TRY(require(TokenKind::open_bracket));
        std::vector<std::string> choices;
        do {
            choices.push_back(TRY(read_string("an entity id")));
        } while (take(TokenKind::comma));
        TRY(require(TokenKind::close_bracket));
        return choices;
    }

    Result<> read_entity_body(DraftEntityType& entity) {
        if (take_word("in")) entity.parents = TRY(read_entity_list());
        const bool has_assign = take(TokenKind::assign);
        if (has_assign && !at(TokenKind::open_brace)) return expected("`{` and the attributes");
        if (at(TokenKind::open_brace)) entity.shape = TRY(read_record(1));
        if (take_word("tags")) entity.tags = TRY(read_type(1));
        return {};
    }

    // A path, or paths in brackets (possibly none).
    Result<std::vector<DraftName>> read_entity_list() {
        std::vector<DraftName> names;
        if (!take(TokenKind::open_bracket)) {
            names.push_back(TRY(read_path("an entity type or `[`")));
            return names;
        }
        if (take(TokenKind::close_bracket)) return names;
        do {
            names.push_back(TRY(read_path("an entity type")));
        } while (take(TokenKind::comma));
        TRY(require(TokenKind::close_bracket));
        return names;
    }

    Result<> read_actions(std::size_t space, std::vector<Annotation> annotations) {
        std::vector<NameAt> names;
        do {
            const Span span = token().span;
            names.push_back({TRY(read_name("the name of an action")), span});
            TRY(count_declaration());
        } while (take(TokenKind::comma));
        DraftAction action;
        action.annotations = std::move(annotations);
        if (take_word("in")) action.parents = TRY(read_action_parents());
        if (take_word("appliesTo")) TRY(read_applies_to(action));
        if (take_word("attributes")) {
            TRY(require(TokenKind::open_brace));
            if (!take(TokenKind::close_brace)) return expected("`}`: actions have no attributes");
        }
        TRY(require(TokenKind::semicolon));
        const std::size_t weight = 1 + action.annotations.size() + action.parents.size() +
                                   action.principals.size() + action.resources.size();
        TRY(count_copies(names.size() * weight, names.front().span));
        for (const NameAt& name : names) {
            action.id = name.text;
            action.span = name.span;
            draft_.namespaces[space].actions.push_back(action);
        }
        return {};
    }

    // An identifier or a string.
    Result<std::string> read_name(std::string_view what) {
        if (at(TokenKind::string)) return read_string(what);
        return read_identifier(what);
    }

    Result<std::vector<DraftActionName>> read_action_parents() {
        std::vector<DraftActionName> parents;
        if (!take(TokenKind::open_bracket)) {
            parents.push_back(TRY(read_action_name()));
            return parents;
        }
        do {
            parents.push_back(TRY(read_action_name()));
        } while (take(TokenKind::comma));
        TRY(require(TokenKind::close_bracket));
        return parents;
    }

    // `name`, `"name"` or `Ns::Action::"name"`.
    Result<DraftActionName> read_action_name() {
        DraftActionName name;
        const std::uint32_t begin = token().span.begin;
        name.id = TRY(read_name("an action"));
        bool is_complete = tokens_[next_ - 1].kind == TokenKind::string;
        while (!is_complete && take(TokenKind::double_colon)) {
            name.type += (name.type.empty() ? "" : "::") + name.id;
            is_complete = at(TokenKind::string);
            name.id = TRY(read_name("an identifier or the action's id in double quotes"));
        }
        if (!name.type.empty() && !is_complete) return expected("`::` and the action's id");
        name.span = since(begin);
        return name;
    }

    Result<> read_applies_to(DraftAction& action) {
        const Span span = tokens_[next_ - 1].span;
        TRY(require(TokenKind::open_brace));
        AppliesTo seen;
        while (!at(TokenKind::close_brace)) {
            TRY(read_applies_part(action, seen));
            if (!take(TokenKind::comma)) break;
        }
        TRY(require(TokenKind::close_brace));
        if (!seen.has_principal) return refuse(span, "`appliesTo` needs `principal: …`");
        if (!seen.has_resource) return refuse(span, "`appliesTo` needs `resource: …`");
        return {};
    }

    struct AppliesTo {
        bool has_principal = false;
        bool has_resource = false;
        bool has_context = false;
    };

    Result<> read_applies_part(DraftAction& action, AppliesTo& seen) {
        const Span span = token().span;
        bool* flag = at_word("principal")  ? &seen.has_principal
                     : at_word("resource") ? &seen.has_resource
                     : at_word("context")  ? &seen.has_context
                                           : nullptr;
        if (flag == nullptr) return expected("`principal`, `resource` or `context`");
        if (*flag) return refuse(span, "`" + std::string(text()) + "` is given twice; keep one");
        *flag = true;
        advance();
        TRY(require(TokenKind::colon));
        if (flag == &seen.has_context) {
            action.context = TRY(read_context());
            return {};
        }
        std::vector<DraftName> names = TRY(read_entity_list());
        if (names.empty()) {
            return refuse(span,
                          "the list is empty; name an entity type, or leave `appliesTo` out "
                          "for an action that only groups others");
        }
        (flag == &seen.has_principal ? action.principals : action.resources) = std::move(names);
        return {};
    }

    // A record or the name of a common type.
    Result<DraftTypeId> read_context() {
        if (at(TokenKind::open_brace)) return read_record(1);
        DraftType type;
        type.kind = DraftTypeKind::common;
        type.name = TRY(read_path("`{` or the name of a type"));
        type.span = type.name.span;
        return draft_.add(std::move(type));
    }

    Result<DraftTypeId> read_type(std::uint32_t depth) {
        if (at(TokenKind::open_brace)) return read_record(depth);
        const Span span = token().span;
        if (at_word("Set") && tokens_[next_ + 1].kind == TokenKind::less) {
            TRY(check_depth(depth));
            advance();
            advance();
            DraftType type;
            type.kind = DraftTypeKind::set;
            type.element = TRY(read_type(depth + 1));
            TRY(require(TokenKind::greater));
            type.span = since(span.begin);
            return draft_.add(std::move(type));
        }
        DraftType type;
        type.kind = DraftTypeKind::either;
        type.name = TRY(read_path("a type"));
        type.span = type.name.span;
        return draft_.add(std::move(type));
    }

    Result<> check_depth(std::uint32_t depth) {
        if (depth <= limits_.type_depth_max) return {};
        return refuse(token().span, "sets and records are nested more than " +
                                        std::to_string(limits_.type_depth_max) + " levels deep");
    }

    Result<DraftTypeId> read_record(std::uint32_t depth) {
        TRY(check_depth(depth));
        DraftType type;
        type.kind = DraftTypeKind::record;
        const std::uint32_t begin = token().span.begin;
        TRY(require(TokenKind::open_brace));
        while (!at(TokenKind::close_brace)) {
            type.attributes.push_back(TRY(read_attribute(depth)));
            if (!take(TokenKind::comma)) break;
        }
        TRY(require(TokenKind::close_brace));
        type.span = since(begin);
        return draft_.add(std::move(type));
    }

    Result<DraftAttribute> read_attribute(std::uint32_t depth) {
        DraftAttribute attribute;
        attribute.annotations = TRY(read_annotations());
        attribute.span = token().span;
        attribute.name = TRY(read_name(attribute_name));
        attribute.is_required = !take(TokenKind::question);
        TRY(require(TokenKind::colon));
        attribute.type = TRY(read_type(depth + 1));
        return attribute;
    }

    static constexpr std::string_view attribute_name = "the name of an attribute";
    static constexpr std::size_t annotations_max = 1024;
    static constexpr std::size_t copies_max = 500'000;

    std::vector<Token> tokens_;
    SchemaLimits limits_;
    SchemaDraft draft_;
    std::size_t next_ = 0;
    std::size_t declarations_ = 0;
    std::size_t copies_ = 0;
};

}  // namespace

bool is_schema_path(std::string_view text) {
    while (true) {
        const std::size_t end = text.find("::");
        const std::string_view part = text.substr(0, end);
        if (!is_identifier(part) && part != "__cedar") return false;
        if (end == std::string_view::npos) return true;
        text.remove_prefix(end + 2);
    }
}

Result<SchemaDraft> read_human_schema(SourcePointer source, const SchemaLimits& limits) {
    std::vector<Token> tokens = TRY(tokenize(*source, limits.text));
    return SchemaTextParser(std::move(source), std::move(tokens), limits).run();
}

}  // namespace hs::cedar
