#include "flow/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hs::flow {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

bool holds(std::string_view text, std::string_view value) {
    const std::string low = lowered(value);
    return is_literal(low, lowered(text), kind_of(low));
}

TEST(Text, AnAddressIsFoundWholeOnly) {
    EXPECT_TRUE(holds("Write to Bob@X.com.", "bob@x.com"));
    EXPECT_TRUE(holds("(bob@x.com)", "bob@x.com"));
    EXPECT_TRUE(holds("mailto:bob@x.com", "bob@x.com"));
    for (const auto text :
         {"xbob@x.com", "bob@x.com.evil", "bob@x.community", "bob@x.com-evil", "a.bob@x.com",
          "a-bob@x.com", "a+bob@x.com", "a%bob@x.com", "bob@x.com@evil.example",
          "https://x/?a=bob@x.com", "bob@x.com+b", "_bob@x.com", "éb bob@x.comé"}) {
        EXPECT_FALSE(holds(text, "bob@x.com")) << text;
    }
}

TEST(Text, APlusAddressIsAnotherAddress) {
    EXPECT_FALSE(holds("Write to bob@x.com", "bob+evil@x.com"));
    EXPECT_FALSE(holds("Write to bob+work@x.com", "bob@x.com"));
    EXPECT_FALSE(holds("Write to bob+work@x.com", "work@x.com"));
}

TEST(Text, AHostIsNoPartOfAPathAndHasItsPort) {
    EXPECT_TRUE(holds("See https://good.example/a", "good.example"));
    EXPECT_FALSE(holds("See https://good.example/evil.example", "evil.example"));
    EXPECT_FALSE(holds("user@evil.example", "evil.example"));
    EXPECT_FALSE(holds("good.example:8443", "good.example"));
    EXPECT_FALSE(holds("good.example.evil.example", "good.example"));
}

TEST(Text, NumbersAreComparedAsNumbers) {
    const auto numbers = numbers_in("pay 1,200.50, then 0050 and 98,70; not 3.4.5 or a7");
    EXPECT_THAT(numbers, ElementsAre("1200.5", "50", "98.7"));
    EXPECT_EQ(number_form("1,200").value(), "1200");
    EXPECT_EQ(number_form("50.0").value(), "50");
    EXPECT_FALSE(number_form("1,20,0"));
    EXPECT_FALSE(number_form("1.800"));
    EXPECT_FALSE(number_form("1,8000"));
    EXPECT_FALSE(number_form("12e5"));
    EXPECT_FALSE(number_form(""));
    EXPECT_FALSE(number_form("-5"));
    EXPECT_FALSE(numbers_in("1,200").contains("200"));
}

TEST(Text, AnAccountMayBeWrittenInGroups) {
    EXPECT_TRUE(holds("Pay DE89 3704 0044 0532 0130 00 today", "DE89370400440532013000"));
    EXPECT_FALSE(holds("Pay DE89 3704 0044 0532 0130 0012", "DE89370400440532013000"));
    EXPECT_FALSE(holds("Pay DE89 3704 0044 0532 0130", "DE89370400440532013000"));
    EXPECT_FALSE(holds("Pay XDE89370400440532013000", "DE89370400440532013000"));
    for (const auto piece : {"370400440532013000", "0532013000", "DE89", "3704",
                             "DE89 3704 0044 0532 0130", "0044 0532", "0130 00"}) {
        EXPECT_FALSE(holds("Pay DE89 3704 0044 0532 0130 00 today", piece)) << piece;
    }
    EXPECT_TRUE(numbers_in("pay 50 to DE89 3704 0044 0532 0130 00 today").contains("50"));
    EXPECT_FALSE(numbers_in("pay 50 to DE89 3704 0044 0532 0130 00 today").contains("3704"));
}

TEST(Text, WhatIsNotSeenOrMixedIsDeceptive) {
    for (const auto value :
         {"bob\u200b@x.com", "\u202Emoc.x@bob", "b\u043Eb@x.com", "p\u0430ypal", "x\u00adcom",
          "\uff42ob@x.com", "\U0001D41Bob", "bob\x01", "\xff\xfe", "\u2460", "\ufeffbob"}) {
        EXPECT_TRUE(is_deceptive(value)) << value;
    }
    for (const auto value : {"bob@x.com", "Müller", "Дмитрий", "日本 Bob", "naïve café", ""}) {
        EXPECT_FALSE(is_deceptive(value)) << value;
    }
}

TEST(Text, ANameNeedsAllItsWords) {
    const Words words = words_of(lowered("Delete the grocery list and tell Dora, Bob"));
    EXPECT_TRUE(is_named("Grocery List", words));
    EXPECT_TRUE(is_named("the grocery-list", words));
    EXPECT_TRUE(is_named("Dora", words));
    EXPECT_FALSE(is_named("Bob", words)) << "three letters are too few";
    EXPECT_FALSE(is_named("shopping list", words));
    EXPECT_FALSE(is_named("the of", words));
    EXPECT_FALSE(is_named("", words));
    EXPECT_FALSE(is_named("Dor\u0430", words));
    EXPECT_FALSE(is_named("Dora\u200b", words));
    EXPECT_FALSE(is_named("Dora\u0430", words));
}

TEST(Text, DaysAreFoundInSeveralForms) {
    EXPECT_THAT(days_in("on 2026-05-13 at noon"), ElementsAre(Day(5, 13)));
    EXPECT_THAT(days_in("may 13, the 2nd of june, 7 july"),
                ElementsAre(Day(5, 13), Day(6, 2), Day(7, 7)));
    EXPECT_THAT(days_in("2026-13-40 may 99 maybe 1"), IsEmpty());
    EXPECT_THAT(days_in("may 2026"), IsEmpty());
}

TEST(Text, LinksAndTemplates) {
    EXPECT_THAT(links_in("a (https://X.example/a) 'www.b.example' http://c"),
                ElementsAre("https://x.example/a", "www.b.example", "http://c"));
    const auto patterns = templates_in("Send 'Hello {name}, {thing}!' to all");
    ASSERT_THAT(patterns, ElementsAre("hello {name}, {thing}!"));
    EXPECT_TRUE(fits_template("hello bob, hi\nthere!", patterns[0]));
    EXPECT_TRUE(fits_template("hello bob, x!.", patterns[0]));
    EXPECT_FALSE(fits_template("hello bob! x", patterns[0]));
    EXPECT_FALSE(fits_template("xhello bob, y!", patterns[0]));
}

TEST(Text, KindsOfValues) {
    EXPECT_EQ(kind_of("bob@x.com"), ValueKind::address);
    EXPECT_EQ(kind_of("https://x.com"), ValueKind::url);
    EXPECT_EQ(kind_of("www.x.com"), ValueKind::url);
    EXPECT_EQ(kind_of("x.com"), ValueKind::host);
    EXPECT_EQ(kind_of("DE89370400440532013000"), ValueKind::account);
    EXPECT_EQ(kind_of("13"), ValueKind::number);
    EXPECT_EQ(kind_of("2026-05-13 10:00"), ValueKind::date);
    EXPECT_EQ(kind_of("src/main.cc"), ValueKind::path);
    EXPECT_EQ(kind_of("Riverside View Hotel"), ValueKind::name);
}

}  // namespace
}  // namespace hs::flow
