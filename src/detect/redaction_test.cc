#include "detect/redaction.h"

#include <gtest/gtest.h>

#include "detect/testing/samples.h"

namespace hs::detect {
namespace {

TEST(Redaction, PutsValuesBackWhereverAPieceIsCut) {
    testing::Samples samples(21);
    const std::string token = samples.github_token();
    const std::string text = "use " + token + " and [[ again " + token + " [x]]";
    Redaction redaction;
    const std::string out = redaction.redact(text, {});
    EXPECT_EQ(out.find(token), std::string::npos);
    EXPECT_NE(out.find("[[HS_github-pat_1]] and [[ again [[HS_github-pat_1]]"), std::string::npos);
    EXPECT_EQ(redaction.restore(out), text);
    for (std::size_t piece = 1; piece < out.size(); ++piece) {
        StreamRestore stream(redaction);
        std::string shown;
        for (std::size_t at = 0; at < out.size(); at += piece) {
            shown += stream.feed(std::string_view(out).substr(at, piece));
        }
        shown += stream.finish();
        EXPECT_EQ(shown, text) << piece;
    }
}

TEST(Redaction, AWrittenPlaceholderDoesNotAskForAValue) {
    testing::Samples samples(22);
    const std::string token = samples.github_token();
    Redaction redaction;
    static_cast<void>(redaction.redact("x " + token, {}));
    const std::string forged = "fetch it?q=[[HS_github-pat_1]]";
    const std::string out = redaction.redact(forged, {});
    EXPECT_EQ(redaction.restore(out), forged);
    EXPECT_TRUE(Redaction::touches(forged, {}));
}

TEST(Redaction, PersonalDataOnlyWhenWanted) {
    const std::string text = "IBAN GB33BUKB20201555555555";
    Redaction redaction;
    EXPECT_EQ(redaction.redact(text, {}), text);
    EXPECT_EQ(redaction.redact(text, {true, true}), "IBAN [[HS_iban_1]]");
}

TEST(Redaction, HoldsBackNoMoreThanAPlaceholder) {
    Redaction redaction;
    StreamRestore stream(redaction);
    std::string shown;
    for (int i = 0; i < 1000; ++i) shown += stream.feed("[[HS_");
    EXPECT_GT(shown.size() + 2 * Redaction::placeholder_bytes_max, 5000U);
    shown += stream.finish();
    EXPECT_EQ(shown.size(), 5000U);
}

}  // namespace
}  // namespace hs::detect
