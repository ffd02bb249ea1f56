#include "cedar/internal/token_stream.h"

#include <fmt/format.h>

#include "cedar/name.h"

namespace hs::cedar::internal {
namespace {

constexpr std::size_t shown_max = 40;

std::string found(const SourceText& source, const Token& token) {
    if (token.kind == TokenKind::end) return std::string(token_name(token.kind));
    const std::string_view text = source.slice(token.span);
    const bool long_text = text.size() > shown_max || text.find('\n') != std::string_view::npos;
    if (long_text) return fmt::format("a {}", token_name(token.kind));
    return fmt::format("`{}`", text);
}

}  // namespace

base::Failure TokenStream::expected(std::string_view what) const {
    return refuse(peek().span, fmt::format("expected {}, found {}", what, found(source_, peek())));
}

base::Result<std::string> TokenStream::identifier(std::string_view purpose) {
    if (!is(TokenKind::identifier)) {
        return expected(fmt::format("an identifier {}", purpose));
    }
    if (is_reserved_word(text())) {
        return refuse(peek().span, fmt::format("`{}` is reserved; expected another identifier {}",
                                               text(), purpose));
    }
    const Token token = take();
    return std::string(source_.slice(token.span));
}

}  // namespace hs::cedar::internal
