#include <gtest/gtest.h>

#include <memory>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/inbox.h"
#include "base/pack.h"
#include "base/result.h"

namespace hs::base {
namespace {

Result<std::unique_ptr<int>> owned(int value) {
    if (value < 0) return fail(Code::invalid_input, "a number of at least 0 was expected");
    return std::make_unique<int>(value);
}

Result<int> twice(int value) {
    const auto held = TRY(owned(value));
    return *held * 2;
}

TEST(Result, TryYieldsTheValueOrHandsTheFailureOn) {
    EXPECT_EQ(*twice(4), 8);
    const auto failed = twice(-1);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Code::invalid_input);
    EXPECT_STREQ(failed.error().where.file, "src/base/base_test.cc");
}

TEST(ResultDeathTest, TheWrongSideAborts) {
    const Result<int> failed = fail(Code::io, "x");
    EXPECT_DEATH((void)failed.value(), "value\\(\\) of a failed Result");
}

TEST(Bytes, HexAndBase64GoRoundAndRefuseWhatIsNotCanonical) {
    const Bytes bytes{0, 1, 0xfe, 0xff};
    EXPECT_EQ(to_hex(bytes), "0001feff");
    EXPECT_EQ(*from_hex("0001FEff"), bytes);
    EXPECT_FALSE(from_hex("0"));
    EXPECT_FALSE(from_hex("0g"));
    for (std::size_t size = 0; size < 9; ++size) {
        const Bytes some(size, 0xa7);
        EXPECT_EQ(*from_base64(to_base64(some)), some);
        EXPECT_EQ(*from_base64url(to_base64url(some)), some);
    }
    EXPECT_EQ(to_base64(bytes_of("fo")), "Zm8=");
    EXPECT_FALSE(from_base64("Zm9="));  // bits left over
    EXPECT_FALSE(from_base64("Zm8"));
    EXPECT_FALSE(from_base64("===="));
    EXPECT_FALSE(from_base64("Zm 8"));
}

TEST(Pack, RoundTripAndEveryCutIsRefused) {
    Packer packer;
    packer.u8(7);
    packer.u32(70000);
    packer.i64(-5);
    packer.text("hé");
    packer.list(std::vector<std::string>{"a", "bc"},
                [](Packer& p, const std::string& s) { p.text(s); });
    const Bytes whole = packer.view();
    const auto read = [](ByteView bytes) -> Result<std::string> {
        Unpacker unpacker(bytes);
        TRY(unpacker.u8());
        TRY(unpacker.u32());
        TRY(unpacker.i64());
        std::string text = TRY(unpacker.text());
        const auto list = TRY(unpacker.list<std::string>([](Unpacker& u) { return u.text(); }));
        TRY(unpacker.finish());
        return text + list.at(1);
    };
    EXPECT_EQ(*read(whole), "hébc");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(read(ByteView(whole).first(size))) << size;
    }
    Bytes longer = whole;
    longer.push_back(0);
    EXPECT_FALSE(read(longer));
}

TEST(Clock, TimesAndIdsHaveTheirForm) {
    EXPECT_EQ(format_time(1795338000000), "2026-11-22T09:00:00.000Z");
    EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999Z");
    ScriptedClock clock(1795338000000);
    ScriptedRandom random(1);
    const auto first = make_id(clock, random);
    clock.advance_ms(1);
    const auto second = make_id(clock, random);
    EXPECT_EQ(first.size(), 26U);
    EXPECT_LT(first, second);
}

TEST(Inbox, AFullInboxRefusesAndAClosedOneDrains) {
    Inbox<int> inbox(2);
    EXPECT_TRUE(inbox.put(1));
    EXPECT_TRUE(inbox.put(2));
    EXPECT_EQ(inbox.put(3).error().code, Code::exhausted);
    inbox.close();
    EXPECT_EQ(inbox.put(4).error().code, Code::cancelled);
    EXPECT_EQ(inbox.take(), 1);
    EXPECT_EQ(inbox.take(), 2);
    EXPECT_EQ(inbox.take(), std::nullopt);
}

}  // namespace
}  // namespace hs::base
