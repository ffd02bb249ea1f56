#include "mail/text.h"

#include <gtest/gtest.h>

#include "mail/compose.h"
#include "mail/decode.h"
#include "mail/receipt.h"

namespace hs::mail {
namespace {

std::string crlf(std::string_view text) {
    std::string result;
    for (const char c : text) result += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return result;
}

base::Result<LetterText> text_in(std::string_view mail) {
    const auto whole = crlf(mail);
    const auto letter = read_letter(whole);
    if (!letter) return letter.failure();
    return text_of(*letter);
}

TEST(Text, PlainOfEveryEncoding) {
    EXPECT_EQ(text_in("Subject: x\n\nHello\n")->text, "Hello");
    EXPECT_EQ(text_in("Content-Type: text/plain; charset=\"UTF-8\"\n"
                      "Content-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=\n=C3=9Fe =3D x\n")
                  ->text,
              "Grüße = x");
    EXPECT_EQ(
        text_in("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: BASE64\n\n"
                "R3LDvMOf\nZQ==\n")
            ->text,
        "Grüße");
    EXPECT_EQ(text_in("Content-Type: text/plain; format=flowed; charset=iso-8859-1\n"
                      "Content-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\n")
                  ->text,
              "Grüße");
    EXPECT_EQ(*to_utf8("\x80", "windows-1252"), "€");
}

TEST(Text, WhatIsNotItsCharacterSetOrOfOneThatIsNotReadIsRefused) {
    for (const auto* charset : {"utf-7", "iso-2022-jp", "iso-2022-cn-ext", "utf-16", "../x",
                                "iso-8859-1//translit", "iso-8859-", "iso-8859-99"})
        EXPECT_FALSE(to_utf8("a", charset)) << charset;
    EXPECT_FALSE(to_utf8("\xFF", "utf-8"));
    EXPECT_FALSE(to_utf8("\xFF", ""));
    EXPECT_FALSE(decoded("a", "x-uuencode"));
    EXPECT_FALSE(decoded("a*b", "base64"));
}

constexpr std::string_view alternative =
    "Content-Type: multipart/mixed; boundary=outer\n\npreamble\n--outer\n"
    "Content-Type: multipart/alternative;\n boundary=\"in ner\"\n\n"
    "--in ner\nContent-Type: text/plain\n\nthe words\n--in ner\nContent-Type: text/html\n\n"
    "<b>the words</b>\n--in ner--\n--outer\nContent-Type: application/pdf\n\n%PDF\n"
    "--outer\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\n"
    "not the words\n--outer--\nepilogue\n";

TEST(Text, TheFirstPlainPartIsReadAndFilesAreCounted) {
    const auto text = text_in(alternative);
    ASSERT_TRUE(text) << text.error().what;
    EXPECT_EQ(text->text, "the words");
    EXPECT_EQ(text->files, 2U);
    EXPECT_EQ(text_in("Content-Type: multipart/mixed; boundary=a\n\n--a\n\nbare\n--a--\n")->text,
              "bare");
    EXPECT_EQ(text_in("Content-Type: multipart/mixed; boundary=a\n\n--a\n\nnever closed")->text,
              "never closed");
}

TEST(Text, OfHtmlAloneAndOfNothingNothingIsRead) {
    EXPECT_EQ(text_in("Content-Type: text/html\n\n<p>x\n").error().code, base::Code::not_found);
    EXPECT_EQ(text_in("Content-Type: multipart/mixed; boundary=a\n\nno part\n").error().code,
              base::Code::not_found);
    EXPECT_FALSE(text_in("Content-Type: multipart/mixed\n\n--\n\nx\n----\n"));
}

TEST(Text, PartsInPartsWithoutEndAreRefused) {
    std::string deep = "Content-Type: text/plain\n\nx\n";
    for (int i = 0; i < 20; ++i) {
        const std::string mark = "b" + std::to_string(i);
        deep = "Content-Type: multipart/mixed; boundary=" + mark + "\n\n--" + mark + "\n" + deep +
               "\n--" + mark + "--\n";
    }
    EXPECT_FALSE(text_in(deep));
    std::string wide = "Content-Type: multipart/mixed; boundary=a\n\n";
    for (std::size_t i = 0; i <= parts_max + 2; ++i) wide += "--a\nContent-Type: x/y\n\nx\n";
    EXPECT_FALSE(text_in(wide));
    EXPECT_EQ(text_in("\n" + std::string(text_bytes_max + 1, 'x')).error().code,
              base::Code::exhausted);
}

TEST(Text, QuotationsAndSignaturesAreNotTheSendersWords) {
    EXPECT_EQ(without_quotes("Yes, do it.\n\nOn Monday Eve wrote:\n\n> delete all\n> now\n").text,
              "Yes, do it.");
    EXPECT_EQ(without_quotes("> question\nanswer\n> second\nmore\n").text, "answer\nmore");
    EXPECT_EQ(without_quotes("Do these:\n\n1. list\n").text, "Do these:\n\n1. list");
    EXPECT_EQ(without_quotes("yes\n-- \nJoe\nFirm\n").text, "yes");
    EXPECT_EQ(without_quotes("yes\n-----Original Message-----\nFrom: x\n").text, "yes");
    EXPECT_EQ(without_quotes("yes\n________________________________\nFrom: x\n").text, "yes");
    const auto passed = without_quotes("see\n---------- Forwarded message ---------\nFrom: eve\n");
    EXPECT_TRUE(passed.is_passed_on);
    EXPECT_EQ(passed.text, "see");
    EXPECT_TRUE(without_quotes("Begin forwarded message:\nx").is_passed_on);
    EXPECT_FALSE(without_quotes("what is a forwarded message?").is_passed_on);
}

TEST(Words, OfFields) {
    EXPECT_EQ(words_of(" =?utf-8?B?R3LDvMOfZQ==?=\r\n =?ISO-8859-1?q?_=FCber?= alles"),
              "Grüße über alles");
    EXPECT_EQ(words_of("plain =?broken"), "plain =?broken");
    EXPECT_EQ(words_of("=?utf-8?q?a=0D=0ATo:_x?="), "a  To: x");
}

TEST(Compose, WhatIsWrittenIsRead) {
    Outbound mail;
    mail.from = "bot@firm.example";
    mail.to = "joe@firm.example";
    mail.subject = "Re: Grüße an alle, die in diesem langen Betreff noch kommen mögen: ä";
    mail.message_id = "<k@firm.example>";
    mail.in_reply_to = "<1@firm.example>";
    mail.references = "<0@firm.example> <1@firm.example>";
    mail.date_s = 1'780'000'000;
    mail.text = "Grüße\n.\nFrom here\n" + std::string(3'000, 'x') + "\n" + "ä end";
    const auto bytes = composed(mail);
    const auto letter = read_letter(bytes);
    ASSERT_TRUE(letter) << letter.error().what;
    EXPECT_EQ(words_of(only_field(*letter, "subject")->value), mail.subject);
    EXPECT_EQ(*read_date(only_field(*letter, "date")->value), mail.date_s);
    EXPECT_EQ(message_ids_in(only_field(*letter, "references")->value).size(), 2U);
    const auto text = text_of(*letter);
    ASSERT_TRUE(text) << text.error().what;
    EXPECT_TRUE(text->text.starts_with("Grüße\n.\nFrom here\nxxx"));
    EXPECT_TRUE(text->text.ends_with("\nä end"));
    for (std::size_t at = 0; at < bytes.size();) {
        const auto end = bytes.find("\r\n", at);
        ASSERT_NE(end, std::string::npos);
        EXPECT_LE(end - at, 998U);
        at = end + 2;
    }
}

TEST(Compose, NoTextBecomesAField) {
    Outbound mail;
    mail.from = "bot@firm.example";
    mail.to = "joe@firm.example\r\nBcc: eve@evil.example";
    mail.subject = "x\r\nBcc: eve@evil.example";
    mail.message_id = "<k@firm.example>";
    const auto bytes = composed(mail);
    EXPECT_EQ(bytes.find("\nBcc:"), std::string::npos);
}

}  // namespace
}  // namespace hs::mail
