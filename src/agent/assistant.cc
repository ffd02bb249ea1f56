#include "agent/assistant.h"

#include <fmt/format.h>

#include <future>

#include "agent/prompt.h"
#include "agent/tracing.h"
#include "agent/turn.h"
#include "wire/utf8.h"

namespace hs::agent {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::size_t sessions_in_memory_max = 64;
constexpr std::int64_t queue_patience_ms = 300'000;
constexpr std::size_t history_messages_max = 2000;
constexpr std::size_t people_remembered_max = 1000;

}  // namespace

Assistant::Assistant(Parts parts) : parts_(std::move(parts)), ledger_(parts_.clock) {
    models::ChatRequest only_tools;
    for (const auto& spec : parts_.tools.specs()) {
        tool_specs_.push_back(models::with_texts({spec.name, spec.description, spec.input_schema}));
        only_tools.tools.push_back(tool_specs_.back());
    }
    tool_tokens_ = models::estimate_tokens(only_tools);
    const auto saved = parts_.store.load_ledger();
    if (!saved || saved->empty()) return;
    const auto json = wire::parse_json(*saved);
    if (!json) return;
    if (const auto snapshot = models::LedgerSnapshot::from_json(*json)) ledger_.restore(*snapshot);
}

models::BudgetRules Assistant::budget_rules() const {
    models::BudgetRules rules;
    rules.session.tokens = parts_.settings.integer("budget.session_tokens");
    rules.person_day.tokens = parts_.settings.integer("budget.day_tokens");
    // A price is known only where configuration gives one; then the money limit holds too.
    for (const auto& provider : parts_.settings.providers()) {
        if (provider.input_microcents == 0 && provider.output_microcents == 0) continue;
        rules.person_day.money = parts_.settings.integer("budget.day_cents") * 10'000;
    }
    return rules;
}

SessionFacts Assistant::facts_of(const TurnRequest& request) const {
    SessionFacts facts;
    facts.id = request.session;
    facts.title = title_from(request.text);
    facts.person = request.person;
    facts.space = parts_.settings.text("space.name");
    facts.project = request.project;
    facts.origin = request.origin;
    facts.created_ms = facts.updated_ms = parts_.clock.wall_ms();
    facts.has_memory = request.keeping == TurnRequest::Keeping::usual;
    return facts;
}

Result<std::string> Assistant::open_session(const TurnRequest& request) {
    SessionFacts facts = facts_of(request);
    if (facts.id.empty()) facts.id = base::make_id(parts_.clock, parts_.random);
    TRY(parts_.store.create(facts));
    return facts.id;
}

Result<> Assistant::remove_session(const std::string& id) {
    const std::scoped_lock lock(mutex_);
    const auto held = sessions_.find(id);
    if (held != sessions_.end() && held->second->busy) {
        return fail(Code::conflict,
                    "a turn is running in this session; wait for its end, or "
                    "cancel it, and remove the session then");
    }
    TRY(parts_.store.remove(id));
    if (held != sessions_.end()) sessions_.erase(held);
    TRY(parts_.gate.question("plan.end",
                             Json(wire::JsonObject{{"session", id}, {"why", "session_removed"}})));
    return {};
}

Result<std::shared_ptr<Assistant::Session>> Assistant::enter(const std::string& id,
                                                             const os::WakeUp& cancel) {
    const os::Deadline deadline = os::Deadline::after_ms(queue_patience_ms);
    std::unique_lock lock(mutex_);
    auto& held = sessions_[id];
    if (!held) {
        held = std::make_shared<Session>();
        held->facts.id = id;
    }
    const std::shared_ptr<Session> session = held;
    while (session->busy) {
        if (cancel.raised()) return fail(Code::cancelled, "cancelled while it waited for its turn");
        if (deadline.passed()) {
            return fail(Code::conflict,
                        "the session is busy with an earlier message; wait for it "
                        "or cancel it");
        }
        freed_.wait_until(lock, os::Deadline::after_ms(100).at());
    }
    session->busy = true;
    session->last_use = ++use_counter_;
    return session;
}

void Assistant::leave(Session& session) {
    // What a turn that broke off has left to go with a next record; without a keeper nobody takes
    // it.
    static_cast<void>(parts_.gate.flush().ok());
    const std::scoped_lock lock(mutex_);
    session.busy = false;
    // The sessions used longest ago leave memory; they are on disk.
    while (sessions_.size() > sessions_in_memory_max) {
        auto oldest = sessions_.end();
        for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
            if (at->second->busy) continue;
            if (oldest == sessions_.end() || at->second->last_use < oldest->second->last_use) {
                oldest = at;
            }
        }
        if (oldest == sessions_.end()) break;
        sessions_.erase(oldest);
    }
    freed_.notify_all();
}

