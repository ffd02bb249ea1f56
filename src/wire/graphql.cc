#include "wire/graphql.h"

#include <algorithm>

#include "wire/json.h"
#include "wire/utf8.h"

namespace hs::wire {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t document_bytes_max = std::size_t{256} << 10U;
constexpr std::size_t depth_max = 64;
constexpr std::size_t operations_max = 64;
constexpr std::size_t fields_max = 64;
constexpr std::size_t requests_max = 32;

base::Failure malformed(std::string_view what) {
    return fail(Code::invalid_input, "no GraphQL document: " + std::string(what));
}

bool starts_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool goes_on_name(char c) {
    return starts_name(c) || (c >= '0' && c <= '9');
}

// Tokens of the language (2.1.6), as far as they matter here: names, "..." and single marks; a
// string or a number is one token that is neither.
class Tokens {
  public:
    explicit Tokens(std::string_view text) : left_(text) {}

    // Empty at the end.
    Result<std::string_view> next() {
        skip_ignored();
        if (left_.empty()) return std::string_view();
        if (starts_name(left_.front())) return take(name_size());
        if (left_.starts_with("...")) return take(3);
        if (left_.front() == '"') return string();
        if (left_.front() == '-' || (left_.front() >= '0' && left_.front() <= '9')) return number();
        constexpr std::string_view marks = "!$&():=@[]{|}";
        if (marks.find(left_.front()) == std::string_view::npos) {
            return malformed("a character that no token begins with");
        }
        return take(1);
    }

  private:
    std::string_view take(std::size_t size) {
        const std::string_view token = left_.substr(0, size);
        left_.remove_prefix(size);
        return token;
    }
    std::size_t name_size() const {
        std::size_t size = 0;
        while (size < left_.size() && goes_on_name(left_[size])) ++size;
        return size;
    }
    void skip_ignored() {
        while (!left_.empty()) {
            const char c = left_.front();
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',') {
                left_.remove_prefix(1);
            } else if (left_.starts_with("\xef\xbb\xbf")) {
                left_.remove_prefix(3);
            } else if (c == '#') {
                left_.remove_prefix(std::min(left_.find_first_of("\n\r"), left_.size()));
            } else {
                return;
            }
        }
    }
    Result<std::string_view> number() {
        std::size_t size = 1;
        while (size < left_.size() && (goes_on_name(left_[size]) || left_[size] == '.' ||
                                       left_[size] == '+' || left_[size] == '-')) {
            ++size;
        }
        return take(size);
    }
    Result<std::string_view> string() {
        if (left_.starts_with("\"\"\"")) return block_string();
        for (std::size_t i = 1; i < left_.size(); ++i) {
            if (left_[i] == '\n' || left_[i] == '\r') break;
            if (left_[i] == '"') return take(i + 1);
            if (left_[i] == '\\') ++i;
        }
        return malformed("a string without its end");
    }
    // In it only \""" is an escape (2.9.4).
    Result<std::string_view> block_string() {
        for (std::size_t i = 3; i + 3 <= left_.size(); ++i) {
            if (left_.substr(i).starts_with("\\\"\"\"")) {
                i += 3;
            } else if (left_.substr(i).starts_with("\"\"\"")) {
                return take(i + 3);
            }
        }
        return malformed("a string without its end");
    }

    std::string_view left_;
};

char closing_of(char open) {
    return open == '{' ? '}' : open == '(' ? ')' : ']';
}

class Reader {
  public:
    explicit Reader(std::string_view text) : tokens_(text) {}

    Result<std::vector<GraphqlOperation>> read() {
        TRY(step());
        while (!token_.empty()) {
            if (operations_.size() >= operations_max) return malformed("too many operations");
            TRY(definition());
        }
        if (operations_.empty()) return malformed("no operation");
        return std::move(operations_);
    }

  private:
    Result<> step() {
        token_ = TRY(tokens_.next());
        return {};
    }
    bool is(std::string_view mark) const { return token_ == mark; }
    bool is_name() const { return !token_.empty() && starts_name(token_.front()); }

