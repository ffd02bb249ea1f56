// Dialect: one wire format of model providers, without any connection.
//
// What it is for: HttpProvider does the exchange, the deadlines and the maxima; a Dialect only
// translates. Dialects are pure, so recorded streams test them whole.
// What it does not protect from: see the formats' own headers.
// Threads: a Dialect is immutable; a StreamReader has one owner.
#pragma once

#include <memory>

#include "models/assembly.h"
#include "models/trouble.h"
#include "wire/sse.h"

namespace hs::models {

enum class Delivery : std::uint8_t { stream, whole };

// Reads one streamed answer into an Assembly.
class StreamReader {
  public:
    virtual ~StreamReader() = default;
    // Takes one event; the provider's own error or a broken protocol comes back.
    virtual std::optional<ProviderError> take(const wire::SseEvent& event) = 0;
    // The stream has said that it ended; nothing after it matters.
    virtual bool done() const = 0;
    // The connection ended. True when the answer is whole although done() was not said.
    virtual bool ended_whole() const = 0;
    // Counts the events that carried something, so that endless pings are seen as no progress.
    virtual std::uint64_t progress() const = 0;
};

class Dialect {
  public:
    virtual ~Dialect() = default;
    virtual HttpRequest request(const ChatRequest& chat, Delivery delivery) const = 0;
    virtual std::unique_ptr<StreamReader> reader(Assembly& assembly) const = 0;
    // Reads a whole (not streamed) answer.
    virtual std::optional<ProviderError> read_whole(const wire::Json& json,
                                                    Assembly& assembly) const = 0;
    // Sorts an error response. The body may be anything.
    virtual ProviderError read_error(int status, std::string_view body) const = 0;
};

}  // namespace hs::models