Result<> Assistant::load(Session& session, const TurnRequest& request) {
    if (session.loaded) return {};
    if (request.keeping == TurnRequest::Keeping::private_) {
        if (request.missing != TurnRequest::Missing::create) {
            return fail(Code::not_found,
                        "that private conversation has ended; nothing of it was kept");
        }
        session.facts = facts_of(request);
        session.is_private = session.loaded = true;
        return {};
    }
    const auto facts = TRY(parts_.store.find(session.facts.id));
    if (!facts && request.missing == TurnRequest::Missing::create) {
        session.facts = facts_of(request);
        session.fresh = session.loaded = true;  // stored with its first message
        return {};
    }
    if (!facts) {
        return fail(Code::not_found, fmt::format("there is no session {}; see: hardshell sessions",
                                                 session.facts.id));
    }
    session.facts = *facts;
    session.messages.clear();
    for (StoredMessage& stored : TRY(parts_.store.messages(session.facts.id))) {
        take_in(session.context, stored);
        restore_origins(stored);
        session.messages.push_back(std::move(stored.message));
        session.label = flow::join(session.label, stored.label);
        session.next_sequence = stored.sequence + 1;
    }
    session.loaded = session.may_have_plan = true;
    return {};
}

// The plan was for what the person asked before. What others say does not end it.
Result<> Assistant::end_plan(Session& session, const TurnRequest& request) {
    if (!session.may_have_plan || request.label.integrity != flow::Integrity::person) return {};
    TRY(parts_.gate.question("plan.end", Json(wire::JsonObject{{"session", session.facts.id},
                                                               {"why", "person_spoke"}})));
    session.may_have_plan = false;
    return {};
}

// The message and its event are on their way to the disk before anything else happens, and there
// before any effect: what follows is written behind them.
Result<> Assistant::accept(Turn& turn, TurnRequest& request) {
    Session& session = turn.session;
    for (std::size_t i = 0; i < request.history.size() && session.messages.empty(); ++i) {
        if (request.history.size() > history_messages_max) {
            return fail(Code::exhausted, "the request carries too many messages");
        }
        session.messages = request.history;
        session.label = flow::join(session.label, flow::Label::unknown());
        for (const auto& earlier : request.history) {
            session.context.read({models::text_of(earlier), flow::Label::unknown(),
                                  "messages that the client sent along"});
        }
    }
    StoredMessage stored;
    stored.sequence = session.next_sequence;
    stored.turn = turn.facts.id;
    stored.message = models::user_text(request.text);
    // What was recalled for it counts as read, from now on.
    stored.label = flow::join(request.label, turn.notes_label);
    Json fields;
    fields["session"] = session.facts.id;
    fields["turn"] = turn.facts.id;
    fields["person"] = turn.person;
    fields["origin"] = turn.origin;
    fields["bytes"] = static_cast<std::int64_t>(request.text.size());
    fields["integrity"] = flow::integrity_name(request.label.integrity);
    TRY(parts_.gate.record("message.in", std::move(fields), gate::Durable::with_next));
    const TurnBeginning beginning{turn.facts, stored,
                                  session.fresh ? std::optional(session.facts) : std::nullopt};
    if (session.is_private) {
        session.fresh = false;
    } else if (request.turn_id == TurnRequest::TurnId::made) {
        const auto begun = std::make_shared<std::promise<Result<>>>();
        turn.begun = begun->get_future();
        TRY(parts_.store.begin_turn_later(
            beginning, [begun](Result<> result) { begun->set_value(std::move(result)); }));
    } else {
        TRY(parts_.store.begin_turn(beginning));
    }
    session.fresh = false;
    session.context.hear(request.text, request.label, "your message");
    if (!turn.notes.empty()) {
        session.context.read({turn.notes, turn.notes_label, "what is remembered"});
    }
    stored.message.sequence = stored.sequence;
    restore_origins(stored);
    ++session.next_sequence;
    session.messages.push_back(std::move(stored.message));
    session.label = flow::join(session.label, stored.label);
    return {};
}

// The organisation's acceptable-use text, acknowledged: asked once for each state of policy. The
// keeper holds to it in every decision, whatever is remembered here.
Result<> Assistant::check_use(const std::string& person) {
    const std::uint64_t generation = parts_.gate.generation();
    {
        const std::scoped_lock lock(mutex_);
        const auto known = may_work_.find(person);
        if (known != may_work_.end() && known->second == generation) return {};
    }
    TRY(parts_.gate.question("use.check", Json(wire::JsonObject{{"person", person}})));
    const std::scoped_lock lock(mutex_);
    if (may_work_.size() >= people_remembered_max) may_work_.clear();
    may_work_[person] = generation;
    return {};
}

