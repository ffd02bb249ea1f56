// why and audit: reading the log. Read directly from its folder, so it works without the daemon.

#include <fmt/format.h>

#include <thread>

#include "audit/read.h"
#include "audit/verify.h"
#include "audit/witness.h"
#include "hardshell/commands.h"
#include "hardshell/event_list.h"
#include "hardshell/fetch.h"
#include "os/file.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

// Between two looks for new events; a checkpoint follows an event within a second.
constexpr std::int64_t follow_ms = 200;
constexpr std::size_t witness_notes_max = 64;

}  // namespace

namespace {

// Whatever witnesses have cosigned before and the keeper has kept: a log that is shorter than one
// of those was cut.
std::vector<audit::Witnessed> kept_notes(const Desk& desk) {
    std::vector<audit::Witnessed> kept;
    const std::string folder = desk.places.state + "/witness";
    const auto names = os::list_folder(folder, witness_notes_max);
    if (!names) return kept;
    for (const std::string& name : *names) {
        auto note = os::read_text(folder + "/" + name, audit::note_bytes_max);
        if (name.ends_with(".note") && note) kept.push_back({std::move(*note), {}});
    }
    return kept;
}

Result<audit::VerifyOptions> verify_options(const Desk& desk, const std::string& folder) {
    const Options& asked = desk.options;
    audit::VerifyOptions options;
    if (asked.text.empty()) {
        options.log_key = key_in(desk.places.state + "/log-key");
        options.genesis_key = key_in(desk.places.state + "/genesis-key");
        options.witnessed = kept_notes(desk);
    }
    if (!asked.log_key.empty()) options.log_key = TRY(audit::parse_verifier_key(asked.log_key));
    if (!asked.second.empty()) {
        options.since = TRY(os::read_text(asked.second, audit::note_bytes_max));
    }
    if (asked.witness.empty()) return options;
    std::optional<audit::WitnessKey> key;
    if (!asked.witness_key.empty()) key = TRY(audit::parse_witness_key(asked.witness_key));
    const auto reader = TRY(audit::Reader::open(folder));
    const std::string address = fmt::format("{}/{}/checkpoint", asked.witness,
                                            audit::origin_name(reader.checkpoint().origin));
    options.witnessed.push_back({TRY(fetch_text(address, audit::note_bytes_max)), key});
    return options;
}

void show_report(const Desk& desk, const audit::VerifyReport& report) {
    if (desk.screen.form() == Form::json) {
        Json problems{wire::JsonArray{}};
        for (const auto& problem : report.problems) {
            Json item = wire::JsonObject{{"fault", audit::fault_name(problem.fault)},
                                         {"text", problem.text}};
            if (problem.index) item["index"] = static_cast<std::int64_t>(*problem.index);
            problems.push(std::move(item));
        }
        Json json =
            wire::JsonObject{{"verified", report.verified()},
                             {"records", static_cast<std::int64_t>(report.checkpoint.head.size)},
                             {"epochs", static_cast<std::int64_t>(report.epochs)},
                             {"problems", std::move(problems)}};
        if (const auto bad = report.first_bad()) {
            json["first_bad"] = static_cast<std::int64_t>(*bad);
        }
        json["foreign"] = wire::JsonArray(report.foreign.begin(), report.foreign.end());
        return desk.screen.json(json);
    }
    for (const auto& problem : report.problems) {
        desk.screen.line(fmt::format("{}: {}",
                                     desk.screen.tone(Tone::bad, audit::fault_name(problem.fault)),
                                     clean(problem.text)));
    }
    for (const auto& name : report.foreign) desk.screen.note("not part of the log: " + clean(name));
    desk.screen.line(report.verified()
                         ? fmt::format("verified: {} records, {} key epochs",
                                       report.checkpoint.head.size, report.epochs)
                         : fmt::format("NOT verified: {} problems", report.problems.size()));
}

}  // namespace

Result<int> run_audit_verify(const Desk& desk) {
    const std::string folder =
        desk.options.text.empty() ? desk.places.audit_folder : desk.options.text;
    const auto options = TRY(verify_options(desk, folder));
    const audit::VerifyReport report = TRY(audit::verify_folder(folder, options));
    show_report(desk, report);
    return report.verified() ? exit_done : exit_failed;
}

namespace {

// Prints events as they come until the reader goes away or Ctrl-C ends the program.
Result<int> follow(const Desk& desk, const audit::EventQuery& query) {
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    std::uint64_t next = reader.size();
    audit::Story story;
    for (;;) {
        TRY(reader.for_each(next, reader.size(), [&](const audit::Record& record) {
            const auto event = audit::parse_event(record.leaf);
            const bool wanted = event && audit::matches(query.facets, story.take(*event)) &&
                                audit::matches(query, record.leaf);
            if (wanted && desk.screen.form() == Form::json) {
                desk.screen.line(base::text_of(record.leaf));
            } else if (wanted || !event) {
                desk.screen.line(clean(one_line(record)));
            }
            return true;
        }));
        next = std::max(next, reader.size());
        std::this_thread::sleep_for(std::chrono::milliseconds(follow_ms));
        TRY(reader.refresh());
    }
}

}  // namespace

Result<int> run_audit_tail(const Desk& desk) {
    note_reading(desk, "tail");
    const audit::EventQuery query = TRY(event_query(desk));
    const auto found = TRY(find_events(desk, query, static_cast<std::size_t>(desk.options.count)));
    if (desk.options.follow) {
        show_events(desk, found, Listing::lines);
        return follow(desk, query);
    }
    show_events(desk, found, Listing::whole);
    return exit_done;
}

Result<int> run_audit_show(const Desk& desk) {
    std::uint64_t index = TRY(audit::parse_decimal(desk.options.text));
    note_reading(desk, "show " + desk.options.text);
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    const auto record = TRY(reader.record(index));
    desk.screen.json(TRY(audit::parse_event(record.leaf)).json);
    return exit_done;
}

Result<int> run_audit_prove(const Desk& desk) {
    const std::uint64_t index = TRY(audit::parse_decimal(desk.options.text));
    // Which also signs a checkpoint: a record of a moment ago has a proof.
    note_reading(desk, "prove " + desk.options.text);
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    desk.screen.write(TRY(reader.portable_proof(index)));
    return exit_done;
}

}  // namespace hs::cli
