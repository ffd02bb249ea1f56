#include "wire/json.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "wire/utf8.h"

namespace hs::wire {
namespace {

TEST(Json, ParsesEveryTypeAndPrintsTheCanonicalForm) {
    const auto value =
        parse_json(R"( {"b":[1,-9223372036854775808,2.5,true,null],"a":"x\u00e9\n"} )");
    ASSERT_TRUE(value) << value.error().what;
    EXPECT_EQ(canonical_json(*value),
              "{\"a\":\"xé\\n\",\"b\":[1,-9223372036854775808,2.5,true,null]}");
    EXPECT_EQ(*parse_json(pretty_json(*value)), *value);
}

TEST(Json, RefusesWithThePositionAndTheReason) {
    const auto twice = parse_json("{\n  \"a\": 1,\n  \"a\": 2}");
    ASSERT_FALSE(twice);
    EXPECT_NE(twice.error().what.find("line 3"), std::string::npos) << twice.error().what;
    EXPECT_NE(twice.error().what.find("\"a\" stands twice"), std::string::npos);
    EXPECT_FALSE(parse_json("{} x"));
    EXPECT_FALSE(parse_json(""));
    EXPECT_FALSE(parse_json("18446744073709551615"));
    EXPECT_FALSE(parse_json("1e999"));
    EXPECT_FALSE(parse_json("\"\xff\""));
    EXPECT_FALSE(parse_json("\"\\ud800\""));
    EXPECT_FALSE(parse_json(std::string(100'000, '[')));
    EXPECT_FALSE(parse_json("[1,1,1]", {.values_max = 3}));
    EXPECT_FALSE(parse_json("[1]", {.bytes_max = 2}));
}

TEST(Json, TypedReadersSayWhatWasExpected) {
    const auto value = *parse_json(R"({"n":1,"s":"x"})");
    EXPECT_EQ(*integer_at(value, "n"), 1);
    EXPECT_EQ(text_at(value, "n").error().what, "\"n\" must be a string");
    EXPECT_EQ(*text_at_or(value, "missing", "y"), "y");
    EXPECT_FALSE(text_at_or(value, "n", "y"));
}

Json random_json(base::ScriptedRandom& random, int depth) {
    const std::uint64_t kind = random.next() % (depth > 0 ? 7 : 5);
    if (kind == 0) return Json();
    if (kind == 1) return Json(random.next() % 2 == 0);
    if (kind == 2) return Json(static_cast<std::int64_t>(random.next()));
    if (kind == 3) return Json(static_cast<double>(random.next()) / 3.0);
    if (kind == 4) {
        std::string text;
        for (std::uint64_t i = random.next() % 8; i > 0; --i) {
            append_utf8(text, static_cast<char32_t>(random.next() % 0xd7ff));
        }
        return Json(text);
    }
    Json container = kind == 5 ? Json(JsonArray{}) : Json(JsonObject{});
    for (std::uint64_t i = random.next() % 4; i > 0; --i) {
        Json item = random_json(random, depth - 1);
        if (kind == 5) {
            container.push(std::move(item));
        } else {
            container["k" + std::to_string(random.next() % 5)] = std::move(item);
        }
    }
    return container;
}

TEST(Json, CanonicalFormGoesRound) {
    base::ScriptedRandom random(42);
    for (int i = 0; i < 2000; ++i) {
        const Json value = random_json(random, 4);
        const auto again = parse_json(canonical_json(value));
        ASSERT_TRUE(again) << canonical_json(value);
        // A real number without a fraction comes back as an integer, so compare the text.
        EXPECT_EQ(canonical_json(*again), canonical_json(value));
    }
}

TEST(Utf8, TellsWellFormedFromTheRest) {
    EXPECT_TRUE(is_utf8("aé€\xf0\x9f\x98\x80"));
    for (const char* bad : {"\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xe2\x82", "\xff"}) {
        EXPECT_FALSE(is_utf8(bad));
        EXPECT_TRUE(is_utf8(mend_utf8(bad)));
    }
    EXPECT_EQ(cut_utf8("aé", 2), "a");
}

}  // namespace
}  // namespace hs::wire
