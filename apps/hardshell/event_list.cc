#include "hardshell/event_list.h"

#include <fmt/format.h>

#include <thread>

#include "hardshell/lines.h"
#include "hardshell/when.h"
#include "os/file.h"
#include "os/system.h"

namespace hs::cli {

using base::Result;
using wire::Json;

namespace {

constexpr std::size_t key_bytes_max = 4096;
constexpr int tries_max = 15;

}  // namespace

std::optional<audit::VerifierKey> key_in(const std::string& path) {
    auto text = os::read_text(path, key_bytes_max);
    if (!text) return std::nullopt;
    while (text->ends_with('\n')) text->pop_back();
    const auto key = audit::parse_verifier_key(*text);
    if (!key) return std::nullopt;
    return *key;
}

Result<audit::EventQuery> event_query(const Desk& desk) {
    const Options& options = desk.options;
    const os::SystemClock clock;
    audit::EventQuery query;
    query.facets = options.facets;
    if (query.facets.session.empty()) query.facets.session = options.session;
    query.contains = options.text;
    if (!options.kind.empty()) query.kinds = {TRY(audit::parse_kind(options.kind))};
    if (!options.from.empty()) query.from_ms = TRY(parse_when(options.from, clock.wall_ms()));
    if (!options.to.empty()) query.to_ms = TRY(parse_when(options.to, clock.wall_ms()));
    return query;
}

Result<std::vector<audit::Record>> find_events(const Desk& desk, const audit::EventQuery& query,
                                               std::size_t count) {
    for (int tries = 0;; ++tries) {
        auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
        auto found = query.facets.empty() ? TRY(reader.search(query, count))
                                          : TRY(reader.search_stories(query, count));
        if (!found.empty() || tries >= tries_max) return found;
        // Without a keeper nothing new comes.
        if (!KeeperLine::open(desk.places)) return found;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

void note_reading(const Desk& desk, std::string_view what) {
    auto keeper = KeeperLine::open(desk.places);
    if (!keeper) return;
    Json arguments;
    arguments["what"] = what;
    static_cast<void>(keeper->question("log.note_reading", std::move(arguments)).ok());
}

std::string one_line(const audit::Record& record) {
    const auto event = audit::parse_event(record.leaf);
    if (!event) return fmt::format("{:>8}  unreadable: {}", record.index, event.error().what);
    const audit::EventFacts facts = audit::facts_of(*event);
    std::string about;
    const auto add = [&about](const std::string& text) {
        if (!text.empty()) about += (about.empty() ? "" : "  ") + text;
    };
    add(event->text(audit::Field::outcome));
    add(facts.effect);
    if (!facts.files.empty()) add(facts.files.front());
    if (!facts.hosts.empty()) add(facts.hosts.front());
    for (const auto field : {audit::Field::person, audit::Field::process, audit::Field::decision,
                             audit::Field::secret, audit::Field::reason}) {
        add(event->text(field));
    }
    return fmt::format("{:>8}  {}  {:<18}  {}", record.index, base::format_time(event->time_ms),
                       audit::kind_name(event->kind), about);
}

void show_events(const Desk& desk, const std::vector<audit::Record>& newest_first,
                 Listing listing) {
    Json list{wire::JsonArray{}};
    for (auto record = newest_first.rbegin(); record != newest_first.rend(); ++record) {
        const auto event = audit::parse_event(record->leaf);
        if (desk.screen.form() == Form::text) {
            desk.screen.line(clean(one_line(*record)));
        } else if (listing == Listing::lines) {
            desk.screen.line(base::text_of(record->leaf));
        } else if (event) {
            Json item = event->json;
            item["index"] = static_cast<std::int64_t>(record->index);
            list.push(std::move(item));
        }
    }
    if (desk.screen.form() == Form::json && listing == Listing::whole) {
        desk.screen.json(wire::JsonObject{{"events", std::move(list)}});
    }
}

}  // namespace hs::cli
