#include "detect/expression.h"

#include <re2/re2.h>

#include "base/result.h"

namespace hs::detect {

Expression::Expression(const char* pattern) : pattern_(pattern) {}
Expression::~Expression() = default;

const re2::RE2& Expression::compiled() const {
    std::call_once(once_, [this] {
        re2::RE2::Options options;
        options.set_log_errors(false);
        options.set_encoding(re2::RE2::Options::EncodingLatin1);
        options.set_max_mem(4 << 20);
        compiled_ = std::make_unique<re2::RE2>(pattern_, options);
        CHECK(compiled_->ok());
    });
    return *compiled_;
}

std::size_t Expression::match_at_start(std::string_view text) const {
    const std::string_view near = text.substr(0, reach_max);
    const re2::StringPiece piece(near.data(), near.size());
    re2::StringPiece found;
    const bool hit = compiled().Match(piece, 0, piece.size(), re2::RE2::ANCHOR_START, &found, 1);
    return hit ? found.size() : 0;
}

bool Expression::matches_whole(std::string_view text) const {
    const re2::StringPiece piece(text.data(), text.size());
    return compiled().Match(piece, 0, piece.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

std::string_view Expression::group_at_start(std::string_view text) const {
    const std::string_view near = text.substr(0, reach_max);
    const re2::StringPiece piece(near.data(), near.size());
    re2::StringPiece found[2];
    if (!compiled().Match(piece, 0, piece.size(), re2::RE2::ANCHOR_START, found, 2)) return {};
    return {found[1].data(), found[1].size()};
}

}  // namespace hs::detect
