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
#include "gate/settings.h"
#include "policy/approvers.h"
#include "policy/profile.h"
#include "policy/question.h"
#include "wire/json.h"

namespace hs::gate {

struct Judgement {
    enum class Outcome : std::uint8_t { allow, ask, deny };
    Outcome outcome = Outcome::deny;
    std::string sandbox;
    std::vector<std::string> redact;
    std::string log = "summary";
    std::optional<std::int64_t> ttl_ms;
    std::vector<policy::ApprovalRequirement> requirements;
    std::string reason;                 // one sentence for a person
    std::vector<std::string> policies;  // "personal-read (built-in)"
    wire::Json explanation;             // for the record and `hardshell why`
};
std::string_view name_of(Judgement::Outcome outcome);

class Judge {
  public:
    // Loads the preset that the settings name and the person's own rules beside it. Where they do
    // not hold, the built-in locked set is in force and problem() says why.
    static base::Result<std::unique_ptr<Judge>> open(const Settings& settings,
                                                     const std::string& policy_folder);
    ~Judge();

    Judgement decide(const policy::Question& question);
    // Loads anew; on any error the set in force stays.
    base::Result<> reload();
    // Adds the narrowest rule that allows this question to the person's rules; its text.
    base::Result<std::string> allow_narrowly(const policy::Question& question,
                                             const std::string& owner);

    const policy::Profile* profile(std::string_view name) const;
    const policy::FactTables& tables() const;
    const std::string& problem() const;
    // {preset, digest, generation, rules, layers} for status.
    wire::Json describe() const;

  private:
    struct State;
    explicit Judge(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace hs::gate
