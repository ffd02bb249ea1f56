// TurnListener: what a turn tells whoever shows it, while it runs.
//
// What it does not protect from: a listener that blocks; the turn waits for it.
// Threads: called on the turn's thread, in order.
#pragma once

#include <string>
#include <string_view>

#include "gate/gate.h"
#include "wire/json.h"

namespace hs::agent {

class TurnListener {
  public:
    virtual ~TurnListener() = default;
    virtual void on_text(std::string_view delta) = 0;
    // A tool call: {"phase": "begin" | "end", "call", "tool", "summary", and at the end
    // "decision", "outcome", "ms"}.
    virtual void on_tool(const wire::Json& card) = 0;
    virtual void on_pending(const gate::Pending& pending) = 0;
    // One sentence for the person: a fallback, a cut, a compaction.
    virtual void on_notice(std::string_view sentence) = 0;
};

class SilentListener : public TurnListener {
  public:
    void on_text(std::string_view) override {}
    void on_tool(const wire::Json&) override {}
    void on_pending(const gate::Pending&) override {}
    void on_notice(std::string_view) override {}
};

}  // namespace hs::agent
