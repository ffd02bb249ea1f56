#include "models/anthropic.h"

#include "models/lenient_json.h"

namespace hs::models {
namespace {

using wire::Json;

void read_call(const Json& block, Assembly& assembly) {
    const std::size_t part =
        assembly.open_call(text_or_empty(&block, "id"), text_or_empty(&block, "name"));
    if (const Json* input = block.find("input")) {
        assembly.add_arguments(part, wire::canonical_json(*input));
    }
    assembly.end_call(part);
}

void read_block(const Json& block, Assembly& assembly) {
    const std::string_view type = text_or_empty(&block, "type");
    if (type == "text") {
        assembly.add_text(assembly.open_text(), text_or_empty(&block, "text"));
    } else if (type == "thinking") {
        const std::size_t part = assembly.open_thinking("anthropic");
        assembly.add_thinking(part, text_or_empty(&block, "thinking"));
        assembly.add_signature(part, text_or_empty(&block, "signature"));
    } else if (type == "redacted_thinking") {
        assembly.add_redacted_thinking("anthropic", text_or_empty(&block, "data"));
    } else if (type == "tool_use") {
        read_call(block, assembly);
    }
}

}  // namespace

// message_delta's counts are cumulative, and newer ones replace older ones where present.
Usage anthropic_usage(const Json* usage, const Usage& before) {
    Usage now = before;
    const auto update = [usage](std::int64_t& count, std::string_view key) {
        const Json* member = usage == nullptr ? nullptr : usage->find(key);
        if (member != nullptr && member->integer() != nullptr) count = count_or_zero(usage, key);
    };
    update(now.input, "input_tokens");
    update(now.output, "output_tokens");
    update(now.cache_read, "cache_read_input_tokens");
    update(now.cache_write, "cache_creation_input_tokens");
    return now;
}

std::optional<Finish> anthropic_finish(std::string_view stop_reason) {
    static constexpr std::pair<std::string_view, Finish> reasons[] = {
        {"end_turn", Finish::end_turn},
        {"tool_use", Finish::tool_calls},
        {"max_tokens", Finish::max_tokens},
        {"stop_sequence", Finish::stop_sequence},
        {"refusal", Finish::refusal},
        {"pause_turn", Finish::pause},
        {"model_context_window_exceeded", Finish::context_full},
    };
    for (const auto& [name, finish] : reasons) {
        if (stop_reason == name) return finish;
    }
    return {};
}

ProviderError anthropic_error(const Json* error, TroubleKind otherwise) {
    static constexpr std::pair<std::string_view, TroubleKind> types[] = {
        {"invalid_request_error", TroubleKind::bad_request},
        {"authentication_error", TroubleKind::auth},
        {"billing_error", TroubleKind::quota},
        {"permission_error", TroubleKind::forbidden},
        {"not_found_error", TroubleKind::no_model},
        {"request_too_large", TroubleKind::context_too_long},
        {"rate_limit_error", TroubleKind::rate_limit},
        {"timeout_error", TroubleKind::timed_out},
        {"api_error", TroubleKind::server},
        {"overloaded_error", TroubleKind::overloaded},
    };
    ProviderError read{otherwise, std::string(text_or_empty(error, "message"))};
    const std::string_view type = text_or_empty(error, "type");
    for (const auto& [name, kind] : types) {
        if (type == name) read.kind = kind;
    }
    if (read.kind != TroubleKind::bad_request) return read;
    if (names_long_context(read.message)) read.kind = TroubleKind::context_too_long;
    if (read.message.find("credit balance") != std::string::npos) read.kind = TroubleKind::quota;
    return read;
}

std::optional<ProviderError> Anthropic::read_whole(const Json& json, Assembly& assembly) const {
    if (text_or_empty(&json, "type") == "error") {
        return anthropic_error(json.find("error"), TroubleKind::server);
    }
    const Json* content = json.find("content");
    if (content == nullptr || content->array() == nullptr) {
        return ProviderError{TroubleKind::nonsense, "the answer has no content"};
    }
    assembly.set_model(text_or_empty(&json, "model"));
    assembly.set_usage(anthropic_usage(json.find("usage"), {}));
    for (const Json& block : *content->array()) read_block(block, assembly);
    const auto finish = anthropic_finish(text_or_empty(&json, "stop_reason"));
    if (finish) assembly.set_finish(*finish);
    return {};
}

ProviderError Anthropic::read_error(int status, std::string_view body) const {
    const auto json = parse_lenient_json(body);
    const Json* error = json ? json->find("error") : nullptr;
    return anthropic_error(error, kind_of_status(status));
}

}  // namespace hs::models