Result<TurnOutcome> Assistant::run(TurnRequest request, TurnListener& listener,
                                   const os::WakeUp& cancel) {
    if (request.text.size() > message_bytes_max) {
        return fail(Code::exhausted,
                    fmt::format("the message has {} bytes; at most {} are accepted: put the text "
                                "in a file and name the file",
                                request.text.size(), message_bytes_max));
    }
    if (!wire::is_utf8(request.text)) request.text = wire::mend_utf8(request.text);
    if (request.text.empty()) return fail(Code::invalid_input, "the message is empty");
    TRY(check_use(request.person));
    if (request.session.empty()) {
        request.session = base::make_id(parts_.clock, parts_.random);
        request.missing = TurnRequest::Missing::create;
    }
    if (request.turn.empty()) {
        request.turn = base::make_id(parts_.clock, parts_.random);
        request.turn_id = TurnRequest::TurnId::made;
    }
    const auto session = TRY(enter(request.session, cancel));
    struct Leave {
        Assistant& assistant;
        Session& session;
        ~Leave() { assistant.leave(session); }
    } const leaving{*this, *session};
    TRY(load(*session, request));
    Turn turn{.session = *session,
              .listener = listener,
              .cancel = cancel,
              .facts = {},
              .person = request.person,
              .origin = request.origin,
              .agent = request.agent,
              .approver = request.approver,
              .max_tokens = request.max_tokens,
              .route = request.route};
    turn.facts.id = request.turn;
    turn.facts.session = request.session;
    turn.facts.started_ms = parts_.clock.wall_ms();
    if (request.label.integrity == flow::Integrity::person) turn.said = request.text;
    TRY(end_plan(*session, request));
    TRY(recollect(turn, request));
    TRY(accept(turn, request));
    ++turns_total_;
    return loop(turn);
}

Result<TurnOutcome> Assistant::resume(const TurnFacts& facts, TurnListener& listener,
                                      const os::WakeUp& cancel) {
    if (!facts.waiting) return fail(Code::conflict, "the turn does not wait for an approval");
    const auto session = TRY(enter(facts.session, cancel));
    struct Leave {
        Assistant& assistant;
        Session& session;
        ~Leave() { assistant.leave(session); }
    } const leaving{*this, *session};
    TRY(load(*session, TurnRequest{}));
    Turn turn{.session = *session,
              .listener = listener,
              .cancel = cancel,
              .facts = facts,
              .person = session->facts.person,
              .origin = session->facts.origin};
    turn.approval = facts.waiting->approval;
    turn.facts.status = TurnStatus::running;
    turn.facts.waiting.reset();
    TRY(parts_.store.set_turn(turn.facts));
    if (!session->messages.empty() && session->messages.back().role == models::Role::assistant) {
        const models::Message message = session->messages.back();
        TRY(use_tools(turn, message));
    }
    return loop(turn);
}

Result<std::size_t> Assistant::recover() {
    std::size_t interrupted = 0;
    for (TurnFacts& turn : TRY(parts_.store.turns_with(TurnStatus::running))) {
        if (turn.waiting) continue;  // its approval may still be answered
        turn.status = TurnStatus::interrupted;
        TRY(close_interrupted(turn));
        TRY(parts_.store.set_turn(turn));
        ++interrupted;
    }
    return interrupted;
}

// Without an answer of its own what was said would be read together with the next message, and be
// done then.
Result<> Assistant::close_interrupted(const TurnFacts& turn) {
    const auto messages = parts_.store.messages(turn.session);
    // A session that does not open is told of when somebody speaks in it.
    if (!messages || messages->empty()) return {};
    const models::Message& last = messages->back().message;
    if (last.role != models::Role::user) return {};
    StoredMessage closing;
    closing.sequence = messages->back().sequence + 1;
    closing.turn = turn.id;
    closing.message = models::assistant_text(
        "[A restart interrupted this before it was answered. It is done only if it is asked for "
        "again.]");
    closing.message.sequence = closing.sequence;
    closing.label = flow::Label::nothing();
    return parts_.store.append(turn.session, closing);
}

Result<TurnOutcome> Assistant::finish(Turn& turn, TurnStatus status, std::string text) {
    turn.facts.status = status;
    turn.facts.waiting.reset();
    TurnOutcome outcome;
    outcome.session = turn.facts.session;
    outcome.turn = turn.facts.id;
    outcome.text = std::move(text);
    outcome.status = status;
    outcome.usage = turn.usage;
    outcome.finish = turn.finish;
    outcome.provider = turn.provider;
    outcome.model = turn.model;
    return outcome;
}

gate::Circumstances Assistant::circumstances_of(const Turn& turn) const {
    gate::Circumstances held;
    held.person = turn.person;
    held.space = turn.session.facts.space;
    held.agent = turn.agent;
    held.skill = turn.skill;
    held.session = turn.facts.session;
    held.turn = turn.facts.id;
    held.call = turn.call;
    held.origin = turn.origin;
    held.project = turn.session.facts.project;
    held.label = turn.session.label;
    held.approver = turn.approver;
    return held;
}

}  // namespace hs::agent
