#include <fmt/format.h>

#include "models/anthropic.h"
#include "models/lenient_json.h"

namespace hs::models {
namespace {

using wire::Json;

constexpr std::int64_t blocks_max = 4096;

ProviderError nonsense(std::string what) {
    return {TroubleKind::nonsense, std::move(what)};
}

// message_start, then for each block start, deltas and stop, then message_delta and message_stop,
// with pings anywhere. Blocks are known by index.
class AnthropicReader : public StreamReader {
  public:
    explicit AnthropicReader(Assembly& assembly) : assembly_(assembly) {}

    std::optional<ProviderError> take(const wire::SseEvent& event) override {
        const auto json = parse_lenient_json(event.data);
        if (!json || json->object() == nullptr) {
            return nonsense("a stream event is not a JSON object: " + excerpt(event.data, 80));
        }
        const std::string_view type = text_or_empty(&*json, "type");
        if (type == "ping") return {};
        ++progress_;
        if (type == "content_block_delta") return delta(*json);
        if (type == "content_block_start") return start_block(*json);
        if (type == "content_block_stop") return stop_block(*json);
        if (type == "message_start") return start_message(*json);
        if (type == "message_delta") return change_message(*json);
        if (type == "message_stop") {
            done_ = true;
            return finish_message();
        }
        if (type == "error") return anthropic_error(json->find("error"), TroubleKind::server);
        return {};  // the API's reference asks clients to pass over events that they do not know
    }
    bool done() const override { return done_; }
    bool ended_whole() const override { return has_stop_reason_ && open_blocks_ == 0; }
    std::uint64_t progress() const override { return progress_; }

  private:
    enum class Kind : std::uint8_t { text, thinking, call, other };
    struct Block {
        Kind kind = Kind::other;
        std::size_t part = 0;
        bool open = true;
        Json input;  // what content_block_start already holds
        bool has_delta = false;
    };

    std::optional<ProviderError> start_message(const Json& event) {
        if (std::exchange(started_, true)) return nonsense("message_start came twice");
        const Json* message = event.find("message");
        assembly_.set_model(text_or_empty(message, "model"));
        const Json* usage = message == nullptr ? nullptr : message->find("usage");
        assembly_.set_usage(anthropic_usage(usage, assembly_.usage()));
        return {};
    }

    std::optional<ProviderError> start_block(const Json& event) {
        if (!started_) return nonsense("content_block_start came before message_start");
        const auto index = wire::integer_at(event, "index");
        const Json* content = event.find("content_block");
        if (!index || *index < 0 || *index >= blocks_max || content == nullptr) {
            return nonsense("content_block_start without a usable index and content_block");
        }
        if (blocks_.contains(*index)) {
            return nonsense(fmt::format("content block {} began twice", *index));
        }
        blocks_[*index] = open_block(*content);
        ++open_blocks_;
        return {};
    }

    Block open_block(const Json& content) {
        const std::string_view type = text_or_empty(&content, "type");
        Block block;
        if (type == "text") {
            block = {Kind::text, assembly_.open_text(), true, {}, false};
            assembly_.add_text(block.part, text_or_empty(&content, "text"));
        } else if (type == "thinking") {
            block = {Kind::thinking, assembly_.open_thinking("anthropic"), true, {}, false};
            assembly_.add_thinking(block.part, text_or_empty(&content, "thinking"));
            assembly_.add_signature(block.part, text_or_empty(&content, "signature"));
        } else if (type == "redacted_thinking") {
            assembly_.add_redacted_thinking("anthropic", text_or_empty(&content, "data"));
        } else if (type == "tool_use") {
            block = {
                Kind::call,
                assembly_.open_call(text_or_empty(&content, "id"), text_or_empty(&content, "name")),
                true,
                {},
                false};
            if (const Json* input = content.find("input")) block.input = *input;
        }
        return block;
    }

    Block* open_block_of(const Json& event) {
        const auto index = wire::integer_at(event, "index");
        if (!index) return nullptr;
        const auto found = blocks_.find(*index);
        return found == blocks_.end() || !found->second.open ? nullptr : &found->second;
    }

    std::optional<ProviderError> delta(const Json& event) {
        Block* block = open_block_of(event);
        if (block == nullptr) return nonsense("content_block_delta for a block that is not open");
        const Json* delta = event.find("delta");
        const std::string_view type = text_or_empty(delta, "type");
        if (type == "text_delta" && block->kind == Kind::text) {
            assembly_.add_text(block->part, text_or_empty(delta, "text"));
        } else if (type == "thinking_delta" && block->kind == Kind::thinking) {
            assembly_.add_thinking(block->part, text_or_empty(delta, "thinking"));
        } else if (type == "signature_delta" && block->kind == Kind::thinking) {
            assembly_.add_signature(block->part, text_or_empty(delta, "signature"));
        } else if (type == "input_json_delta" && block->kind == Kind::call) {
            block->has_delta = block->has_delta || !text_or_empty(delta, "partial_json").empty();
            assembly_.add_arguments(block->part, text_or_empty(delta, "partial_json"));
        } else if (block->kind != Kind::other && is_known(type)) {
            return nonsense(fmt::format("a {} came for a block of another type", excerpt(type)));
        }
        return {};
    }

    static bool is_known(std::string_view type) {
        return type == "text_delta" || type == "thinking_delta" || type == "signature_delta" ||
               type == "input_json_delta";
    }

    std::optional<ProviderError> stop_block(const Json& event) {
        Block* block = open_block_of(event);
        if (block == nullptr) return nonsense("content_block_stop for a block that is not open");
        block->open = false;
        --open_blocks_;
        if (block->kind != Kind::call) return {};
        if (!block->has_delta && block->input.object() != nullptr) {
            assembly_.add_arguments(block->part, wire::canonical_json(block->input));
        }
        assembly_.end_call(block->part);
        return {};
    }

    std::optional<ProviderError> change_message(const Json& event) {
        assembly_.set_usage(anthropic_usage(event.find("usage"), assembly_.usage()));
        const std::string_view reason = text_or_empty(event.find("delta"), "stop_reason");
        if (reason.empty()) return {};
        has_stop_reason_ = true;
        if (const auto finish = anthropic_finish(reason)) assembly_.set_finish(*finish);
        return {};
    }

    std::optional<ProviderError> finish_message() {
        if (!started_) return nonsense("message_stop came before message_start");
        if (open_blocks_ > 0) return nonsense("message_stop came before the last block's end");
        return {};
    }

    Assembly& assembly_;
    std::map<std::int64_t, Block> blocks_;
    std::size_t open_blocks_ = 0;
    std::uint64_t progress_ = 0;
    bool started_ = false;
    bool has_stop_reason_ = false;
    bool done_ = false;
};

}  // namespace

std::unique_ptr<StreamReader> Anthropic::reader(Assembly& assembly) const {
    return std::make_unique<AnthropicReader>(assembly);
}

}  // namespace hs::models
