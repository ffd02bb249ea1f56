// Assembly: builds one Answer from what a provider sends, within maxima, and tells the sink.
//
// What it is for: both wire formats and the offline provider end here, so nonsense of a model is
// bounded and mended in one place: ids are made unique and well-formed, names well-formed,
// arguments parsed or kept raw with the problem named, calls of a cut stream dropped.
// What it does not protect from: arguments that are valid JSON of the wrong shape. tools checks
// them against the schema.
// Threads: one owner.
#pragma once

#include <set>

#include "models/chat.h"

namespace hs::models {

struct AssemblyLimits {
    std::size_t text_bytes_max = std::size_t{1} << 20U;       // all visible text of one answer
    std::size_t thinking_bytes_max = std::size_t{2} << 20U;   // thinking, signatures, opaque data
    std::size_t arguments_bytes_max = std::size_t{4} << 20U;  // the arguments of all calls
    std::size_t calls_max = 64;
    std::size_t parts_max = 1024;
};

class Assembly {
  public:
    // The request gives the ids in use and the tools there are. Both references outlive this.
    Assembly(const ChatRequest& request, EventSink& sink, AssemblyLimits limits = {});

    // Each opens a part and returns its handle. At a maximum the handle is of no part, and what
    // is added to it is dropped; full() says so.
    std::size_t open_text();
    std::size_t open_thinking(std::string_view origin);
    std::size_t open_call(std::string_view id, std::string_view name);
    void add_redacted_thinking(std::string_view origin, std::string_view data);

    void add_text(std::size_t part, std::string_view text);
    void add_thinking(std::size_t part, std::string_view text);
    void add_signature(std::size_t part, std::string_view signature);
    void add_arguments(std::size_t part, std::string_view fragment);
    void end_call(std::size_t part);

    void set_usage(const Usage& usage);
    const Usage& usage() const { return answer_.usage; }
    void set_finish(Finish finish) { finish_ = finish; }
    void set_model(std::string_view model);
    void add_notice(std::string notice);

    // A maximum was reached: stop reading, the answer is as long as it gets.
    bool full() const { return full_; }
    // Whether the sink has seen anything but usage. After that no other attempt may be made.
    bool visible() const { return visible_; }
    bool has_calls() const { return !calls_.empty(); }

    enum class Ending : std::uint8_t { complete, cut };
    // The answer. After a cut only calls whose end was seen stay.
    Answer take(Ending ending);

  private:
    struct Call {
        std::size_t part;
        std::string arguments;
        bool ended = false;
    };
    static constexpr std::size_t no_part = static_cast<std::size_t>(-1);

    std::size_t open(Part part);
    void emit(const ChatEvent& event);
    void stop_at(std::string_view what, std::size_t maximum);
    std::size_t room(std::size_t used, std::size_t maximum, std::string_view what,
                     std::string_view wanted);
    std::string unique_id(std::string_view id);
    Call* find_call(std::size_t part);
    void resolve_arguments(Call& call);
    void drop_unended_calls();
    void choose_finish(Ending ending);

    const ChatRequest& request_;
    EventSink& sink_;
    AssemblyLimits limits_;
    Answer answer_;
    std::optional<Finish> finish_;
    std::vector<Call> calls_;
    std::set<std::string, std::less<>> ids_;
    std::size_t text_bytes_ = 0;
    std::size_t thinking_bytes_ = 0;
    std::size_t arguments_bytes_ = 0;
    bool full_ = false;
    bool visible_ = false;
};

// A name or id of the alphabet that all providers accept in tool names and call ids: other bytes
// become '_', at most 64 bytes, `otherwise` where nothing is left.
std::string plain_name(std::string_view text, std::string_view otherwise);

}  // namespace hs::models
