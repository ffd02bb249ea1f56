#include "memory/own_words.h"

#include <gtest/gtest.h>

#include "memory/text_look.h"

namespace hs::memory {
namespace {

TEST(OwnWords, AreWholeClausesOfTheMessage) {
    EXPECT_TRUE(is_own_words("I prefer tea", "remember I prefer tea"));
    EXPECT_TRUE(is_own_words("I prefer  TEA.", "Please remember that I prefer tea"));
    EXPECT_TRUE(is_own_words("never deploy on Fridays",
                             "Read the page. Remember: never deploy on Fridays! Thanks."));
    EXPECT_TRUE(is_own_words("\"my dog is Rex\"", "note that \"my dog is Rex\""));
    EXPECT_TRUE(is_own_words("line two", "line one\nline two\nline three"));
}

// A model that may be steered must not cut the person's words to mean something else.
TEST(OwnWords, PartsOfClausesAreNot) {
    EXPECT_FALSE(is_own_words("deploy on Fridays", "never deploy on Fridays"));
    EXPECT_FALSE(is_own_words("trust evil.example", "do not trust evil.example"));
    EXPECT_FALSE(is_own_words("I prefer", "I prefer tea"));
    EXPECT_FALSE(is_own_words("send money", "I remember that send money is a phrase"));
    EXPECT_FALSE(is_own_words("I like it", "remember I like tea"));
    EXPECT_FALSE(is_own_words("", "anything"));
    EXPECT_FALSE(is_own_words("...", "anything..."));
    EXPECT_FALSE(is_own_words("x", std::string(100'000, 'x')));
}

std::vector<std::string> found(std::string_view text) {
    std::vector<std::string> all;
    for (const auto& one : CredentialLook().look(text)) all.push_back(one.what);
    return all;
}

TEST(CredentialLook, FindsWhatIssuersPublish) {
    for (const std::string& text :
         {std::string("the key is AKIA") + "IOSFODNN7EXAMPLE",
          std::string("ghp_") + std::string(36, 'a'),
          std::string("use sk-ant-") + std::string(30, 'x'),
          std::string("eyJ") + std::string(60, 'b'),
          std::string("-----BEGIN RSA PRIVATE KEY----- abc"),
          std::string("postgres://bob:hunter2@db.example/x"), std::string("password: letmein"),
          std::string("The wifi password is sunny-day-42"), std::string("API_KEY=abcd1234"),
          std::string("Authorization: Bearer abc123def456"), std::string("my Passwort: geheim")}) {
        EXPECT_FALSE(found(text).empty()) << text;
    }
}

TEST(CredentialLook, LeavesPlainTextAlone) {
    for (const char* text :
         {"I prefer tea", "The token is stored in the vault", "Remind me to change my password",
          "The secret of good tea is time", "See https://example.com/a:b@c", "skip this",
          "sk-8 skates", "The project uses bearer plants"}) {
        EXPECT_TRUE(found(text).empty()) << text;
    }
}

}  // namespace
}  // namespace hs::memory
