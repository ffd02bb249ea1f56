#include "audit/note.h"

#include <gtest/gtest.h>

#include "audit/epoch.h"
#include "audit/fixture.h"

namespace hs::audit {
namespace {

using base::Code;

constexpr const char* example_key =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr const char* example_note =
    "This is an example message.\n\n\xe2\x80\x94 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    "\n";

base::Result<> verify_text(std::string_view note, const VerifierKey& key) {
    const Note parsed = TRY(parse_note(note));
    return verify_note(parsed, {&key, 1});
}

TEST(Note, TheSpecificationsExampleVerifies) {
    const auto key = parse_verifier_key(example_key);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->text(), example_key);
    EXPECT_TRUE(verify_text(example_note, *key));
    EXPECT_EQ(parse_note(example_note)->text, "This is an example message.\n");
}

TEST(Note, EveryChangedBitOfTheTextFails) {
    const auto key = parse_verifier_key(example_key);
    const std::string note = example_note;
    for (std::size_t i = 0; i < note.size(); ++i) {
        std::string changed = note;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(verify_text(changed, *key)) << i;
    }
}

TEST(Note, FormsThatAreNoNotesAreRefused) {
    const std::string line = std::string(example_note).substr(29);
    for (const std::string& bad :
         {std::string(), std::string("text\n"), std::string("text\n\n"), "text\n" + line,
          std::string(example_note) + "\n", std::string(example_note) + "x\n",
          std::string("a\tb\n\n") + line, std::string("a\xff\n\n") + line,
          std::string("text\n\n- example.com/foo AAAA\n"),
          std::string("text\n\n\xe2\x80\x94 a+b AAAAAAA=\n"),
          std::string("text\n\n\xe2\x80\x94 name AAAA\n")}) {
        EXPECT_EQ(parse_note(bad).error().code, Code::invalid_input) << bad;
    }
    std::string many = "text\n\n";
    for (int i = 0; i < 65; ++i) many += "\xe2\x80\x94 name AAAAAAA=\n";
    EXPECT_FALSE(parse_note(many));
    EXPECT_TRUE(parse_note("text\n\n\xe2\x80\x94 name AAAAAAA=\n"));
}

TEST(Note, UnknownKeysArePassedOverKnownOnesMustVerify) {
    base::ScriptedRandom random(4);
    const auto first = crypto::SigningKey::generate(random);
    const auto second = crypto::SigningKey::generate(random);
    const std::string one = "one.example";
    const std::string two = "two.example";
    const std::array<NoteSigner, 2> signers{NoteSigner{one, first}, NoteSigner{two, second}};
    const VerifierKey first_key{one, first.public_key()};
    const VerifierKey second_key{two, second.public_key()};
    std::string note = sign_note("hello\n\nworld\n", signers);
    EXPECT_TRUE(verify_text(note, first_key));
    EXPECT_TRUE(verify_text(note, second_key));
    EXPECT_EQ(verify_text(note, {one, second.public_key()}).error().code, Code::denied);
    // A second line of a known key that does not verify spoils the note.
    const std::string other = sign_note("other\n", {signers.data(), 1});
    const std::string foreign_line = other.substr(other.find("\n\n") + 2);
    EXPECT_FALSE(verify_text(note + foreign_line, first_key));
    EXPECT_TRUE(verify_text(note + foreign_line, second_key));
    const auto parsed = *parse_note(note + foreign_line);
    EXPECT_FALSE(verify_note(parsed, {&second_key, 1}, {&first_key, 1}));
}

TEST(Note, KeysWithAWrongIdTypeOrNameAreRefused) {
    for (const char* bad :
         {"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
          "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
          "example.com/foo+530d903a", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
          "exa mple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ""}) {
        EXPECT_EQ(parse_verifier_key(bad).error().code, Code::invalid_input) << bad;
    }
    EXPECT_FALSE(is_key_name("a\xe3\x80\x80z"));
    EXPECT_TRUE(is_key_name("log.example/\xc3\xa9"));
}

TEST(Checkpoint, FormIsStrict) {
    const std::string root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    const auto parsed = parse_checkpoint("a.example\n0\n" + root + "\nmore\n");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->head.root, empty_root());
    EXPECT_EQ(parsed->text(), "a.example\n0\n" + root + "\nmore\n");
    for (const std::string& bad :
         {"a.example\n00\n" + root + "\n", "a.example\n-1\n" + root + "\n", "\n0\n" + root + "\n",
          "a.example\n+1\n" + root + "\n", std::string("a.example\n1\nAAAA\n"),
          "a.example\n1\n" + root, "a.example\n1\n" + root + "\n\n",
          "a.example\n9223372036854775808\n" + root + "\n", std::string("a.example\n1\n")}) {
        EXPECT_FALSE(parse_checkpoint(bad)) << bad;
    }
}

TEST(Checkpoint, ThirdPartyVectorsVerifyAndEveryChangedBitFails) {
    const std::string folder = fixture::corpora("tlog");
    if (folder.empty()) GTEST_SKIP() << "no corpora/tlog; set HARDSHELL_CORPORA";
    const auto key = parse_verifier_key(
        "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx");
    ASSERT_TRUE(key);
    int changes = 0;
    for (std::uint64_t size = 0; size <= 15; ++size) {
        const std::string note =
            fixture::read_text(folder + "/log/checkpoint." + std::to_string(size));
        EXPECT_TRUE(verify_text(note, *key)) << size;
        const std::string text = parse_note(note)->text;
        EXPECT_EQ(parse_checkpoint(text)->head.size, size);
        for (std::size_t i = 0; i < text.size(); ++i, ++changes) {
            std::string changed = note;
            changed[i] = static_cast<char>(changed[i] ^ 1);
            EXPECT_FALSE(verify_text(changed, *key)) << size << " " << i;
        }
    }
    EXPECT_EQ(changes, 1158);
    EXPECT_FALSE(verify_text(fixture::read_text(folder + "/log/checkpoint.15"),
                             *parse_verifier_key(example_key)));
}

class EpochChain : public testing::Test {
  protected:
    EpochNote next_of(const EpochNote& before, const crypto::SigningKey& key) {
        EpochNote note = before;
        note.number += 1;
        note.head = {before.head.size + 5, leaf_hash({})};
        note.key.key = key.public_key();
        return note;
    }
    std::string sign(const EpochNote& note, const crypto::SigningKey& before) {
        const std::array<NoteSigner, 2> signers{NoteSigner{origin, log}, NoteSigner{name, before}};
        return sign_note(note.text(), signers);
    }
    void SetUp() override {
        genesis.origin = origin;
        genesis.head = {0, empty_root()};
        genesis.log_key = {origin, log.public_key()};
        genesis.key = {name, first.public_key()};
    }
    base::ScriptedRandom random{9};
    crypto::SigningKey log = crypto::SigningKey::generate(random);
    crypto::SigningKey first = crypto::SigningKey::generate(random);
    crypto::SigningKey second = crypto::SigningKey::generate(random);
    std::string origin = "log.example/a";
    std::string name = epoch_key_name(origin);
    EpochNote genesis;
};

TEST_F(EpochChain, ANoteIsSignedByTheKeyBefore) {
    const auto begun = check_epoch_note(sign(genesis, first), {0, nullptr, nullptr});
    ASSERT_TRUE(begun) << begun.error().what;
    const EpochNote next = next_of(*begun, second);
    const EpochLink link{1, &*begun, &begun->log_key};
    EXPECT_TRUE(check_epoch_note(sign(next, first), link));
    EXPECT_FALSE(check_epoch_note(sign(next, second), link));  // by itself
    const EpochLink elsewhere{2, &*begun, &begun->log_key};
    EXPECT_FALSE(check_epoch_note(sign(next, first), elsewhere));
    const VerifierKey pinned{origin, second.public_key()};
    EXPECT_FALSE(check_epoch_note(sign(genesis, first), {0, nullptr, &pinned}));
}

TEST_F(EpochChain, WhatDoesNotContinueIsRefused) {
    const EpochLink link{1, &genesis, &genesis.log_key};
    EpochNote shrunk = next_of(genesis, second);
    EpochNote before = genesis;
    before.head.size = shrunk.head.size + 1;
    EXPECT_FALSE(check_epoch_note(sign(shrunk, first), {1, &before, &genesis.log_key}));
    EpochNote other = next_of(genesis, second);
    other.origin = "log.example/b";
    EXPECT_FALSE(check_epoch_note(sign(other, first), link));
    EpochNote not_empty = genesis;
    not_empty.head.size = 1;
    EXPECT_FALSE(check_epoch_note(sign(not_empty, first), {0, nullptr, nullptr}));
    std::string extra = next_of(genesis, second).text() + "more\n";
    EXPECT_FALSE(parse_epoch_note(extra));
    EXPECT_FALSE(parse_epoch_note(""));
}

}  // namespace
}  // namespace hs::audit
