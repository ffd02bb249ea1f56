#include "flow/source.h"

#include <gtest/gtest.h>

namespace hs::flow {
namespace {

using wire::Json;

TEST(Source, GoesIntoJsonAndBack) {
    const Source source{
        SourceKind::file, "/p/a.cc", {{1, 40}, {90, 90}}, 1200, std::string(64, 'a')};
    const auto back = source_from_json(to_json(source));
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(*back, source);
    EXPECT_EQ(*source_from_json(to_json(Source{})), Source{});
}

TEST(Source, WhatIsMalformedIsRefused) {
    for (const char* text :
         {R"({"what":"soul","name":"x","bytes":1})", R"({"what":"file","name":"x","bytes":-1})",
          R"({"what":"file","bytes":1})", R"({"what":"file","name":"x","bytes":1,"digest":"ab"})",
          R"({"what":"file","name":"x","bytes":1,"lines":[[2,1]]})",
          R"({"what":"file","name":"x","bytes":1,"lines":[[1]]})",
          R"({"what":"file","name":"x","bytes":1,"lines":[["a","b"]]})", R"([])"}) {
        EXPECT_FALSE(source_from_json(*wire::parse_json(text))) << text;
    }
    Source large;
    large.name = std::string(Source::name_bytes_max + 1, 'x');
    EXPECT_FALSE(source_from_json(to_json(large)));
}

TEST(Source, LinesThatTouchAreOneRange) {
    std::vector<LineRange> lines;
    for (const std::int64_t number : {3, 4, 4, 5, 9}) add_line(lines, number);
    EXPECT_EQ(lines, (std::vector<LineRange>{{3, 5}, {9, 9}}));
    EXPECT_EQ(joined({{9, 12}, {1, 2}, {3, 4}, {10, 20}}),
              (std::vector<LineRange>{{1, 4}, {9, 20}}));
    EXPECT_TRUE(joined({}).empty());
}

}  // namespace
}  // namespace hs::flow
