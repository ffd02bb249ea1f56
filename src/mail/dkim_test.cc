#include "mail/dkim.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "mail/dkim_tags.h"

namespace hs::mail {
namespace {

constexpr std::int64_t now_s = 1'528'638'000;

std::string crlf(std::string_view text) {
    std::string result;
    for (const char c : text) result += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return result;
}

std::string with(std::string text, std::string_view old, std::string_view fresh) {
    const auto at = text.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    return at == std::string::npos ? text : text.replace(at, old.size(), fresh);
}

// RFC 8463 appendix A: keys and the message signed twice.
constexpr std::string_view edwards_record =
    "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
constexpr std::string_view rsa_record =
    "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6w"
    "y5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvH"
    "O9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";
constexpr std::string_view edwards_field =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\n"
    " d=football.example.com; i=@football.example.com;\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n"
    " subject : date : message-id : from : subject : date;\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\n";
constexpr std::string_view rsa_field =
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n"
    " d=football.example.com; i=@football.example.com;\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n"
    " date : message-id : from : subject : date;\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n"
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n"
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\n";
constexpr std::string_view mail_rest =
    "From: Joe SixPack <joe@football.example.com>\n"
    "To: Suzie Q <suzie@shopping.example.net>\n"
    "Subject: Is dinner ready?\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\n"
    "\n"
    "Hi.\n\nWe lost the game.  Are you hungry yet?\n\nJoe.\n";

std::string edwards_mail() {
    return crlf(std::string(edwards_field) + std::string(mail_rest));
}

base::Result<std::string> sender_of(const std::string& mail, std::string_view record,
                                    std::int64_t when_s = now_s, int* asked = nullptr) {
    const auto letter = read_letter(mail);
    if (!letter) return letter.failure();
    return proven_sender(
        *letter, {},
        [&](const std::string& name) -> base::Result<std::string> {
            if (asked != nullptr) ++*asked;
            EXPECT_TRUE(name.ends_with("._domainkey.football.example.com")) << name;
            if (record.empty()) return base::fail(base::Code::not_found, "no such name");
            return std::string(record);
        },
        when_s);
}

// Signs `rest` (header lines, empty line, body) ourselves; for what no published vector shows.
std::string signed_mail(const std::string& tags, const std::string& covered, std::string_view body,
                        std::string_view header) {
    const auto key = crypto::SigningKey::from_seed(
        *base::from_base64("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="));
    const auto bh = base::to_base64(crypto::sha256(base::bytes_of(body)));
    const std::string field =
        "DKIM-Signature: v=1; a=ed25519-sha256; d=football.example.com; s=x; " + tags +
        " bh=" + bh + "; b=";
    const auto hash = crypto::sha256(base::bytes_of(covered + field));
    return field + base::to_base64(key->sign(hash)) + "\r\n" + std::string(header) + "\r\n" +
           std::string(body);
}

TEST(Dkim, AForgedOrChangedMailIsFromNobody) {
    const auto mail = edwards_mail();
    for (const auto& [old, fresh] : std::vector<std::pair<std::string, std::string>>{
             {"We lost", "We won"},
             {"joe@foot", "eve@foot"},
             {"dinner", "lunch"},
             {"\r\nFrom: Joe", "\r\nFrom: Eve <eve@evil.example>\r\nFrom: Joe"},
             {"\r\nDate: Fri", "\r\nDate: Sat, 12 Jul 2003 21:00:37 -0700\r\nDate: Fri"},
             {"5F8J@", "5F8K@"},
             {"q=dns/txt;", "q=dns/txt; l=0;"},
             {"q=dns/txt;", "q=dns/txt; v=1;"},
             {"q=dns/txt;", "q=dns/txt; x=1528637910;"},
             {"h=from :", "h=sender :"},
             {"t=1528637909", "t=1528637908"},
             {"ed25519-sha256", "rsa-sha1"},
             {"i=@football.example.com", "i=@evil.example"},
             {"Joe SixPack <joe@", "\"a@b\" <joe@"},
             {"<joe@football.example.com>", "<joe@football.example.com>, eve@evil.example"},
             {"<joe@football.example.com>", "<joe@evil.example>"},
             {"<joe@football.example.com>", "<joe@a.football.example.com>"},
         })
        EXPECT_FALSE(sender_of(with(mail, old, fresh), edwards_record)) << old << " " << fresh;
    EXPECT_TRUE(sender_of(mail, edwards_record));
}

TEST(Dkim, AKeyThatIsRevokedForTestingOrOfAnotherKindProvesNothing) {
    const std::string good(edwards_record);
    for (const auto& record :
         {std::string(), std::string("v=DKIM1; k=ed25519; p="), good + "; t=y", good + "; s=tlsrpt",
          good + "; h=sha1", with(good, "DKIM1", "DKIM2"), with(good, "k=ed25519", "k=rsa"),
          with(good, "p=11", "p=12"), good + "; p=11", std::string(rsa_record)})
        EXPECT_FALSE(sender_of(edwards_mail(), record)) << record;
    EXPECT_TRUE(sender_of(edwards_mail(), good + "; t=s; s=email; h=sha256"));
}

TEST(Dkim, ASignatureFromTheFutureIsRefused) {
    EXPECT_FALSE(sender_of(edwards_mail(), edwards_record, 1'528'637'909 - 301));
    EXPECT_TRUE(sender_of(edwards_mail(), edwards_record, 1'528'637'909 - 299));
}

TEST(Dkim, KeysAreAskedForTheSendersDomainOnlyAndNotWithoutEnd) {
    std::string many;
    for (int i = 0; i < 50; ++i) many += with(std::string(edwards_field), "/gCr", "/gCs");
    int asked = 0;
    EXPECT_FALSE(sender_of(crlf(many + std::string(mail_rest)), edwards_record, now_s, &asked));
    EXPECT_EQ(asked, static_cast<int>(dkim_signatures_max));
    asked = 0;
    auto other = with(edwards_mail(), "d=football.example.com", "d=evil.example");
    other = with(other, "i=@football.example.com", "i=@evil.example");
    EXPECT_FALSE(sender_of(other, edwards_record, now_s, &asked));
    EXPECT_EQ(asked, 0);
}

TEST(Dkim, TheMessagesOfRfc8463Hold) {
    const auto edwards = sender_of(edwards_mail(), edwards_record);
    ASSERT_TRUE(edwards) << edwards.error().what;
    EXPECT_EQ(*edwards, "joe@football.example.com");
    const auto rsa = crlf(std::string(rsa_field) + std::string(mail_rest));
    EXPECT_TRUE(sender_of(rsa, rsa_record));
    EXPECT_FALSE(sender_of(with(rsa, "We lost", "We won"), rsa_record));
    EXPECT_FALSE(sender_of(with(rsa, "F45d", "F45e"), rsa_record));
}

// Signed by dkimpy 1.1 with the Ed25519 key of RFC 8463, in each mixture of forms.
TEST(Dkim, MailsOfAnotherSignerHoldInEveryForm) {
    const std::string rest =
        "from:  Joe <joe@football.example.com>\r\nSubject: folded\r\n\t here \r\n"
        "Date: Fri, 11 Jul 2003 21:00:37 -0700\r\nMessage-ID:<1@football.example.com>\r\n\r\n"
        "  two  spaces \r\n \r\nend\r\n\r\n\r\n";
    for (const std::string& field :
         {std::string("DKIM-Signature: v=1; a=ed25519-sha256; c=simple/simple;\r\n"
                      " d=football.example.com; i=@football.example.com; q=dns/txt; s=x;\r\n"
                      " t=1796117975; h=from : subject : date : message-id : subject;\r\n"
                      " bh=T+1waw075XENbLwNwCv+46qkOhH++4tCYZvw/pSxc44=;\r\n"
                      " b=vEQQ9YQIpXEPUOi09DzBpFRB+HrGPNmSVlIWJZEbw8aHo57H2VzUdtyr/s+f3l41sgpwe\r\n"
                      " k159yEX5G9Y2fWEAg==\r\n"),
          std::string("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/simple;\r\n"
                      " d=football.example.com; i=@football.example.com; q=dns/txt; s=x;\r\n"
                      " t=1796117975; h=from : subject : date : message-id : subject;\r\n"
                      " bh=T+1waw075XENbLwNwCv+46qkOhH++4tCYZvw/pSxc44=;\r\n"
                      " b=6DmYnKBEQkkZ8mpn9yqp+wDbc817qDV/4mRP9LiIckxaIeJ+5tDA7gN0EYu0uttKnbmls\r\n"
                      " Ad/dd6T0etlBGb5AQ==\r\n"),
          std::string("DKIM-Signature: v=1; a=ed25519-sha256; c=simple/relaxed;\r\n"
                      " d=football.example.com; i=@football.example.com; q=dns/txt; s=x;\r\n"
                      " t=1796117975; h=from : subject : date : message-id : subject;\r\n"
                      " bh=Gb4W6pVwVGc31hOSqGKjFAPAIpqdh9oSmtWF1h6tAPA=;\r\n"
                      " b=nkM3AbpdVE998vbmhPOKu6AUKGmdkuLN50nPtDty0woznhC8cQNIG5K/KlZelh4NK/s+N\r\n"
                      " hyPRMGFZ0cFe807Cw==\r\n")}) {
        const auto when_s = 1'796'118'000;
        EXPECT_TRUE(sender_of(field + rest, edwards_record, when_s)) << field;
        for (const auto* old : {"folded", "spaces", "Jul", "end"})
            EXPECT_FALSE(sender_of(with(field + rest, old, "x"), edwards_record, when_s)) << old;
        // Signed once more than it stands there: nobody can add a second one.
        EXPECT_FALSE(sender_of(field + "Subject: other\r\n" + rest, edwards_record, when_s));
    }
}

TEST(Dkim, RelaxedToleratesSpacesSimpleDoesNot) {
    EXPECT_TRUE(
        sender_of(with(edwards_mail(), "Subject: Is dinner ", "SUBJECT:   Is\r\n  dinner \t"),
                  edwards_record));
    EXPECT_TRUE(sender_of(edwards_mail() + " \t\r\n\r\n", edwards_record));
    const std::string header = "From: joe@football.example.com\r\nDate: x\r\nMessage-ID: <1@a>\r\n";
    const auto mail = signed_mail("h=from:date:message-id;", header, "Hi\r\n", header);
    EXPECT_TRUE(sender_of(mail, edwards_record));
    EXPECT_TRUE(sender_of(mail + "\r\n\r\n", edwards_record));
    EXPECT_FALSE(sender_of(with(mail, "Date: x", "Date:  x"), edwards_record));
    EXPECT_FALSE(sender_of(with(mail, "Hi", "Hi "), edwards_record));
}

TEST(Dkim, WhatDoesNotCoverTheMessageIdIsNoProof) {
    const std::string header = "From: joe@football.example.com\r\nDate: x\r\nMessage-ID: <1@a>\r\n";
    const std::string covered = "From: joe@football.example.com\r\nDate: x\r\n";
    EXPECT_FALSE(sender_of(signed_mail("h=from:date;", covered, "Hi\r\n", header), edwards_record));
}

TEST(Dkim, AnExpiredSignatureIsRefused) {
    const std::string header = "From: joe@football.example.com\r\nDate: x\r\nMessage-ID: <1@a>\r\n";
    const auto mail =
        signed_mail("h=from:date:message-id; t=100; x=200;", header, "Hi\r\n", header);
    EXPECT_TRUE(sender_of(mail, edwards_record, 150));
    EXPECT_FALSE(sender_of(mail, edwards_record, 201));
}

TEST(Letter, WhatTwoReadersWouldReadDifferentlyIsRefused) {
    EXPECT_FALSE(read_letter("From: a@b\nTo: c\r\n\r\n"));
    EXPECT_FALSE(read_letter("From: a@b\rX: c\r\n\r\n"));
    EXPECT_FALSE(read_letter(std::string_view("From: a\0@b\r\n\r\n", 14)));
    EXPECT_FALSE(read_letter("From : a@b\r\n\r\n"));
    EXPECT_FALSE(read_letter(" From: a@b\r\n\r\n"));
    EXPECT_FALSE(read_letter("no field\r\n\r\n"));
    EXPECT_FALSE(read_letter(std::string(letter_bytes_max + 1, 'a')));
    EXPECT_FALSE(read_letter("A: " + std::string(letter_header_bytes_max, 'a') + "\r\n\r\n"));
    std::string many;
    for (std::size_t i = 0; i <= letter_fields_max; ++i) many += "A: b\r\n";
    EXPECT_FALSE(read_letter(many + "\r\n"));
    const auto letter = read_letter("A: b\r\n c\r\nD:\r\n\r\nbody\r\n\r\nmore");
    ASSERT_TRUE(letter);
    ASSERT_EQ(letter->fields.size(), 2U);
    EXPECT_EQ(letter->fields[0].value, " b\r\n c");
    EXPECT_EQ(letter->body, "body\r\n\r\nmore");
}

TEST(Letter, ASenderIsOnePlainAddress) {
    for (const std::string_view bad : {"",
                                       "joe",
                                       "a@b, c@d",
                                       "a@b c@d",
                                       "a@b <c@d>",
                                       "<a@b> <c@d>",
                                       "g: a@b;",
                                       "a@b (c@d)",
                                       "\"a b\"@c",
                                       "<@x:a@b>",
                                       "a@b@c",
                                       "a@",
                                       "@b",
                                       "a@b..c",
                                       "a@.b",
                                       "=?x?= \xC3\xA4 <a@b>",
                                       "a@b\xC3\xA4",
                                       "a@[127.0.0.1]",
                                       "<a@b",
                                       "a@b>"})
        EXPECT_FALSE(only_address(bad)) << bad;
    EXPECT_EQ(*only_address(" \"Joe S.\" <Joe@Example.COM> "), "Joe@example.com");
    EXPECT_EQ(*only_address("=?utf-8?q?J=C3=B6?= <j+x@e.org>"), "j+x@e.org");
}

}  // namespace
}  // namespace hs::mail
