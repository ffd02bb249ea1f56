#include "cedar/confusable.h"

#include <gtest/gtest.h>

namespace hs::cedar {
namespace {

SuspicionKind of(std::string_view text, TextUse use = TextUse::text) {
    return suspect(text, use).kind;
}

TEST(Confusable, PlainTextIsFine) {
    for (const char* text : {"", "admin", "a b/c:443", "größe", "naïve", "администратор", "Ελλάδα",
                             "日本語", "東京タワー", "한국어 漢字", "שלום", "ไทย", "price: 5 €"}) {
        EXPECT_EQ(of(text), SuspicionKind::none) << text;
    }
}

TEST(Confusable, BidirectionalControls) {
    EXPECT_EQ(of("a\u202Eb"), SuspicionKind::bidirectional);
    EXPECT_EQ(of("\u2066admin\u2069"), SuspicionKind::bidirectional);
    EXPECT_EQ(of("a\u202Eb", TextUse::prose), SuspicionKind::bidirectional);
    EXPECT_NE(suspect("a\u202Eb", TextUse::text).message.find("\\u{202e}"), std::string::npos);
}

TEST(Confusable, MixedScripts) {
    EXPECT_EQ(of("p\u0430ypal"), SuspicionKind::mixed_scripts);
    EXPECT_EQ(of("\u03B1dmin"), SuspicionKind::mixed_scripts);
    EXPECT_EQ(of("漢字abc"), SuspicionKind::mixed_scripts);
    EXPECT_EQ(of("p\u0430ypal", TextUse::prose), SuspicionKind::none);
    EXPECT_NE(suspect("p\u0430ypal", TextUse::text).message.find("Cyrillic, Latin"),
              std::string::npos);
}

TEST(Confusable, LettersThatLookLatinThroughout) {
    EXPECT_EQ(of("\u0440\u0430\u0443"), SuspicionKind::confusable);  // looks like "pay"
    EXPECT_EQ(of("\u0410\u0420\u0406-1"), SuspicionKind::confusable);
    EXPECT_EQ(of("\u043F\u0430\u0443"), SuspicionKind::none);  // U+043F looks like no Latin letter
}

TEST(Confusable, CharactersThatIdentifiersShouldNotHave) {
    EXPECT_EQ(of("größe", TextUse::identifier), SuspicionKind::none);
    EXPECT_EQ(of("zero\u200Bwidth", TextUse::identifier), SuspicionKind::restricted);
    EXPECT_EQ(of("\uFF41dmin", TextUse::identifier), SuspicionKind::restricted);
    EXPECT_EQ(of("a\u00A0b", TextUse::identifier), SuspicionKind::restricted);
    EXPECT_EQ(of("ok\U0001F600", TextUse::identifier), SuspicionKind::restricted);
    EXPECT_EQ(of("\u16A0\u16A2", TextUse::identifier), SuspicionKind::restricted);  // runic
    EXPECT_EQ(of("ok\U0001F600"), SuspicionKind::none);
}

TEST(Confusable, IllFormedTextDoesNotCrash) {
    EXPECT_EQ(of("\xFF\xFE\x80"), SuspicionKind::none);
    EXPECT_EQ(of("\xFF", TextUse::identifier), SuspicionKind::restricted);
}

TEST(Confusable, Scripts) {
    EXPECT_EQ(script_name(script_of(U'a')), "Latin");
    EXPECT_EQ(script_name(script_of(0x430)), "Cyrillic");
    EXPECT_EQ(script_name(script_of(0x4E00)), "Han");
    EXPECT_EQ(script_of(U'1'), 0);
    EXPECT_EQ(script_of(0x10FFFF), 0);
    EXPECT_EQ(script_of(0xE000), 0);
}

}  // namespace
}  // namespace hs::cedar
