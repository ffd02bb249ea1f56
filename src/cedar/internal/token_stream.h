// TokenStream: the tokens of one text with a cursor, and messages that say what was expected.
//
// What it is for: the policy parser's view of a text.
// Threads: one owner.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cedar/lexer.h"

namespace hs::cedar::internal {

class TokenStream {
  public:
    TokenStream(const SourceText& source, std::vector<Token> tokens)
        : source_(source), tokens_(std::move(tokens)) {}

    const SourceText& source() const { return source_; }
    const Token& peek(std::size_t ahead = 0) const {
        return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
    }
    std::string_view text() const { return source_.slice(peek().span); }
    std::string_view text(std::size_t ahead) const { return source_.slice(peek(ahead).span); }
    bool is(TokenKind kind) const { return peek().kind == kind; }
    bool is_word(std::string_view word) const {
        return is(TokenKind::identifier) && text() == word;
    }

    Token take() {
        const Token token = peek();
        if (at_ + 1 < tokens_.size()) ++at_;
        last_end_ = token.span.end;
        return token;
    }
    bool take_if(TokenKind kind) {
        if (!is(kind)) return false;
        take();
        return true;
    }
    bool take_word_if(std::string_view word) {
        if (!is_word(word)) return false;
        take();
        return true;
    }
    // The end of the token taken last.
    std::uint32_t last_end() const { return last_end_; }

    base::Result<Token> expect(TokenKind kind, std::string_view purpose) {
        if (is(kind)) return take();
        return expected(std::string(token_name(kind)) + " " + std::string(purpose));
    }
    // "expected <what>, found <the token here>".
    base::Failure expected(std::string_view what) const;
    base::Failure refuse(Span span, std::string_view message) const {
        return fail_at(source_, span, message);
    }

    // The identifier here, which must not be a reserved word.
    base::Result<std::string> identifier(std::string_view purpose);

  private:
    const SourceText& source_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    std::uint32_t last_end_ = 0;
};

}  // namespace hs::cedar::internal
