#include "wire/graphql.h"

#include <gtest/gtest.h>

namespace hs::wire {
namespace {

TEST(Graphql, ToldByItsOperationAndRootFields) {
    const std::pair<const char*, const char*> bodies[] = {
        {R"({"query":"{ viewer { login } }"})", "query"},
        {R"({"query":"query A($n: Int = 3) @cached(ttl: \"}\") { a: repository(owner: \"x\") { id } }"})",
         "query"},
        {R"({"query":"mutation { createIssue(input: {title: \"}\"}) { issue { id } } }"})",
         "mutation createIssue"},
        {R"({"query":"mutation M { a: addStar(input: {}) { x } b: addStar { y } closeIssue { z } }"})",
         "mutation addStar closeIssue"},
        {R"({"query":"query Q { a } mutation M { b }","operationName":"Q"})", "query"},
        {R"({"query":"query Q { a } mutation M { b }","operationName":"M"})", "mutation b"},
        {R"({"query":"query Q { a } mutation M { b }"})", "mutation b"},
        {R"({"query":"query Q { a }","operationName":"Other"})", ""},
        {R"({"query":"fragment F on Query { mutation } query { ...F }"})", "query"},
        {R"({"query":"mutation { ...F } fragment F on Mutation { deleteAll }"})", "mutation ...F"},
        {R"({"query":"# query { a }\nmutation { b }"})", "mutation b"},
        {R"({"query":"{ a(text: \"\"\"mutation { \\\"\"\" }\"\"\") }"})", "query"},
        {R"({"query":"\ufeff,,{ a }"})", "query"},
        {R"({"query":"subscription { s }"})", "subscription s"},
        {R"([{"query":"{ a }"},{"query":"mutation { b }"}])", "mutation b"},
        {R"([{"query":"{ a }"},{"query":"{ b }"}])", "query"},
        {R"({"extensions":{"persistedQuery":{"sha256Hash":"00"}}})", ""},
        {R"({"query":7})", ""},
        {R"([])", ""},
        {"no json", ""},
        {R"({"query":"{ a }","query":"mutation { b }"})", ""},
    };
    for (const auto& [body, asked] : bodies) EXPECT_EQ(graphql_asked(body), asked) << body;
}

TEST(Graphql, WhatIsNoDocumentIsRefused) {
    const std::string deep = "{ a " + std::string(100, '{') + std::string(100, '}') + " }";
    for (const std::string document :
         {"", "{", "{ a", "query", "mutation M", "type A { b: Int }", "{ a(x: \"open) }", "{ a ) }",
          "{ a(x: [1} }", "{ ? }", "{ a: }", "{ 7 }", "query Q", "fragment F on",
          "fragment F on T { a }", "{ a(x: \"\"\"open\"\") }", "\xff{ a }"}) {
        EXPECT_FALSE(graphql_operations(document).ok()) << document;
    }
    EXPECT_FALSE(graphql_operations(deep).ok());
    EXPECT_FALSE(graphql_operations(std::string(300 << 10, ' ') + "{ a }").ok());
}

}  // namespace
}  // namespace hs::wire
