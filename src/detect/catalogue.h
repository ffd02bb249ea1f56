// Catalogue: all rules behind one literal gate, and what is done where a literal stands.
// Threads: immutable once made; instance() makes it once.
#pragma once

#include <deque>
#include <vector>

#include "detect/expression.h"
#include "detect/literal_gate.h"
#include "detect/report.h"
#include "detect/rules.h"

namespace hs::detect {

// What a window is scanned for.
struct Wanted {
    bool secrets = true;
    bool personal = true;
    bool injection = true;
    bool is_binary = false;  // only formats that cannot stand in such bytes by chance
};

class Catalogue {
  public:
    static const Catalogue& instance();

    // Reports what begins with a literal in [from, to) of text; it may look at all of text.
    void scan(std::string_view text, std::size_t from, std::size_t to, const Wanted& wanted,
              Report& report) const;
    // Kinds of secrets, each once.
    std::size_t kinds() const { return kinds_; }

  private:
    // Reports what it finds at a literal's span.
    using Look = void (*)(std::string_view text, std::size_t at, std::size_t end, Report& report);
    struct Rule {
        const TokenRule* token = nullptr;
        const KeywordRule* keyword = nullptr;
        Look look = nullptr;
        Family family = Family::secret;
        const Expression* expression = nullptr;
    };
    Catalogue();
    void add_token(const TokenRule& rule);
    void add_keyword(const KeywordRule& rule);
    void add_looks();
    void add_look(const char* gates, Look look, Family family = Family::secret);
    const Expression* compile(const char* pattern);

    std::vector<Rule> rules_;
    std::deque<Expression> expressions_;
    std::vector<Literal> literals_;
    std::unique_ptr<LiteralGate> gate_;
    std::size_t kinds_ = 0;
};

}  // namespace hs::detect
