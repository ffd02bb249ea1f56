// The loop of one turn: think, use tools, again, until there is an answer.

#include <fmt/format.h>

#include <chrono>
#include <future>

#include "agent/assistant.h"
#include "agent/prompt.h"
#include "agent/tracing.h"
#include "agent/turn.h"
#include "agent/turn_stop.h"
#include "models/budget.h"
#include "models/carried.h"
#include "models/compact.h"
#include "models/conversation.h"
#include "tools/manifests.h"

namespace hs::agent {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::size_t calls_in_a_message_max = 32;
// A model that keeps calling tools that do not exist or with broken arguments is stopped.
constexpr int failed_calls_max = 8;

// Passes text on to the person and nothing else.
class TextSink : public models::EventSink {
  public:
    explicit TextSink(TurnListener& listener) : listener_(listener) {}
    void on_event(const models::ChatEvent& event) override {
        if (const auto* text = std::get_if<models::TextDelta>(&event))
            listener_.on_text(text->text);
    }

  private:
    TurnListener& listener_;
};

std::vector<models::ToolCallPart> calls_of(const models::Message& message) {
    std::vector<models::ToolCallPart> calls;
    for (const auto& part : message.parts) {
        if (const auto* call = std::get_if<models::ToolCallPart>(&part)) calls.push_back(*call);
    }
    return calls;
}

std::string_view outcome_name(const tools::ToolOutcome& outcome) {
    return outcome.is_error ? "failed" : "done";
}

}  // namespace

Result<TurnOutcome> Assistant::loop(Turn& turn) {
    ++running_;
    struct Count {
        std::atomic<std::size_t>& running;
        ~Count() { --running; }
    } const counting{running_};
    const std::int64_t steps_max = parts_.settings.integer("turn.steps_max");
    for (std::int64_t i = 0; i < steps_max; ++i) {
        const auto more = step(turn);
        if (!more) {
            const bool cancelled = more.error().code == Code::cancelled || turn.cancel.raised();
            const TurnStatus status = cancelled ? TurnStatus::cancelled : TurnStatus::failed;
            const std::string why = cancelled ? "Cancelled." : more.error().what;
            turn.facts.status = status;
            TRY(keep(turn, models::assistant_text(fmt::format("[{}]", why)),
                     flow::Label::nothing()));
            TRY(store_turn(turn));
            turn.listener.on_notice(why);
            return finish(turn, status, turn.text);
        }
        if (!*more) return finish(turn, TurnStatus::done, turn.text);
    }
    const std::string why = fmt::format(
        "Stopped after {} steps without an answer. Say how to go on, or raise the limit: hardshell "
        "config set turn.steps_max N",
        steps_max);
    turn.facts.status = TurnStatus::failed;
    TRY(keep(turn, models::assistant_text(why), flow::Label::nothing()));
    TRY(store_turn(turn));
    turn.listener.on_notice(why);
    return finish(turn, TurnStatus::failed, turn.text + why);
}

// One model call and the tools it asks for; false when the answer is complete.
Result<bool> Assistant::step(Turn& turn) {
    if (turn.cancel.raised()) return fail(Code::cancelled, "cancelled");
    TRY(compact(turn));
    models::ChatRequest request = chat_request(turn);
    TextSink sink(turn.listener);
    models::RoutedReply routed = TRY(think(turn, request, sink, turn.session.label));
    models::Answer& answer = routed.reply.answer;
    for (const auto& notice : answer.notices) {
        if (std::exchange(turn.session.last_notice, notice) == notice) continue;
        turn.listener.on_notice(notice);
    }
    if (routed.reply.trouble) {
        if (routed.reply.visible && !answer.message.parts.empty()) {
            TRY(keep(turn, answer.message, flow::Label::nothing()));
        }
        if (turn.cancel.raised()) return fail(Code::cancelled, "cancelled");
        return fail(Code::io, routed.reply.trouble->what);
    }
    turn.finish = answer.finish;
    turn.provider = answer.provider;
    turn.model = answer.model;
    turn.text += models::text_of(answer.message);
    const bool more = !calls_of(answer.message).empty() || answer.finish == models::Finish::pause;
    if (!more) {
        TRY(finish_answer(turn, std::move(answer.message)));
        return false;
    }
    const models::Message message = answer.message;
    TRY(keep(turn, message, flow::Label::nothing()));
    TRY(use_tools(turn, message));
    return true;
}

