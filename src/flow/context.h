// Context: everything that the model of one conversation has seen, piece by piece with its label,
// and what follows for the next call.
//
// What it is for: the agent tells it what was said and what tools returned, asks it to assess each
// call before it is made, and hands the facts on to the gate, where policy decides. It survives
// storage: to_json() is kept with the conversation and from_json() goes on from there; what cannot
// be read comes back untrusted and private.
// What it does not protect from: a model's own answer to the person, which no tool call carries.
// Threads: one owner; a copy is cheap, because texts are shared.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/assessment.h"
#include "flow/label.h"
#include "flow/manifest.h"
#include "flow/plan.h"
#include "flow/span.h"
#include "flow/text.h"
#include "flow/world.h"

namespace hs::flow {

// A text that was seen, lowered, with where it came from.
struct Passage {
    std::string text;
    Words words;  // of the person's texts and of delegated ones
    Label label;
    std::string origin;
};
using PassagePointer = std::shared_ptr<const Passage>;

class Context {
  public:
    // Beyond these, texts still count for the label but endorse nothing and lower no class.
    static constexpr std::size_t bytes_max = std::size_t{16} << 20U;
    static constexpr std::size_t passages_max = 20'000;
    static constexpr std::size_t objects_max = 20'000;

    explicit Context(std::shared_ptr<const World> world);

    // A message. The person's own words endorse; anybody else's are a text like a tool's.
    void hear(std::string_view text, const Label& label, std::string_view origin);
    // A call that was carried out, with what it returned.
    void see(const ToolManifest& tool, const wire::Json& arguments, const LabelledResult& result);
    // The same for a text that no tool returned: a summary, a memory.
    void read(const Span& span);

    // Before the first text of a stranger; afterwards conflict, and the plan can only shrink.
    base::Result<> declare(Plan plan);
    void shrink_plan(const std::vector<std::string>& tools);
    const std::optional<Plan>& plan() const { return plan_; }

    const Label& label() const { return label_; }
    bool is_tainted() const { return label_.integrity == Integrity::untrusted; }
    const World& world() const { return *world_; }

    Assessment assess(const ToolManifest& tool, const wire::Json& arguments) const;
    // The person's words, lowered, for pinning a plan.
    std::vector<std::string> person_words() const;
    // Where a value stands that nobody vouches for: the origin of the first text that holds it.
    std::string origin_of(std::string_view value) const;

    wire::Json to_json() const;
    // Never fails: what is malformed gives a context that has seen something untrusted and private.
    static Context from_json(const wire::Json& json, std::shared_ptr<const World> world);

  private:
    friend class Assessing;
    struct Held {
        std::shared_ptr<const std::string> text;  // lowered
        DataClasses classes;
        std::optional<std::vector<std::string>> readers;
    };
    using ObjectKey = std::pair<std::string, std::string>;

    PassagePointer passage(std::string_view text, const Label& label, std::string_view origin,
                           bool with_words);
    void take_span(const Span& span);
    void take_delegation(const ToolManifest& tool, const LabelledResult& result);
    void take_named_source(const ToolManifest& tool, const wire::Json& arguments,
                           const LabelledResult& result);
    bool person_says(std::string_view value) const;
    // Each false where the stored member is not as it was written.
    bool restore_passage(const wire::Json& item, Integrity lowest, bool with_words,
                         std::vector<PassagePointer>& into);
    bool restore_item(const wire::Json& item);
    void take_value(const Span& span);
    bool restore_object(const wire::Json& item);

    std::shared_ptr<const World> world_;
    Label label_ = Label::nothing();
    std::vector<PassagePointer> person_;
    std::vector<PassagePointer> trusted_;
    std::vector<PassagePointer> untrusted_;
    std::vector<PassagePointer> delegated_;
    std::vector<PassagePointer> named_sources_;
    std::vector<Held> items_;
    std::vector<PassagePointer> values_;  // of small types, each with its own label
    std::map<ObjectKey, std::shared_ptr<const Object>> objects_;
    std::optional<Plan> plan_;
    std::size_t bytes_ = 0;
};

}  // namespace hs::flow
