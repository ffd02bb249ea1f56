// A conversation with a language model, in words of no particular provider.
//
// What it is for: agent speaks these types; anthropic, openai and offline translate them.
// What it does not protect from: what the parts say. Text of a model or a tool is untrusted; the
// caller keeps the labels.
// Threads: values.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "flow/label.h"
#include "flow/source.h"
#include "wire/json.h"

namespace hs::gate {
struct Circumstances;
}

namespace hs::models {

enum class Role : std::uint8_t { user, assistant };

// Where the text of a part comes from, for the record of what goes to a provider.
struct PartSources {
    std::vector<flow::Source> sources;
    flow::DataClasses classes;
    std::size_t bytes = 0;  // of the text that they tell of
};
// Two parts that say the same are equal, wherever they are from.
struct Origin {
    std::shared_ptr<const PartSources> held = {};
    bool operator==(const Origin&) const { return true; }
};

struct TextPart {
    std::string text;
    Origin origin = {};
    bool operator==(const TextPart&) const = default;
};

// What a model thought. It goes back to the same kind of provider byte for byte (the signature
// covers it), and to no other.
struct ThinkingPart {
    std::string origin;  // the dialect that made it: "anthropic", "openai"
    std::string text;
    std::string signature;
    std::string redacted;  // the opaque data of a redacted block; text and signature are empty then
    bool operator==(const ThinkingPart&) const = default;
};

struct ToolCallPart {
    std::string id;    // [A-Za-z0-9_-], at most 64 bytes, unique in the conversation
    std::string name;  // the same alphabet and length
    wire::Json arguments = wire::JsonObject{};  // always an object; {} where there is a problem
    std::string raw;                            // as the model wrote it, if there is a problem
    // Not empty: the call must not run; this is the tool result to answer with, as an error.
    std::string problem;
    bool operator==(const ToolCallPart&) const = default;
};

struct ToolResultPart {
    std::string call_id;
    std::string content;
    bool is_error = false;
    Origin origin = {};
    bool operator==(const ToolResultPart&) const = default;
};

using Part = std::variant<TextPart, ThinkingPart, ToolCallPart, ToolResultPart>;

struct Message {
    Role role = Role::user;
    std::vector<Part> parts;
    std::int64_t sequence = 0;  // where it is stored, of several merged ones the last; 0: nowhere
    bool operator==(const Message&) const = default;
};

inline Message user_text(std::string text) {
    return {Role::user, {TextPart{std::move(text)}}, 0};
}
inline Message assistant_text(std::string text) {
    return {Role::assistant, {TextPart{std::move(text)}}, 0};
}
// All text parts, joined.
std::string text_of(const Message& message);

struct ToolSpec {
    std::string name;
    std::string description;
    wire::Json input_schema;  // a JSON Schema of type object
    // Description and schema as the JSON that a request's body holds, of whoever sends many (see
    // with_texts); empty: written anew.
    std::string description_text = {};
    std::string schema_text = {};
};

ToolSpec with_texts(ToolSpec tool);
void append_description(std::string& out, const ToolSpec& tool);
void append_schema(std::string& out, const ToolSpec& tool);

enum class Thinking : std::uint8_t {
    off,
    adaptive,  // the model decides; effort guides it
    budgeted,  // at most thinking_tokens (older models)
};

enum class CacheHint : std::uint8_t {
    none,
    prefix,  // system text, tools and the conversation so far come again: ask for caching
};

// The items that a request carries: its own, or those of somebody who outlives it. A conversation
// is long and a request is made for every call, so a copy for each would be most of the work.
template <class Item>
class Items {
  public:
    Items() = default;
    Items(std::vector<Item> own) : own_(std::move(own)) {}  // NOLINT: implicit
    Items(std::initializer_list<Item> own) : own_(own) {}
    static Items borrowed(const std::vector<Item>& items) {
        Items made;
        made.borrowed_ = &items;
        return made;
    }

    const std::vector<Item>& all() const { return borrowed_ != nullptr ? *borrowed_ : own_; }
    operator const std::vector<Item>&() const { return all(); }  // NOLINT: implicit
    auto begin() const { return all().begin(); }
    auto end() const { return all().end(); }
    std::size_t size() const { return all().size(); }
    bool empty() const { return all().empty(); }
    const Item& operator[](std::size_t index) const { return all()[index]; }
    const Item& back() const { return all().back(); }
    void push_back(Item item) {
        if (borrowed_ != nullptr) own_ = *std::exchange(borrowed_, nullptr);
        own_.push_back(std::move(item));
    }