Result<> Assistant::keep(Turn& turn, models::Message message, const flow::Label& label,
                         Json trace) {
    message.sequence = turn.session.next_sequence;
    StoredMessage stored{turn.session.next_sequence, turn.facts.id, std::move(message), label,
                         std::move(trace)};
    if (!turn.session.is_private) TRY(parts_.store.append(turn.facts.session, stored));
    if (turn.begun.valid()) TRY(turn.begun.get());
    ++turn.session.next_sequence;
    turn.session.label = flow::join(turn.session.label, label);
    turn.session.messages.push_back(std::move(stored.message));
    return {};
}

// The answer and its event become durable at the same time, each in its own process.
Result<> Assistant::finish_answer(Turn& turn, models::Message message) {
    message.sequence = turn.session.next_sequence;
    StoredMessage stored{turn.session.next_sequence, turn.facts.id, std::move(message),
                         flow::Label::nothing()};
    std::promise<Result<>> durable;
    auto done = durable.get_future();
    turn.facts.status = TurnStatus::done;
    if (turn.session.is_private) {
        durable.set_value({});
    } else {
        TRY(parts_.store.append_later(turn.facts.session, stored, turn.facts,
                                      [&durable](Result<> result) { durable.set_value(result); }));
    }
    Json fields;
    fields["session"] = turn.facts.session;
    fields["turn"] = turn.facts.id;
    fields["person"] = turn.person;
    fields["origin"] = turn.origin;
    fields["bytes"] = static_cast<std::int64_t>(turn.text.size());
    fields["provider"] = turn.provider;
    fields["model"] = turn.model;
    fields["input_tokens"] = turn.usage.input + turn.usage.cache_read + turn.usage.cache_write;
    fields["output_tokens"] = turn.usage.output;
    fields["cost_micro"] = turn.cost;
    auto recorded =
        parts_.gate.record("message.out", std::move(fields), gate::Durable::before_return);
    TRY(done.get());
    if (turn.begun.valid()) TRY(turn.begun.get());
    TRY(std::move(recorded));
    ++turn.session.next_sequence;
    turn.session.messages.push_back(std::move(stored.message));
    return {};
}

models::ChatRequest Assistant::chat_request(const Turn& turn) const {
    models::ChatRequest request;
    request.route = turn.route;
    PromptFacts facts;
    facts.person_name = parts_.settings.text("person.name");
    facts.project = turn.session.facts.project;
    facts.roots = parts_.settings.texts("files.roots");
    facts.now_ms = parts_.clock.wall_ms();
    request.system = system_prompt(facts);
    if (!turn.notes.empty()) request.system += "\n\n" + turn.notes;
    request.system_origin = turn.notes_origin;
    request.messages = models::mended(turn.session.messages);
    request.tools = models::Items<models::ToolSpec>::borrowed(tool_specs_);
    request.tools_tokens = tool_tokens_;
    request.max_tokens =
        turn.max_tokens > 0 ? turn.max_tokens : parts_.settings.integer("model.max_tokens");
    return request;
}

