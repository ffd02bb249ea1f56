#include "gate/provider_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hs::gate {
namespace {

using flow::DataClass;
using flow::DataClasses;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char cloud[] =
    "[provider.cloud]\nkind = \"openai\"\nurl = \"https://cloud.example\"\nplace = \"us-east\"\n"
    "retention = \"30 days\"\naccepts = [\"public\", \"internal\"]\n";
constexpr char here[] =
    "[provider.here]\nkind = \"openai\"\nurl = \"http://127.0.0.1:9\"\nplace = \"local\"\n";

Settings parse(const std::string& text) {
    auto settings = Settings::parse(text, "config.toml");
    EXPECT_TRUE(settings) << settings.error().what;
    return settings ? *settings : Settings::defaults();
}
std::string refused(const std::string& text) {
    const auto settings = Settings::parse(text, "config.toml");
    return settings ? "accepted" : settings.error().what;
}

TEST(ProviderSettings, DeclarePlaceRetentionAndClasses) {
    const Settings settings = parse(std::string(cloud) + here);
    const ProviderSetting& far = *settings.provider("cloud");
    EXPECT_FALSE(far.local);
    EXPECT_EQ(far.place, "us-east");
    EXPECT_EQ(far.retention, "30 days");
    EXPECT_TRUE(far.retains);
    EXPECT_EQ(accepted_by(far), (DataClasses{DataClass::public_, DataClass::internal}));
    EXPECT_EQ(accepted_redacted_by(far), DataClasses{DataClass::credential});
    const ProviderSetting& near = *settings.provider("here");
    EXPECT_TRUE(near.local);
    EXPECT_EQ(accepted_by(near), flow::every_data_class());
    EXPECT_TRUE(accepted_redacted_by(near).empty());
    const Settings none =
        parse(std::string(here) + "accepts = [\"public\"]\nretention = \"none\"\n");
    EXPECT_EQ(accepted_by(*none.provider("here")), DataClasses{DataClass::public_});
    EXPECT_FALSE(none.provider("here")->retains);
    const Settings old =
        parse("[provider.old]\nurl = \"http://[::1]:9\"\nlocal = true\nretains = false\n");
    EXPECT_EQ(old.provider("old")->place, "local");
    EXPECT_EQ(old.provider("old")->retention, "none");
}

TEST(ProviderSettings, WhatContradictsItselfIsRefused) {
    const std::string far = "[provider.x]\nurl = \"https://x.example\"\n";
    EXPECT_THAT(refused(far + "place = \"local\"\n"), HasSubstr("no address of this machine"));
    EXPECT_THAT(refused(far + "local = true\n"), HasSubstr("no address of this machine"));
    EXPECT_THAT(refused("[provider.x]\nurl = \"http://127.evil.example\"\nlocal = true\n"),
                HasSubstr("no address of this machine"));
    EXPECT_THAT(refused("[provider.x]\nurl = \"http://10.0.0.7\"\nplace = \"local\"\n"),
                HasSubstr("no address of this machine"));
    EXPECT_THAT(refused(std::string(here) + "local = false\n"), HasSubstr("take one of them out"));
    EXPECT_THAT(refused("[provider.x]\nurl = \"http://127.0.0.1\"\nlocal = true\nplace = \"eu\"\n"),
                HasSubstr("take one of them out"));
    EXPECT_THAT(refused(far + "retains = false\nretention = \"30 days\"\n"),
                HasSubstr("contradict"));
    EXPECT_THAT(refused(far + "accepts = [\"costumer\"]\n"),
                HasSubstr("there is no data class \"costumer\""));
    EXPECT_THAT(refused(far + "accepts_redacted = [\"customer\"]\n"),
                HasSubstr("takes credential and personal"));
}

TEST(ProviderChoice, AClassGoesOnlyWhereSomethingOfItWasReplaced) {
    const Settings settings = parse(cloud);
    const ProviderSetting& far = *settings.provider("cloud");
    const DataClasses held{DataClass::internal, DataClass::credential, DataClass::personal};
    Infer call;
    EXPECT_EQ(left_after(far, held, call), held);
    call.secrets_replaced = 1;
    call.personal_replaced = 5;
    EXPECT_EQ(left_after(far, held, call), (DataClasses{DataClass::internal, DataClass::personal}))
        << "personal data is not among what it accepts redacted";
    const Settings both = parse(std::string(cloud) + "accepts_redacted = [\"personal\"]\n");
    EXPECT_EQ(left_after(*both.provider("cloud"), held, call),
              (DataClasses{DataClass::internal, DataClass::credential}));
    call.personal_pieces_left = 1;
    EXPECT_EQ(left_after(*both.provider("cloud"), held, call), held)
        << "one value that was found does not speak for what was not";
    call.personal_pieces_left = 0;
    call.credential_pieces_left = 2;
    EXPECT_EQ(left_after(far, held, call), held);
}

TEST(ProviderChoice, WhoStandsBeforeAndDoesNotAcceptIsNamed) {
    const Settings settings = parse(std::string("[model]\ndefault = \"cloud\"\nfallbacks = "
                                                "[\"here\"]\n") +
                                    cloud + here);
    EXPECT_THAT(provider_order(settings), ElementsAre("cloud", "here"));
    const DataClasses held{DataClass::internal, DataClass::customer};
    const auto passed = passed_over(settings, "here", held);
    ASSERT_EQ(passed.size(), 1U);
    EXPECT_EQ(passed[0].provider, "cloud");
    EXPECT_EQ(passed[0].refused, DataClasses{DataClass::customer});
    EXPECT_TRUE(passed_over(settings, "cloud", held).empty());
    EXPECT_TRUE(passed_over(settings, "here", {DataClass::internal}).empty());
}

TEST(ProviderChoice, TheRemedyIsToType) {
    const DataClasses held{DataClass::customer};
    const Settings two = parse(std::string(cloud) + here);
    EXPECT_EQ(refusal(*two.provider("cloud"), held),
              "cloud (us-east) does not accept customer data, which the conversation holds");
    EXPECT_THAT(remedy(two, *two.provider("cloud"), held, held),
                HasSubstr("hardshell config set model.fallbacks here"));
    const Settings one = parse(cloud);
    EXPECT_THAT(remedy(one, *one.provider("cloud"), held, held),
                testing::AllOf(HasSubstr("/new"), HasSubstr("place to local"),
                               HasSubstr("add customer to provider.cloud.accepts")));
    const DataClasses secret{DataClass::credential};
    EXPECT_THAT(remedy(one, *one.provider("cloud"), secret, secret),
                testing::Not(HasSubstr("accepts")))
        << "nobody is told to let credentials go";
}

}  // namespace
}  // namespace hs::gate
