#include "secrets/master_key.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>

#include "os/file.h"

namespace hs::secrets {
namespace {

using base::Code;
using base::fail;
using base::Result;

// A keyring that can be closed, and that fails from a chosen call on.
class ScriptedKeyring : public Keyring {
  public:
    bool usable() override { return is_open; }
    Result<crypto::SecretBytes> read(const std::string& id) override {
        if (!step()) return fail(Code::io, "gone");
        if (!is_open) return fail(Code::conflict, "the keyring is locked");
        if (!items.contains(id)) return fail(Code::not_found, "no such item");
        return crypto::SecretBytes::copy_of(base::bytes_of(lies ? "a lie" : items.at(id)));
    }
    Result<> store(const std::string& id, base::ByteView value) override {
        if (!step()) return fail(Code::io, "gone");
        items[id] = base::text_of(value);
        return {};
    }
    Result<> remove(const std::string& id) override {
        if (!step()) return fail(Code::io, "gone");
        items.erase(id);
        return {};
    }
    Result<> unlock(std::int64_t) override {
        if (dismisses) return fail(Code::cancelled, "dismissed");
        is_open = true;
        return {};
    }
    bool step() { return steps_left-- > 0; }

    std::map<std::string, std::string> items;
    bool is_open = true;
    bool dismisses = false;
    bool lies = false;
    int steps_left = 1'000'000;
};

constexpr const char* words = "several plain words";

class Master : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/master.XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder = pattern;
        keyring.is_open = false;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    KeyHold hold() { return {folder, keyring, random}; }
    std::string path() const { return folder + "/master.key"; }
    static crypto::SecretBytes copy(const MasterKey& held) {
        return crypto::SecretBytes::copy_of(held.key.view());
    }
    bool opens_to(const crypto::SecretBytes& key) {
        auto opening = hold().open();
        if (!opening) return false;
        if (opening->master) return crypto::equal(opening->master->key.view(), key.view());
        const auto held = hold().unlock(words, 10);
        return held && crypto::equal(held->key.view(), key.view());
    }

    std::string folder;
    ScriptedKeyring keyring;
    base::ScriptedRandom random{1};
};

TEST_F(Master, WithoutAKeyringItLiesInAFileWithAWarning) {
    const auto first = hold().open();
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_EQ(first->source, KeySource::file);
    EXPECT_EQ(os::facts_of_path(path())->mode, 0600U);
    EXPECT_NE(first->master->warning.find("key change"), std::string::npos);
    EXPECT_TRUE(opens_to(first->master->key));
}

TEST_F(Master, IsRefusedWhenOthersMayReadItOrItIsNone) {
    ASSERT_TRUE(hold().open());
    ::chmod(path().c_str(), 0644);
    EXPECT_EQ(hold().open().error().code, Code::denied);
    ASSERT_TRUE(os::write_file_atomic(path(), base::bytes_of("short")));
    EXPECT_EQ(hold().open().error().code, Code::corrupt);
}

TEST_F(Master, IsNeverMadeOverDataWhoseKeyIsGone) {
    for (const char* data : {"/sessions.db", "/secrets"}) {
        ASSERT_TRUE(os::write_file_atomic(folder + data, base::bytes_of("x")));
        keyring.is_open = true;
        const auto opened = hold().open();
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, Code::not_found);
        EXPECT_FALSE(std::filesystem::exists(path()));
        std::filesystem::remove(folder + data);
    }
}

TEST_F(Master, AnOpenKeyringIsTakenAndTheFileAloneOpensNothing) {
    keyring.is_open = true;
    const auto first = hold().open();
    ASSERT_TRUE(first && first->master);
    EXPECT_EQ(first->source, KeySource::keyring);
    EXPECT_TRUE(first->master->warning.empty());
    ASSERT_EQ(keyring.items.size(), 1U);
    const auto bytes = os::read_text(path(), key_file_bytes_max);
    EXPECT_EQ(bytes->find(base::text_of(first->master->key.view())), std::string::npos);
    EXPECT_TRUE(opens_to(first->master->key));
    keyring.items.begin()->second = base::to_base64(base::Bytes(32, 1));
    EXPECT_EQ(hold().open().error().code, Code::corrupt);
}

