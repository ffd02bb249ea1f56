#include "skills/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/staged_folder.h"

namespace hs::skills {
namespace {

using base::Code;
using testing::HasSubstr;
constexpr base::WallTime_ms now_ms = 1'796'000'000'000;

class Digits : public base::Random {
  public:
    explicit Digits(std::uint8_t first) : next_(first) {}
    void fill(std::span<std::uint8_t> bytes) override {
        for (auto& byte : bytes) byte = next_++;
    }

  private:
    std::uint8_t next_;
};

struct LibraryTest : testing::Test {
    Digits digits{1};
    crypto::SigningKey key = crypto::SigningKey::generate(digits);
    std::vector<Reviewer> reviewers{{"ann", key.public_key(), {"security"}}};
    LibraryIndex index;

    LibraryTest() {
        index.at_ms = now_ms - 1'000;
        index.expiry_ms = now_ms + 1'000'000;
        index.signed_by = "ann";
        const std::string digest(64, 'a');
        index.entries = {{"tea", digest, library_file_of("tea", digest), {}}};
    }
    base::Result<LibraryIndex> opened(const std::string& text, base::WallTime_ms seen_ms = 0) {
        return open_index(text, reviewers, now_ms, seen_ms);
    }
};

TEST_F(LibraryTest, TakesNothingThatNobodyKnownHasSigned) {
    const std::string good = signed_index(index, key);
    ASSERT_TRUE(opened(good).ok()) << opened(good).error().what;
    std::string changed = good;
    changed.replace(changed.find("aaaa"), 4, "bbbb");
    EXPECT_FALSE(opened(changed).ok());
    std::string later = good;
    later.replace(later.find("\"expiry_ms\": 179"), 16, "\"expiry_ms\": 180");
    EXPECT_EQ(opened(later).error().code, Code::denied);
    Digits other(77);
    const auto stranger = crypto::SigningKey::generate(other);
    EXPECT_THAT(opened(signed_index(index, stranger)).error().what, HasSubstr("signature"));
    reviewers.clear();
    EXPECT_THAT(opened(good).error().what, HasSubstr("not among"));
}

TEST_F(LibraryTest, TakesNoOldAndNoEndedIndex) {
    const std::string good = signed_index(index, key);
    EXPECT_TRUE(opened(good, now_ms - 1'000).ok());
    EXPECT_THAT(opened(good, now_ms - 999).error().what, HasSubstr("older"));
    index.expiry_ms = now_ms;
    EXPECT_THAT(opened(signed_index(index, key)).error().what, HasSubstr("past its time"));
    index.expiry_ms = now_ms + 2 * review_life_ms;
    EXPECT_FALSE(opened(signed_index(index, key)).ok()) << "none holds for longer than a quarter";
}

TEST_F(LibraryTest, RefusesMalformedRowsByName) {
    index.entries.push_back(index.entries.front());
    EXPECT_THAT(opened(signed_index(index, key)).error().what, HasSubstr("twice"));
    index.entries = {{"tea", std::string(64, 'a'), "../../etc/passwd", {}}};
    EXPECT_THAT(opened(signed_index(index, key)).error().what, HasSubstr("malformed"));
    for (const char* text : {"", "{}", "[]", "{\"format\": \"hardshell skill library 2\"}"}) {
        EXPECT_FALSE(opened(text).ok()) << text;
    }
}

TEST_F(LibraryTest, AFileIsWhatItsDigestSays) {
    Tree tree;
    tree.files.push_back({"SKILL.md", base::copy_bytes(base::bytes_of("text")), "", false});
    settle_tree(tree);
    const LibraryEntry entry{"tea", tree.digest(), library_file_of("tea", tree.digest()), {}};
    const auto packed = packed_for_sandbox(tree);
    ASSERT_TRUE(packed.ok());
    EXPECT_EQ(open_library_file(entry, *packed)->digest(), tree.digest());
    tree.files.front().bytes.push_back('!');
    const auto changed = packed_for_sandbox(tree);
    EXPECT_EQ(open_library_file(entry, *changed).error().code, Code::denied);
    const std::vector<os::FolderFile> deceiving{
        {"x\xE2\x80\xAEtxt.exe", base::bytes_of("x"), false}};
    EXPECT_FALSE(tree_from_packed(*os::pack_folder(deceiving)).ok());
}

}  // namespace
}  // namespace hs::skills
