// GraphQL requests: does a body only look, or does it change something, and by which fields?
//
// What it is for: every GraphQL request is a POST to one path, so that method and path say nothing
// of it; the operation does. Source: GraphQL specification (September 2025), 2 Language; GraphQL
// over HTTP, 5.4 POST. What it does not protect from: a server whose queries change something, and
// one that reads the body in another way than the specification says. Persisted operations are
// named by a hash alone and count as unknown. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hs::wire {

struct GraphqlOperation {
    enum class Kind : std::uint8_t { query, mutation, subscription };
    Kind kind = Kind::query;
    std::string name;                 // empty for an anonymous one
    std::vector<std::string> fields;  // at its root, by their own names; "...F" for a fragment
};

// The operations of a document, in their order. invalid_input for what is no document, or nested
// deeper than 64 or longer than 256 KiB.
base::Result<std::vector<GraphqlOperation>> graphql_operations(std::string_view document);

// What a body of application/json asks for: "query", or "mutation createIssue addStar"; of several
// requests in a list the ones that change. Empty where that cannot be told: then it counts as
// anything.
std::string graphql_asked(std::string_view body);

}  // namespace hs::wire
