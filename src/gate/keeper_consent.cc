// The keeper's word on a consent: whether it counts for what policy asks, whether a code is due,
// and whether all that is asked for is met with it.

#include <fmt/format.h>

#include <algorithm>

#include "gate/keeper.h"
#include "gate/second_factor.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

Result<Keeper::Needed> Keeper::needed_for(const std::string& id) {
    const Approval* approval = book_.find(id);
    if (approval == nullptr) return fail(Code::not_found, "there is no such approval");
    auto asked = TRY(parts_.questions.ask(TRY(action_from_json(approval->action)),
                                          TRY(circumstances_from_json(approval->circumstances))));
    asked.question.now_ms = parts_.clock.wall_ms();
    policy::Decision decision = parts_.judge.decide_now(asked.question);
    Needed needed{std::move(asked.question), {}, std::move(decision.requirements), ""};
    // What anybody's consent meets is met by whoever meets the stricter ones.
    for (const auto& requirement : needed.all) {
        if (requirement.excludes_requester) needed.requirements.push_back(requirement);
    }
    if (needed.requirements.empty()) needed.requirements = needed.all;
    for (const auto& requirement : needed.requirements) {
        if (!needed.words.empty()) needed.words += ", and ";
        needed.words += policy::describe(requirement, needed.question.person);
    }
    for (const ApprovalAnswer& answer : approval->answers) {
        if (!answer.consent) continue;
        needed.question.consents.push_back(consent_of(answer, approval->expiry_ms));
    }
    return needed;
}

policy::Consent Keeper::consent_of(const ApprovalAnswer& answer, base::WallTime_ms until_ms) const {
    return {answer.by,    parts_.governance.roles_of(answer.by), answer.at_ms, until_ms, "approved",
            answer.factor};
}

Keeper::Wanted Keeper::wanted_for(const std::string& id) {
    const auto needed = needed_for(id);
    if (!needed) return {};
    const bool code = std::any_of(needed->all.begin(), needed->all.end(),
                                  [](const auto& requirement) { return requirement.needs_code; });
    return {needed->words, code};
}

// Consent that policy would not count is refused when it is given, with who may give it.
Result<> Keeper::check_approver(const std::string& id, const std::string& person) {
    const auto needed = needed_for(id);
    if (!needed) {
        if (needed.error().code == Code::not_found) return needed.failure();
        return {};  // the facts have changed; claiming it will say so
    }
    const auto roles = parts_.governance.roles_of(person);
    const bool counts =
        needed->requirements.empty() ||
        std::any_of(
            needed->requirements.begin(), needed->requirements.end(), [&](const auto& requirement) {
                return policy::count_for(requirement, needed->question) < requirement.quorum &&
                       policy::may_count(requirement, needed->question, person, roles);
            });
    if (counts) return {};
    return fail(Code::denied,
                fmt::format("{} may not approve this: it takes {}", person, needed->words));
}

Result<ApprovalBook::Enough> Keeper::weigh(const std::string& id, ApprovalAnswer& answer,
                                           const std::string& code) {
    const Approval* approval = book_.find(id);
    if (approval == nullptr) {
        return fail(Code::not_found,
                    fmt::format("there is no approval {}; see: hardshell approvals", id));
    }
    TRY(check_approver(id, answer.by));
    auto needed = TRY(needed_for(id));
    if (needed.all.empty()) return ApprovalBook::Enough::by_quorum;
    const auto roles = parts_.governance.roles_of(answer.by);
    const bool code_is_due =
        std::any_of(needed.all.begin(), needed.all.end(), [&](const auto& requirement) {
            return requirement.needs_code &&
                   policy::may_count(requirement, needed.question, answer.by, roles);
        });
    if (code_is_due) {
        TRY(use_code(*approval, answer, code));
        answer.factor = policy::factor_totp;
    }
    needed.question.consents.push_back(consent_of(answer, approval->expiry_ms));
    return policy::is_approved(needed.all, needed.question) ? ApprovalBook::Enough::yes
                                                            : ApprovalBook::Enough::no;
}

// Last of all that can refuse the answer: a code is used up by it.
Result<> Keeper::use_code(const Approval& approval, const ApprovalAnswer& answer,
                          const std::string& code) {
    if (parts_.factors == nullptr) return fail(Code::denied, "no second factor can be set up here");
    const auto& answers = approval.answers;
    const bool again = std::any_of(answers.begin(), answers.end(),
                                   [&](const auto& earlier) { return earlier.by == answer.by; });
    if (again || approval.status != ApprovalStatus::pending) {
        return fail(Code::conflict, fmt::format("approval {} is {}, or {} has answered already",
                                                approval.id, name_of(approval.status), answer.by));
    }
    if (code.empty()) {
        return fail(Code::denied,
                    "this takes a code of your authenticator; in chat write the answer and the "
                    "code, here: hardshell approvals approve ID --code CODE");
    }
    return parts_.factors->use(answer.by, code);
}

// {consent, reason?, code?} at this machine.
Result<Json> Keeper::answer_on_device(const std::string& id, ApprovalAnswer answer,
                                      const Json& arguments) {
    answer.consent = TRY(wire::boolean_at(arguments, "consent"));
    answer.at_ms = parts_.clock.wall_ms();
    const std::string code = TRY(wire::text_at_or(arguments, "code", ""));
    auto enough = ApprovalBook::Enough::by_quorum;
    // Where the facts have changed meanwhile, claiming it will say so.
    const bool is_known = book_.find(id) == nullptr || needed_for(id).ok();
    if (answer.consent && is_known) enough = TRY(weigh(id, answer, code));
    const std::string reason = TRY(wire::text_at_or(arguments, "reason", ""));
    return answer_approval(id, std::move(answer), reason, enough);
}

}  // namespace hs::gate