    Result<> definition() {
        GraphqlOperation operation;
        if (is("{")) {
            TRY(selection(&operation));
            operations_.push_back(std::move(operation));
            return {};
        }
        if (is("fragment")) {
            while (!is("{")) {
                if (token_.empty()) return malformed("a fragment without selection");
                TRY(step());
            }
            return selection(nullptr);
        }
        if (is("mutation")) operation.kind = GraphqlOperation::Kind::mutation;
        if (is("subscription")) operation.kind = GraphqlOperation::Kind::subscription;
        if (!is("query") && operation.kind == GraphqlOperation::Kind::query) {
            return malformed("a definition that is neither operation nor fragment");
        }
        TRY(step());
        if (is_name()) {
            operation.name = token_;
            TRY(step());
        }
        while (!is("{")) {
            if (token_.empty()) return malformed("an operation without selection");
            TRY(is("(") ? skip_group() : step());
        }
        TRY(selection(&operation));
        operations_.push_back(std::move(operation));
        return {};
    }

    // A group with everything in it, from its opening mark to behind its closing one.
    Result<> skip_group() {
        std::string open;
        do {
            if (token_.empty()) return malformed("a group without its end");
            const char mark = token_.size() == 1 ? token_.front() : '\0';
            if (mark == '{' || mark == '(' || mark == '[') open += closing_of(mark);
            if (mark == '}' || mark == ')' || mark == ']') {
                if (open.back() != mark) return malformed("marks that do not match");
                open.pop_back();
            }
            if (open.size() > depth_max) return malformed("nested too deeply");
            TRY(step());
        } while (!open.empty());
        return {};
    }

    // The fields at its root go to `operation`, where there is one; what lies deeper is skipped.
    Result<> selection(GraphqlOperation* operation) {
        TRY(step());  // "{"
        while (!is("}")) {
            if (token_.empty()) return malformed("a selection without its end");
            if (is("{") || is("(") || is("[")) {
                TRY(skip_group());
            } else if (is("...")) {
                TRY(step());
                note(operation, "..." + std::string(is_name() ? token_ : std::string_view()));
                if (is("on")) TRY(step());
                if (is_name()) TRY(step());
            } else if (is("@")) {
                TRY(step());
                if (is_name()) TRY(step());
            } else if (is_name()) {
                std::string name(token_);
                TRY(step());
                if (is(":")) {  // an alias before the field's own name
                    TRY(step());
                    if (!is_name()) return malformed("an alias of nothing");
                    name = token_;
                    TRY(step());
                }
                note(operation, std::move(name));
            } else {
                return malformed("a selection of something that is no field");
            }
        }
        return step();
    }

    static void note(GraphqlOperation* operation, std::string name) {
        if (operation == nullptr) return;
        auto& fields = operation->fields;
        const bool known = std::find(fields.begin(), fields.end(), name) != fields.end();
        if (!known && fields.size() < fields_max) fields.push_back(std::move(name));
    }

    Tokens tokens_;
    std::string_view token_;
    std::vector<GraphqlOperation> operations_;
};

// What one request of the body runs; false where that cannot be told.
bool add_asked(const Json& request, std::vector<GraphqlOperation>& asked) {
    const Json* query = request.find("query");
    if (query == nullptr || query->text() == nullptr) return false;
    auto operations = graphql_operations(*query->text());
    if (!operations) return false;
    const Json* wanted = request.find("operationName");
    const bool named = wanted != nullptr && wanted->text() != nullptr && !wanted->text()->empty();
    if (!named) {
        // Without a name a server runs the only one there is; of several it would be a guess.
        std::move(operations->begin(), operations->end(), std::back_inserter(asked));
        return true;
    }
    for (auto& operation : *operations) {
        if (operation.name != *wanted->text()) continue;
        asked.push_back(std::move(operation));
        return true;
    }
    return false;
}

}  // namespace

Result<std::vector<GraphqlOperation>> graphql_operations(std::string_view document) {
    if (document.size() > document_bytes_max) return malformed("longer than 256 KiB");
    if (!is_utf8(document)) return malformed("not UTF-8");
    return Reader(document).read();
}

std::string graphql_asked(std::string_view body) {
    const auto json = parse_json(body);
    if (!json) return {};
    std::vector<GraphqlOperation> asked;
    if (const JsonArray* list = json->array()) {
        if (list->empty() || list->size() > requests_max) return {};
        for (const Json& request : *list) {
            if (!add_asked(request, asked)) return {};
        }
    } else if (!add_asked(*json, asked)) {
        return {};
    }
    std::string text;
    for (const GraphqlOperation& operation : asked) {
        if (operation.kind == GraphqlOperation::Kind::query) continue;
        const bool mutates = operation.kind == GraphqlOperation::Kind::mutation;
        text += (text.empty() ? "" : "; ") + std::string(mutates ? "mutation" : "subscription");
        for (const std::string& field : operation.fields) text += " " + field;
    }
    return text.empty() ? "query" : text;
}

}  // namespace hs::wire
