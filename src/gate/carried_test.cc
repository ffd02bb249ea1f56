#include "gate/carried.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hs::gate {
namespace {

using flow::SourceKind;
using testing::HasSubstr;
using testing::Not;
using wire::Json;

Carried sample() {
    Carried carried;
    carried.series = "S1";
    carried.first = 3;
    carried.items = {
        {{SourceKind::file, "/p/a.cc", {{1, 40}}, 900, std::string(64, 'a')},
         {flow::DataClass::source_code}},
        {{SourceKind::memory, "M1", {}, 40, std::string(64, 'b')}, {flow::DataClass::personal}}};
    carried.numbers = {{0, 1}, {3, 4}};
    carried.replaced = {{3, {{"github-pat", 2}}}};
    carried.kinds = {{"github-pat", 2}, {"iban", 1}};
    return carried;
}

TEST(Carried, GoesOverTheWireAndBack) {
    const auto back = carried_from_json(*wire::parse_json(wire::canonical_json(to_json(sample()))));
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(*back, sample());
}

TEST(Carried, WhatIsMalformedIsRefused) {
    const auto refused = [](const char* key, const char* value) {
        Json json = to_json(sample());
        json[key] = *wire::parse_json(value);
        return !carried_from_json(json).ok();
    };
    EXPECT_TRUE(refused("series", R"("")"));
    EXPECT_TRUE(refused("series", "7"));
    EXPECT_TRUE(refused("first", "-1"));
    EXPECT_TRUE(refused("items", R"([{"what":"file"}])"));
    EXPECT_TRUE(refused("items", R"([{"what":"file","name":"x","bytes":1,"classes":["x"]}])"));
    EXPECT_TRUE(refused("numbers", "[[0,5]]")) << "a number that nobody has described";
    EXPECT_TRUE(refused("numbers", "[[2,1]]"));
    EXPECT_TRUE(refused("replaced", R"([{"item":1}])"));
    EXPECT_TRUE(refused("kinds", R"({"iban":-1})"));
    EXPECT_TRUE(refused("kinds", "[]"));
    Carried many = sample();
    many.items.resize(Carried::items_max + 1, many.items[0]);
    EXPECT_FALSE(carried_from_json(to_json(many)));
}

TEST(Carried, TheRecordHasAKeyedHashAndNoDigest) {
    const audit::Pseudonyms names(crypto::SecretBytes::copy_of(base::Bytes(32, 7)));
    const audit::Event head(audit::EventKind::model_call);
    const auto events = model_call_events(head, sample(), &names);
    ASSERT_EQ(events.size(), 1U);
    const auto bytes = *events[0].encode(0);
    const std::string text(base::text_of(bytes));
    EXPECT_THAT(text, Not(HasSubstr(std::string(64, 'a'))));
    EXPECT_THAT(text, HasSubstr(names.of(std::string(64, 'a'))));
    EXPECT_THAT(text, HasSubstr(R"("lines":[[1,40]],"path":"/p/a.cc")"));
    EXPECT_THAT(text, HasSubstr(R"("name":"M1")"));
    EXPECT_THAT(text, HasSubstr(R"("redacted":{"github-pat":2,"iban":1})"));
}

// A conversation of any size fits: what one record does not take goes on in the next.
TEST(Carried, TheLargestGoesIntoSeveralRecords) {
    Carried large = sample();
    large.first = 0;
    large.items.clear();
    large.numbers.clear();
    for (std::size_t i = 0; i < Carried::items_max; ++i) {
        CarriedItem item;
        item.source.name = "/" + std::to_string(i) + std::string(i % 400 == 0 ? 4000 : 40, '\x01');
        item.source.lines.assign(i % 400 == 0 ? flow::Source::lines_max : 1, {1, 1'000'000'000});
        item.source.digest = std::string(64, 'c');
        large.items.push_back(item);
        const auto number = static_cast<std::int64_t>(i);
        if (i % 2 == 0) large.numbers.push_back({number, number});
    }
    const audit::Event head(audit::EventKind::model_call);
    const auto events = model_call_events(head, large, nullptr);
    ASSERT_GT(events.size(), 10U);
    std::size_t items = 0;
    std::size_t numbers = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto bytes = events[i].encode(0);
        ASSERT_TRUE(bytes) << i << ": " << bytes.error().what;
        const auto event = *audit::parse_event(*bytes);
        const Json& detail = *event.json.find("detail");
        EXPECT_EQ(*detail.find("part")->integer(), static_cast<std::int64_t>(i + 1));
        if (const Json* list = detail.find("items")) {
            EXPECT_EQ(*detail.find("first")->integer(), static_cast<std::int64_t>(items));
            items += list->array()->size();
        }
        numbers += detail.find("numbers")->array()->size();
    }
    EXPECT_EQ(items, Carried::items_max);
    EXPECT_EQ(numbers, large.numbers.size());
}

}  // namespace
}  // namespace hs::gate
