// What the two stream fuzz targets share: any bytes are read as one answer.
//
// What it is for: anthropic_fuzz.cc and openai_fuzz.cc. What it does not protect from: nothing; it
// is in no program.
// Threads: one owner.
#pragma once

#include "base/bytes.h"
#include "models/chat_json.h"
#include "models/conversation.h"
#include "models/http_provider.h"
#include "models/testing/scripted_transport.h"
#include "wire/utf8.h"

namespace hs::models::testing {

// Whatever comes, the answer is bounded, well-formed and goes back to the provider; how the bytes
// were split changes nothing.
inline Answer read_fuzzed(std::unique_ptr<Dialect> dialect, std::string_view bytes,
                          std::size_t chunk_bytes) {
    base::ScriptedClock clock(0);
    ScriptedTransport transport(clock);
    ScriptedStop stop(clock);
    transport.answers.push_back({.body = std::string(bytes), .chunk_bytes = chunk_bytes});
    ChatRequest request;
    request.tools = {{"files_read", "", wire::JsonObject{{"type", "object"}}}};
    RecordingSink sink;
    HttpProvider provider({"fuzz", Delivery::stream, {}, {}}, std::move(dialect), transport, clock);
    Reply reply = provider.complete(request, sink, stop);
    CHECK(sink.finishes.size() == 1);
    CHECK(sink.shown == text_of(reply.answer.message));
    CHECK(reply.ok() || !reply.trouble->what.empty());
    CHECK(wire::is_utf8(sink.shown) && wire::is_utf8(sink.thinking));
    std::set<std::string> ids;
    for (const Part& part : reply.answer.message.parts) {
        const auto* call = std::get_if<ToolCallPart>(&part);
        if (call == nullptr) continue;
        CHECK(ids.insert(call->id).second && plain_name(call->id, "") == call->id);
        CHECK(plain_name(call->name, "") == call->name && call->arguments.object() != nullptr);
    }
    const auto json = wire::parse_json(wire::canonical_json(message_to_json(reply.answer.message)));
    CHECK(json.ok() && message_from_json(*json).ok());
    return std::move(reply.answer);
}

}  // namespace hs::models::testing
