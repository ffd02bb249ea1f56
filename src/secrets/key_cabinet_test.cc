#include "secrets/key_cabinet.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "crypto/mac.h"
#include "os/file.h"

namespace hs::secrets {
namespace {

using base::Code;

class Cabinet : public ::testing::Test {
  protected:
    void SetUp() override {
        char name[] = "/tmp/hs-cabinet-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    base::Result<KeyCabinet> open(std::uint8_t filler = 7) {
        const base::Bytes key(crypto::key_bytes, filler);
        return KeyCabinet::open(folder_, crypto::SecretBytes::copy_of(key), random_);
    }
    static base::Bytes first_key(KeyCabinet& cabinet, const std::string& name) {
        return base::copy_bytes((*cabinet.take(name).value())[0].key.view());
    }
    base::Bytes file(const std::string& name) {
        return os::read_file(folder_ + "/" + name, 1 << 20).value();
    }
    void put(const std::string& name, base::ByteView bytes) {
        ASSERT_TRUE(os::write_file_atomic(folder_ + "/" + name, bytes).ok());
    }
    std::string folder_;
    base::ScriptedRandom random_{3};
};

TEST_F(Cabinet, KeepsAKeyForEachName) {
    auto cabinet = open();
    ASSERT_TRUE(cabinet.ok());
    const base::Bytes a = first_key(*cabinet, "a");
    EXPECT_NE(a, first_key(*cabinet, "b"));
    auto again = open();
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(first_key(*again, "a"), a);
    EXPECT_EQ(again->names(), (std::vector<std::string>{"a", "b"}));
}

// The point of the whole: what was kept before an erasure does not open afterwards.
TEST_F(Cabinet, AnOlderKeyFileOpensForNobodyAfterAnErasure) {
    auto cabinet = open();
    first_key(*cabinet, "a");
    first_key(*cabinet, "b");
    const base::Bytes before = file("memory-keys");
    ASSERT_TRUE(cabinet->destroy("a").ok());
    EXPECT_FALSE(open()->has("a"));
    put("memory-keys", before);
    const auto opened = open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Code::corrupt);
}

TEST_F(Cabinet, RekeyingKeepsBothUntilItIsFinished) {
    auto cabinet = open();
    const base::Bytes old_key = first_key(*cabinet, "a");
    const std::uint64_t next = cabinet->begin_rekey("a").value()->generation;
    EXPECT_EQ(cabinet->begin_rekey("a").value()->generation, next);
    auto again = open();
    ASSERT_EQ(again->take("a").value()->size(), 2U);
    ASSERT_TRUE(again->finish_rekey("a", next).ok());
    ASSERT_EQ(again->take("a").value()->size(), 1U);
    EXPECT_NE(first_key(*again, "a"), old_key);
    EXPECT_EQ(again->finish_rekey("a", next + 5).error().code, Code::conflict);
}

TEST_F(Cabinet, AnInterruptedErasureLeavesOneOfTheTwo) {
    auto cabinet = open();
    const base::Bytes key = first_key(*cabinet, "a");
    const base::Bytes wrap = file("memory-wrap");
    const base::Bytes keys = file("memory-keys");
    ASSERT_TRUE(cabinet->finish_rekey("a", cabinet->begin_rekey("a").value()->generation).ok());
    // As if the machine had stopped after the new wrapping key and before the new file.
    base::Bytes both = wrap;
    const base::Bytes after = file("memory-wrap");
    std::copy(after.begin() + 73, after.end(), both.begin() + 73);
    put("memory-wrap", both);
    put("memory-keys", keys);
    auto opened = open();
    ASSERT_TRUE(opened.ok()) << opened.error().what;
    EXPECT_EQ(first_key(*opened, "a"), key);
    // The key that led nowhere is gone.
    const base::Bytes mended = file("memory-wrap");
    EXPECT_TRUE(std::all_of(mended.begin() + 73, mended.end(), [](auto b) { return b == 0; }));
}

TEST_F(Cabinet, RefusesDamagedFilesByNameAndMakesNothingOverThem) {
    {
        auto cabinet = open();
        first_key(*cabinet, "a");
    }
    const base::Bytes keys = file("memory-keys");
    const base::Bytes wrap = file("memory-wrap");
    EXPECT_EQ(open(8).error().code, Code::corrupt);  // of another key
    for (std::size_t size = 0; size < keys.size(); size += 7) {
        put("memory-keys", base::ByteView(keys).first(size));
        const auto opened = open();
        ASSERT_FALSE(opened.ok()) << size;
        EXPECT_NE(opened.error().what.find("memory-keys"), std::string::npos);
        EXPECT_EQ(file("memory-keys").size(), size);
    }
    put("memory-keys", keys);
    put("memory-wrap", base::ByteView(wrap).first(100));
    EXPECT_NE(open().error().what.find("memory-wrap"), std::string::npos);
    ASSERT_TRUE(os::remove_file(folder_ + "/memory-wrap").ok());
    EXPECT_EQ(open().error().code, Code::corrupt);
    put("memory-wrap", wrap);
    EXPECT_TRUE(open().ok());
    ASSERT_TRUE(os::remove_file(folder_ + "/memory-keys").ok());
    put("memory.db", wrap);
    EXPECT_EQ(open().error().code, Code::corrupt);
}

}  // namespace
}  // namespace hs::secrets
