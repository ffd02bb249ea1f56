#include "policy/approvers.h"

#include <fmt/format.h>

#include <set>

namespace hs::policy {
namespace {

bool is_in(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool counts(const ApprovalRequirement& requirement, const std::string& requester,
            const std::string& person, const std::vector<std::string>& roles) {
    if (person.empty()) return false;
    if (requirement.excludes_requester && person == requester) return false;
    if (requirement.approvers.empty() || is_in(requirement.approvers, person)) return true;
    return std::any_of(roles.begin(), roles.end(),
                       [&](const std::string& role) { return is_in(requirement.approvers, role); });
}

bool is_in_force(const Consent& consent, base::WallTime_ms now_ms) {
    return consent.at_ms <= now_ms && now_ms < consent.until_ms;
}

}  // namespace

ApprovalRequirement requirement_of(const Rule& rule) {
    ApprovalRequirement requirement;
    requirement.rule = rule.id;
    requirement.approvers = rule.approvers;
    requirement.quorum = rule.quorum.value_or(1);
    requirement.needs_code = rule.needs_code;
    requirement.excludes_requester = !rule.approvers.empty() || rule.quorum.has_value();
    return requirement;
}

std::uint32_t count_for(const ApprovalRequirement& requirement, const Question& question) {
    std::set<std::string_view> persons;
    for (const Consent& consent : question.consents) {
        if (!is_in_force(consent, question.now_ms)) continue;
        if (requirement.needs_code && consent.factor != factor_totp) continue;
        if (counts(requirement, question.person, consent.person, consent.roles)) {
            persons.insert(consent.person);
        }
    }
    return static_cast<std::uint32_t>(persons.size());
}

bool is_approved(const std::vector<ApprovalRequirement>& requirements, const Question& question) {
    const bool has_any =
        std::any_of(question.consents.begin(), question.consents.end(),
                    [&](const Consent& consent) { return is_in_force(consent, question.now_ms); });
    return has_any && std::all_of(requirements.begin(), requirements.end(),
                                  [&](const ApprovalRequirement& requirement) {
                                      return count_for(requirement, question) >= requirement.quorum;
                                  });
}

bool may_count(const ApprovalRequirement& requirement, const Question& question,
               const std::string& person, const std::vector<std::string>& roles) {
    return counts(requirement, question.person, person, roles);
}

bool may_approve(const std::vector<ApprovalRequirement>& requirements, const Question& question,
                 const std::string& person, const std::vector<std::string>& roles) {
    if (requirements.empty()) return !person.empty();
    return std::any_of(requirements.begin(), requirements.end(),
                       [&](const ApprovalRequirement& requirement) {
                           return counts(requirement, question.person, person, roles);
                       });
}

std::string describe(const ApprovalRequirement& requirement, const std::string& requester) {
    std::string who;
    for (const std::string& name : requirement.approvers) who += (who.empty() ? "" : ", ") + name;
    std::string text = fmt::format("{} of {}", requirement.quorum, who);
    if (who.empty() && requirement.quorum == 1) text = "anybody who may approve";
    if (who.empty() && requirement.quorum > 1) {
        text = fmt::format("{} people who may approve", requirement.quorum);
    }
    if (requirement.excludes_requester && !requester.empty()) text += "; not " + requester;
    if (requirement.needs_code) text += "; with a code of their authenticator";
    return text;
}

}  // namespace hs::policy
