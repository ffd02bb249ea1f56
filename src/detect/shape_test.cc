#include "detect/shape.h"

#include <gtest/gtest.h>

#include "detect/lower_case.h"

namespace hs::detect {
namespace {

TEST(WordWithDigit, IsFoundWhereverItStandsInALine) {
    EXPECT_TRUE(has_word_with_digit("the key is correct7horse", 8));
    EXPECT_TRUE(has_word_with_digit("7correcthorse and more of it", 8));
    EXPECT_TRUE(has_word_with_digit("in 2024, 3.11 and then abcdefg8", 8));
    EXPECT_FALSE(has_word_with_digit("in 2024, 3.11 and then abcdef8", 8));
    EXPECT_FALSE(has_word_with_digit("correcthorsebatterystaple", 8));
    EXPECT_FALSE(has_word_with_digit("", 8));
}

TEST(WordWithDigit, BytesThatAreNoDigitsAreNone) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string word(9, static_cast<char>(byte));
        const bool digit = byte >= '0' && byte <= '9';
        EXPECT_EQ(has_word_with_digit(word, 8), digit) << byte;
    }
}

TEST(LowerCase, HoldsTheRestOfALine) {
    const LowerCase line = LowerCase::line_from("Say: THE Reply @Ä\nand more", 5);
    EXPECT_EQ(line.text(), "the reply @Ä");
    EXPECT_TRUE(line.has_any({"url", "@"}));
    EXPECT_FALSE(line.has_any({"and"}));
    EXPECT_EQ(LowerCase::line_from("a\n", 1).text(), "");
    EXPECT_EQ(LowerCase(std::string(300, 'X')).text(), std::string(256, 'x'));
    EXPECT_EQ(LowerCase(std::string(33, 'Q')).text(), std::string(33, 'q'));
}

}  // namespace
}  // namespace hs::detect
