#include "skills/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "skills/lookalike.h"
#include "skills/propose.h"

namespace hs::skills {
namespace {

using base::Code;
namespace fs = std::filesystem;
constexpr base::WallTime_ms now_ms = 1'796'000'000'000;
constexpr auto text_depth = Store::Depth::text;

class StoreTest : public testing::Test {
  protected:
    StoreTest() {
        char name[] = "/tmp/hs-skills-XXXXXX";
        base_ = ::mkdtemp(name);
    }
    ~StoreTest() override { fs::remove_all(base_); }

    void put(const std::string& path, const std::string& text) {
        fs::create_directories(fs::path(base_ + "/in/" + path).parent_path());
        std::ofstream(base_ + "/in/" + path) << text;
    }
    void put_skill(const std::string& name, const std::string& more = "") {
        fs::remove_all(base_ + "/in");
        put("SKILL.md", "---\nname: " + name + "\ndescription: d\n" + more + "---\nbody\n");
    }
    base::Result<Tree> tree() { return read_tree(base_ + "/in"); }
    Store store() { return Store(base_ + "/store", {base_ + "/reviewers.toml"}); }
    base::Result<Installed> install() {
        return store().install(*tree(), {"here", "clean", now_ms});
    }

    std::string base_;
};

TEST_F(StoreTest, RefusesWhatDoesNotBelongIntoASkill) {
    put_skill("a-skill");
    fs::create_symlink("/etc/passwd", base_ + "/in/link");
    EXPECT_EQ(install().error().code, Code::denied);
    fs::remove(base_ + "/in/link");
    ASSERT_EQ(::mkfifo((base_ + "/in/pipe").c_str(), 0600), 0);
    EXPECT_EQ(install().error().code, Code::denied);
    fs::remove(base_ + "/in/pipe");
    put("a.txt", "1");
    put("A.TXT", "2");
    EXPECT_EQ(install().error().code, Code::denied);
    fs::remove(base_ + "/in/A.TXT");
    put("x\xE2\x80\xAEtxt.exe", "1");
    EXPECT_EQ(install().error().code, Code::denied);
    fs::remove_all(base_ + "/in");
    fs::create_directories(base_ + "/in");
    EXPECT_EQ(install().error().code, Code::not_found);
    EXPECT_FALSE(fs::exists(base_ + "/store/lock.json"));
}

// A repository's link must not have one's own folders read as its skill.
TEST_F(StoreTest, NoLinkLeadsOutOfARepository) {
    put_skill("a-skill");
    fs::create_directories(base_ + "/repository/skills");
    fs::create_directory_symlink(base_ + "/in", base_ + "/repository/link");
    fs::create_directory_symlink(base_ + "/in", base_ + "/repository/skills/x");
    fs::copy(base_ + "/in", base_ + "/repository/skills/real");
    const std::string top = base_ + "/repository";
    EXPECT_TRUE(read_tree_below(top, "skills/real").ok());
    for (const char* path : {"link", "skills/x", "../in", "/etc", ".git", ".git/hooks"}) {
        EXPECT_EQ(read_tree_below(top, path).error().code, Code::denied) << path;
    }
}

TEST_F(StoreTest, RefusesAHundredThousandFilesAndDeepFolders) {
    put_skill("many");
    for (int i = 0; i < 2'100; ++i) put("f" + std::to_string(i), "");
    EXPECT_EQ(tree().error().code, Code::exhausted);
    put_skill("deep");
    std::string path;
    for (int i = 0; i < 20; ++i) path += "d/";
    put(path + "f", "x");
    EXPECT_EQ(tree().error().code, Code::exhausted);
    put_skill("large");
    TreeLimits limits;
    limits.bytes_max = 10;
    EXPECT_EQ(read_tree(base_ + "/in", limits).error().code, Code::exhausted);
}

TEST_F(StoreTest, PathsOfOthersMayNotTraverse) {
    for (const char* wrong : {"", "/etc/passwd", "../x", "a/../b", "a//b", "a/./b", "a\\b", "c:x",
                              "a/\xE2\x80\x8B", "a. "}) {
        EXPECT_FALSE(check_tree_path(wrong).ok()) << wrong;
    }
    EXPECT_TRUE(check_tree_path("scripts/run.sh").ok());
}

TEST_F(StoreTest, InstallsDisabledAndSuspendsAtAChangedByte) {
    put_skill("notes");
    put("scripts/run.sh", "echo 1\n");
    const auto installed = install();
    ASSERT_TRUE(installed.ok()) << installed.error().what;
    EXPECT_FALSE(installed->is_enabled);
    EXPECT_EQ(installed->digest, tree()->digest());
    auto loaded = store().load("notes", now_ms, text_depth);
    ASSERT_TRUE(loaded.ok()) << loaded.error().what;
    EXPECT_EQ(loaded->standing.tier, policy::TrustTier::tier4);
    EXPECT_TRUE(loaded->manifest().permissions.empty());
    ASSERT_TRUE(store().set_enabled("notes", true).ok());
    EXPECT_TRUE(store().load("notes", now_ms, text_depth)->entry.is_enabled);
    const std::string file = store().folder_of(installed->digest) + "/scripts/run.sh";
    ::chmod(file.c_str(), 0600);
    std::ofstream(file) << "echo 2\n";
    loaded = store().load("notes", now_ms, Store::Depth::hashes);
    ASSERT_FALSE(loaded.ok());
    EXPECT_NE(loaded.error().what.find("suspended"), std::string::npos);
    ASSERT_TRUE(store().remove("notes").ok());
    EXPECT_FALSE(fs::exists(store().folder_of(installed->digest)));
    EXPECT_EQ(store().load("notes", now_ms, text_depth).error().code, Code::not_found);
}

TEST_F(StoreTest, AnUpdateArrivesDisabledAndKeepsTheVersionBefore) {
    put_skill("notes");
    const auto first = install();
    ASSERT_TRUE(store().set_enabled("notes", true).ok());
    put("more.md", "x");
    const auto second = install();
    ASSERT_TRUE(second.ok());
    EXPECT_FALSE(second->is_enabled);
    EXPECT_EQ(second->before, first->digest);
    EXPECT_TRUE(store().version(first->digest).ok());
}

TEST_F(StoreTest, RefusesLookAlikesAndNamesOfBuiltInSkills) {
    put_skill("weather-tool");
    ASSERT_TRUE(install().ok());
    for (const char* name : {"weathertool", "weather-too1", "weather-tol", "waether-tool"}) {
        put_skill(name);
        EXPECT_EQ(install().error().code, Code::conflict) << name;
    }
    for (const char* name : {"git-review", "gitreview"}) {
        put_skill(name);
        EXPECT_EQ(install().error().code, Code::conflict) << name;
    }
    put_skill("weather-map");
    EXPECT_TRUE(install().ok());
}

TEST_F(StoreTest, ATierComesFromASignatureAlone) {
    base::ScriptedRandom random(1);
    const auto key = crypto::SigningKey::generate(random);
    const auto other = crypto::SigningKey::generate(random);
    std::ofstream(base_ + "/reviewers.toml")
        << "[[reviewer]]\nname = \"ann\"\nkey = \"" << base::to_base64(key.public_key())
        << "\"\nroles = []\n[[reviewer]]\nname = \"sec\"\nkey = \""
        << base::to_base64(other.public_key()) << "\"\nroles = [\"security\"]\n";
    put_skill("plain");
    const std::string digest = install()->digest;
    const auto tier = [&](const std::string& name, base::WallTime_ms at_ms) {
        return store().load(name, at_ms, text_depth)->standing.tier;
    };
    Review review{"plain", digest, "ann",  Review::Verdict::approved,
                  "clean", "",     now_ms, now_ms + review_life_ms,
                  ""};
    sign(review, other);  // not the key of ann
    ASSERT_TRUE(store().add_review(review).ok());
    EXPECT_EQ(tier("plain", now_ms), policy::TrustTier::tier4);
    sign(review, key);
    ASSERT_TRUE(store().add_review(review).ok());
    EXPECT_EQ(tier("plain", now_ms), policy::TrustTier::tier1);
    EXPECT_EQ(tier("plain", now_ms + review_life_ms), policy::TrustTier::tier4);
    review.digest = std::string(64, '0');  // signed for another version
    EXPECT_NE(signed_bytes(review), base::Bytes());

    put_skill("nets", "metadata:\n  hardshell:\n    permissions: {hosts: [a.example.com]}\n");
    Review second{"nets", install()->digest,       "ann", Review::Verdict::approved, "clean", "",
                  now_ms, now_ms + review_life_ms, ""};
    sign(second, key);
    ASSERT_TRUE(store().add_review(second).ok());
    EXPECT_EQ(tier("nets", now_ms), policy::TrustTier::tier4)
        << "touches the network: needs security";
    second.reviewer = "sec";
    sign(second, other);
    ASSERT_TRUE(store().add_review(second).ok());
    EXPECT_EQ(tier("nets", now_ms), policy::TrustTier::tier1);
    second.reviewer = "ann";
    second.verdict = Review::Verdict::blocked;
    sign(second, key);
    ASSERT_TRUE(store().add_review(second).ok());
    EXPECT_EQ(tier("nets", now_ms), policy::TrustTier::blocked);
}

TEST_F(StoreTest, ALockOfAnotherVersionOrCutShortIsRefused) {
    put_skill("notes");
    ASSERT_TRUE(install().ok());
    const std::string lock = base_ + "/store/lock.json";
    std::string text;
    std::getline(std::ifstream(lock), text, '\0');
    std::ofstream(lock) << text.substr(0, text.size() / 2);
    EXPECT_FALSE(store().list().ok());
    std::ofstream(lock) << R"({"format":"hardshell skills 2","skills":{}})";
    EXPECT_EQ(store().list().error().code, Code::corrupt);
}

TEST(Builtin, EverySkillIsStrictAndHasAManifest) {
    const auto skills = builtin_skills();
    EXPECT_EQ(skills.size(), 9U);
    for (const auto& [entry, tree] : skills) {
        const auto card = parse_card(tree.find("SKILL.md")->text(), Reading::strict);
        ASSERT_TRUE(card.ok()) << entry.name << ": " << card.error().what;
        EXPECT_EQ(card->name, entry.name);
        EXPECT_TRUE(card->manifest.has_value()) << entry.name;
        EXPECT_LT(card->body.size(), 2'000U) << entry.name;
    }
}

TEST(Propose, ReadsNeedsOffTheText) {
    Tree tree;
    const auto add = [&tree](const std::string& path, std::string_view text) {
        TreeFile file;
        file.path = path;
        file.bytes = base::copy_bytes(base::bytes_of(text));
        tree.files.push_back(file);
    };
    add("SKILL.md",
        "---\nname: a\ndescription: d\n---\n```bash\ngit log\ncurl -X POST "
        "https://api.example.com/x -d '{}'\n```\n");
    add("scripts/x.py", "print(1)\n");
    settle_tree(tree);
    const auto made = propose_manifest(*parse_card(tree.find("SKILL.md")->text(), Reading::lenient),
                                       tree, nullptr);
    EXPECT_EQ(lines_of(made.permissions),
              (std::vector<std::string>{"host api.example.com GET", "host api.example.com HEAD",
                                        "host api.example.com POST", "read project", "run curl",
                                        "run git", "run python3"}));
}

TEST(Propose, WhatATrialAskedForIsAddedAndHiddenFoldersNeverAre) {
    Tree tree;
    TreeFile file;
    file.path = "SKILL.md";
    file.bytes = base::copy_bytes(base::bytes_of("---\nname: a\ndescription: d\n---\nHello.\n"));
    tree.files.push_back(file);
    settle_tree(tree);
    const auto attempts = wire::parse_json(R"([
        {"kind": "run", "what": "/usr/bin/jq"}, {"kind": "run", "what": "/usr/local/bin/jq"},
        {"kind": "resolve", "what": "api.example.com"}, {"kind": "resolve", "what": "192.0.2.1"},
        {"kind": "connect", "what": "192.0.2.1:443"}, {"kind": "read", "what": "/c/x/SKILL.md"},
        {"kind": "read", "what": "/home/user/notes/a.md"}, {"kind": "write", "what": "/c/x/out"},
        {"kind": "read", "what": "/home/user/.ssh/id_rsa"}, {"kind": "nonsense"}, 7])");
    Trial trial;
    trial.add(*attempts, "/c/x", {"SKILL.md"});
    EXPECT_EQ(trial.lines(),
              (std::vector<std::string>{"read ~/.ssh/id_rsa", "read ~/notes/a.md",
                                        "write project/out", "run jq", "look up 192.0.2.1",
                                        "look up api.example.com", "connect to 192.0.2.1:443"}));
    EXPECT_EQ(*trial_from_json(to_json(trial)), trial);
    const auto card = parse_card(tree.find("SKILL.md")->text(), Reading::lenient);
    const auto made = propose_manifest(*card, tree, &trial);
    EXPECT_EQ(
        lines_of(made.permissions),
        (std::vector<std::string>{"host api.example.com GET", "host api.example.com HEAD",
                                  "read project", "read ~/notes", "run jq", "write project"}));
    // What is proposed is a manifest that can be declared.
    EXPECT_TRUE(manifest_from_json(to_json(made)).ok());
}

TEST(LookAlike, KnowsSlipsAndLetters) {
    EXPECT_EQ(imitated_package("reqeusts"), "requests");
    EXPECT_EQ(imitated_package("requests"), "");
    EXPECT_EQ(imitated_package("python-dateutil"), "");
    EXPECT_TRUE(looks_like("clawhub", "clawhubb"));
    EXPECT_TRUE(looks_like("rnoltbot", "moltbot"));
    EXPECT_FALSE(looks_like("weather", "feather-map"));
    EXPECT_FALSE(looks_like("git", "gh"));
}

}  // namespace
}  // namespace hs::skills
