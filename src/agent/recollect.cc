// What is remembered, in a turn: recalled before the model is asked, within a small budget and
// under its label; and what a conversation has read, for the provenance of what it remembers.

#include <fmt/format.h>

#include <utility>

#include "agent/assistant.h"
#include "agent/turn.h"
#include "memory/notes.h"
#include "memory/recollection.h"
#include "models/carried.h"
#include "wire/utf8.h"

namespace hs::agent {

using base::Result;
using wire::Json;

namespace {

constexpr std::size_t notes_max = 6;
constexpr std::size_t query_bytes_max = 2000;
constexpr std::int64_t day_ms = 24 * 3600 * std::int64_t{1000};
constexpr std::string_view reminded_mark = "reminded_ms";

}  // namespace

// Only in the person's own turns: to anybody else the memory is not open.
bool Assistant::has_memory(const Turn& turn) const {
    return parts_.memory != nullptr && parts_.settings.boolean("memory.enabled") &&
           !turn.session.is_private && turn.session.facts.has_memory && !turn.said.empty();
}

// A skill that leaves nothing behind was loaded: from here on the conversation has no memory, also
// after a restart.
void Assistant::end_memory(Turn& turn) {
    if (!std::exchange(turn.session.facts.has_memory, false)) return;
    turn.listener.on_notice("From here on nothing of this conversation is remembered.");
    if (turn.session.is_private) return;
    const auto kept = parts_.store.end_memory(turn.facts.session);
    if (!kept) turn.listener.on_notice(kept.error().what);
}

// What a stranger wrote is never recalled unasked, whoever has looked at it: the tool `recall`
// finds it, and then the conversation bears its label.
Result<> Assistant::recollect(Turn& turn, const TurnRequest& request) {
    if (!has_memory(turn)) return {};
    gate::Circumstances circumstances = circumstances_of(turn);
    circumstances.label = flow::join(circumstances.label, request.label);
    const std::string_view query = wire::cut_utf8(request.text, query_bytes_max);
    const auto found = memory::recall(*parts_.memory, parts_.gate, circumstances,
                                      {query, notes_max, flow::Integrity::internal});
    if (!found) {
        if (found.error().code == base::Code::io) return found.failure();
        // A damaged memory is said, and the conversation goes on without it.
        turn.listener.on_notice("Nothing was recalled: " + found.error().what);
        return {};
    }
    const memory::Notes notes = memory::notes_of(*found, parts_.clock.wall_ms());
    turn.notes = notes.text;
    turn.notes_label = notes.label;
    turn.notes_origin = models::make_origin(notes.sources, notes.label.classes, notes.text);
    for (const auto& [compartment, id] : notes.used) parts_.memory->note_use(compartment, {id});
    expire_at_times(turn);
    remind_of_review(turn);
    return {};
}

// Once a day, in the first turn: what is past its time is forgotten.
void Assistant::expire_at_times(Turn& turn) {
    const std::int64_t now_ms = parts_.clock.wall_ms();
    const auto last = parts_.memory->mark("expired_ms");
    if (!last || now_ms < *last + day_ms) return;
    const auto expired = memory::expire(*parts_.memory, parts_.gate, circumstances_of(turn), now_ms,
                                        parts_.settings.integer("memory.retention_days"));
    if (!expired) return turn.listener.on_notice(expired.error().what);
    if (*expired > 0) {
        turn.listener.on_notice(
            fmt::format("{} memories past their time were forgotten.", *expired));
    }
    static_cast<void>(parts_.memory->set_mark("expired_ms", now_ms).ok());
}

void Assistant::remind_of_review(Turn& turn) {
    const std::int64_t every_days = parts_.settings.integer("memory.review_days");
    if (every_days == 0) return;
    const auto reminded = parts_.memory->mark(std::string(reminded_mark));
    const std::int64_t now_ms = parts_.clock.wall_ms();
    if (!reminded || now_ms < *reminded + every_days * day_ms) return;
    const std::int64_t waiting = parts_.memory->waiting();
    if (waiting == 0) return;
    turn.listener.on_notice(
        fmt::format("{} {} kept apart until you look at {}: hardshell memory review", waiting,
                    waiting == 1 ? "memory is" : "memories are", waiting == 1 ? "it" : "them"));
    static_cast<void>(parts_.memory->set_mark(std::string(reminded_mark), now_ms).ok());
}

void Assistant::note_source(Turn& turn, const models::ToolCallPart& call,
                            const flow::Label& label) {
    if (label.integrity == flow::Integrity::person) return;
    std::string source = call.name;
    for (const char* key : {"url", "path", "pattern", "query"}) {
        const Json* about = call.arguments.find(key);
        if (about == nullptr || about->text() == nullptr) continue;
        source += " " + *about->text();
        break;
    }
    source = wire::cut_utf8(source, memory::Entry::source_bytes_max);
    auto& sources = turn.session.sources;
    std::erase(sources, source);
    if (sources.size() >= memory::Entry::sources_max) sources.erase(sources.begin());
    sources.push_back(std::move(source));
}

Result<> Assistant::store_turn(Turn& turn) {
    if (turn.session.is_private) return {};
    return parts_.store.set_turn(turn.facts);
}

}  // namespace hs::agent
