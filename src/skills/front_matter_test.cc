#include "skills/front_matter.h"

#include <gtest/gtest.h>

#include "skills/card.h"

namespace hs::skills {
namespace {

using base::Code;

std::string with_front(std::string_view yaml) {
    return "---\n" + std::string(yaml) + "\n---\nbody\n";
}

TEST(FrontMatter, RefusesBombsAndTricks) {
    std::string aliases = "a: &a [x, x, x]\n";
    for (char c = 'b'; c < 'k'; ++c)
        aliases +=
            std::string(1, c) + ": &" + c + " [*" + char(c - 1) + ", *" + char(c - 1) + "]\n";
    EXPECT_EQ(split_front_matter(with_front(aliases)).error().code, Code::invalid_input);
    EXPECT_EQ(split_front_matter(with_front("a: " + std::string(20, '[') + std::string(20, ']')))
                  .error()
                  .code,
              Code::exhausted);
    EXPECT_FALSE(
        split_front_matter(with_front("a: " + std::string(2000, '[') + std::string(2000, ']')))
            .ok());
    EXPECT_EQ(split_front_matter(with_front("a: " + std::string(70'000, 'x'))).error().code,
              Code::exhausted);
    std::string many;
    for (int i = 0; i < 5'000; ++i) many += "k" + std::to_string(i) + ": v\n";
    EXPECT_EQ(split_front_matter(with_front(many)).error().code, Code::exhausted);
    EXPECT_FALSE(split_front_matter(with_front("name: a\nname: b")).ok());
    EXPECT_FALSE(split_front_matter(with_front("name: !!python/object:os.system x")).ok());
    EXPECT_FALSE(split_front_matter(with_front("? {a: b}\n: c")).ok());
    EXPECT_FALSE(split_front_matter(with_front("- a\n- b")).ok());
    EXPECT_FALSE(split_front_matter("---\nname: x\n").ok());
    EXPECT_EQ(split_front_matter("# no front matter\n").error().code, Code::not_found);
}

TEST(FrontMatter, ReadsValuesAndBody) {
    const auto found = split_front_matter(
        "---\r\nname: a-b\r\ndescription: >\r\n  two\r\n  lines\r\nflag: true\r\nquoted: "
        "\"true\"\r\n---\r\n# Title\r\n");
    ASSERT_TRUE(found.ok()) << found.error().what;
    EXPECT_EQ(*wire::text_at(found->value, "name"), "a-b");
    EXPECT_EQ(*wire::text_at(found->value, "description"), "two lines\n");
    EXPECT_TRUE(*wire::boolean_at(found->value, "flag"));
    EXPECT_EQ(*wire::text_at(found->value, "quoted"), "true");
    EXPECT_EQ(found->body, "# Title\r\n");
    EXPECT_EQ(found->body_line, 9U);
}

TEST(Card, HoldsTheStandardToTheLetterWhenStrict) {
    EXPECT_TRUE(parse_card(with_front("name: a\ndescription: d"), Reading::strict).ok());
    for (const char* wrong :
         {"description: d", "name: a", "name: A\ndescription: d", "name: a--b\ndescription: d",
          "name: -a\ndescription: d", "name: a_b\ndescription: d", "name: ../x\ndescription: d",
          "name: a\ndescription: ''", "name: [a]\ndescription: d"}) {
        EXPECT_FALSE(parse_card(with_front(wrong), Reading::lenient).ok()) << wrong;
    }
    const std::string unknown = with_front("name: a\ndescription: d\nsurprise: x");
    EXPECT_FALSE(parse_card(unknown, Reading::strict).ok());
    const auto lenient = parse_card(unknown, Reading::lenient);
    ASSERT_TRUE(lenient.ok());
    EXPECT_EQ(lenient->notes.size(), 1U);
    EXPECT_FALSE(
        parse_card(with_front("name: a\ndescription: " + std::string(1'025, 'x')), Reading::strict)
            .ok());
    EXPECT_FALSE(parse_card(with_front("name: " + std::string(65, 'a') + "\ndescription: d"),
                            Reading::strict)
                     .ok());
}

TEST(Card, ReadsOpenClawMetadata) {
    const auto card =
        parse_card(with_front("name: a\ndescription: d\nmetadata: {\"openclaw\": {\"always\": "
                              "true, \"requires\": {\"bins\": [\"git\"], \"env\": [\"KEY\"]}, "
                              "\"install\": [{\"kind\": \"brew\", \"formula\": \"jq\"}]}}"),
                   Reading::lenient);
    ASSERT_TRUE(card.ok()) << card.error().what;
    EXPECT_TRUE(card->wants_always);
    EXPECT_EQ(card->needs_programs, std::vector<std::string>{"git"});
    EXPECT_EQ(card->needs_variables, std::vector<std::string>{"KEY"});
    EXPECT_EQ(card->installs, std::vector<std::string>{"brew: jq"});
    EXPECT_FALSE(card->manifest.has_value());
}

TEST(Manifest, RefusesWhatItDoesNotKnow) {
    const auto manifest = [](std::string_view yaml) {
        return parse_card(
            with_front("name: a\ndescription: d\nmetadata:\n  hardshell:\n" + std::string(yaml)),
            Reading::lenient);
    };
    EXPECT_TRUE(manifest("    permissions:\n      paths: {read: [project, skill, ~/notes]}\n      "
                         "hosts: [{host: api.github.com, methods: [GET]}]\n")
                    .ok());
    for (const char* wrong :
         {"    permission: {}\n", "    permissions: {path: {}}\n",
          "    permissions: {paths: {read: [/etc]}}\n",
          "    permissions: {paths: {read: [project/../..]}}\n",
          "    permissions: {paths: {read: [\"~\"]}}\n", "    permissions: {hosts: [\"*\"]}\n",
          "    permissions: {hosts: [{host: a.com, methods: [BREW]}]}\n",
          "    permissions: {hosts: [{host: a.com, port: 0}]}\n",
          "    permissions: {executables: [/bin/sh]}\n",
          "    permissions: {executables: [\"git --exec\"]}\n", "    permissions: {memory: all}\n",
          "    data-classes: [everything]\n",
          "    no-memory: true\n    permissions: {memory: remember}\n"}) {
        EXPECT_FALSE(manifest(wrong).ok()) << wrong;
    }
}

TEST(Manifest, ComesBackFromItsYamlAndItsJson) {
    const auto card = parse_card(
        with_front("name: a\ndescription: d\nmetadata:\n  hardshell:\n    permissions:\n      "
                   "paths: {read: [project], write: [project/out]}\n      executables: [git]\n     "
                   " hosts: [{host: \"*.example.com\", port: 8443, methods: [GET, POST]}]\n      "
                   "secrets: [github]\n      tools: [files_read]\n      memory: recall\n    "
                   "no-memory: false\n    data-classes: [internal]\n"),
        Reading::strict);
    ASSERT_TRUE(card.ok()) << card.error().what;
    const auto again = parse_card(
        with_front("name: a\ndescription: d\n" + yaml_of(*card->manifest)), Reading::strict);
    ASSERT_TRUE(again.ok()) << again.error().what << yaml_of(*card->manifest);
    EXPECT_EQ(*again->manifest, *card->manifest);
    EXPECT_EQ(*manifest_from_json(wire::canonical_json(to_json(*card->manifest))), *card->manifest);
    Permissions less = card->manifest->permissions;
    less.hosts.clear();
    EXPECT_EQ(
        beyond(card->manifest->permissions, less),
        (std::vector<std::string>{"host *.example.com:8443 GET", "host *.example.com:8443 POST"}));
    EXPECT_TRUE(beyond(less, card->manifest->permissions).empty());
}

}  // namespace
}  // namespace hs::skills
