#include "channels/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/utf8.h"

namespace hs::channels {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(SplitMarkdown, NothingIsLostAndNoPieceIsTooLong) {
    std::string text;
    for (int i = 0; i < 400; ++i) text += "Word" + std::to_string(i) + (i % 7 == 0 ? "\n\n" : " ");
    const auto pieces = split_markdown(text, 300);
    std::string joined;
    for (const auto& piece : pieces) {
        EXPECT_LE(piece.size(), 300U);
        joined += piece + " ";
    }
    for (int i = 0; i < 400; ++i) EXPECT_THAT(joined, HasSubstr("Word" + std::to_string(i)));
    EXPECT_THAT(pieces[0], Not(HasSubstr("  ")));
}

TEST(SplitMarkdown, ACutCodeBlockIsClosedAndOpenedAgain) {
    std::string text = "Look:\n```cpp\n";
    for (int i = 0; i < 60; ++i) text += "int value" + std::to_string(i) + ";\n";
    text += "```\nDone.";
    const auto pieces = split_markdown(text, 400);
    ASSERT_GT(pieces.size(), 2U);
    for (const auto& piece : pieces) {
        std::size_t fences = 0;
        for (std::size_t at = piece.find("```"); at != std::string::npos;
             at = piece.find("```", at + 3)) {
            ++fences;
        }
        EXPECT_EQ(fences % 2, 0U) << piece;
        EXPECT_LE(piece.size(), 400U);
    }
    EXPECT_TRUE(pieces[1].starts_with("```cpp\n"));
}

TEST(SplitMarkdown, NoCutFallsInsideACharacter) {
    std::string text;
    for (int i = 0; i < 500; ++i) text += "ü";
    for (const auto& piece : split_markdown(text, 65)) EXPECT_TRUE(wire::is_utf8(piece));
}

TEST(SplitMarkdown, AnEndlessAnswerEnds) {
    const auto pieces = split_markdown(std::string(100'000, 'x'), 100);
    EXPECT_EQ(pieces.size(), pieces_max);
    EXPECT_THAT(pieces.back(), HasSubstr("left out"));
    EXPECT_LE(pieces.back().size(), 100U);
    EXPECT_EQ(split_markdown("", 100).size(), 1U);
}

TEST(Shortened, CutsBetweenCharacters) {
    EXPECT_EQ(shortened("aü", 2), "a");
    EXPECT_EQ(shortened("aü", 3), "aü");
    EXPECT_EQ(shortened("aü", 9), "aü");
    EXPECT_EQ(shortened("ü", 1), "");
}

TEST(Rendered, SlacksDialect) {
    const auto slack = [](std::string_view text) { return rendered(text, Traits::Dialect::slack); };
    EXPECT_EQ(slack("# Title **x**\n**bold** `a<b` a < b & c"),
              "*Title x*\n*bold* `a&lt;b` a &lt; b &amp; c");
    EXPECT_EQ(slack("```\n**x** <y>\n```"), "```\n**x** &lt;y&gt;\n```");
    EXPECT_EQ(slack("[bank](https://evil.example/x)"), "bank <https://evil.example/x>");
    EXPECT_EQ(slack("[x](javascript:alert)"), "[x](javascript:alert)");
}

TEST(Rendered, NobodyIsCalledByAnAnswer) {
    EXPECT_THAT(rendered("<!channel> <@U1>", Traits::Dialect::slack), Not(HasSubstr("<")));
    EXPECT_THAT(rendered("hello @everyone and @here", Traits::Dialect::markdown),
                Not(HasSubstr("@everyone")));
}

}  // namespace
}  // namespace hs::channels
