// Assistant: takes a message, thinks with a model, uses tools, answers. One object for the daemon;
// sessions run beside one another, a session's turns one after another.
//
// What it does not protect from: what the model says. What it may do is decided by the gate, for
// each call, from facts that the model cannot set.
// Threads: all functions from any thread. A turn runs on the caller's thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/listener.h"
#include "agent/session_store.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "flow/span.h"
#include "gate/connector_book.h"
#include "gate/gate.h"
#include "gate/settings.h"
#include "memory/memory.h"
#include "models/budget.h"
#include "models/compact.h"
#include "models/router.h"
#include "tools/registry.h"

namespace hs::agent {

struct TurnRequest {
    enum class Missing : std::uint8_t { refuse, create };
    std::string session;                // empty: a new one
    Missing missing = Missing::refuse;  // what to do when that session does not exist
    enum class TurnId : std::uint8_t { given, made };
    std::string turn;  // id of the request, so that a repetition is recognised; empty: made
    TurnId turn_id = TurnId::given;  // made: just now and by us, so nobody can have sent it before
    std::string text;
    std::string person;
    std::string origin;          // "cli", "api", a channel and conversation: "slack/C012"
    std::string agent = "main";  // as policy knows it: "schedule" for what runs by the clock
    std::string project;
    flow::Label label;  // whose words these are
    gate::Circumstances::Approver approver = gate::Circumstances::Approver::reachable;
    // private_: nothing of the conversation is kept, and nothing remembered or recalled.
    enum class Keeping : std::uint8_t { usual, no_memory, private_ };
    Keeping keeping = Keeping::usual;
    // Earlier messages that an API client sends along; never more than untrusted.
    std::vector<models::Message> history;
    std::int64_t max_tokens = 0;  // 0: from the settings
    std::string route;            // the model to ask first, by its route's name; empty: the default
};

struct TurnOutcome {
    std::string session;
    std::string turn;
    std::string text;
    TurnStatus status = TurnStatus::done;
    models::Usage usage;
    models::Finish finish = models::Finish::end_turn;
    std::string provider;
    std::string model;
};

class Assistant {
  public:
    static constexpr std::size_t message_bytes_max = std::size_t{4} << 20U;

    struct Parts {
        gate::Gate& gate;
        SessionStore& store;
        models::Router& router;
        const tools::Registry& tools;
        // Makes the context of one tool call; the daemon knows sandbox, egress and roots.
        std::function<base::Result<std::unique_ptr<tools::ToolContext>>(const gate::Circumstances&,
                                                                        const std::string& project)>
            tool_context;
        const gate::Settings& settings;
        const base::Clock& clock;
        base::Random& random;
        std::int64_t context_tokens;       // of the first route's window
        memory::Memory* memory = nullptr;  // none: nothing is remembered
        // Of the MCP servers; none where there are none.
        std::shared_ptr<const gate::ConnectorBook> connectors = {};
    };
    explicit Assistant(Parts parts);

    // Runs one turn to its end. Errors before the message was stored: it was not accepted.
    // Afterwards the outcome tells; the message is never lost.
    base::Result<TurnOutcome> run(TurnRequest request, TurnListener& listener,
                                  const os::WakeUp& cancel);
    // Goes on with a turn that a restart interrupted while it waited for an approval.
    base::Result<TurnOutcome> resume(const TurnFacts& turn, TurnListener& listener,
                                     const os::WakeUp& cancel);
    // Marks turns that were running when the last daemon ended; those that wait for an approval
    // which still stands keep waiting. Returns how many were interrupted.
    base::Result<std::size_t> recover();

