// Exceptions: managed entities that lift a named prohibition for one purpose until a day.
//
// What it is for: a forbid names an exception in its `unless`; a grant of that name says for which
// effect, target, space, project and person it holds, who owns it, why, who approved it and until
// when. Only a grant that fits the question puts the name into `context.base.exceptions`.
// What it does not protect from: a grant that is too wide. The file is managed: written by
// `hardshell policy exception grant` with its approver recorded.
// Threads: immutable after parse.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "policy/question.h"
#include "wire/toml.h"

namespace hs::policy {

struct Exception {
    std::string id;     // of this grant
    std::string lifts;  // the name that policies use: Hardshell::Exception::"…"
    std::vector<Effect> effects;
    std::string target;   // exact target_text, a folder ending in "/", or "*.suffix[:port]"
    std::string space;    // empty: any
    std::string project;  // empty: any
    std::string person;   // empty: any
    std::string owner;
    std::string reason;
    std::string approver;
    bool alone = false;  // the owner approved it, because policy wanted no second person
    base::WallTime_ms from_ms = 0;
    base::WallTime_ms until_ms = 0;
};

class ExceptionTable {
  public:
    static constexpr std::size_t exceptions_max = 10'000;
    static constexpr std::int64_t longest_ms = std::int64_t{366} * 86'400'000;

    // invalid_input names file and line: every field but space, project, person and from is
    // required; the end lies at most a year after the start; the owner cannot be the approver,
    // unless `alone = true` says so. Whether that suffices is decided by load().
    static base::Result<ExceptionTable> parse(const wire::TomlDocument& document,
                                              std::string_view file);

    // The names in force for this question, sorted, without duplicates.
    std::vector<std::string> in_force(const Question& question) const;
    const std::vector<Exception>& all() const { return exceptions_; }
    // invalid_input when an id of the other table is here already.
    base::Result<> add_all(const ExceptionTable& other);
    void remove(std::string_view id);

  private:
    std::vector<Exception> exceptions_;
};

bool fits(const Exception& exception, const Question& question);

// The table that `parse` reads back, for files that are written by the program.
std::string to_toml(const std::vector<Exception>& exceptions);

}  // namespace hs::policy
