// Judge: the policy in force and what it says to a question, in the gate's words.
//
// What it does not protect from: a policy that permits too much; `hardshell policy check` lints.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "gate/policy_files.h"
#include "gate/settings.h"
#include "policy/approvers.h"
#include "policy/decide.h"
#include "policy/exceptions.h"
#include "policy/narrow.h"
#include "policy/profile.h"
#include "policy/question.h"
#include "wire/json.h"

namespace hs::gate {

struct Judgement {
    enum class Outcome : std::uint8_t { allow, ask, deny };
    Outcome outcome = Outcome::deny;
    std::string sandbox;
    std::vector<std::string> redact;
    std::vector<std::vector<std::string>> egress;  // where a sandbox may connect to; every list
    std::vector<std::string> inspect;              // where egress looks into TLS
    std::string log = "summary";
    std::optional<std::int64_t> ttl_ms;
    std::vector<policy::ApprovalRequirement> requirements;
    std::string reason;                 // one sentence for a person
    std::string remedy;                 // denied: what would change it, with the command to type
    std::vector<std::string> policies;  // "personal-read (built-in)"
    wire::Json explanation;             // for the record and `hardshell why`
};
std::string_view name_of(Judgement::Outcome outcome);

class Judge {
  public:
    // Loads the preset that the settings name, the organisation's rules and the person's own.
    // Where they do not hold, the built-in locked set is in force and problem() says why.
    static base::Result<std::unique_ptr<Judge>> open(const Settings& settings, PolicyPlaces places);
    ~Judge();

    // Fills in the exceptions that hold for the question, so that it is recorded as it was decided.
    // `name` is the id by which the person can ask about it, such as the decision's.
    Judgement decide(policy::Question& question, std::string_view name);
    // The same by another preset with the same own rules; nothing takes effect.
    base::Result<policy::Decision> decide_under(const std::string& preset,
                                                policy::Question& question);
    policy::Decision decide_now(policy::Question& question);

    // Loads anew; on any error the set in force stays.
    base::Result<> reload();
    // The narrowest rule of the person that would allow the question; nothing is written.
    // conflict and denied as policy/narrow.h says.
    base::Result<policy::NarrowRule> narrowest(const policy::NarrowWish& wish);
    // Adds a rule to the person's own: tried with the whole set first, then written, then in force.
    base::Result<> add_rule(const policy::NarrowRule& rule);
    // Takes a rule that add_rule wrote out of the person's own. not_found when it is not there.
    base::Result<> remove_rule(const std::string& id);
    // Replaces the person's exceptions in the same way.
    base::Result<> set_exceptions(const std::vector<policy::Exception>& exceptions);
    // Those of the person's own file.
    base::Result<std::vector<policy::Exception>> own_exceptions() const;

    policy::SnapshotPointer current() const;
    // "skill:NAME" is the profile of that name, else the one named "skill".
    const policy::Profile* profile(std::string_view name) const;
    // Sorted by rank, the strictest first.
    std::vector<policy::Profile> profiles() const;
    const policy::FactTables& tables() const;
    const std::string& problem() const;
    // {preset, digest, generation, rules, layers} for status.
    wire::Json describe() const;

  private:
    struct State;
    explicit Judge(std::unique_ptr<State> state);
    base::Result<> replace_file(std::string_view name, const std::string& text);
    std::unique_ptr<State> state_;
};

}  // namespace hs::gate
