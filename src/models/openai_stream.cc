#include "models/lenient_json.h"
#include "models/openai.h"

namespace hs::models {
namespace {

using wire::Json;

constexpr std::string_view origin = "openai";

// Chunks of choices[0].delta. Text and reasoning continue the part of their kind that is open;
// calls are known by index, and by id where a server gives all of them the same index.
class OpenAiReader : public StreamReader {
  public:
    explicit OpenAiReader(Assembly& assembly) : assembly_(assembly) {}

    std::optional<ProviderError> take(const wire::SseEvent& event) override {
        if (event.data == "[DONE]") {
            end_calls();
            done_ = true;
            return {};
        }
        const auto json = parse_lenient_json(event.data);
        if (!json || json->object() == nullptr) {
            return ProviderError{TroubleKind::nonsense,
                                 "a stream event is not a JSON object: " + excerpt(event.data, 80)};
        }
        const Json* error = json->find("error");
        if (event.type == "error" || (error != nullptr && !error->is_null())) {
            return openai_error(error, TroubleKind::server);
        }
        take_chunk(*json);
        return {};
    }
    bool done() const override { return done_; }
    bool ended_whole() const override { return finished_; }
    std::uint64_t progress() const override { return progress_; }

  private:
    struct Call {
        std::int64_t index;
        std::string id;
        std::size_t part;
        bool ended;
    };

    void take_chunk(const Json& chunk) {
        assembly_.set_model(text_or_empty(&chunk, "model"));
        if (const auto usage = openai_usage(chunk.find("usage"))) {
            ++progress_;
            assembly_.set_usage(*usage);
        }
        const Json* choices = chunk.find("choices");
        if (choices == nullptr || choices->array() == nullptr) return;
        for (const Json& choice : *choices->array()) {
            if (count_or_zero(&choice, "index") == 0) take_choice(choice);
        }
    }

    void take_choice(const Json& choice) {
        if (const Json* delta = choice.find("delta")) take_delta(*delta);
        const std::string_view reason = text_or_empty(&choice, "finish_reason");
        if (reason.empty()) return;
        ++progress_;
        finished_ = true;
        end_calls();
        if (const auto finish = openai_finish(reason)) assembly_.set_finish(*finish);
    }

    void take_delta(const Json& delta) {
        if (const std::string_view thought = openai_reasoning(delta); !thought.empty()) {
            ++progress_;
            if (!thinking_) thinking_ = assembly_.open_thinking(origin);
            text_.reset();
            assembly_.add_thinking(*thinking_, thought);
        }
        take_text(openai_content(delta.find("content")));
        take_text(text_or_empty(&delta, "refusal"));
        const Json* calls = delta.find("tool_calls");
        if (calls == nullptr || calls->array() == nullptr) return;
        for (const Json& call : *calls->array()) take_call(call);
    }

    void take_text(std::string_view text) {
        if (text.empty()) return;
        ++progress_;
        if (!text_) text_ = assembly_.open_text();
        thinking_.reset();
        assembly_.add_text(*text_, text);
    }

    void take_call(const Json& delta) {
        ++progress_;
        text_.reset();
        thinking_.reset();
        const Json* function = delta.find("function");
        const std::string_view id = text_or_empty(&delta, "id");
        const std::string_view name = text_or_empty(function, "name");
        const Json* index = delta.find("index");
        const bool indexed = index != nullptr && index->integer() != nullptr;
        Call* call = indexed          ? call_of(*index->integer())
                     : calls_.empty() ? nullptr
                                      : &calls_.back();
        const bool other_id = call != nullptr && !id.empty() && id != call->id;
        // Without an index a name begins a call; with one, another id and a name do.
        if (call == nullptr || (!name.empty() && (other_id || !indexed))) {
            call = begin_call(indexed ? *index->integer() : -1, id, name);
        }
        if (!call->ended) assembly_.add_arguments(call->part, openai_arguments(function));
    }

    Call* call_of(std::int64_t index) {
        for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) {
            if (call->index == index) return &*call;
        }
        return nullptr;
    }

    // The list is bounded: at its maximum of calls the Assembly is full and reading stops.
    Call* begin_call(std::int64_t index, std::string_view id, std::string_view name) {
        calls_.push_back({index, std::string(id), assembly_.open_call(id, name), false});
        return &calls_.back();
    }

    void end_calls() {
        for (Call& call : calls_) {
            if (!std::exchange(call.ended, true)) assembly_.end_call(call.part);
        }
    }

    Assembly& assembly_;
    std::optional<std::size_t> text_;
    std::optional<std::size_t> thinking_;
    std::vector<Call> calls_;
    std::uint64_t progress_ = 0;
    bool finished_ = false;
    bool done_ = false;
};

}  // namespace

std::unique_ptr<StreamReader> OpenAi::reader(Assembly& assembly) const {
    return std::make_unique<OpenAiReader>(assembly);
}

}  // namespace hs::models
