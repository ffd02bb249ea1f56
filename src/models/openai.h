// OpenAI Chat Completions as a Dialect, with the differences of those who speak it: Ollama,
// llama.cpp server, vLLM, LM Studio, OpenRouter, Azure.
//
// What it is for: requests with tools; streamed and whole answers. Facts from OpenAI's API
// reference (Chat, Streaming, Errors), Azure's REST reference and the servers' own documentation.
// Tolerated: missing usage, null content, content as a list of parts, arguments as an object,
// reasoning as reasoning_content or reasoning, calls without an index or all with index 0, an
// error object inside a stream, no [DONE] at the end.
// What it does not protect from: a server that speaks the format and lies.
// Threads: immutable.
#pragma once

#include "models/dialect.h"

namespace hs::models {

enum class OpenAiServer : std::uint8_t {
    openai,
    azure,
    openrouter,
    ollama,
    llama_cpp,
    vllm,
    other
};

// Whether a model's reasoning goes back to it while it works with tools. OpenAI's own models keep
// theirs; some others (DeepSeek, Kimi) refuse a conversation without it.
enum class ReasoningReturn : std::uint8_t { none, tool_loop };

struct OpenAiConfig {
    wire::Url url;  // of the endpoint, such as https://api.openai.com/v1/chat/completions
    OpenAiServer server = OpenAiServer::other;
    std::string credential;  // the binding's name; empty where no key is needed
    ReasoningReturn reasoning = ReasoningReturn::none;
};

// Azure: https://RESOURCE.openai.azure.com + deployment + api-version as one URL. invalid_input
// when a part holds anything that would not stay within its place.
base::Result<wire::Url> azure_url(const wire::Url& resource, std::string_view deployment,
                                  std::string_view api_version);

class OpenAi : public Dialect {
  public:
    explicit OpenAi(OpenAiConfig config) : config_(std::move(config)) {}

    HttpRequest request(const ChatRequest& chat, Delivery delivery) const override;
    std::unique_ptr<StreamReader> reader(Assembly& assembly) const override;
    std::optional<ProviderError> read_whole(const wire::Json& json,
                                            Assembly& assembly) const override;
    ProviderError read_error(int status, std::string_view body) const override;

  private:
    OpenAiConfig config_;
};

// The request's body. The conversation is mended first.
std::string openai_body(const ChatRequest& chat, const OpenAiConfig& config, Delivery delivery);

// Shared between the streamed and the whole form.
std::optional<Usage> openai_usage(const wire::Json* usage);
std::optional<Finish> openai_finish(std::string_view reason);
ProviderError openai_error(const wire::Json* error, TroubleKind otherwise);
// Content as text, or as a list of parts of which the text ones count.
std::string openai_content(const wire::Json* content);
// The reasoning under whichever name the server uses.
std::string_view openai_reasoning(const wire::Json& message);
// Arguments as a string, or as the object itself.
std::string openai_arguments(const wire::Json* function);

}  // namespace hs::models
