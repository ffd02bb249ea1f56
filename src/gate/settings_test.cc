#include "gate/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hs::gate {
namespace {

TEST(Settings, DefaultsHoldAndTheirSourceIsSaid) {
    const Settings settings = Settings::defaults();
    EXPECT_EQ(settings.text("policy.preset"), "personal");
    EXPECT_EQ(settings.integer("api.port"), 7483);
    EXPECT_EQ(settings.find("api.port")->source, "default");
    EXPECT_TRUE(settings.providers().empty());
}

TEST(Settings, ATypingErrorNamesTheLineAndTheNearestKey) {
    const auto wrong = Settings::parse("[api]\nprot = 1\n", "config.toml");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().what,
              "config.toml, line 2: there is no setting \"api.prot\"; did you mean \"api.port\"?");
    EXPECT_FALSE(Settings::parse("[api]\nport = \"x\"\n", "c"));
    EXPECT_FALSE(Settings::parse("[api]\nport = 70000\n", "c"));
    EXPECT_NE(Settings::parse("[api\n", "c").error().what.find("line 1"), std::string::npos);
}

TEST(Settings, ProvidersComeFromTheirTables) {
    const auto settings = Settings::parse(
        "[provider.claude]\nkind = \"anthropic\"\nurl = \"https://api.anthropic.com\"\n"
        "model = \"m\"\ncredential = \"anthropic\"\n",
        "config.toml");
    ASSERT_TRUE(settings) << settings.error().what;
    ASSERT_EQ(settings->providers().size(), 1U);
    EXPECT_EQ(settings->providers()[0].credential, "anthropic");
    EXPECT_TRUE(settings->providers()[0].retains);
    EXPECT_EQ(settings->find("provider.claude.url")->source, "config.toml line 3");
    EXPECT_FALSE(Settings::parse("[provider.x]\nkind = \"y\"\n", "c"));
    EXPECT_FALSE(Settings::parse("[provider.x]\nmodel = \"y\"\n", "c"));
}

TEST(Settings, TypedValuesBecomeLiterals) {
    EXPECT_EQ(*literal_for(*row_of("api.port"), "80"), "80");
    EXPECT_FALSE(literal_for(*row_of("api.port"), "eighty"));
    EXPECT_FALSE(literal_for(*row_of("api.port"), "99999"));
    EXPECT_EQ(*literal_for(*row_of("person.name"), "O\"Neil"), "\"O\\\"Neil\"");
    EXPECT_EQ(*literal_for(*row_of("files.roots"), "/a,/b"), "[\"/a\", \"/b\"]");
    EXPECT_EQ(row_of("nothing"), nullptr);
}

TEST(Settings, ASinkIsWrittenInEitherOfTwoForms) {
    for (const char* text :
         {"[[ship]]\nname = \"siem\"\nkind = \"otlp\"\nurl = \"https://s.example/v1/logs\"\n",
          "[ship.siem]\nkind = \"otlp\"\nurl = \"https://s.example/v1/logs\"\n"}) {
        const auto settings = Settings::parse(text, "config.toml");
        ASSERT_TRUE(settings) << settings.error().what;
        EXPECT_EQ(settings->names("ship"), std::vector<std::string>{"siem"});
        EXPECT_EQ(settings->text("ship.siem.kind"), "otlp");
        EXPECT_EQ(settings->integer("ship.siem.batch"), 200);
        EXPECT_EQ(settings->find("ship.siem.format")->source, "default");
    }
    EXPECT_TRUE(Settings::defaults().names("ship").empty());
}

TEST(Settings, ASinkWithoutANameTwiceOrWithATypingErrorIsNamedByItsLine) {
    const auto refused = [](const char* text) {
        const auto settings = Settings::parse(text, "config.toml");
        return settings ? std::string("accepted") : settings.error().what;
    };
    EXPECT_THAT(refused("[[ship]]\nkind = \"otlp\"\n"), testing::HasSubstr("needs a name"));
    EXPECT_THAT(refused("[[ship]]\nname = \"../x\"\n"), testing::HasSubstr("needs a name"));
    EXPECT_THAT(refused("[ship.\"a b\"]\nkind = \"otlp\"\n"),
                testing::HasSubstr("must be letters"));
    EXPECT_THAT(
        refused("[[ship]]\nname = \"a\"\nurl = \"x\"\n[[ship]]\nname = \"a\"\nurl = \"y\"\n"),
        testing::HasSubstr("twice"));
    EXPECT_THAT(refused("[[ship]]\nname = \"a\"\nkindd = \"otlp\"\n"),
                testing::AllOf(testing::HasSubstr("line 3"), testing::HasSubstr("ship.*.kind")));
    EXPECT_THAT(refused("[[ship]]\nname = \"a\"\nbatch = 0\n"), testing::HasSubstr("1 to 1000"));
    EXPECT_THAT(refused("ship = 5\n"), testing::HasSubstr("no setting"));
}

}  // namespace
}  // namespace hs::gate
