#include "files/pattern.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include "wire/utf8.h"

namespace hs::files {

using base::Code;
using base::fail;
using base::Result;

struct Pattern::Compiled {
    Compiled(const std::string& expression, const re2::RE2::Options& options)
        : utf8(expression, options), latin1(expression, latin1_of(options)) {}

    static re2::RE2::Options latin1_of(re2::RE2::Options options) {
        options.set_encoding(re2::RE2::Options::EncodingLatin1);
        return options;
    }
    re2::RE2 utf8;
    re2::RE2 latin1;  // for text that is not UTF-8: RE2 in UTF-8 mode passes over broken bytes
};

Result<Pattern> Pattern::compile(const std::string& expression, Letters letters) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_max_mem(memory_bytes_max);
    options.set_case_sensitive(letters == Letters::as_written);
    auto compiled = std::make_shared<const Compiled>(expression, options);
    if (!compiled->utf8.ok()) {
        return fail(Code::invalid_input,
                    fmt::format("the pattern cannot be read: {} (RE2 syntax is expected; escape "
                                "special characters with \\)",
                                compiled->utf8.error()));
    }
    return Pattern(std::move(compiled));
}

Result<Pattern> Pattern::from_expression(std::string_view text, Letters letters) {
    if (text.empty() || text.size() > text_bytes_max) {
        return fail(Code::invalid_input,
                    fmt::format("a pattern of 1 to {} bytes was expected", text_bytes_max));
    }
    return compile(std::string(text), letters);
}

namespace {

// Translates a glob into an expression, one construct a step.
class GlobReader {
  public:
    explicit GlobReader(std::string_view glob) : left_(glob) {}

    Result<std::string> expression() {
        out_ = "(?s)\\A";
        while (!left_.empty()) TRY(step());
        if (depth_ != 0) return fail(Code::invalid_input, "a '{' of the glob has no '}'");
        return out_ + "\\z";
    }

  private:
    Result<> step() {
        const char next = left_.front();
        left_.remove_prefix(1);
        switch (next) {
            case '*':
                stars();
                return {};
            case '?':
                out_ += "[^/]";
                return {};
            case '[':
                return character_class();
            case '{':
                return open_choice();
            case ',':
                out_ += depth_ > 0 ? "|" : ",";
                return {};
            case '}':
                return close_choice();
            case '\\':
                return literal_next();
            default:
                literal(next);
                return {};
        }
    }
    void stars() {
        if (!left_.starts_with("*")) {
            out_ += "[^/]*";
            return;
        }
        left_.remove_prefix(1);
        if (left_.starts_with("/")) {
            left_.remove_prefix(1);
            out_ += "(?:.*/)?";
        } else {
            out_ += ".*";
        }
    }
    Result<> open_choice() {
        if (++depth_ > 4) return fail(Code::invalid_input, "a glob holds at most 4 nested '{'");
        out_ += "(?:";
        return {};
    }
    Result<> close_choice() {
        if (depth_ == 0) {
            literal('}');
            return {};
        }
        --depth_;
        out_ += ")";
        return {};
    }
    Result<> literal_next() {
        if (left_.empty()) return fail(Code::invalid_input, "the glob ends with a lone \\");
        literal(left_.front());
        left_.remove_prefix(1);
        return {};
    }
    void literal(char next) {
        if (std::string_view("\\.+*?()|[]{}^$").find(next) != std::string_view::npos) out_ += '\\';
        out_ += next;
    }
    Result<> character_class() {
        const std::size_t end = left_.find(']', left_.starts_with("!") ? 2 : 1);
        if (end == std::string_view::npos) {
            return fail(Code::invalid_input, "a '[' of the glob has no ']'");
        }
        std::string_view inside = left_.substr(0, end);
        left_.remove_prefix(end + 1);
        out_ += '[';
        if (inside.starts_with("!") || inside.starts_with("^")) {
            out_ += "^/";
            inside.remove_prefix(1);
        }
        for (const char one : inside) {
            if (std::string_view("\\[]^&").find(one) != std::string_view::npos) out_ += '\\';
            out_ += one;
        }
        out_ += ']';
        return {};
    }

    std::string_view left_;
    std::string out_;
    int depth_ = 0;
};

}  // namespace

Result<Pattern> Pattern::from_glob(std::string_view text) {
    if (text.empty() || text.size() > text_bytes_max) {
        return fail(Code::invalid_input,
                    fmt::format("a glob of 1 to {} bytes was expected, as *.md", text_bytes_max));
    }
    return compile(TRY(GlobReader(text).expression()), Letters::as_written);
}

bool Pattern::matches(std::string_view text) const {
    return find(text).begin != std::string_view::npos;
}

Pattern::Span Pattern::find(std::string_view text) const {
    const re2::StringPiece piece(text.data(), text.size());
    re2::StringPiece found;
    bool hit = compiled_->utf8.Match(piece, 0, piece.size(), re2::RE2::UNANCHORED, &found, 1);
    if (!hit && compiled_->latin1.ok() && !wire::is_utf8(text)) {
        hit = compiled_->latin1.Match(piece, 0, piece.size(), re2::RE2::UNANCHORED, &found, 1);
    }
    if (!hit) return {};
    return {static_cast<std::size_t>(found.data() - piece.data()), found.size()};
}

bool names_folders(std::string_view glob) {
    return glob.find('/') != std::string_view::npos;
}

}  // namespace hs::files
