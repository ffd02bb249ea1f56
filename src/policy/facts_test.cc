#include "policy/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/embedded.h"
#include "policy/profile.h"
#include "policy/trial.h"

namespace hs::policy {
namespace {

const FactTables& tables() {
    static const FactTables facts = FactTables::builtin();
    return facts;
}

ToolGroups groups(std::string_view line, std::string_view executable = "") {
    const auto argv = split_command(line).value();
    const auto called =
        CanonicalPath::from_text(argv[0].starts_with('/') ? argv[0] : "/usr/bin/" + argv[0])
            .value();
    const auto resolved =
        executable.empty() ? called : CanonicalPath::from_text(executable).value();
    return tables().tools().facts(called, resolved, argv).groups;
}

TEST(ToolTable, LookingHoldsOnlyAlone) {
    const ToolGroups inspect = {ToolGroup::inspect};
    const ToolGroups vcs_read = {ToolGroup::vcs_read};
    for (const auto line : {"ls -la", "cat x", "uname -a", "find . -name x", "grep -r x .",
                            "sort x", "date", "hostname", "head -n 5 x"}) {
        EXPECT_EQ(groups(line), inspect) << line;
    }
    for (const auto line :
         {"git status", "git -C /x log", "git --git-dir=/x show HEAD", "git diff"}) {
        EXPECT_EQ(groups(line), vcs_read) << line;
    }
    for (const auto line : {"find . -exec sh {} ;",
                            "find . -delete",
                            "find . -fprintf x y",
                            "sort -o x y",
                            "sort -uo x y",
                            "sort --output=x y",
                            "sort --out=x y",
                            "sort -ox y",
                            "uniq a b",
                            "date -s now",
                            "hostname evil",
                            "git -c alias.x=!sh x",
                            "git -ccore.pager=x log",
                            "git --exec-path=/x log",
                            "git diff --ext-diff",
                            "git log --output=x",
                            "git unknown-alias",
                            "git grep -O x",
                            "xxd -r a",
                            "tree -o x",
                            "yq -i x",
                            "rg --pre cmd x",
                            "env ls",
                            "xargs ls",
                            "timeout 5 ls",
                            "awk 1 x",
                            "sed -n p x",
                            "less x",
                            "git config x y",
                            "git",
                            "nonsense",
                            "git --config-env=a=b log",
                            "git -p log"}) {
        EXPECT_FALSE(groups(line).has_any({ToolGroup::inspect, ToolGroup::vcs_read})) << line;
        EXPECT_FALSE(groups(line).empty()) << line;
    }
}

TEST(ToolTable, NamesHoldOnlyInTrustedFolders) {
    const ToolGroups own = {ToolGroup::project_program};
    EXPECT_EQ(groups("/home/alice/project/ls"), own);
    EXPECT_EQ(groups("/tmp/ls"), own);
    EXPECT_EQ(groups("/usr/bin/ls", "/home/alice/evil"), own);
    EXPECT_EQ(groups("/usr/binx/ls"), own);
    EXPECT_TRUE(groups("/home/alice/bin/x", "/usr/bin/sudo").has(ToolGroup::privilege));
    // The link's name and the program's name both count.
    EXPECT_TRUE(groups("awk 1", "/usr/bin/mawk").has(ToolGroup::interpreter));
    EXPECT_TRUE(groups("ls", "/usr/bin/bash").has(ToolGroup::shell));
    EXPECT_EQ(groups("ls", "/usr/bin/busybox"), ToolGroups{ToolGroup::inspect});
    EXPECT_EQ(groups("busybox rm x", "/usr/bin/busybox"), ToolGroups{ToolGroup::unknown});
}

TEST(ToolTable, SaysWhatBuildsAndPublishes) {
    const auto facts = [](std::string_view line) {
        const auto argv = split_command(line).value();
        const auto path = CanonicalPath::from_text("/usr/bin/" + argv[0]).value();
        return tables().tools().facts(path, path, argv);
    };
    EXPECT_TRUE(facts("make").runs_project_code);
    EXPECT_TRUE(facts("git commit -m x").runs_project_code);
    EXPECT_FALSE(facts("git status").runs_project_code);
    EXPECT_TRUE(facts("git push").network);
    EXPECT_TRUE(facts("npm install").groups.has(ToolGroup::package));
    EXPECT_FALSE(facts("npm test").groups.has(ToolGroup::package));
    EXPECT_TRUE(facts("kubectl get x").groups.has(ToolGroup::production));
    EXPECT_FALSE(facts("ls").writes);
    EXPECT_TRUE(facts("bash -c ls").script);
}

TEST(CommandFacts, FindTheSecretAmongTheArguments) {
    Surroundings around;
    around.home = CanonicalPath::from_text("/home/a").value();
    around.granted_roots = {CanonicalPath::from_text("/home/a/p").value()};
    around.own_folders = {CanonicalPath::from_text("/home/a/.local/state/hardshell").value()};
    const auto touches = [&](std::string_view line) {
        const auto argv = split_command(line).value();
        const auto path = CanonicalPath::from_text("/usr/bin/" + argv[0]).value();
        const CommandLine command{path, path, "", argv,
                                  CanonicalPath::from_text("/home/a/p").value()};
        return tables().command(command, around).touches;
    };
    for (const auto line :
         {"cat .env", "cat ./x/../.env", "cat ~/.ssh/id_rsa", "dd if=.env of=x",
          "git show HEAD:.env", "curl -d @.env x", "grep -f.env x",
          "cat --file=/home/a/.aws/credentials", "cat .ENV", "cat /proc/self/environ",
          "tar -cf x /home/a/.kube", "cat .env.local"}) {
        EXPECT_TRUE(touches(line).has(flow::DataClass::credential)) << line;
    }
    EXPECT_TRUE(touches("cat ../.local/state/hardshell/x").has(flow::DataClass::secret));
    EXPECT_TRUE(touches("cat README.md .env.example").empty());
}

TEST(PathClasses, SeeTheNameAnywhere) {
    const auto traits = [](std::string_view text) {
        return tables().classes().traits(CanonicalPath::from_text(text).value());
    };
    EXPECT_TRUE(traits("/a/.ssh/x/y").classes.has(flow::DataClass::credential));
    EXPECT_TRUE(traits("/a/.config/gcloud/x").classes.has(flow::DataClass::credential));
    EXPECT_FALSE(traits("/a/.config/other/gcloud").classes.has(flow::DataClass::credential));
    EXPECT_TRUE(traits("/a/server.PEM").classes.has(flow::DataClass::credential));
    EXPECT_TRUE(traits("/a/\xef\xbc\x8e\xef\xbd\x85nv").classes.has(flow::DataClass::credential));
    EXPECT_FALSE(traits("/a/.env.example").classes.has(flow::DataClass::credential));
    EXPECT_TRUE(traits("/a/terraform.tfstate").classes.has(flow::DataClass::production));
    EXPECT_TRUE(traits("/p/.git/hooks/pre-commit").runs_later);
    EXPECT_TRUE(traits("/p/.github/workflows/x.yml").runs_later);
    EXPECT_FALSE(traits("/p/src/main.cc").runs_later);
}

TEST(ZoneTable, AddressesDecideOverNames) {
    const auto zones = [](std::string_view host, std::string_view address = "") {
        std::optional<Address> dialled;
        if (!address.empty()) dialled = parse_address(address).value();
        return tables().zones().zones(canonical_host_port(host, 443).value(), dialled);
    };
    EXPECT_EQ(zones("example.com"), Zones{Zone::internet});
    EXPECT_EQ(zones("example.com", "93.184.216.34"), Zones{Zone::internet});
    EXPECT_EQ(zones("example.com", "10.0.0.1"), Zones{Zone::private_});
    EXPECT_EQ(zones("example.com", "::ffff:169.254.169.254"), Zones{Zone::metadata});
    EXPECT_EQ(zones("localhost:8080"), Zones{Zone::loopback});
    EXPECT_EQ(zones("a.localhost"), Zones{Zone::loopback});
    EXPECT_EQ(zones("0x7f.1"), Zones{Zone::loopback});
    EXPECT_EQ(zones("2130706433"), Zones{Zone::loopback});
    EXPECT_EQ(zones("printer"), Zones{Zone::private_});
    EXPECT_TRUE(zones("localhost", "10.0.0.1").has(Zone::private_));
    EXPECT_TRUE(zones("wiki.corp").has(Zone::private_));
    EXPECT_TRUE(zones("example.com:5432").has(Zone::database));
    EXPECT_FALSE(zones("127.0.0.1:5432").has(Zone::database));
    EXPECT_TRUE(zones("x.eks.amazonaws.com").has(Zone::kubernetes));
    EXPECT_FALSE(zones("eks.amazonaws.com.evil.example").has(Zone::kubernetes));
    EXPECT_TRUE(zones("metadata.google.internal").has(Zone::metadata));
}

base::Result<FactTables> parse_zones(std::string text) {
    return FactTables::parse({}, {}, {{"zones.toml", std::move(text)}});
}

TEST(Tables, NameTheLineOfAMistake) {
    const auto what = [](const auto& result) {
        return result ? std::string() : result.error().what;
    };
    EXPECT_THAT(what(parse_zones("[[zone]]\nname = \"mars\"\n")),
                testing::HasSubstr("zones.toml:2: zone.0.name"));
    EXPECT_THAT(what(parse_zones("[[zone]]\nname = \"saas\"\nhost = [\"a\"]\n")),
                testing::HasSubstr("no such key"));
    EXPECT_THAT(what(parse_zones("[[zone]]\nname = \"saas\"\nhosts = [\"a b\"]\n")),
                testing::HasSubstr("zones.toml:3"));
    EXPECT_FALSE(parse_zones("[[zone]]\nname = \"saas\"\nports = [0]\n").ok());
    EXPECT_FALSE(parse_zones("[[zone]]\nname = \"saas\"\naddresses = [\"10.0.0.1/8\"]\n").ok());
    EXPECT_FALSE(parse_zones("[[zone").ok());
    const NamedText tools{"tools.toml", "[[tool]]\nnames = [\"x\"]\ngroup = \"nothing\"\n"};
    EXPECT_THAT(what(FactTables::parse(tools, {}, {})), testing::HasSubstr("tools.toml:3"));
    const NamedText twice{"tools.toml", "[[tool]]\nnames = [\"x\", \"x\"]\ngroup = \"edit\"\n"};
    EXPECT_THAT(what(FactTables::parse(twice, {}, {})), testing::HasSubstr("listed twice"));
}

TEST(Profiles, AreStrictAndOrdered) {
    const auto table = ProfileTable::parse(ProfileTable::builtin_files(), tables().classes());
    ASSERT_TRUE(table.ok()) << table.error().what;
    ASSERT_EQ(table->all().size(), 7U);
    for (const Profile& profile : table->all()) {
        EXPECT_EQ(profile.records, profile.name == "recorded") << profile.name;
        if (profile.records) {
            EXPECT_EQ(profile.network, Network::none);
        }
    }
    const Profile* read = table->find("read");
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->project, Access::read);
    EXPECT_THAT(read->masked_names, testing::Contains(".env"));
    EXPECT_THAT(read->masked_ends, testing::Contains(".config/gcloud"));
    EXPECT_LT(read->rank, table->find("work")->rank);
    EXPECT_LT(table->find("work")->rank, table->find("build")->rank);
    const std::string good = "name=\"x\"\npurpose=\"p\"\nrank=1\nnetwork=\"none\"\n";
    const auto parse = [&](const std::string& text) {
        return ProfileTable::parse({{"x.toml", text}}, tables().classes()).ok();
    };
    EXPECT_TRUE(parse(good));
    EXPECT_FALSE(parse("name=\"x\"\npurpose=\"p\"\nrank=1\nnetwork=\"all\"\n"));
    EXPECT_FALSE(parse(good + "netwrk=1\n"));
    const std::string open = "name=\"x\"\npurpose=\"p\"\nrank=1\nnetwork=\"egress\"\n";
    EXPECT_TRUE(parse(open + "[connections]\nopen=2\ninspect=\"always\"\n"));
    EXPECT_FALSE(parse(good + "[connections]\nopen=2\n"));
    EXPECT_FALSE(parse(open + "[connections]\nopen=0\n"));
    EXPECT_FALSE(parse(open + "[connections]\nopen=1000\n"));
    EXPECT_FALSE(parse(open + "[connections]\ninspect=\"never\"\n"));
    EXPECT_FALSE(parse(good + "[shows]\nsystem=[\"/usr/../etc\"]\n"));
    EXPECT_FALSE(parse(good + "[shows]\nproject=\"all\"\n"));
    EXPECT_FALSE(parse(good + "[limits]\nwall_s=0\n"));
    EXPECT_FALSE(ProfileTable::parse({{"a", good}, {"b", good}}, tables().classes()).ok());
}

TEST(CommandWords, AreSplitAsWritten) {
    EXPECT_THAT(split_command("a 'b c' \"d\"e \\ f").value(),
                testing::ElementsAre("a", "b c", "de", " f"));
    EXPECT_THAT(split_command("a ''").value(), testing::ElementsAre("a", ""));
    EXPECT_FALSE(split_command("a 'b").ok());
    EXPECT_FALSE(split_command("  ").ok());
    EXPECT_EQ(command_line({"a", "b c", "it's", ""}), "a 'b c' 'it'\\''s' ''");
}

TEST(Embedded, HoldsTheFilesOfPolicies) {
    for (const auto name :
         {"hardshell.cedarschema", "builtin.cedar", "personal.cedar", "work.cedar",
          "enterprise.cedar", "enterprise.ceiling.cedar", "locked.cedar", "tools.toml",
          "classes.toml", "zones.toml", "profiles/read.toml"}) {
        EXPECT_TRUE(embedded_file(name).has_value()) << name;
    }
    EXPECT_FALSE(embedded_file("tests/personal.toml").has_value());
}

}  // namespace
}  // namespace hs::policy
