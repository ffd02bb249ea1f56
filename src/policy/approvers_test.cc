// Whose consent counts: never the requester's where others are asked for, and none without its
// code.
#include "policy/approvers.h"

#include <gtest/gtest.h>

namespace hs::policy {
namespace {

Question asked(std::vector<Consent> consents) {
    Question question;
    question.person = "alice";
    question.now_ms = 1'000;
    question.consents = std::move(consents);
    return question;
}

Consent consent(const std::string& person, const std::string& factor = "",
                std::vector<std::string> roles = {}) {
    return {person, std::move(roles), 900, 2'000, "approved", factor};
}

const ApprovalRequirement anybody{"a", {}, 1, false, false};
const ApprovalRequirement by_bob{"b", {"bob"}, 1, true, false};
const ApprovalRequirement by_code{"c", {}, 1, false, true};

TEST(Approvers, AConsentWithoutTheCodeThatIsAskedForCountsForNothing) {
    EXPECT_FALSE(is_approved({by_code}, asked({consent("alice")})));
    EXPECT_FALSE(is_approved({by_code}, asked({consent("alice", "sms")})));
    EXPECT_FALSE(is_approved({by_code}, asked({consent("alice"), consent("bob")})));
    EXPECT_TRUE(is_approved({by_code}, asked({consent("alice", "totp")})));
    EXPECT_TRUE(may_count(by_code, asked({}), "alice", {}));
    EXPECT_NE(describe(by_code, "alice").find("with a code"), std::string::npos);
}

TEST(Approvers, AllRequirementsAreMetAndNotOneOfThem) {
    EXPECT_FALSE(is_approved({anybody, by_bob}, asked({consent("alice")})));
    EXPECT_FALSE(is_approved({by_bob, by_code}, asked({consent("bob")})));
    EXPECT_TRUE(is_approved({by_bob, by_code}, asked({consent("bob", "totp")})));
    EXPECT_TRUE(is_approved({by_bob, by_code}, asked({consent("bob"), consent("alice", "totp")})));
    EXPECT_FALSE(may_count(by_bob, asked({}), "alice", {"bob"})) << "never the requester";
}

TEST(Approvers, ACodeOfSomebodyElseIsNotTheApproversCode) {
    ApprovalRequirement both = by_bob;
    both.needs_code = true;
    EXPECT_FALSE(is_approved({both}, asked({consent("bob"), consent("eve", "totp")})));
    EXPECT_TRUE(is_approved({both}, asked({consent("bob", "totp")})));
    EXPECT_FALSE(is_approved({both}, asked({{"bob", {}, 900, 1'000, "approved", "totp"}})))
        << "over";
}

}  // namespace
}  // namespace hs::policy
