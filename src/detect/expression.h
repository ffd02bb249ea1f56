// Expression: a RE2 pattern that is compiled when it is first needed. The only use of RE2 in this
// room: linear time, whatever the text.
// Threads: any.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>

namespace re2 {
class RE2;
}

namespace hs::detect {

class Expression {
  public:
    explicit Expression(const char* pattern);
    ~Expression();
    Expression(const Expression&) = delete;
    Expression& operator=(const Expression&) = delete;

    // Bytes that match from the first byte of text on, or 0. At most reach_max bytes are looked at.
    std::size_t match_at_start(std::string_view text) const;
    bool matches_whole(std::string_view text) const;
    // The first group of a match that begins at the first byte of text.
    std::string_view group_at_start(std::string_view text) const;

    static constexpr std::size_t reach_max = 4096;

  private:
    const re2::RE2& compiled() const;

    const char* pattern_;
    mutable std::once_flag once_;
    mutable std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace hs::detect
