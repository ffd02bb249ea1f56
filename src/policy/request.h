// QuestionScratch: turns a question into the request and the entities that Cedar decides on.
//
// What it is for: the one translation from typed facts to the product's schema. Memory is kept from
// question to question, so that a warmed-up scratch allocates next to nothing.
// What it does not protect from: a question whose target does not fit its effect; check with
// fits(). Threads: one owner.
#pragma once

#include "base/result.h"
#include "cedar/authorizer.h"
#include "cedar/entity.h"
#include "cedar/request.h"
#include "policy/question.h"

namespace hs::policy {

class QuestionScratch {
  public:
    // Builds entities and request with `approved` false. Valid until the next build and only while
    // the question stays as it is: its texts are not copied. invalid_input: the target does not fit
    // the effect, or a name is used for two things.
    base::Result<> build(const Question& question, const cedar::EntityStore& resident);

    const cedar::Request& request() const { return request_; }
    const cedar::EntityStore& entities() const { return entities_; }
    cedar::Scratch& evaluation() { return evaluation_; }

    // The same request with `approved` true, and with the consent as `approval` where there is one.
    cedar::Request approved_request(const Consent* consent);

  private:
    cedar::EntityStore entities_;
    cedar::Scratch evaluation_;
    cedar::Request request_;
};

// What the schema calls it: `Hardshell::Path`.
inline constexpr std::string_view type_agent = "Hardshell::Agent";
inline constexpr std::string_view type_skill = "Hardshell::Skill";
inline constexpr std::string_view type_user = "Hardshell::User";
inline constexpr std::string_view type_action = "Hardshell::Action";
inline constexpr std::string_view type_exception = "Hardshell::Exception";
std::string_view resource_type(const Target& target);
std::string_view principal_type(ActorKind kind);
// The id of the target's entity.
std::string resource_id(const Target& target);

}  // namespace hs::policy
