// Tool: one thing that the assistant can do, and what it is given to do it with.
//
// What it is for: the agent calls a tool by name with JSON arguments and gets text, a label and a
// card for the person. Every effect in a tool goes through tools/permission.h.
// What it does not protect from: what the text of an outcome says. Its label tells who could have
// written it.
// Threads: tools are immutable and run on the caller's thread, several at once. A ToolContext
// belongs to one call.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "egress/client.h"
#include "files/checkpoint.h"
#include "files/roots.h"
#include "flow/label.h"
#include "flow/source.h"
#include "flow/span.h"
#include "gate/gate.h"
#include "os/wait.h"
#include "sandbox/background.h"
#include "sandbox/launcher_client.h"
#include "skills/store.h"
#include "wire/json.h"

namespace hs::tools {

struct ToolSpec {
    std::string name;
    std::string description;
    wire::Json input_schema;  // a JSON Schema of type object
};

struct ToolCall {
    std::string id;
    std::string name;
    wire::Json arguments;
};

struct ToolOutcome {
    static constexpr std::size_t text_bytes_max = 64 * 1024;
    std::string text;  // for the model: valid UTF-8, bounded, head and tail kept
    bool is_error = false;
    flow::Label label = flow::Label::unknown();
    wire::Json card;  // {tool, summary, decision, outcome, ms} and what the tool adds
    std::vector<flow::Source> sources = {};  // of the text; none: of the tool itself
    flow::Span::Form form = flow::Span::Form::text;
    // The parts of the text with labels of their own, where somebody has said which are whose;
    // `label` is the join of them.
    std::optional<flow::LabelledResult> labelled = {};
};

// What a model without tools answered about the text that a call gave.
struct ApartAnswer {
    std::string text;
    flow::Label label;   // of what it was given to read
    std::string origin;  // for people
    std::vector<flow::Source> sources;
};

class Histories;
class McpServers;

struct ToolContext {
    gate::Gate& gate;  // outlives the call, like all references here
    const base::Clock& clock;
    base::Random& random;
    gate::Circumstances circumstances;
    std::shared_ptr<const files::Roots> roots;
    std::shared_ptr<files::Checkpoints> checkpoints;
    std::shared_ptr<sandbox::LauncherClient> launcher;
    std::shared_ptr<sandbox::BackgroundCommands> background;
    std::shared_ptr<egress::EgressClient> egress;
    std::string scripts_folder;  // private; scripts lie here while they run
    std::string reader_program;  // absolute path of hardshell-reader
    const os::WakeUp* cancel = nullptr;
    // An approval from before a restart; the first action that it fits claims it.
    std::string resume_approval = {};
    // Told when a person must answer before the call can go on.
    std::function<void(const gate::Pending&)> on_pending = {};
    // asked_ahead: what needs a person is told to on_pending and not waited for; nothing is done.
    enum class Consent : std::uint8_t { awaited, asked_ahead };
    Consent consent = Consent::awaited;
    // What was asked ahead for this call; its first action takes it, and claims it where it fits.
    std::optional<gate::Pending> asked = {};
    // Told what happens meanwhile: {"text": …}.
    std::function<void(const wire::Json&)> on_progress = {};
    // The last decision that the call was given; for its card.
    std::string decision = {};
    // Of all that the call was permitted to read.
    flow::DataClasses classes = {};
    // Whether anything may be remembered or recalled in this conversation.
    bool has_memory = false;
    // The person's message of this turn; empty where the message is not theirs.
    std::string said = {};
    // What the conversation has read: "http_fetch https://…".
    std::vector<std::string> sources = {};
    // Carries a call out and has its text read apart; none where no model can be asked. The
    // conversation's own model sees nothing of it.
    std::function<base::Result<ApartAnswer>(const ToolCall& call, const std::string& question)>
        read_apart = {};
    // Which files the projects' version control knows; none where a program does not ask.
    std::shared_ptr<Histories> histories = {};
    // The MCP servers of the settings; none where there are none.
    std::shared_ptr<McpServers> mcp = {};
    // The installed skills; none where a program has no store.
    std::shared_ptr<const skills::Store> skills = {};
};

// What a tool hands to the registry, which adds the rest of the outcome.
struct Reply {
    std::string text;
    flow::Label label;
    std::string summary;  // one line for the person
    bool is_error = false;
    wire::Json details = {};                 // more members of the card
    std::vector<flow::Source> sources = {};  // what the text was taken from
    flow::Span::Form form = flow::Span::Form::text;
    std::optional<flow::LabelledResult> labelled = {};  // as in ToolOutcome
};

class Tool {
  public:
    explicit Tool(ToolSpec spec) : spec_(std::move(spec)) {}
    virtual ~Tool() = default;
    const ToolSpec& spec() const { return spec_; }
    // The arguments fit the specification's schema. An Error becomes an error outcome.
    virtual base::Result<Reply> run(const wire::Json& arguments, ToolContext& context) const = 0;

  private:
    ToolSpec spec_;
};

}  // namespace hs::tools
