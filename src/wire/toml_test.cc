#include "wire/toml.h"

#include <gtest/gtest.h>

namespace hs::wire {
namespace {

TEST(Toml, BecomesJsonWithLines) {
    const auto document = parse_toml("a = 1\n[t]\nb = \"x\"\n\n[[p]]\nc = [true, 2]\n");
    ASSERT_TRUE(document) << document.error().what;
    EXPECT_EQ(canonical_json(document->value), R"({"a":1,"p":[{"c":[true,2]}],"t":{"b":"x"}})");
    EXPECT_EQ(document->line_of("t.b"), 3);
    EXPECT_EQ(document->line_of("p.0.c"), 6);
    EXPECT_EQ(document->line_of("none"), 0);
}

TEST(Toml, SaysWhereItIsWrong) {
    const auto wrong = parse_toml("a = 1\nb = \n");
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().what.find("line 2"), std::string::npos) << wrong.error().what;
    EXPECT_FALSE(parse_toml("a = 1\na = 2\n"));
    EXPECT_FALSE(parse_toml("a = \"\xff\"\n"));
    EXPECT_EQ(parse_toml(std::string(100, '#'), 50).error().code, base::Code::exhausted);
    EXPECT_FALSE(parse_toml("a = " + std::string(100'000, '[')));
}

TEST(Toml, SettingAValueLeavesTheRestAlone) {
    const std::string text = "# mine\n[api]\nport = 1 # old\n\n[x]\ny = 2\n";
    EXPECT_EQ(*set_in_toml(text, "api.port", "7"), "# mine\n[api]\nport = 7\n\n[x]\ny = 2\n");
    EXPECT_EQ(*set_in_toml(text, "api.host", "\"h\""),
              "# mine\n[api]\nport = 1 # old\nhost = \"h\"\n\n[x]\ny = 2\n");
    EXPECT_EQ(*set_in_toml("", "model.name", toml_string("a\"b")),
              "\n[model]\nname = \"a\\\"b\"\n");
    EXPECT_EQ(*set_in_toml("k = 1\n", "z", "2"), "k = 1\nz = 2\n");
    EXPECT_FALSE(set_in_toml(text, "api.port", "not a literal"));
}

}  // namespace
}  // namespace hs::wire
