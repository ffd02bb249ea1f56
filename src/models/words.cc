#include <fmt/format.h>

#include "models/offline_grammar.h"

namespace hs::models {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view operators = "|&;<>`";

class Splitter {
  public:
    explicit Splitter(std::string_view text) : text_(text) {}

    Result<std::vector<Word>> split() {
        while (position_ < text_.size()) TRY(take());
        end_word();
        return std::move(words_);
    }

  private:
    Result<> take() {
        const char c = text_[position_];
        if (blanks.find(c) != std::string_view::npos) {
            end_word();
            ++position_;
            return {};
        }
        if (operators.find(c) != std::string_view::npos) {
            return fail(Code::invalid_input,
                        fmt::format("there is no shell here, so '{}' has no meaning. Put it in "
                                    "single quotes to pass it on, or write a script to a file and "
                                    "run that",
                                    c));
        }
        TRY(begin_word());
        if (c == '\'') return take_single_quoted();
        if (c == '"') return take_double_quoted();
        if (c == '\\') return take_escaped();
        word_.text += c;
        ++position_;
        return {};
    }

    Result<> begin_word() {
        if (inside_) return {};
        if (words_.size() >= offline_words_max) {
            return fail(Code::exhausted,
                        fmt::format("the command has more than {} words", offline_words_max));
        }
        inside_ = true;
        word_ = {};
        word_.begin = position_;
        return {};
    }

    void end_word() {
        if (!std::exchange(inside_, false)) return;
        word_.end = position_;
        words_.push_back(std::move(word_));
    }

    Result<> take_single_quoted() {
        const std::size_t close = text_.find('\'', position_ + 1);
        if (close == std::string_view::npos) return open_quote("single quote");
        word_.text += text_.substr(position_ + 1, close - position_ - 1);
        word_.quoted = true;
        position_ = close + 1;
        return {};
    }

    // Inside double quotes a backslash quotes only " \ $ ` and the line end (POSIX 2.2.3).
    Result<> take_double_quoted() {
        word_.quoted = true;
        for (++position_; position_ < text_.size(); ++position_) {
            const char c = text_[position_];
            if (c == '"') {
                ++position_;
                return {};
            }
            const bool escapes =
                c == '\\' && position_ + 1 < text_.size() &&
                std::string_view("\"\\$`\n").find(text_[position_ + 1]) != std::string_view::npos;
            if (escapes) ++position_;
            if (!escapes || text_[position_] != '\n') word_.text += text_[position_];
        }
        return open_quote("double quote");
    }

    Result<> take_escaped() {
        if (position_ + 1 >= text_.size()) return open_quote("backslash");
        if (text_[position_ + 1] != '\n') word_.text += text_[position_ + 1];
        word_.quoted = true;
        position_ += 2;
        return {};
    }

    static base::Failure open_quote(std::string_view what) {
        return fail(Code::invalid_input,
                    fmt::format("a {} is not closed; close it, or write it as \\' or \\\"", what));
    }

    std::string_view text_;
    std::size_t position_ = 0;
    bool inside_ = false;
    Word word_;
    std::vector<Word> words_;
};

}  // namespace

Result<std::vector<Word>> split_words(std::string_view text) {
    if (text.size() > offline_text_bytes_max) {
        return fail(Code::exhausted,
                    fmt::format("the command exceeds {} bytes", offline_text_bytes_max));
    }
    if (text.find('\0') != std::string_view::npos) {
        return fail(Code::invalid_input, "the command contains a zero byte");
    }
    return Splitter(text).split();
}

}  // namespace hs::models
