// usage: who used what for what, as a table, JSON, or a page for the check-in.

#include "insight/usage.h"

#include <fmt/format.h>

#include "hardshell/commands.h"
#include "hardshell/event_list.h"
#include "hardshell/when.h"
#include "os/file.h"
#include "os/system.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using insight::Dimension;
using wire::Json;

namespace {

constexpr std::string_view usual_window = "30d";
constexpr std::size_t rows_shown_max = 20;

Result<std::vector<Dimension>> dimensions_of(const std::string& by) {
    if (by.empty()) {
        return std::vector<Dimension>{
            Dimension::person, Dimension::project, Dimension::project_use, Dimension::tool,
            Dimension::skill,  Dimension::host,    Dimension::provider,    Dimension::secret};
    }
    const auto one = insight::parse_dimension(by);
    if (one) return std::vector<Dimension>{*one};
    return fail(Code::invalid_input,
                "--by takes person, project, class, tool, skill, host, provider, secret or day");
}

Result<insight::UsageWindow> window_of(const Options& options) {
    const os::SystemClock clock;
    insight::UsageWindow window;
    window.person = options.facets.person;
    window.from_ms = TRY(parse_when(
        options.from.empty() ? usual_window : std::string_view(options.from), clock.wall_ms()));
    if (!options.to.empty()) window.to_ms = TRY(parse_when(options.to, clock.wall_ms()));
    return window;
}

void show_table(const Screen& screen, const insight::UsageTable& table) {
    if (table.rows.empty()) return;
    std::vector<std::vector<std::string>> rows;
    for (const auto& row : table.rows) {
        if (rows.size() == rows_shown_max) break;
        rows.push_back({row.key, std::to_string(row.messages), std::to_string(row.asked_for),
                        std::to_string(row.held), std::to_string(row.denied),
                        std::to_string(row.sent_bytes),
                        std::to_string(row.input_tokens + row.output_tokens),
                        insight::cost_text(row.cost_micro)});
    }
    screen.table({std::string(insight::dimension_name(table.dimension)), "messages", "actions",
                  "asked", "denied", "bytes sent", "tokens", "cost"},
                 rows);
    if (table.rows.size() > rows_shown_max) {
        screen.line(fmt::format("... and {} more", table.rows.size() - rows_shown_max));
    }
    screen.line();
}

}  // namespace

Result<int> run_usage(const Desk& desk) {
    const auto dimensions = TRY(dimensions_of(desk.options.by));
    const auto window = TRY(window_of(desk.options));
    note_reading(desk, "usage");
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    const auto tables = TRY(insight::count_usage(reader, dimensions, window));
    if (!desk.options.output.empty()) {
        const std::string title = fmt::format(
            "Hardshell: use since {}", base::format_time(window.from_ms.value_or(0)).substr(0, 10));
        TRY(os::write_file_atomic(desk.options.output,
                                  base::bytes_of(insight::usage_page(tables, title))));
    }
    if (desk.screen.form() == Form::json) {
        Json json{wire::JsonObject{}};
        for (const auto& table : tables) {
            Json rows{wire::JsonArray{}};
            for (const auto& row : table.rows) rows.push(row.to_json());
            json[insight::dimension_name(table.dimension)] = std::move(rows);
        }
        desk.screen.json(wire::JsonObject{{"usage", std::move(json)}});
        return exit_done;
    }
    for (const auto& table : tables) show_table(desk.screen, table);
    if (!desk.options.output.empty()) desk.screen.line("Written to " + desk.options.output);
    return exit_done;
}

}  // namespace hs::cli
