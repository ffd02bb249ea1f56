// OfflineProvider: answers without any model, by the grammar of offline_grammar.h.
//
// What it is for: the default when nothing is configured, and the last route when nothing can be
// reached. It says that it is no language model. Deterministic; it uses no tokens.
// What it does not protect from: what its calls do. Policy decides on every one.
// Threads: complete() may run on many threads at once.
#pragma once

#include "models/provider.h"

namespace hs::models {

// Of each tool result, this much is shown; what is left out is counted.
inline constexpr std::size_t offline_result_bytes_max = std::size_t{64} << 10U;

class OfflineProvider : public Provider {
  public:
    std::string_view name() const override { return "offline"; }
    // New text of the person becomes tool calls; results become the answer that shows them.
    Reply complete(const ChatRequest& request, EventSink& sink, const Stop& stop) override;
};

}  // namespace hs::models
