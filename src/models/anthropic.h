// The Anthropic Messages API (POST /v1/messages, anthropic-version 2023-06-01) as a Dialect.
//
// What it is for: requests with tools, thinking and prompt caching; streamed and whole answers.
// Facts from Anthropic's API reference (Messages, Streaming, Prompt caching, Extended thinking,
// Errors). The key is not here: egress puts it into x-api-key.
// What it does not protect from: a server that speaks the format and lies.
// Threads: immutable.
#pragma once

#include "models/dialect.h"

namespace hs::models {

struct AnthropicConfig {
    wire::Url url;           // of the endpoint, usually https://api.anthropic.com/v1/messages
    std::string credential;  // the binding's name; empty where no key is needed
    std::vector<std::string> betas;  // values of the anthropic-beta header
};

class Anthropic : public Dialect {
  public:
    explicit Anthropic(AnthropicConfig config) : config_(std::move(config)) {}

    HttpRequest request(const ChatRequest& chat, Delivery delivery) const override;
    std::unique_ptr<StreamReader> reader(Assembly& assembly) const override;
    std::optional<ProviderError> read_whole(const wire::Json& json,
                                            Assembly& assembly) const override;
    ProviderError read_error(int status, std::string_view body) const override;

  private:
    AnthropicConfig config_;
};

// The request's body, JSON. The conversation is mended first; cache breakpoints (at most three of
// the four allowed) stand on the last tool, the system text and the last block of the last message.
std::string anthropic_body(const ChatRequest& chat, Delivery delivery);

// Shared between the streamed and the whole form.
Usage anthropic_usage(const wire::Json* usage, const Usage& before);
std::optional<Finish> anthropic_finish(std::string_view stop_reason);
// Sorts an error object {type, message}.
ProviderError anthropic_error(const wire::Json* error, TroubleKind otherwise);

}  // namespace hs::models
