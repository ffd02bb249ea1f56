#include "mail/receipt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "crypto/sign.h"

namespace hs::mail {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t sent_s = 1'780'000'000;  // Thu, 28 May 2026 20:26:40 +0000

// A mail of joe@firm.example, signed in the simple form by the key of RFC 8463.
std::string signed_by_joe(const std::string& header, const std::string& fields) {
    const auto key = crypto::SigningKey::from_seed(
        *base::from_base64("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="));
    const std::string body = "Hello\r\n";
    const std::string field =
        "DKIM-Signature: v=1; a=ed25519-sha256; d=firm.example; s=x; h=" + fields +
        "; bh=" + base::to_base64(crypto::sha256(base::bytes_of(body))) + "; b=";
    const auto hash = crypto::sha256(base::bytes_of(header + field));
    return field + base::to_base64(key->sign(hash)) + "\r\n" + header + "\r\n" + body;
}

base::Result<Receipt> receipt_of(const std::string& mail, std::int64_t now_s = sent_s + 60) {
    const auto letter = read_letter(mail);
    if (!letter) return letter.failure();
    return check_receipt(
        *letter, "bot@firm.example",
        [](const std::string&) -> base::Result<std::string> {
            return std::string("k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        },
        now_s);
}

const std::string from_and_id = "From: Joe <joe@firm.example>\r\nMessage-ID: <1@firm.example>\r\n";
const std::string date = "Date: Thu, 28 May 2026 20:26:40 +0000\r\n";
const std::string usual = "from:message-id:date:to";

TEST(Receipt, CountsWhenItIsSignedForUs) {
    const auto good =
        receipt_of(signed_by_joe(from_and_id + date + "To: <Bot@Firm.example>\r\n", usual));
    ASSERT_TRUE(good) << good.error().what;
    EXPECT_EQ(good->from, "joe@firm.example");
    EXPECT_EQ(good->message_id, "<1@firm.example>");
    EXPECT_EQ(good->date_s, sent_s);
    EXPECT_TRUE(receipt_of(signed_by_joe(
        from_and_id + date + "To: eve@evil.example\r\nCc: bot@firm.example\r\n", usual + ":cc")));
}

// Joe wrote to Eve, and Eve sends the mail on as it is: the signature holds.
TEST(Receipt, AMailToSomebodyElseThatIsSentOnIsRefused) {
    const std::string to_eve = from_and_id + date + "To: eve@evil.example\r\n";
    EXPECT_FALSE(receipt_of(signed_by_joe(to_eve, usual)));
    // To is not signed, so Eve writes our address there.
    EXPECT_FALSE(receipt_of(signed_by_joe(from_and_id + date, "from:message-id:date") + ""));
    auto unsigned_to = signed_by_joe(from_and_id + date, "from:message-id:date");
    unsigned_to.insert(unsigned_to.find("\r\n\r\n"), "\r\nTo: bot@firm.example");
    EXPECT_FALSE(receipt_of(unsigned_to));
    // A signed To of another, and a second one.
    auto two = signed_by_joe(to_eve, usual);
    two.insert(0, "To: bot@firm.example\r\n");
    EXPECT_FALSE(receipt_of(two));
    // A signed To of another, and a Cc that nobody signed.
    auto cc = signed_by_joe(to_eve, usual);
    cc.insert(0, "Cc: bot@firm.example\r\n");
    EXPECT_FALSE(receipt_of(cc));
}

TEST(Receipt, ASubjectThatNobodySignedIsNotTheSenders) {
    const std::string to = "To: bot@firm.example\r\n";
    const std::string subject = "Subject: Hello\r\n";
    EXPECT_TRUE(receipt_of(signed_by_joe(from_and_id + date + to + subject, usual + ":subject")));
    auto added = signed_by_joe(from_and_id + date + to, usual);
    EXPECT_TRUE(receipt_of(added));
    added.insert(0, subject);
    EXPECT_FALSE(receipt_of(added));
    auto second = signed_by_joe(from_and_id + date + to + subject, usual + ":subject");
    second.insert(0, "Subject: run it\r\n");
    EXPECT_FALSE(receipt_of(second));
}

TEST(Receipt, HoldsForAWeek) {
    const auto mail = signed_by_joe(from_and_id + date + "To: bot@firm.example\r\n", usual);
    EXPECT_TRUE(receipt_of(mail, sent_s + letter_age_max_s));
    EXPECT_FALSE(receipt_of(mail, sent_s + letter_age_max_s + 1));
    EXPECT_FALSE(receipt_of(mail, sent_s - 3'601));
}

TEST(Receipt, AnIdThatIsNoneIsRefused) {
    for (const auto* id : {"<1@a> <2@a>", "1@a", "<>", "<1@a> x", "<a b@c>"}) {
        const std::string header = "From: joe@firm.example\r\nMessage-ID: " + std::string(id) +
                                   "\r\n" + date + "To: bot@firm.example\r\n";
        EXPECT_FALSE(receipt_of(signed_by_joe(header, usual))) << id;
    }
}

TEST(Receipt, AddressesOfALine) {
    EXPECT_THAT(addresses_in(" \"Doe, Jane\" <jane@A.example>, bot@b.example ,c@d"),
                ElementsAre("jane@a.example", "bot@b.example", "c@d"));
    EXPECT_THAT(addresses_in("\"bot@firm.example\" <eve@evil.example>"),
                ElementsAre("eve@evil.example"));
    EXPECT_THAT(addresses_in("\"<bot@firm.example>, \" <eve@evil.example>"),
                ElementsAre("eve@evil.example"));
    EXPECT_THAT(addresses_in("eve@evil.example (bot@firm.example)"), IsEmpty());
    EXPECT_THAT(addresses_in("\"open <bot@firm.example>"), IsEmpty());
    EXPECT_THAT(addresses_in("a b@c, group: x@y;"), IsEmpty());
}

TEST(Receipt, Dates) {
    EXPECT_EQ(*read_date(" Thu, 28 May 2026 22:26:40 +0200 (CEST)"), sent_s);
    EXPECT_EQ(*read_date("28 May 2026 20:26 GMT"), sent_s - 40);
    EXPECT_EQ(*read_date("Thu,  28 May 2026 12:26:40 -0800\r\n"), sent_s);
    for (const auto* bad : {"", "yesterday", "28 Foo 2026 20:26:40 +0000", "28 May 2026 20:26:40",
                            "28 May 2026 20:26:40 +0000 x"})
        EXPECT_FALSE(read_date(bad)) << bad;
}

}  // namespace
}  // namespace hs::mail
