// Provider: something that answers a ChatRequest.
//
// What it is for: the seam between router and the ways to reach a model: HttpProvider (Anthropic
// and OpenAI formats) and OfflineProvider.
// What it does not protect from: a provider that is slow; each keeps the deadlines it is given.
// Threads: complete() may run on many threads at once.
#pragma once

#include <optional>

#include "models/chat.h"
#include "models/stop.h"
#include "models/trouble.h"

namespace hs::models {

struct Reply {
    // Whole where there is no trouble. With trouble it holds what arrived before: the sink may
    // have shown its text already; its calls are complete ones only.
    Answer answer;
    std::optional<Trouble> trouble;
    bool visible = false;  // the sink has seen more than usage

    bool ok() const { return !trouble.has_value(); }
};

class Provider {
  public:
    virtual ~Provider() = default;
    // The route's name in the configuration, such as "anthropic" or "offline".
    virtual std::string_view name() const = 0;
    // One attempt, no retry. Returns soon after stop is requested.
    virtual Reply complete(const ChatRequest& request, EventSink& sink, const Stop& stop) = 0;
};

}  // namespace hs::models
