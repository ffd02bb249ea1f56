#include "secrets/sealed_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "os/file.h"
#include "os/system.h"

namespace hs::secrets {
namespace {

using base::Code;

constexpr std::string_view value = "sk-planted-value-0123456789";
SecretPlace in_header(std::string host, std::string header, std::string prefix) {
    return {std::move(host), SecretForm::header, std::move(header), std::move(prefix)};
}
const SecretPlace right = in_header("api.example.com", "authorization", "Bearer ");

class SealedFileTest : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ =
            std::filesystem::temp_directory_path() / ("hs_secrets_" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_);
        path_ = folder_ / "secrets";
        key_ = crypto::SecretBytes::random(32, random_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    base::Result<SealedFile> open() {
        return SealedFile::open(path_, crypto::SecretBytes::copy_of(key_.view()), random_);
    }
    static SecretFacts facts(const std::string& name) {
        SecretFacts made{name, "api_key", "alice", 1'000, 1'000};
        made.binding.hosts = {"api.example.com"};
        made.binding.header = "Authorization";
        made.binding.prefix = "Bearer ";
        return made;
    }

    os::SystemRandom random_;
    crypto::SecretBytes key_;
    std::filesystem::path folder_;
    std::string path_;
};

TEST_F(SealedFileTest, GivesAValueOnlyToThePlaceItIsBoundTo) {
    auto store = open();
    ASSERT_TRUE(store->set(facts("key"), base::bytes_of(value)).ok());
    EXPECT_EQ(base::text_of(store->take("key", right)->view()), value);
    for (const SecretPlace& wrong :
         {in_header("evil.example.com", "Authorization", "Bearer "),
          in_header("api.example.com.evil.example", "Authorization", "Bearer "),
          in_header("API.example.com", "Authorization", "Bearer "),
          in_header("", "Authorization", "Bearer "),
          in_header("api.example.com", "X-Debug", "Bearer "),
          in_header("api.example.com", "Authorization", "")}) {
        const auto taken = store->take("key", wrong);
        ASSERT_FALSE(taken.ok());
        EXPECT_EQ(taken.error().code, Code::denied);
        EXPECT_EQ(taken.error().what.find(value), std::string::npos);
    }
    EXPECT_EQ(store->take("other", right).error().code, Code::not_found);
}

TEST_F(SealedFileTest, NothingOfItIsReadableOnDisk) {
    auto store = open();
    ASSERT_TRUE(store->set(facts("visible-name"), base::bytes_of(value)).ok());
    const auto bytes = os::read_text(path_, 1U << 20U);
    ASSERT_TRUE(bytes.ok());
    for (const std::string_view text :
         {value, std::string_view("visible-name"), std::string_view("api.example.com")}) {
        EXPECT_EQ(bytes->find(text), std::string::npos);
    }
    EXPECT_EQ(std::filesystem::status(path_).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(SealedFileTest, AnyChangedByteOrAnotherKeyIsRefused) {
    ASSERT_TRUE(open()->set(facts("key"), base::bytes_of(value)).ok());
    const auto good = os::read_file(path_, 1U << 20U);
    for (std::size_t at = 0; at < good->size(); at += 7) {
        base::Bytes bad = *good;
        bad[at] ^= 1;
        ASSERT_TRUE(os::write_file_atomic(path_, bad).ok());
        EXPECT_EQ(open().error().code, Code::corrupt) << at;
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{10}, good->size() - 1}) {
        ASSERT_TRUE(os::write_file_atomic(path_, base::ByteView(*good).first(size)).ok());
        EXPECT_EQ(open().error().code, Code::corrupt);
    }
    ASSERT_TRUE(os::write_file_atomic(path_, *good).ok());
    ASSERT_TRUE(open().ok());
    key_ = crypto::SecretBytes::random(32, random_);
    EXPECT_EQ(open().error().code, Code::corrupt);
}

TEST_F(SealedFileTest, SurvivesReopeningRotationBindingAndRemoval) {
    {
        auto store = open();
        ASSERT_TRUE(store->set(facts("b"), base::bytes_of(value)).ok());
        ASSERT_TRUE(store->set(facts("a"), base::bytes_of("first-value")).ok());
        SecretFacts later = facts("a");
        later.created_ms = later.changed_ms = 2'000;
        ASSERT_TRUE(store->set(later, base::bytes_of("second-value")).ok());
    }
    auto store = open();
    ASSERT_TRUE(store.ok());
    const auto all = store->list();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].name, "a");
    EXPECT_EQ(all[0].created_ms, 1'000);
    EXPECT_EQ(all[0].changed_ms, 2'000);
    EXPECT_EQ(base::text_of(store->take("a", right)->view()), "second-value");
    Binding other;
    other.hosts = {"two.example"};
    other.header = "x-key";
    ASSERT_TRUE(store->bind("a", other).ok());
    EXPECT_FALSE(store->take("a", right).ok());
    EXPECT_TRUE(store->take("a", in_header("two.example", "X-Key", "")).ok());
    ASSERT_TRUE(store->remove("b").ok());
    EXPECT_EQ(store->remove("b").error().code, Code::not_found);
    EXPECT_EQ(open()->list().size(), 1U);
}

TEST_F(SealedFileTest, RefusesMalformedNamesValuesAndBindings) {
    auto store = open();
    for (const std::string& name : {std::string(), std::string("a b"), std::string("a\n"),
                                    std::string(129, 'a'), std::string("ä")}) {
        EXPECT_FALSE(store->set(facts(name), base::bytes_of(value)).ok());
    }
    for (const std::string& bad :
         {std::string(), std::string("two\nlines"), std::string("a\r\nX: y"),
          std::string(20'000, 'x'), std::string("nul\0", 4)}) {
        EXPECT_FALSE(store->set(facts("key"), base::bytes_of(bad)).ok());
    }
    for (const char* host : {"*.example.com", "Example.com", "a/b", "", "a@b"}) {
        SecretFacts bad = facts("key");
        bad.binding.hosts = {host};
        EXPECT_FALSE(store->set(bad, base::bytes_of(value)).ok()) << host;
    }
    EXPECT_TRUE(store->list().empty());
}

TEST_F(SealedFileTest, KeepsFormRotationAndUseAndWritesAUseOnceADay) {
    {
        auto store = open();
        SecretFacts git = facts("git");
        git.binding.form = SecretForm::git;
        git.binding.prefix = "Basic ";
        git.binding.user = "x-access-token";
        git.binding.methods = {"GET", "POST"};
        git.binding.paths = {"/team/"};
        git.binding.executables = {"/usr/bin/git"};
        ASSERT_TRUE(store->set(git, base::bytes_of(value)).ok());
        ASSERT_TRUE(store->set_rotation("git", 90).ok());
        EXPECT_FALSE(store->set_rotation("git", -1).ok());
        ASSERT_TRUE(store->note_use("git", 86'400'000'000 + 5).ok());
        const auto before = os::read_file(path_, 1U << 20U);
        ASSERT_TRUE(store->note_use("git", 86'400'000'000 + 9).ok());
        EXPECT_EQ(*before, *os::read_file(path_, 1U << 20U));
    }
    const auto kept = open()->facts("git");
    ASSERT_TRUE(kept.ok());
    EXPECT_EQ(kept->rotate_after_days, 90);
    EXPECT_EQ(kept->used_ms, 86'400'000'000);
    EXPECT_EQ(kept->binding.user, "x-access-token");
    EXPECT_EQ(kept->binding.paths, std::vector<std::string>{"/team/"});
    EXPECT_EQ(base::text_of(open()->reveal("git")->view()), value);
}

TEST_F(SealedFileTest, AFailedWriteChangesNothing) {
    auto store = open();
    ASSERT_TRUE(store->set(facts("key"), base::bytes_of(value)).ok());
    std::filesystem::remove_all(folder_);
    EXPECT_FALSE(store->remove("key").ok());
    EXPECT_EQ(store->list().size(), 1U);
}

TEST_F(SealedFileTest, WhatAnotherStoreKeepsHasAPlaceHereAndNoValue) {
    auto store = open();
    SecretFacts kept = facts("key");
    kept.store = "team";
    kept.reference = "secret/data/llm#key";
    EXPECT_EQ(store->set(kept, base::bytes_of(value)).error().code, Code::invalid_input);
    ASSERT_TRUE(store->set(kept, {}).ok());
    EXPECT_EQ(store->set(facts("other"), {}).error().code, Code::invalid_input);
    const auto again = open();
    EXPECT_EQ(again->facts("key")->reference, "secret/data/llm#key");
    EXPECT_TRUE(again->check_place("key", right).ok());
    const auto wrong = in_header("evil.example.com", "Authorization", "Bearer ");
    EXPECT_EQ(again->check_place("key", wrong).error().code, Code::denied);
    EXPECT_EQ(again->take("key", right).error().code, Code::conflict);
    EXPECT_EQ(again->reveal("key").error().code, Code::conflict);
    kept.reference.clear();
    EXPECT_EQ(store->set(kept, {}).error().code, Code::invalid_input);
}

}  // namespace
}  // namespace hs::secrets
