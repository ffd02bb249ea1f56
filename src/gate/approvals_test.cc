#include "gate/approvals.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "os/file.h"

namespace hs::gate {
namespace {

using base::Code;

class Approvals : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/approvals.XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    static Approval sample(const std::string& id) {
        Approval approval;
        approval.id = id;
        approval.decision = "D";
        approval.digest = "abc";
        approval.action["effect"] = "run";
        approval.circumstances["person"] = "p";
        approval.card = "run rm x";
        approval.expiry_ms = 1000;
        return approval;
    }
    ApprovalBook open() {
        auto book = ApprovalBook::open(folder + "/book", 0);
        EXPECT_TRUE(book);
        return std::move(*book);
    }
    std::string folder;
};

TEST_F(Approvals, ConsentIsClaimedOnceAndOnlyForTheSameBytes) {
    ApprovalBook book = open();
    ASSERT_TRUE(book.add(sample("A")));
    EXPECT_EQ(book.claim("A", "abc", 10).error().code, Code::conflict);  // nobody has answered
    EXPECT_EQ(*book.answer("A", {"uid 1", "device", true, 10}), ApprovalStatus::approved);
    EXPECT_EQ(book.claim("A", "abd", 20).error().code, Code::denied);
    EXPECT_TRUE(book.claim("A", "abc", 20));
    EXPECT_EQ(book.claim("A", "abc", 20).error().code, Code::conflict);
    // The claim outlives the process.
    ApprovalBook again = open();
    EXPECT_EQ(again.find("A")->status, ApprovalStatus::claimed);
    EXPECT_EQ(again.claim("A", "abc", 20).error().code, Code::conflict);
}

TEST_F(Approvals, SilenceIsDenial) {
    ApprovalBook book = open();
    ASSERT_TRUE(book.add(sample("A")));
    EXPECT_TRUE(book.expire(999).empty());
    EXPECT_EQ(book.expire(1000), std::vector<std::string>{"A"});
    EXPECT_EQ(book.answer("A", {"u", "d", true, 1001}).error().code, Code::conflict);
    ASSERT_TRUE(book.add(sample("B")));
    EXPECT_EQ(book.answer("B", {"u", "d", true, 1000}).error().code, Code::conflict);
    ASSERT_TRUE(book.add(sample("C")));
    ASSERT_TRUE(book.answer("C", {"u", "d", true, 10}));
    EXPECT_EQ(book.claim("C", "abc", 1000).error().code, Code::conflict);
}

TEST_F(Approvals, AQuorumNeedsDifferentPeopleAndOneRefusalEndsIt) {
    ApprovalBook book = open();
    Approval approval = sample("A");
    approval.quorum = 2;
    approval.approvers = {"ann", "bob"};
    ASSERT_TRUE(book.add(approval));
    EXPECT_EQ(book.answer("A", {"eve", "d", true, 1}).error().code, Code::denied);
    EXPECT_EQ(*book.answer("A", {"ann", "d", true, 1}), ApprovalStatus::pending);
    EXPECT_EQ(book.answer("A", {"ann", "d", true, 2}).error().code, Code::denied);
    EXPECT_EQ(*book.answer("A", {"bob", "d", true, 3}), ApprovalStatus::approved);
    approval.id = "B";
    ASSERT_TRUE(book.add(approval));
    EXPECT_EQ(*book.answer("B", {"bob", "d", false, 3}), ApprovalStatus::denied);
}

TEST_F(Approvals, ABrokenFileIsSetAsideAndSaid) {
    ASSERT_TRUE(open().add(sample("A")));
    ASSERT_TRUE(os::write_file_atomic(folder + "/book/B.json", base::bytes_of("{\"id\":")));
    ApprovalBook book = open();
    EXPECT_EQ(book.problems().size(), 1U);
    EXPECT_NE(book.find("A"), nullptr);
    EXPECT_TRUE(std::filesystem::exists(folder + "/book/B.json.bad"));
}

}  // namespace
}  // namespace hs::gate