Result<models::RoutedReply> Assistant::think(Turn& turn, models::ChatRequest& request,
                                             models::EventSink& sink, const flow::Label& about) {
    models::Estimate estimate;
    estimate.input_tokens = models::estimate_tokens(request);
    estimate.output_tokens = request.max_tokens;
    const models::BudgetRules rules = budget_rules();
    if (rules.person_day.money) estimate.price = models::Price{};
    const auto grant = TRY(ledger_.reserve(rules, {turn.facts.session, turn.person}, estimate));
    request.max_tokens = grant.output_tokens;
    const TurnStop stop(turn.cancel);
    gate::Circumstances circumstances = circumstances_of(turn);
    circumstances.skill.clear();  // the assistant thinks, not the skill
    circumstances.label = about;
    request.caller = &circumstances;
    request.carried = std::make_shared<const models::CarriedParts>(models::parts_of(request));
    models::RoutedReply routed = parts_.router.complete(request, sink, stop);
    models::Usage used;
    models::Money_micro cost = 0;
    for (const auto& charge : routed.charges) {
        used += charge.usage;
        for (const auto& provider : parts_.settings.providers()) {
            if (provider.name != charge.provider) continue;
            // 1/10,000 of a cent is a millionth of the currency unit.
            cost += models::cost_of(charge.usage,
                                    {provider.input_microcents, provider.output_microcents,
                                     provider.input_microcents, provider.input_microcents});
        }
    }
    turn.usage += used;
    turn.cost += cost;
    if (used.total() == 0) {
        ledger_.release(grant.id);
    } else {
        TRY(ledger_.settle(grant.id, used, cost));
        save_ledger_at_times();
    }
    return routed;
}

// A crash forgets what was spent within this time; to write it all with every call would cost more
// than the call.
void Assistant::save_ledger_at_times() {
    constexpr std::int64_t between_ms = 500;
    const std::int64_t now_ms = parts_.clock.wall_ms();
    std::int64_t before_ms = ledger_saved_ms_.load();
    if (now_ms >= before_ms && now_ms < before_ms + between_ms) return;
    if (ledger_saved_ms_.compare_exchange_strong(before_ms, now_ms)) save_ledger();
}

void Assistant::save_ledger() {
    // Where it cannot be written, neither can the messages, and that is said.
    static_cast<void>(
        parts_.store.save_ledger(wire::canonical_json(ledger_.snapshot().to_json())).ok());
}

Result<> Assistant::compact(Turn& turn) {
    models::WindowRules rules;
    rules.context_tokens = parts_.context_tokens;
    rules.output_tokens = parts_.settings.integer("model.max_tokens");
    models::ChatRequest request = chat_request(turn);
    if (!models::needs_folding(request, rules)) return {};
    request.messages = models::shorten_old_results(request.messages, rules);
    if (!models::needs_folding(request, rules)) {
        turn.session.messages = request.messages.all();
        return {};
    }
    return fold(turn, request, rules);
}

Result<> Assistant::fold(Turn& turn, const models::ChatRequest& request,
                         const models::WindowRules& rules) {
    const auto fold = models::choose_fold(request.messages, rules);
    if (!fold) {
        return fail(Code::exhausted,
                    "the conversation no longer fits the model's window; begin a "
                    "new one with /new");
    }
    models::SilentSink sink;
    const TurnStop stop(turn.cancel);
    gate::Circumstances circumstances = circumstances_of(turn);
    circumstances.skill.clear();  // the assistant thinks, not the skill
    models::ChatRequest summary = models::summary_request(request, *fold, rules);
    summary.caller = &circumstances;
    summary.carried = std::make_shared<const models::CarriedParts>(models::parts_of(summary));
    const auto routed = parts_.router.complete(summary, sink, stop);
    if (routed.reply.trouble) return fail(Code::io, routed.reply.trouble->what);
    std::int64_t folded = 0;
    for (std::size_t i = 0; i < fold->end; ++i) {
        folded = std::max(folded, request.messages[i].sequence);
    }
    std::vector<models::Message> messages = models::fold_messages(
        request.messages, *fold, models::text_of(routed.reply.answer.message));
    auto& text = std::get<models::TextPart>(messages.front().parts.front());
    text.origin = models::make_origin({{flow::SourceKind::summary, std::to_string(folded)}},
                                      turn.session.label.classes, text.text);
    if (folded > 0) {
        // The summary stands where the last of the folded stood. It carries the label of all.
        messages.front().sequence = folded;
        if (!turn.session.is_private) {
            TRY(parts_.store.fold(turn.facts.session, folded,
                                  {folded, turn.facts.id, messages.front(), turn.session.label,
                                   snapshot_of(turn.session.context)}));
        }
    }
    turn.session.messages = std::move(messages);
    turn.listener.on_notice("Earlier messages were summarised to fit the model's window.");
    return {};
}

