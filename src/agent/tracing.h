// Tracing: what a conversation's stored messages tell the flow context, and back.
//
// What it does not protect from: a store whose labels somebody changed who holds its key. What is
// missing or malformed there is untrusted and private. Threads: pure functions over values.
#pragma once

#include <string>
#include <vector>

#include "agent/session_store.h"
#include "flow/context.h"
#include "flow/source.h"
#include "models/chat.h"
#include "wire/json.h"

namespace hs::agent {

// Where the result of a call comes from, for a person: "the page https://…".
std::string origin_of(const models::ToolCallPart& call);

// Kept with a message of tool results: label, origin and sources of each part, in order.
wire::Json traces_of(const std::vector<flow::Span>& spans, const models::Message& results);
// What a result was taken from; where no source was told, the tool itself.
models::Origin origin_of_result(const models::ToolCallPart& call, std::vector<flow::Source> sources,
                                const flow::Label& label, std::string_view text);
// Puts the kept sources to the parts of a message again, for the record of what goes out.
void restore_origins(StoredMessage& message);
// Kept with a summary: the whole context, where it is not too large.
wire::Json snapshot_of(const flow::Context& context);

// Takes a stored message in, as the model has seen it.
void take_in(flow::Context& context, const StoredMessage& message);

}  // namespace hs::agent
