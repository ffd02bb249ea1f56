#include "skills/scan/expression.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <re2/set.h>

namespace hs::skills {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::int64_t set_memory_bytes = std::int64_t{32} << 20U;
constexpr int groups_max = 7;

re2::RE2::Options options_of(std::int64_t memory_bytes) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(memory_bytes);
    return options;
}

}  // namespace

struct ExpressionSet::Compiled {
    explicit Compiled(const re2::RE2::Options& options) : set(options, re2::RE2::UNANCHORED) {}
    re2::RE2::Set set;
    std::vector<std::unique_ptr<re2::RE2>> single;  // where the set's memory does not suffice
};

Result<ExpressionSet> ExpressionSet::compile(const std::vector<std::string>& patterns) {
    const auto options = options_of(set_memory_bytes);
    auto compiled = std::make_shared<Compiled>(options);
    for (const std::string& pattern : patterns) {
        std::string error;
        if (compiled->set.Add(pattern, &error) < 0) {
            return fail(Code::invalid_input, fmt::format("the pattern {}: {}", pattern, error));
        }
        compiled->single.push_back(std::make_unique<re2::RE2>(pattern, options_of(8 << 20)));
    }
    if (!patterns.empty() && !compiled->set.Compile()) {
        return fail(Code::exhausted, "the patterns together need too much memory");
    }
    ExpressionSet set;
    set.compiled_ = std::move(compiled);
    return set;
}

std::vector<int> ExpressionSet::matches(std::string_view text) const {
    std::vector<int> found;
    if (compiled_->single.empty()) return found;
    const re2::StringPiece piece(text.data(), text.size());
    re2::RE2::Set::ErrorInfo error{};
    if (!compiled_->set.Match(piece, &found, &error) && error.kind != re2::RE2::Set::kNoError) {
        found.clear();
        for (std::size_t i = 0; i < compiled_->single.size(); ++i) {
            if (re2::RE2::PartialMatch(piece, *compiled_->single[i])) {
                found.push_back(static_cast<int>(i));
            }
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

struct Expression::Compiled {
    explicit Compiled(std::string_view pattern)
        : expression(re2::StringPiece(pattern.data(), pattern.size()), options_of(8 << 20)) {}
    re2::RE2 expression;
};

Result<Expression> Expression::compile(std::string_view pattern) {
    auto compiled = std::make_shared<const Compiled>(pattern);
    if (!compiled->expression.ok()) {
        return fail(Code::invalid_input,
                    fmt::format("the pattern {}: {}", pattern, compiled->expression.error()));
    }
    return Expression(std::move(compiled));
}

Expression::Expression(std::string_view pattern)
    : compiled_(std::make_shared<const Compiled>(pattern)) {
    CHECK(compiled_->expression.ok());
}

bool Expression::matches(std::string_view text) const {
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()),
                                  compiled_->expression);
}

std::vector<std::string_view> Expression::find(std::string_view text, std::size_t from) const {
    if (from > text.size()) return {};
    re2::StringPiece parts[groups_max + 1];
    const int count = std::min(compiled_->expression.NumberOfCapturingGroups(), groups_max) + 1;
    if (!compiled_->expression.Match(re2::StringPiece(text.data(), text.size()), from, text.size(),
                                     re2::RE2::UNANCHORED, parts, count)) {
        return {};
    }
    std::vector<std::string_view> found;
    for (int i = 0; i < count; ++i) found.emplace_back(parts[i].data(), parts[i].size());
    return found;
}

}  // namespace hs::skills