    base::Result<std::string> open_session(const TurnRequest& request);
    // Removes a conversation from the disk and from memory, and ends its plan. conflict while a
    // turn runs in it.
    base::Result<> remove_session(const std::string& id);
    // What a person was shown of an approval on which a turn waits: the card, and what it would
    // change. Only here: what is remembered or sent is in no file that the keeper writes.
    std::string shown_card(const std::string& approval) const;
    std::size_t running_turns() const { return running_.load(); }
    std::uint64_t turns_total() const { return turns_total_.load(); }
    models::Ledger& ledger() { return ledger_; }
    // Queues what was spent for the disk; for a clean stop. While turns run it happens by itself.
    void save_ledger();
    models::BudgetRules budget_rules() const;
    SessionStore& store() { return parts_.store; }
    const models::Router& router() const { return parts_.router; }

  private:
    struct Session;
    struct Turn;

    base::Result<std::shared_ptr<Session>> enter(const std::string& id, const os::WakeUp& cancel);
    void leave(Session& session);
    base::Result<> load(Session& session, const TurnRequest& request);
    base::Result<> check_use(const std::string& person);
    base::Result<> accept(Turn& turn, TurnRequest& request);
    base::Result<> close_interrupted(const TurnFacts& turn);
    base::Result<> end_plan(Session& session, const TurnRequest& request);
    // recollect.cc: what is remembered goes into the turn, with its label.
    base::Result<> recollect(Turn& turn, const TurnRequest& request);
    void remind_of_review(Turn& turn);
    void expire_at_times(Turn& turn);
    bool has_memory(const Turn& turn) const;
    void end_memory(Turn& turn);
    void note_source(Turn& turn, const models::ToolCallPart& call, const flow::Label& label);
    base::Result<> store_turn(Turn& turn);
    base::Result<TurnOutcome> loop(Turn& turn);
    base::Result<bool> step(Turn& turn);
    // `about` is the label of what the request holds.
    base::Result<models::RoutedReply> think(Turn& turn, models::ChatRequest& request,
                                            models::EventSink& sink, const flow::Label& about);
    // Borrows the session's messages: it holds until one is added.
    models::ChatRequest chat_request(const Turn& turn) const;
    base::Result<> compact(Turn& turn);
    base::Result<> fold(Turn& turn, const models::ChatRequest& request,
                        const models::WindowRules& rules);
    SessionFacts facts_of(const TurnRequest& request) const;
    void save_ledger_at_times();
    base::Result<> use_tools(Turn& turn, const models::Message& message);
    models::ToolResultPart use_tool(Turn& turn, const models::ToolCallPart& call,
                                    std::vector<flow::Span>& spans);
    // run_call.cc
    base::Result<std::unique_ptr<tools::ToolContext>> context_of(Turn& turn,
                                                                 const models::ToolCallPart& call);
    tools::ToolOutcome run_call(Turn& turn, const models::ToolCallPart& call);
    void tell_pending(Turn& turn, gate::Pending pending);
    std::vector<gate::Pending> ask_ahead(Turn& turn);
    void withdraw_asked(Turn& turn);
    base::Result<tools::ApartAnswer> read_apart(Turn& turn, const tools::ToolCall& call,
                                                const std::string& question);
    base::Result<> keep(Turn& turn, models::Message message, const flow::Label& label,
                        wire::Json trace = {});
    base::Result<TurnOutcome> finish(Turn& turn, TurnStatus status, std::string text);
    base::Result<> finish_answer(Turn& turn, models::Message message);
    gate::Circumstances circumstances_of(const Turn& turn) const;

    Parts parts_;
    std::vector<models::ToolSpec> tool_specs_;  // as every request carries them
    std::int64_t tool_tokens_ = 0;
    models::Ledger ledger_;
    std::atomic<std::int64_t> ledger_saved_ms_ = 0;
    std::mutex mutex_;
    // Who had acknowledged the organisation's text, at which generation of policy.
    std::map<std::string, std::uint64_t> may_work_;
    std::condition_variable freed_;
    std::map<std::string, std::shared_ptr<Session>> sessions_;
    std::atomic<std::size_t> running_ = 0;
    std::atomic<std::uint64_t> turns_total_ = 0;
    std::uint64_t use_counter_ = 0;
    base::Guarded<std::map<std::string, std::string>> shown_;  // by approval
};

}  // namespace hs::agent
