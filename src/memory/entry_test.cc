#include "memory/entry.h"

#include <gtest/gtest.h>

#include "memory/backup.h"

namespace hs::memory {
namespace {

using base::Code;

Entry full() {
    Entry entry;
    entry.id = "01M81XWKT3V8Q6Z2D4N7R9B5CF";
    entry.text = "Prefers tea";
    entry.kind = Kind::preference;
    entry.state = State::quarantined;
    entry.origin = {"model", "uid 1", "cli", "s", "t", {"http_fetch https://example.com/"}};
    entry.label = flow::Label::unknown();
    entry.compartment = "personal/all/private";
    entry.project = "/p";
    entry.supersedes = "x";
    entry.hold = "case 1";
    entry.created_ms = 5;
    entry.used_ms = 6;
    entry.uses = 7;
    entry.expires_ms = 8;
    entry.reviewed_ms = 9;
    return entry;
}

TEST(EntryForm, SurvivesPackingAndJson) {
    const Entry entry = full();
    Entry again;
    again.id = entry.id;
    again.compartment = entry.compartment;
    again.used_ms = entry.used_ms;
    again.uses = entry.uses;
    ASSERT_TRUE(unpack_body(pack_body(entry), again).ok());
    EXPECT_EQ(again, entry);
    const auto from_json = entry_from_json(to_json(entry));
    ASSERT_TRUE(from_json.ok()) << from_json.error().what;
    EXPECT_EQ(*from_json, entry);
}

TEST(EntryForm, RefusesCutsAndLaterVersions) {
    const base::Bytes packed = pack_body(full());
    for (std::size_t size = 0; size < packed.size(); ++size) {
        Entry entry;
        EXPECT_FALSE(unpack_body(base::ByteView(packed).first(size), entry).ok()) << size;
    }
    base::Bytes later = packed;
    later[0] = 2;
    Entry entry;
    const auto refused = unpack_body(later, entry);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::conflict);
    later = packed;
    later[1] = 9;
    EXPECT_EQ(unpack_body(later, entry).error().code, Code::corrupt);
}

// A label that cannot be read is that of a stranger's text, never a better one.
TEST(EntryForm, WithoutALabelItIsAStrangersText) {
    const auto entry = entry_from_json(wire::JsonObject{{"text", "x"}});
    ASSERT_TRUE(entry.ok());
    EXPECT_EQ(entry->label, flow::Label::unknown());
    EXPECT_FALSE(entry_from_json(wire::JsonObject{{"text", "x"}, {"kind", "command"}}).ok());
    EXPECT_FALSE(entry_from_json(wire::JsonObject{{"text", "x"}, {"state", "free"}}).ok());
    EXPECT_FALSE(entry_from_json(wire::JsonObject{{"text", 5}}).ok());
}

TEST(TidyText, IsOneParagraphThatCanBeSeen) {
    EXPECT_EQ(*tidy_text("  a\n\n- b\t c \x1b[31m"), "a - b c [31m");
    EXPECT_EQ(*tidy_text("a\xe2\x80\x8b"
                         "b\xf3\xa0\x81\x81"
                         "c\xe2\x80\xae"),
              "abc");
    EXPECT_EQ(*tidy_text("Grüße 東京"), "Grüße 東京");
    EXPECT_EQ(tidy_text(" \n\xe2\x80\x8b ").error().code, Code::invalid_input);
    EXPECT_EQ(tidy_text(std::string(5000, 'x')).error().code, Code::exhausted);
    EXPECT_TRUE(tidy_text("\xff\xfe bytes").ok());
}

TEST(CompartmentNames, ReadWhatTheyWrite) {
    const gate::CompartmentName name{"work", gate::project_tag("/p"),
                                     gate::CompartmentName::Sensitivity::private_};
    EXPECT_EQ(*gate::CompartmentName::parse(name.text()), name);
    for (const char* bad : {"", "a", "a/b", "/all/open", "a/all/secret", "a/xyz/open",
                            "a/0123456789ABCDEF/open", "a//open"}) {
        EXPECT_FALSE(gate::CompartmentName::parse(bad).ok()) << bad;
    }
}

class Backups : public ::testing::Test {
  protected:
    void SetUp() override {
        auto head = make_backup_head("long enough", clock_, random_);
        ASSERT_TRUE(head.ok());
        head_ = *std::move(head);
        first_.number = 1;
        first_.revision = 3;
        first_.entries = {full()};
        first_.ids = {full().id};
        one_ = *seal_segment(head_, head_.file, first_, random_);
    }
    base::ScriptedClock clock_{1'000'000};
    base::ScriptedRandom random_{9};
    BackupHead head_;
    Segment first_;
    base::Bytes one_;
};

TEST_F(Backups, GiveBackWhatWentIn) {
    Entry changed = full();
    changed.text = "Prefers coffee";
    Entry other = full();
    other.id = "other";
    Segment second{2, 10, 7, {"other"}, {changed, other}};
    const auto two = seal_segment(head_, one_, second, random_);
    const auto head = open_backup_head(head_.file, "long enough");
    ASSERT_TRUE(head.ok()) << head.error().what;
    Restored restored;
    ASSERT_TRUE(restored.apply(open_segment(*head, head->file, 1, one_).value()).ok());
    EXPECT_EQ(restored.entries().at(full().id), full());
    ASSERT_TRUE(restored.apply(open_segment(*head, one_, 2, *two).value()).ok());
    EXPECT_EQ(restored.entries().size(), 1U);  // forgotten in between
    EXPECT_EQ(restored.entries().at("other"), other);
    EXPECT_EQ(restored.revision(), 7);
}

TEST_F(Backups, RefuseByName) {
    EXPECT_EQ(make_backup_head("short", clock_, random_).error().code, Code::invalid_input);
    EXPECT_EQ(open_backup_head(head_.file, "another one").error().code, Code::denied);
    for (std::size_t size = 0; size < head_.file.size(); size += 11) {
        EXPECT_FALSE(open_backup_head(base::ByteView(head_.file).first(size), "long enough").ok());
    }
    base::Bytes later = head_.file;
    later[4 + 23] = 2;
    EXPECT_EQ(open_backup_head(later, "long enough").error().code, Code::conflict);
    for (std::size_t size = 0; size < one_.size(); size += 29) {
        const auto cut = open_segment(head_, head_.file, 1, base::ByteView(one_).first(size));
        ASSERT_FALSE(cut.ok());
        EXPECT_NE(cut.error().what.find("0001.segment"), std::string::npos);
    }
    // One left out: the next does not follow.
    const auto two = seal_segment(head_, one_, {2, 10, 7, {}, {}}, random_);
    EXPECT_FALSE(open_segment(head_, head_.file, 1, *two).ok());
    EXPECT_FALSE(open_segment(head_, head_.file, 2, *two).ok());
    Restored restored;
    EXPECT_EQ(restored.apply({1, 0, 0, {"nowhere"}, {}}).error().code, Code::corrupt);
}

}  // namespace
}  // namespace hs::memory