Result<> Assistant::use_tools(Turn& turn, const models::Message& message) {
    models::Message results{models::Role::user, {}};
    std::vector<flow::Span> spans;
    const auto calls = calls_of(message);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (i >= calls_in_a_message_max || turn.cancel.raised()) {
            results.parts.push_back(models::ToolResultPart{
                calls[i].id,
                turn.cancel.raised() ? "Not run: the person cancelled."
                                     : "Not run: too many calls in one message.",
                true});
            spans.push_back({"", flow::Label::nothing(), "Hardshell"});
            continue;
        }
        turn.later = std::span(calls).subspan(i + 1);
        results.parts.push_back(use_tool(turn, calls[i], spans));
    }
    turn.later = {};
    withdraw_asked(turn);
    flow::Label label = flow::Label::nothing();
    for (const flow::Span& span : spans) label = flow::join(label, flow::label_once_seen(span));
    Json trace = traces_of(spans, results);
    TRY(keep(turn, std::move(results), label, std::move(trace)));
    if (turn.failed_calls >= failed_calls_max) {
        return fail(Code::exhausted, fmt::format("the model made {} tool calls in a row that could "
                                                 "not be carried out; say it another way or choose "
                                                 "another model",
                                                 turn.failed_calls));
    }
    return {};
}

models::ToolResultPart Assistant::use_tool(Turn& turn, const models::ToolCallPart& call,
                                           std::vector<flow::Span>& spans) {
    const auto began = parts_.clock.steady();
    turn.call = call.id;
    Json card;
    card["phase"] = "begin";
    card["call"] = call.id;
    card["tool"] = call.name;
    card["arguments"] = call.arguments;
    turn.listener.on_tool(card);
    tools::ToolOutcome outcome;
    if (!call.problem.empty()) {
        outcome.text = call.problem;
        outcome.is_error = true;
        outcome.label = flow::Label::nothing();
    } else {
        outcome = run_call(turn, call);
    }
    if (outcome.card.find("plan") != nullptr) turn.session.may_have_plan = true;
    if (call.name == "skill_load" && !outcome.is_error) {
        const auto skill = wire::text_at_or(outcome.card, "skill", "");
        if (skill && !skill->empty()) turn.skill = *skill;
        if (outcome.card.find("ends_memory") != nullptr) end_memory(turn);
    }
    turn.failed_calls = outcome.is_error ? turn.failed_calls + 1 : 0;
    turn.facts.waiting.reset();
    const auto read = wire::text_at_or(outcome.card, "read", "");
    spans.push_back({outcome.text, outcome.label, read && !read->empty() ? *read : origin_of(call),
                     outcome.form});
    turn.session.label = flow::join(turn.session.label, flow::label_once_seen(spans.back()));
    note_source(turn, call, outcome.label);
    if (const Json* notice = outcome.card.find("notice"); notice && notice->text()) {
        turn.listener.on_notice(*notice->text());
    }
    if (outcome.labelled) {
        const tools::CalledTool called =
            tools::called_tool(call.name, call.arguments, parts_.connectors.get());
        turn.session.context.see(called.manifest, called.arguments, *outcome.labelled);
    } else {
        turn.session.context.read(spans.back());
    }
    const auto took = parts_.clock.steady() - began;
    Json end = outcome.card.is_null() ? Json(wire::JsonObject{}) : outcome.card;
    end["phase"] = "end";
    end["call"] = call.id;
    end["tool"] = call.name;
    end["outcome"] = outcome_name(outcome);
    end["ms"] = static_cast<std::int64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    turn.listener.on_tool(end);
    return {call.id, outcome.text, outcome.is_error,
            origin_of_result(call, outcome.sources, outcome.label, outcome.text)};
}

}  // namespace hs::agent