  private:
    std::vector<Item> own_;
    const std::vector<Item>* borrowed_ = nullptr;
};

// A piece of a request, as the record tells of it.
struct CarriedPart {
    flow::Source source;  // with bytes and digest
    flow::DataClasses classes;
    int message = -1;  // its place in the request; -1: the system text
    int part = -1;     // -1: all of the message
};
using CarriedParts = std::vector<CarriedPart>;

// What was replaced in one place of a request.
struct Replaced {
    int message = -1;
    int part = -1;
    std::map<std::string, std::int64_t, std::less<>> kinds;  // "github-pat": how often
    std::int64_t secrets = 0;
    std::int64_t personal = 0;
};

// What was replaced before a request goes out, and what policy obliged to beyond that.
struct Redacted {
    bool secrets = false;
    bool personal = false;
    bool* asked_personal = nullptr;  // set where policy wants personal data replaced too
    std::int64_t secrets_replaced = 0;
    std::int64_t personal_replaced = 0;
    std::vector<Replaced> places = {};
};

struct ChatRequest {
    std::string route;  // the name of the route to try first; empty: as they are ordered
    std::string model;
    std::string system;
    Origin system_origin = {};  // of what is in it beside our own words: memories
    Items<Message> messages;
    Items<ToolSpec> tools;
    std::int64_t tools_tokens = 0;  // what the tools are estimated at; 0: not known
    std::int64_t max_tokens = 4096;
    std::optional<double> temperature;
    Thinking thinking = Thinking::off;
    std::string thinking_effort;  // "low", "medium", "high"; empty: the provider's own
    std::int64_t thinking_tokens = 0;
    CacheHint cache = CacheHint::prefix;
    // On whose behalf, for the Transport's permit. Outlives the call; null in tests.
    const gate::Circumstances* caller = nullptr;
    Redacted redacted = {};
    // What it takes along, for the record (models/carried.h); none: it is not told.
    std::shared_ptr<const CarriedParts> carried = {};
};

// Tokens, as the provider counted them. The four do not overlap.
struct Usage {
    std::int64_t input = 0;  // not from a cache
    std::int64_t output = 0;
    std::int64_t cache_read = 0;
    std::int64_t cache_write = 0;

    std::int64_t total() const { return input + output + cache_read + cache_write; }
    Usage& operator+=(const Usage& other);
    bool operator==(const Usage&) const = default;
};

enum class Finish : std::uint8_t {
    end_turn,
    tool_calls,
    max_tokens,
    stop_sequence,
    refusal,       // the model or the provider's filter declined
    pause,         // the provider asks to be called again with what it said
    context_full,  // the window ended before the answer
    cut,           // the stream or one of our maxima ended it
};

std::string_view finish_name(Finish finish);

// What a stream says while it runs. `part` is the index of the part in the answer.
struct TextDelta {
    std::size_t part;
    std::string_view text;
};
struct ThinkingDelta {
    std::size_t part;
    std::string_view text;
};
struct ToolCallBegun {
    std::size_t part;
    std::string_view id, name;
};
struct ToolArgumentsDelta {
    std::size_t part;
    std::string_view fragment;
};
struct ToolCallEnded {
    std::size_t part;
};
struct UsageSeen {
    Usage usage;
};
struct Finished {
    Finish finish;
};
using ChatEvent = std::variant<TextDelta, ThinkingDelta, ToolCallBegun, ToolArgumentsDelta,
                               ToolCallEnded, UsageSeen, Finished>;

// Receives the events of one call, in order, on the calling thread. Views end with the call.
class EventSink {
  public:
    virtual ~EventSink() = default;
    virtual void on_event(const ChatEvent& event) = 0;
};

class SilentSink : public EventSink {
  public:
    void on_event(const ChatEvent&) override {}
};

struct Answer {
    Message message{Role::assistant, {}};
    Usage usage;
    Finish finish = Finish::end_turn;
    std::string provider;  // the name of the route that answered
    std::string model;     // as the provider named it, else as asked
    // For the person: what was cut, mended or answered elsewhere, a sentence each.
    std::vector<std::string> notices;
};

}  // namespace hs::models
