#include "channels/mailbox.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "base/clock.h"

namespace hs::channels {
namespace {

class MailboxTest : public ::testing::Test {
  protected:
    MailboxTest() {
        char name[] = "/tmp/hs-mailbox-XXXXXX";
        folder_ = ::mkdtemp(name);
        open();
    }
    ~MailboxTest() override {
        mailbox_.reset();
        std::filesystem::remove_all(folder_);
    }
    void open(std::uint64_t seed = 1) {
        mailbox_.reset();
        base::ScriptedRandom key(seed);
        auto made = Mailbox::open(folder_ + "/channels.db", crypto::SecretBytes::random(32, key),
                                  clock_, random_);
        ASSERT_TRUE(made.ok()) << made.error().what;
        mailbox_ = std::move(*made);
    }
    std::int64_t take(const std::string& id, const std::string& text = "hello") {
        Incoming message;
        message.id = id;
        message.from = {"T1", "U1"};
        message.spot = {"C1", "1.1"};
        message.text = text;
        std::promise<base::Result<std::int64_t>> done;
        auto row = done.get_future();
        mailbox_->take("slack", message, [&done](base::Result<std::int64_t> kept) {
            done.set_value(std::move(kept));
        });
        const auto kept = row.get();
        return kept ? *kept : -1;
    }
    static Answer answer(const std::string& key) {
        Answer made;
        made.channel = "slack";
        made.message = {{"C1", "1.1"}, "an answer", key};
        return made;
    }

    base::ScriptedClock clock_{1'700'000'000'000};
    base::ScriptedRandom random_{7};
    std::string folder_;
    std::unique_ptr<Mailbox> mailbox_;
};

TEST_F(MailboxTest, ARepetitionIsKnownAlsoAfterItsMessageWasEnded) {
    const std::int64_t row = take("1");
    EXPECT_GT(row, 0);
    EXPECT_EQ(take("1"), 0);
    std::vector<Answer> none;
    ASSERT_TRUE(mailbox_->end(row, none).ok());
    EXPECT_EQ(take("1"), 0);
    open();
    EXPECT_EQ(take("1"), 0);
    EXPECT_GT(take("2"), row);
}

TEST_F(MailboxTest, AfterACrashWhatWasNotEndedComesAgainInOrder) {
    const std::int64_t first = take("1", "one");
    take("2", "two");
    take("3", "three");
    std::vector<Answer> answers{answer("k1"), answer("k2")};
    ASSERT_TRUE(mailbox_->end(first, answers).ok());
    ASSERT_TRUE(mailbox_->sent(answers[0].row).ok());
    mailbox_->stop();
    open();
    const auto left = mailbox_->unended();
    ASSERT_TRUE(left.ok());
    ASSERT_EQ(left->size(), 2U);
    EXPECT_EQ((*left)[0].message.text, "two");
    EXPECT_EQ((*left)[1].message.text, "three");
    EXPECT_EQ((*left)[1].message.from, (Account{"T1", "U1"}));
    const auto unsent = mailbox_->unsent();
    ASSERT_TRUE(unsent.ok());
    ASSERT_EQ(unsent->size(), 1U);
    EXPECT_EQ(unsent->front().message.key, "k2");
    EXPECT_TRUE(unsent->front().is_left);
}

TEST_F(MailboxTest, NothingThatWasSaidLiesInClear) {
    take("1", "a planted sentence of mine");
    std::vector<Answer> answers{answer("k1")};
    ASSERT_TRUE(mailbox_->end(take("2"), answers).ok());
    ASSERT_TRUE(mailbox_->save_note("schedules", "another planted sentence").ok());
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
        std::ifstream stream(file.path(), std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
        for (const char* text : {"planted", "an answer"}) {
            EXPECT_EQ(bytes.find(text), std::string::npos) << file.path();
        }
    }
    EXPECT_EQ(*mailbox_->load_note("schedules"), "another planted sentence");
    EXPECT_EQ(*mailbox_->load_note("none"), "");
}

TEST_F(MailboxTest, AnotherKeyOpensNothing) {
    take("1");
    mailbox_->stop();
    open(2);
    EXPECT_EQ(mailbox_->unended().error().code, base::Code::corrupt);
}

TEST_F(MailboxTest, OldIdsAreForgottenAndOpenMessagesAreNot) {
    const std::int64_t row = take("1");
    take("2");
    std::vector<Answer> none;
    ASSERT_TRUE(mailbox_->end(row, none).ok());
    clock_.advance_ms(Mailbox::remember_ms + 1);
    mailbox_->forget_old();
    EXPECT_GT(take("1"), 0);
    EXPECT_EQ(take("2"), 0);
}

}  // namespace
}  // namespace hs::channels
