#include "secrets/plain_keys.h"

#include <gtest/gtest.h>

namespace hs::secrets {
namespace {

std::string found_in(std::string_view text) {
    std::string all;
    for (const auto& key : plain_keys_in(text)) {
        all += std::to_string(key.line) + ":" + key.variable + "=" + key.value + " ";
    }
    return all;
}

TEST(PlainKeysTest, FindsTheUsualWaysToWriteOne) {
    EXPECT_EQ(found_in("A=1\nOPENAI_API_KEY=sk-0123456789\n"), "2:OPENAI_API_KEY=sk-0123456789 ");
    EXPECT_EQ(found_in("export GITHUB_TOKEN=\"ghp_0123456789\"  # mine"),
              "1:GITHUB_TOKEN=ghp_0123456789 ");
    EXPECT_EQ(found_in("set -gx HF_TOKEN 'hf_0123456789'"), "1:HF_TOKEN=hf_0123456789 ");
    EXPECT_EQ(found_in("  \"apiKey\": \"sk-0123456789\","), "1:apiKey=sk-0123456789 ");
    EXPECT_EQ(found_in("//npm.example.com/:_authToken=npm_0123456789"),
              "1:_authToken=npm_0123456789 ");
    EXPECT_EQ(found_in("    oauth_token: gho_0123456789"), "1:oauth_token=gho_0123456789 ");
    EXPECT_EQ(found_in("aws_secret_access_key = wJalrXUtnFEMI/K7\r"),
              "1:aws_secret_access_key=wJalrXUtnFEMI/K7 ");
}

TEST(PlainKeysTest, LeavesWhatIsNone) {
    for (const char* text :
         {"# API_KEY=sk-0123456789", "API_KEY=$OTHER_VALUE", "API_KEY=${X:-0123456789}",
          "API_KEY=", "API_KEY=short", "PUBLIC_KEY=0123456789", "XKBKEYMAP=0123456789",
          "max_tokens: 4096000000", "TOKEN=hs_placeholder_github",
          "SSH_KEY=/home/me/.ssh/id_ed25519", "=", ":", "\"", "set -x", "set -", "KEY",
          "// a comment: key=0123456789", "API_KEY=\"<your key here>\""}) {
        EXPECT_EQ(found_in(text), "") << text;
    }
}

TEST(PlainKeysTest, IsBounded) {
    std::string many;
    for (int i = 0; i < 3000; ++i) many += "A_KEY=0123456789\n";
    EXPECT_EQ(plain_keys_in(many).size(), plain_keys_max);
    EXPECT_TRUE(plain_keys_in("A_KEY=" + std::string(100'000, 'x')).empty());
}

TEST(PlainKeysTest, KnownServicesAreBoundAndOthersGoNowhere) {
    EXPECT_EQ(place_of("ANTHROPIC_API_KEY").binding.header, "x-api-key");
    EXPECT_EQ(place_of("gh_token").name, "github");
    EXPECT_TRUE(place_of("MY_KEY").binding.hosts.empty());
    EXPECT_EQ(place_of("MY_KEY").name, "my_key");
    for (const char* variable : {"OPENAI_API_KEY", "GITLAB_TOKEN", "GH_TOKEN"}) {
        EXPECT_TRUE(check_binding(place_of(variable).binding).ok());
    }
}

}  // namespace
}  // namespace hs::secrets
