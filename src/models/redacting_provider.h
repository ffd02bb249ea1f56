// RedactingProvider: stands before a provider that is not on this machine: what goes out has
// placeholders for secrets, and for personal data where policy obliges to it; what comes back has
// the values again, before text is shown and before a tool gets its arguments.
//
// What it does not protect from: what detect does not find. What a provider accepts by class is
// policy's, and so is whether what was replaced still counts; the request says how much was.
// Threads: complete() may run on many threads at once.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "detect/redaction.h"
#include "models/provider.h"

namespace hs::models {

class RedactingProvider : public Provider {
  public:
    static constexpr std::size_t sessions_max = 64;

    // Personal data where policy obliges to it, or in every call.
    enum class Personal : std::uint8_t { where_obliged, always };

    explicit RedactingProvider(std::shared_ptr<Provider> provider,
                               Personal personal = Personal::where_obliged)
        : provider_(std::move(provider)), personal_(personal == Personal::always) {}

    std::string_view name() const override { return provider_->name(); }
    Reply complete(const ChatRequest& request, EventSink& sink, const Stop& stop) override;

  private:
    // One conversation's placeholders; its turns follow each other, so the lock waits for nobody.
    struct Held {
        std::string session;
        std::mutex lock;
        detect::Redaction redaction;
    };
    std::shared_ptr<Held> held_for(const std::string& session);
    Reply attempt(const ChatRequest& request, EventSink& sink, const Stop& stop,
                  bool& asked_personal);

    std::shared_ptr<Provider> provider_;
    base::Guarded<std::list<std::shared_ptr<Held>>> sessions_;  // the latest first
    std::atomic<bool> personal_;  // personal data too: policy has obliged to it
};

}  // namespace hs::models
