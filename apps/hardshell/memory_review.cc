// memory review: what waits, what is new since the last time, what contradicts; one by one at the
// terminal, or in bulk.

#include <fmt/format.h>

#include "hardshell/conversation.h"
#include "hardshell/memory_lines.h"

namespace hs::cli {

using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

// "all" stands for everything that waits.
std::vector<std::string> ids_of(const std::vector<std::string>& given, const Json& review) {
    std::vector<std::string> ids;
    for (const auto& id : given) {
        if (id != "all") {
            ids.push_back(id);
            continue;
        }
        for (const Json& entry : entries_in(review, "quarantined")) {
            ids.push_back(text_in(entry, "id"));
        }
    }
    return ids;
}

Result<> decide(const Desk& desk, const std::vector<std::string>& ids, char choice) {
    if (ids.empty()) return {};
    Json body;
    body["ids"] = ids_json(ids);
    if (choice == 'f') {
        const Json answer = TRY(ask_memory(desk, "forget", body));
        if (desk.screen.form() == Form::text) show_forgotten(desk.screen, answer);
        return {};
    }
    body["own"] = choice == 'o';
    TRY(ask_memory(desk, "keep", body));
    return {};
}

enum class Walk : std::uint8_t { goes_on, ended };

Result<Walk> walk_waiting(const Desk& desk, const Json& review) {
    const auto& waiting = entries_in(review, "quarantined");
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        desk.screen.line();
        desk.screen.line(desk.screen.tone(
            Tone::faint, fmt::format("{} of {} that wait", i + 1, waiting.size())));
        show_entry(desk.screen, waiting[i]);
        show_provenance(desk.screen, waiting[i]);
        for (;;) {
            const auto typed =
                read_answer(desk.screen,
                            "[k]eep as a stranger's text  [o]wn: I vouch for it  [f]orget  [s]kip  "
                            "[K]eep all  [F]orget all  [q]uit > ");
            const char choice = !typed ? 'q' : typed->empty() ? 's' : (*typed)[0];
            if (choice == 'q') return Walk::ended;
            if (choice == 's') break;
            std::vector<std::string> rest;
            for (std::size_t at = i; at < waiting.size(); ++at) {
                rest.push_back(text_in(waiting[at], "id"));
            }
            if (choice == 'K' || choice == 'F') {
                TRY(decide(desk, rest, choice == 'F' ? 'f' : 'k'));
                return Walk::goes_on;
            }
            if (choice != 'k' && choice != 'o' && choice != 'f') continue;
            TRY(decide(desk, {rest.front()}, choice));
            break;
        }
    }
    return Walk::goes_on;
}

const Json* entry_with(const Json& review, const std::string& id) {
    for (const char* part : {"quarantined", "new"}) {
        for (const Json& entry : entries_in(review, part)) {
            if (text_in(entry, "id") == id) return &entry;
        }
    }
    return nullptr;
}

void show_line_of(const Desk& desk, const Json& review, const std::string& id) {
    const Json* known = entry_with(review, id);
    if (known != nullptr) return show_entry(desk.screen, *known);
    const auto older = ask_memory(desk, "show", JsonObject{{"id", id}});
    if (older) show_entry(desk.screen, *older);
}

// The difference from the last review: what has come, and what of it may not fit together.
void show_difference(const Desk& desk, const Json& review) {
    const auto& fresh = entries_in(review, "new");
    const Json* since = review.find("since_ms");
    const bool first = since == nullptr || since->integer() == nullptr || *since->integer() == 0;
    desk.screen.line(fmt::format(
        "{} new {}, {} waiting", fresh.size(),
        first ? std::string("so far") : "since the review of " + day_of(review, "since_ms"),
        entries_in(review, "quarantined").size()));
    for (const Json& entry : fresh) show_entry(desk.screen, entry);
    for (const Json& pair : entries_in(review, "contradictions")) {
        desk.screen.line(desk.screen.tone(Tone::warning, "These two may contradict each other:"));
        for (const char* side : {"one", "other"}) show_line_of(desk, review, text_in(pair, side));
    }
}

}  // namespace

Result<int> run_memory_review(const Desk& desk) {
    const auto& options = desk.options.memory;
    const Json review = TRY(ask_memory(desk, "review"));
    const bool bulk = !options.keep.empty() || !options.own.empty() || !options.forget.empty();
    if (bulk) {
        TRY(decide(desk, ids_of(options.keep, review), 'k'));
        TRY(decide(desk, ids_of(options.own, review), 'o'));
        TRY(decide(desk, ids_of(options.forget, review), 'f'));
        TRY(ask_memory(desk, "reviewed"));
        if (desk.screen.form() == Form::json) {
            desk.screen.json(JsonObject{{"reviewed", true}});
        } else {
            desk.screen.line("Reviewed.");
        }
        return exit_done;
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(review);
        return exit_done;
    }
    show_difference(desk, review);
    if (!desk.screen.interactive()) return exit_done;
    if (TRY(walk_waiting(desk, review)) == Walk::ended) return exit_done;
    TRY(ask_memory(desk, "reviewed"));
    desk.screen.line("Reviewed.");
    return exit_done;
}

}  // namespace hs::cli
