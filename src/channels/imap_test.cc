#include "channels/imap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "channels/mail.h"
#include "channels/testing.h"

namespace hs::channels {
namespace {

using base::Code;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ScriptedImapLine;

struct House {
    explicit House(std::deque<std::string> pieces) {
        pieces.push_front(
            "* OK ready\r\n+ \r\nh1 OK in\r\n* CAPABILITY IMAP4rev1 IDLE\r\nh2 OK\r\n"
            "* 1 EXISTS\r\nh3 OK [READ-WRITE] selected\r\n");
        auto held = std::make_unique<ScriptedImapLine>(std::move(pieces));
        line = held.get();
        imap = std::make_unique<Imap>(std::move(held));
        begun = imap->begin();
    }
    ScriptedImapLine* line = nullptr;
    std::unique_ptr<Imap> imap;
    base::Result<> begun;
};

// ---- what must not be ----

TEST(Imap, AServerThatIsNoneOrTakesNoPasswordIsLeft) {
    for (const char* script : {"HTTP/1.1 400\r\n", "* BYE full\r\n", "* OK\r\nh1 NO no plain\r\n",
                               "* OK\r\n+ \r\nh1 NO wrong password\r\n"}) {
        Imap imap(std::make_unique<ScriptedImapLine>(std::deque<std::string>{script}));
        EXPECT_FALSE(imap.begin()) << script;
    }
}

TEST(Imap, AnswersWithoutEndAndLiteralsThatAreTooLargeAreRefused) {
    EXPECT_EQ(House({"* 1 FETCH (UID 5 BODY[] {99999999}\r\n"}).imap->fetch(5).error().code,
              Code::corrupt);
    House long_line({std::string(Imap::line_bytes_max + 1, 'x'), "x"});
    EXPECT_EQ(long_line.imap->unseen(9).error().code, Code::corrupt);
    std::string many;
    for (std::size_t i = 0; i <= Imap::responses_max; ++i) many += "* OK\r\n";
    EXPECT_EQ(House({many}).imap->unseen(9).error().code, Code::corrupt);
}

// A mail of another, or words inside of one that look like an answer of the server's.
TEST(Imap, OnlyTheMailThatWasAskedForIsRead) {
    EXPECT_EQ(House({"* 1 FETCH (UID 6 RFC822.SIZE 2 BODY[]<0> {2}\r\nhi)\r\nh4 OK\r\n"})
                  .imap->fetch(5)
                  .error()
                  .code,
              Code::not_found);
    EXPECT_EQ(House({"* 1 FETCH (UID 5 RFC822.SIZE 9000000 BODY[]<0> {2}\r\nhi)\r\nh4 OK\r\n"})
                  .imap->fetch(5)
                  .error()
                  .code,
              Code::exhausted);
    House forged({"* 1 FETCH (UID 5 RFC822.SIZE 11 BODY[]<0> {11}\r\nh4 OK\r\n* 1 )\r\nh4 OK\r\n"});
    EXPECT_EQ(*forged.imap->fetch(5), "h4 OK\r\n* 1 ");
}

// ---- what must be ----

TEST(Imap, LogsInLooksFetchesAndMarks) {
    House house({"* SEARCH 9 3 5\r\nh4 OK\r\n",
                 "* 2 FETCH (RFC822.SIZE 6 UID 3 BODY[]<0> {6}\r\nab", "\r\ncd)\r\nh5 OK\r\n",
                 "h6 OK\r\n"});
    ASSERT_TRUE(house.begun) << house.begun.error().what;
    EXPECT_THAT(*house.imap->unseen(2), ElementsAre(3U, 5U));
    EXPECT_EQ(*house.imap->fetch(3), "ab\r\ncd");
    EXPECT_TRUE(house.imap->mark_seen(3));
    EXPECT_EQ(house.line->written,
              "h1 AUTHENTICATE PLAIN\r\n{credential}\r\nh2 CAPABILITY\r\nh3 SELECT INBOX\r\n"
              "h4 UID SEARCH UNSEEN UNDELETED\r\n"
              "h5 UID FETCH 3 (UID RFC822.SIZE BODY.PEEK[]<0.8388608>)\r\n"
              "h6 UID STORE 3 +FLAGS.SILENT (\\Seen)\r\n");
}

TEST(Imap, WaitsUntilSomethingComes) {
    House house({"* SEARCH\r\nh4 OK\r\n", "+ idling\r\n", "* OK still here\r\n* 2 EXISTS\r\n",
                 "h5 OK\r\n", "+ idling\r\n", "", "h6 OK\r\n"});
    EXPECT_TRUE(house.imap->unseen(9)->empty());
    EXPECT_TRUE(house.imap->wait(os::Deadline::after_ms(1'000), 1'000));
    EXPECT_THAT(house.line->written, HasSubstr("h5 IDLE\r\nDONE\r\n"));
    House quiet({"* SEARCH\r\nh4 OK\r\n", "+ idling\r\n", "", "h5 OK\r\n"});
    EXPECT_TRUE(quiet.imap->unseen(9)->empty());
    EXPECT_TRUE(quiet.imap->wait(os::Deadline::after_ms(1'000), 1'000));
    EXPECT_THAT(quiet.line->written, HasSubstr("IDLE\r\nDONE\r\n"));
}

// What comes between the look and the wait is told once, in an answer to something else.
TEST(Imap, WhatCameSinceTheLookIsNotWaitedFor) {
    House house({"* SEARCH 3\r\nh4 OK\r\n", "* 2 EXISTS\r\nh5 OK\r\n"});
    EXPECT_EQ(house.imap->unseen(9)->size(), 1U);
    EXPECT_TRUE(house.imap->mark_seen(3));
    EXPECT_TRUE(house.imap->wait(os::Deadline::after_ms(1'000), 1'000));
    EXPECT_EQ(house.line->written.find("IDLE"), std::string::npos);
}

std::string letter(const std::string& fields, const std::string& body) {
    return "From: Joe <Joe@Firm.example>\r\nMessage-ID: <1@firm.example>\r\n" + fields + "\r\n" +
           body + "\r\n";
}

TEST(MailFacts, MachinesListsAndWeOurselvesAreNotHeard) {
    for (const char* field : {"Auto-Submitted: auto-replied\r\n", "Precedence: bulk\r\n",
                              "List-Id: <x.example>\r\n", "Return-Path: <>\r\n"}) {
        EXPECT_EQ(mail_facts(letter(field, "x"), "bot@firm.example").error().code, Code::denied)
            << field;
    }
    EXPECT_FALSE(mail_facts(letter("", "x"), "JOE@firm.example"));
    EXPECT_TRUE(mail_facts(letter("Auto-Submitted: no\r\n", "x"), "bot@firm.example"));
    EXPECT_FALSE(mail_facts("no mail", "bot@firm.example"));
}

TEST(MailFacts, SayWhatAPersonMeans) {
    const auto facts = [](const std::string& fields, const std::string& body) {
        return *mail_facts(letter(fields, body), "bot@firm.example");
    };
    EXPECT_EQ(facts("Subject: Plans\r\n", "do it now").text, "do it now\n\n(Subject: Plans)");
    EXPECT_EQ(facts("Subject: Plans\r\n", "stop").text, "stop");
    EXPECT_EQ(facts("Subject: Plans\r\n", "").text, "Plans");
    EXPECT_EQ(facts("Subject: Re: Plans\r\nIn-Reply-To: <0@x>\r\n", "do it now").text, "do it now");
    EXPECT_EQ(facts("", "hsa-abcdefgh12345678 123456\r\nJoe").text, "hsa-abcdefgh12345678 123456");
    EXPECT_THAT(facts("Subject: P\r\nContent-Type: text/html\r\n", "<b>x</b>").text,
                HasSubstr("no plain text"));
    EXPECT_EQ(facts("References: <0@x> <1@x>\r\n", "x").root, "<0@x>");
    EXPECT_EQ(facts("", "x").root, "<1@firm.example>");
    EXPECT_EQ(facts("", "x").claimed, "joe@firm.example");
}

}  // namespace
}  // namespace hs::channels