TEST_F(Master, ALockedKeyringIsNamedAndItsPromptOpensIt) {
    keyring.is_open = true;
    const auto key = copy(*hold().open()->master);
    keyring.is_open = false;
    const auto locked = hold().open();
    ASSERT_TRUE(locked);
    EXPECT_FALSE(locked->master);
    EXPECT_NE(locked->locked.find("keyring"), std::string::npos);
    keyring.dismisses = true;
    EXPECT_EQ(hold().unlock("", 10).error().code, Code::cancelled);
    keyring.dismisses = false;
    EXPECT_TRUE(crypto::equal(hold().unlock("", 10)->key.view(), key.view()));
    keyring.items.clear();
    EXPECT_FALSE(hold().open()->master);  // the entry is gone: nothing is made in its place
    EXPECT_EQ(hold().unlock("", 10).error().code, Code::not_found);
}

TEST_F(Master, APassphraseIsAskedForFirstWhereAPersonWantsThat) {
    ASSERT_TRUE(os::write_file_atomic(folder + "/key-wanted", {}));
    const auto fresh = hold().open();
    ASSERT_TRUE(fresh);
    EXPECT_TRUE(fresh->is_fresh);
    EXPECT_FALSE(std::filesystem::exists(path()));
    EXPECT_EQ(hold().unlock("short", 10).error().code, Code::invalid_input);
    const auto held = hold().unlock(words, 10);
    ASSERT_TRUE(held);
    EXPECT_EQ(held->source, KeySource::passphrase);
    EXPECT_FALSE(std::filesystem::exists(folder + "/key-wanted"));
    const auto locked = hold().open();
    EXPECT_FALSE(locked->master);
    EXPECT_FALSE(locked->is_fresh);
    EXPECT_EQ(hold().unlock("another passphrase", 10).error().code, Code::denied);
    EXPECT_EQ(hold().unlock("", 10).error().code, Code::invalid_input);
    EXPECT_TRUE(crypto::equal(hold().unlock(words, 10)->key.view(), held->key.view()));
}

TEST_F(Master, MovesBetweenAllSourcesAndStaysTheSame) {
    MasterKey held = std::move(*hold().open()->master);
    const auto key = copy(held);
    keyring.is_open = true;
    for (const auto to :
         {KeySource::passphrase, KeySource::keyring, KeySource::keyring, KeySource::file,
          KeySource::keyring, KeySource::passphrase, KeySource::passphrase, KeySource::file}) {
        const auto moved = hold().change(held, {to, words, words});
        ASSERT_TRUE(moved) << moved.error().what;
        EXPECT_EQ(hold().open()->source, to);
        EXPECT_TRUE(opens_to(key));
        EXPECT_EQ(keyring.items.size(), to == KeySource::keyring ? 1U : 0U);
        EXPECT_EQ(held.warning.empty(), to != KeySource::file);
    }
}

TEST_F(Master, OnlyWhoKnowsThePassphraseMovesTheKeyAway) {
    MasterKey held = std::move(*hold().open()->master);
    ASSERT_TRUE(hold().change(held, {KeySource::passphrase, words, ""}));
    EXPECT_EQ(hold().change(held, {KeySource::file, "", "a wrong one"}).error().code, Code::denied);
    EXPECT_EQ(hold().change(held, {KeySource::file, "", ""}).error().code, Code::invalid_input);
    EXPECT_TRUE(opens_to(held.key));
}

TEST_F(Master, AMoveThatFailsAtAnyStepLeavesAKeyThatOpens) {
    MasterKey held = std::move(*hold().open()->master);
    const auto key = copy(held);
    keyring.is_open = true;
    for (const auto from : {KeySource::file, KeySource::passphrase, KeySource::keyring}) {
        for (int steps = 0; steps < 5; ++steps) {
            keyring.steps_left = 1'000'000;
            ASSERT_TRUE(hold().change(held, {from, words, words}));
            keyring.steps_left = steps;
            static_cast<void>(hold().change(held, {KeySource::keyring, words, words}).ok());
            keyring.steps_left = 1'000'000;
            EXPECT_TRUE(opens_to(key)) << source_name(from) << " " << steps;
        }
        keyring.lies = true;
        EXPECT_FALSE(hold().change(held, {KeySource::keyring, words, words}));
        keyring.lies = false;
        EXPECT_TRUE(opens_to(key));
    }
}

TEST_F(Master, AChangedByteOfAWrappedKeyDoesNotOpen) {
    keyring.is_open = true;
    ASSERT_TRUE(hold().open());
    const auto good = os::read_file(path(), key_file_bytes_max);
    for (std::size_t at = 0; at < good->size(); ++at) {
        base::Bytes bad = *good;
        bad[at] ^= 1;
        ASSERT_TRUE(os::write_file_atomic(path(), bad));
        const auto opened = hold().open();
        EXPECT_TRUE(!opened || !opened->master) << at;
    }
}

}  // namespace
}  // namespace hs::secrets
