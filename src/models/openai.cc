#include "models/openai.h"

#include "models/lenient_json.h"

namespace hs::models {
namespace {

using wire::Json;

void read_calls(const Json& message, Assembly& assembly) {
    const Json* calls = message.find("tool_calls");
    if (calls == nullptr || calls->array() == nullptr) return;
    for (const Json& call : *calls->array()) {
        const Json* function = call.find("function");
        const std::size_t part =
            assembly.open_call(text_or_empty(&call, "id"), text_or_empty(function, "name"));
        assembly.add_arguments(part, openai_arguments(function));
        assembly.end_call(part);
    }
}

// "code" is a string at most servers and a number at some.
TroubleKind kind_of_error(const Json* error, TroubleKind otherwise) {
    static constexpr std::pair<std::string_view, TroubleKind> names[] = {
        {"insufficient_quota", TroubleKind::quota},
        {"billing_hard_limit_reached", TroubleKind::quota},
        {"rate_limit_exceeded", TroubleKind::rate_limit},
        {"rate_limit_error", TroubleKind::rate_limit},
        {"invalid_api_key", TroubleKind::auth},
        {"authentication_error", TroubleKind::auth},
        {"permission_error", TroubleKind::forbidden},
        {"model_not_found", TroubleKind::no_model},
        {"DeploymentNotFound", TroubleKind::no_model},
        {"context_length_exceeded", TroubleKind::context_too_long},
        {"exceed_context_size_error", TroubleKind::context_too_long},
        {"server_error", TroubleKind::server},
        {"unavailable_error", TroubleKind::overloaded},
        {"invalid_request_error", TroubleKind::bad_request},
    };
    // The code is the more exact of the two.
    for (const std::string_view key : {"code", "type"}) {
        const std::string_view held = text_or_empty(error, key);
        for (const auto& [name, kind] : names) {
            // An error of the request's form says less than the status does.
            if (held == name &&
                (kind != TroubleKind::bad_request || otherwise == TroubleKind::server))
                return kind;
        }
        if (const std::int64_t status = count_or_zero(error, key); status >= 400 && status < 600) {
            return kind_of_status(static_cast<int>(status));
        }
    }
    return otherwise;
}

}  // namespace

std::optional<Usage> openai_usage(const Json* usage) {
    if (usage == nullptr || usage->object() == nullptr) return {};
    const std::int64_t prompt = count_or_zero(usage, "prompt_tokens");
    const std::int64_t cached =
        std::min(prompt, count_or_zero(usage->find("prompt_tokens_details"), "cached_tokens"));
    return Usage{prompt - cached, count_or_zero(usage, "completion_tokens"), cached, 0};
}

std::optional<Finish> openai_finish(std::string_view reason) {
    static constexpr std::pair<std::string_view, Finish> reasons[] = {
        {"stop", Finish::end_turn},          {"length", Finish::max_tokens},
        {"tool_calls", Finish::tool_calls},  {"function_call", Finish::tool_calls},
        {"content_filter", Finish::refusal},
    };
    for (const auto& [name, finish] : reasons) {
        if (reason == name) return finish;
    }
    return {};
}

ProviderError openai_error(const Json* error, TroubleKind otherwise) {
    ProviderError read{kind_of_error(error, otherwise),
                       std::string(text_or_empty(error, "message"))};
    // Ollama and some others send the error as a plain string.
    if (error != nullptr && error->text() != nullptr) read.message = *error->text();
    const bool unclear = read.kind == TroubleKind::bad_request || read.kind == TroubleKind::server;
    if (unclear && names_long_context(read.message)) read.kind = TroubleKind::context_too_long;
    return read;
}

std::string openai_content(const Json* content) {
    if (content == nullptr) return {};
    if (content->text() != nullptr) return *content->text();
    std::string out;
    if (content->array() == nullptr) return out;
    for (const Json& part : *content->array()) {
        if (text_or_empty(&part, "type") == "text") out += text_or_empty(&part, "text");
    }
    return out;
}

std::string_view openai_reasoning(const Json& message) {
    const std::string_view content = text_or_empty(&message, "reasoning_content");
    return content.empty() ? text_or_empty(&message, "reasoning") : content;
}

std::string openai_arguments(const Json* function) {
    const Json* arguments = function == nullptr ? nullptr : function->find("arguments");
    if (arguments == nullptr || arguments->is_null()) return {};
    return arguments->text() != nullptr ? *arguments->text() : wire::canonical_json(*arguments);
}

std::optional<ProviderError> OpenAi::read_whole(const Json& json, Assembly& assembly) const {
    const Json* error = json.find("error");
    if (error != nullptr && !error->is_null()) return openai_error(error, TroubleKind::server);
    const Json* choices = json.find("choices");
    const bool any =
        choices != nullptr && choices->array() != nullptr && !choices->array()->empty();
    const Json* message = any ? choices->array()->front().find("message") : nullptr;
    if (message == nullptr) {
        return ProviderError{TroubleKind::nonsense, "the answer has no choices[0].message"};
    }
    assembly.set_model(text_or_empty(&json, "model"));
    if (const auto usage = openai_usage(json.find("usage"))) assembly.set_usage(*usage);
    if (const std::string_view thought = openai_reasoning(*message); !thought.empty()) {
        assembly.add_thinking(assembly.open_thinking("openai"), thought);
    }
    std::string text = openai_content(message->find("content"));
    text += text_or_empty(message, "refusal");
    if (!text.empty()) assembly.add_text(assembly.open_text(), text);
    read_calls(*message, assembly);
    const auto finish = openai_finish(text_or_empty(&choices->array()->front(), "finish_reason"));
    if (finish) assembly.set_finish(*finish);
    return {};
}

ProviderError OpenAi::read_error(int status, std::string_view body) const {
    const auto json = parse_lenient_json(body);
    const TroubleKind kind = kind_of_status(status);
    if (!json) return {kind, std::string(body.substr(0, 500))};
    const Json* error = json->find("error");
    return openai_error(error != nullptr ? error : &*json, kind);
}

}  // namespace hs::models
