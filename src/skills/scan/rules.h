// Rules: the scanner's table, from policies/skills/*.toml, compiled once.
//
// What it is for: what counts as a sign of malice stands in text that people can read and argue
// about. What it does not protect from: what no rule describes; the scan is a filter, the sandbox
// is the wall. Threads: immutable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "skills/scan/expression.h"
#include "skills/scan/finding.h"
#include "skills/scan/view.h"

namespace hs::skills {

struct Rule {
    std::string id;
    Severity severity = Severity::note;
    std::vector<Place> places;
    std::vector<Language> languages;           // empty: all
    std::optional<Expression> unless;          // on the passage: then the rule does not hold
    std::optional<Expression> expected;        // on the description: then it is what one expects
    std::optional<Severity> known_installers;  // its severity where all URLs are known installers'
    bool unwarned = false;                     // holds in sentences that begin with "do not", too
    std::string message;
    std::string fix;
    std::vector<std::string> tags;
    std::vector<std::string> signals;

    bool holds_in(const Passage& passage) const;
};

struct Together {
    enum class Scope : std::uint8_t { file, skill };
    std::string id;
    Severity severity = Severity::note;
    Scope scope = Scope::file;
    std::vector<std::string> all;
    std::vector<std::string> unless;
    std::string message;
    std::string fix;
    std::vector<std::string> tags;
};

class Rules {
  public:
    // The built-in table. Fails only when the table itself is wrong, which a test excludes.
    static base::Result<std::shared_ptr<const Rules>> builtin();

    struct Hit {
        const Rule* rule;
        std::size_t offset;  // of the match in the passage
        std::size_t size;
    };
    std::vector<Hit> match(const Passage& passage) const;
    const std::vector<Together>& together() const { return together_; }
    const std::vector<Rule>& all() const { return rules_; }
    // Every URL in the text begins as one of the known installers does, and there is one.
    bool only_known_installers(std::string_view text) const;

  private:
    struct Pattern {
        std::size_t rule;
        Expression expression;
    };
    std::vector<Rule> rules_;
    std::vector<Pattern> patterns_;
    std::vector<Together> together_;
    std::vector<std::string> installers_;
    // The patterns in groups, so that none needs too much memory.
    std::vector<std::pair<std::size_t, ExpressionSet>> sets_;  // first pattern, set
    friend class RuleReader;
};

}  // namespace hs::skills
