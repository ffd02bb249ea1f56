#include "gate/channel_people.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "gate/channel_setting.h"

namespace hs::gate {
namespace {

using base::Code;

class ChannelPeopleTest : public ::testing::Test {
  protected:
    ChannelPeopleTest() {
        char name[] = "/tmp/hs-people-XXXXXX";
        folder_ = ::mkdtemp(name);
    }
    ~ChannelPeopleTest() override { std::filesystem::remove_all(folder_); }
    ChannelPeople open() {
        auto people = ChannelPeople::open(folder_ + "/people.json", clock_, random_);
        EXPECT_TRUE(people.ok());
        return std::move(*people);
    }

    base::ScriptedClock clock_{1'700'000'000'000};
    base::ScriptedRandom random_{3};
    std::string folder_;
    const ChannelAccount account_{"slack", "T1", "U1"};
};

TEST_F(ChannelPeopleTest, ACodeBindsOneAccountOnceAndForTenMinutes) {
    ChannelPeople people = open();
    const std::string code = *people.code_for(account_);
    EXPECT_EQ(*people.code_for(account_), code) << "the same until it has run out";
    EXPECT_EQ(people.bind("aaaa-aaaa", "bob").error().code, Code::not_found);
    EXPECT_EQ(people.bind(code, "bob")->account, account_);
    EXPECT_EQ(people.bind(code, "eve").error().code, Code::not_found);
    EXPECT_EQ(people.person_of(account_), "bob");
    EXPECT_FALSE(people.person_of({"slack", "T2", "U1"})) << "another tenant";
    EXPECT_FALSE(people.person_of({"other", "T1", "U1"})) << "another channel";
    const std::string late = *people.code_for({"slack", "T1", "U2"});
    clock_.advance_ms(ChannelPeople::code_life_ms);
    EXPECT_EQ(people.bind(late, "eve").error().code, Code::not_found);
}

TEST_F(ChannelPeopleTest, BindingsOutliveARestartAndCanBeTakenBack) {
    {
        ChannelPeople people = open();
        ASSERT_TRUE(people.bind(*people.code_for(account_), "bob").ok());
    }
    ChannelPeople people = open();
    EXPECT_EQ(people.person_of(account_), "bob");
    ASSERT_TRUE(people.unbind(account_).ok());
    EXPECT_EQ(people.unbind(account_).error().code, Code::not_found);
    EXPECT_FALSE(open().person_of(account_));
}

TEST_F(ChannelPeopleTest, AFloodOfStrangersIsAFewNotices) {
    ChannelPeople people = open();
    EXPECT_TRUE(people.note_stranger(account_));
    EXPECT_FALSE(people.note_stranger(account_));
    int notices = 1;
    for (int i = 0; i < 1'000; ++i) {
        if (people.note_stranger({"slack", "T1", "X" + std::to_string(i)})) ++notices;
        static_cast<void>(people.code_for({"slack", "T1", "X" + std::to_string(i)}).ok());
    }
    EXPECT_LE(notices, static_cast<int>(ChannelPeople::strangers_max));
    EXPECT_EQ(people.code_for({"slack", "T1", "last"}).error().code, Code::exhausted);
    clock_.advance_ms(ChannelPeople::notice_again_ms);
    EXPECT_TRUE(people.note_stranger(account_)) << "the next day";
}

TEST(ChannelSettings, SayWhereAChannelMayGo) {
    const auto settings = Settings::parse(
        "[channel.work]\nkind = \"slack\"\ncredential = \"work\"\napp_credential = \"work-app\"\n"
        "[channel.test]\nkind = \"discord\"\nurl = \"http://127.0.0.1:9/api\"\n",
        "config.toml");
    ASSERT_TRUE(settings.ok()) << settings.error().what;
    const auto channels = channel_settings(*settings);
    ASSERT_TRUE(channels.ok()) << channels.error().what;
    const ChannelSetting& local = (*channels)[0];
    const ChannelSetting& slack = (*channels)[1];
    using Carrier = SendMessage::Carrier;
    EXPECT_TRUE(may_reach(slack, Carrier::http, "slack.com"));
    EXPECT_FALSE(may_reach(slack, Carrier::http, "wss-primary.slack.com"));
    EXPECT_TRUE(may_reach(slack, Carrier::websocket, "wss-primary.slack.com"));
    EXPECT_FALSE(may_reach(slack, Carrier::websocket, "evil-slack.com"));
    EXPECT_FALSE(may_reach(slack, Carrier::websocket, "slack.com.evil.example"));
    EXPECT_FALSE(may_reach(local, Carrier::websocket, "gateway.discord.gg"))
        << "another address has no other hosts";
    EXPECT_FALSE(slack.takes_approvals) << "off unless somebody says so";
    EXPECT_EQ(channel_secret(slack, "app_credential", Carrier::http)->name, "work-app");
    EXPECT_FALSE(channel_secret(slack, "credential", Carrier::websocket).ok());
    EXPECT_FALSE(channel_secret(slack, "kind", Carrier::http).ok());
    EXPECT_FALSE(channel_settings(*Settings::parse("[channel.x]\nkind = \"fax\"\n", "c")).ok());
}

TEST(ChannelSettings, SayWhatAGroupIsFor) {
    const auto channel = [](const std::string& groups) {
        return channel_settings(
            *Settings::parse("[channel.work]\nkind = \"slack\"\ngroups = [" + groups + "]\n", "c"));
    };
    const auto good = channel(R"("C1 public external", "*  internal")");
    ASSERT_TRUE(good.ok()) << good.error().what;
    EXPECT_EQ(*group_of(good->front(), "C1"), (ChannelGroup{"C1", flow::DataClass::public_, true}));
    EXPECT_EQ(group_of(good->front(), "C2")->data_class, flow::DataClass::internal);
    EXPECT_EQ(group_of(channel(R"("C1 public")")->front(), "C2"), nullptr);
    for (const char* bad : {R"("")", R"("C1")", R"("C1 open")", R"("C1 public outside")",
                            R"("C1 public external x")"}) {
        EXPECT_FALSE(channel(bad).ok()) << bad;
    }
}

// Of mail: the two servers alone, and without TLS none but on this machine.
TEST(ChannelSettings, SayWhereMailMayGo) {
    const auto channel = [](const std::string& more) {
        return channel_settings(*Settings::parse(
            "[channel.mail]\nkind = \"mail\"\ncredential = \"mail\"\n" + more, "c"));
    };
    const auto good = channel(
        "account = \"bot@firm.example\"\nimap = \"imaps://Mail.firm.example\"\n"
        "smtp = \"smtp://127.0.0.1:1025\"\n");
    ASSERT_TRUE(good.ok()) << good.error().what;
    const ChannelSetting& mail = good->front();
    EXPECT_EQ(*mail_server(mail, MailProtocol::imap), (MailServer{"mail.firm.example", 993, true}));
    EXPECT_EQ(*mail_server(mail, MailProtocol::smtp), (MailServer{"127.0.0.1", 1025, false}));
    using Carrier = SendMessage::Carrier;
    EXPECT_EQ(*hosts_of(mail, Carrier::lines),
              (std::vector<std::string>{"mail.firm.example", "127.0.0.1"}));
    EXPECT_EQ(channel_secret(mail, "credential", Carrier::submit)->prefix, "bot@firm.example");
    EXPECT_FALSE(channel_secret(mail, "credential", Carrier::http).ok());
    EXPECT_FALSE(channel_secret(mail, "credential", Carrier::letter).ok());
    const std::string servers = "imap = \"imaps://m.example\"\nsmtp = \"smtps://m.example:1465\"\n";
    EXPECT_TRUE(channel("account = \"b@m.example\"\n" + servers).ok());
    for (const char* account : {"", "bot", "a@b@c", "a b@c", "a@b>\\r\\nRCPT TO:<c", "@b", "a@"}) {
        EXPECT_FALSE(channel("account = \"" + std::string(account) + "\"\n" + servers).ok())
            << account;
    }
    for (const char* imap : {"", "m.example", "imap://m.example:143", "imap://127.0.0.1",
                             "https://m.example", "imaps://m.example/inbox", "imaps://"}) {
        EXPECT_FALSE(channel("account = \"b@m.example\"\nsmtp = \"smtps://m.example\"\nimap = \"" +
                             std::string(imap) + "\"\n")
                         .ok())
            << imap;
    }
}

}  // namespace
}  // namespace hs::gate
