// leakage: what of ours went to a provider of language models: files by lines, memories, classes,
// bytes, what was replaced, and the records that prove it.

#include "insight/leakage.h"

#include <fmt/format.h>

#include "hardshell/commands.h"
#include "hardshell/event_list.h"
#include "hardshell/when.h"
#include "os/file.h"
#include "os/system.h"

namespace hs::cli {

using base::Result;
using insight::Leakage;
using insight::Leaked;
using insight::LeakedTo;

namespace {

constexpr std::size_t rows_shown_max = 200;
constexpr std::size_t ranges_shown_max = 12;

// What is there is meant by its own name; anything else by the end of its path.
std::string path_meant(const std::string& given) {
    if (given.empty()) return given;
    const auto resolved = os::resolve_path(given);
    return resolved ? *resolved : given;
}

std::string joined_names(const std::set<std::string>& names) {
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string replaced_words(const insight::Replacements& replaced) {
    std::vector<std::string> words;
    for (const auto& [kind, count] : replaced) words.push_back(fmt::format("{} {}", count, kind));
    return fmt::format("{}", fmt::join(words, ", "));
}

std::string lines_words(const std::vector<flow::LineRange>& lines) {
    std::vector<std::string> words;
    for (const flow::LineRange& range : lines) {
        if (words.size() == ranges_shown_max) {
            words.push_back("...");
            break;
        }
        words.push_back(range.first == range.last ? std::to_string(range.first)
                                                  : fmt::format("{}-{}", range.first, range.last));
    }
    return fmt::format("{}", fmt::join(words, ", "));
}

void show_item(const Screen& screen, const Leaked& item) {
    std::string line = "  " + item.what;
    if (!item.name.empty()) line += " " + clean(item.name);
    if (!item.lines.empty()) line += "  lines " + lines_words(item.lines);
    screen.line(line);
    std::string more = fmt::format("    {} bytes", item.bytes);
    if (item.times > 1)
        more += fmt::format(", {} in all over {} calls", item.sent_bytes, item.times);
    if (!item.classes.empty()) more += "; " + joined_names(item.classes);
    if (!item.redacted.empty()) more += "; replaced: " + replaced_words(item.redacted);
    more += fmt::format("; record {}", item.records.front());
    if (item.times > 1) more += fmt::format(" to {}", item.last_record);
    screen.line(screen.tone(Tone::faint, clean(more)));
}

void show_provider(const Screen& screen, const LeakedTo& to) {
    std::string head = screen.tone(Tone::strong, clean(to.provider));
    head += fmt::format("  ({}; keeps: {})",
                        to.place.empty() ? "its place is not declared" : clean(to.place),
                        to.retention.empty() ? "not declared" : clean(to.retention));
    screen.line(head);
    if (to.calls > 0) {
        screen.line(fmt::format("  {} calls, {} bytes of requests, {} to {}; classes: {}", to.calls,
                                to.bytes, base::format_time(to.first_ms).substr(0, 16),
                                base::format_time(to.last_ms).substr(0, 16),
                                to.classes.empty() ? "none" : joined_names(to.classes)));
    } else {
        screen.line("  Nothing went there.");
    }
    if (!to.redacted.empty()) {
        screen.line("  replaced by placeholders, over all calls: " +
                    clean(replaced_words(to.redacted)));
    }
    if (to.refused > 0) screen.line(fmt::format("  {} calls were refused by policy", to.refused));
    if (to.not_sent > 0) screen.line(fmt::format("  {} calls never went out", to.not_sent));
    std::size_t shown = 0;
    for (const Leaked& item : to.items) {
        if (++shown > rows_shown_max) {
            screen.line(fmt::format("  and {} more: --json", to.items.size() - rows_shown_max));
            break;
        }
        show_item(screen, item);
    }
    screen.line();
}

}  // namespace

Result<int> run_leakage(const Desk& desk) {
    const os::SystemClock clock;
    insight::LeakWish wish;
    if (!desk.options.from.empty()) {
        wish.from_ms = TRY(parse_when(desk.options.from, clock.wall_ms()));
    }
    wish.provider = desk.options.name;
    wish.project = path_meant(desk.options.project);
    wish.file = path_meant(desk.options.facets.file);
    note_reading(desk, "leakage");
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    const Leakage leakage = TRY(insight::find_leakage(reader, wish));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(leakage.to_json());
        return exit_done;
    }
    if (leakage.providers.empty()) {
        desk.screen.line(
            fmt::format("Nothing like that went to a provider, says the record of {} "
                        "events.",
                        leakage.records));
        return exit_done;
    }
    for (const LeakedTo& to : leakage.providers) show_provider(desk.screen, to);
    desk.screen.line(
        "Each is in the record: hardshell audit show RECORD, hardshell audit prove "
        "RECORD.");
    return exit_done;
}

}  // namespace hs::cli
