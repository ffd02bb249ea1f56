// audit: reading the log. Read directly from its folder, so it works without the daemon.

#include <fmt/format.h>

#include <thread>

#include "audit/read.h"
#include "audit/verify.h"
#include "hardshell/commands.h"
#include "hardshell/lines.h"
#include "os/file.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::size_t key_bytes_max = 4096;

std::optional<audit::VerifierKey> key_in(const std::string& path) {
    auto text = os::read_text(path, key_bytes_max);
    if (!text) return std::nullopt;
    while (text->ends_with('\n')) text->pop_back();
    const auto key = audit::parse_verifier_key(*text);
    if (!key) return std::nullopt;
    return *key;
}

// The checkpoint follows the last record within a second; wait for it while a daemon runs.
Result<std::vector<audit::Record>> find_events(const Desk& desk, const audit::EventQuery& query,
                                               std::size_t count) {
    for (int tries = 0;; ++tries) {
        auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
        auto found = TRY(reader.search(query, count));
        if (!found.empty() || tries >= 15) return found;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

void note_reading(const Desk& desk, std::string_view what) {
    // Reading the log is itself recorded, where a keeper is there to do it.
    auto keeper = KeeperLine::open(desk.places);
    if (!keeper) return;
    Json arguments;
    arguments["what"] = what;
    static_cast<void>(keeper->question("log.note_reading", std::move(arguments)).ok());
}

std::string one_line(const audit::Record& record) {
    const auto event = audit::parse_event(record.leaf);
    if (!event) return fmt::format("{:>8}  unreadable: {}", record.index, event.error().what);
    std::string about;
    for (const auto field : {audit::Field::outcome, audit::Field::person, audit::Field::process,
                             audit::Field::decision, audit::Field::secret, audit::Field::reason}) {
        const std::string text = event->text(field);
        if (!text.empty()) about += (about.empty() ? "" : "  ") + text;
    }
    return fmt::format("{:>8}  {}  {:<18}  {}", record.index, base::format_time(event->time_ms),
                       audit::kind_name(event->kind), about);
}

}  // namespace

Result<int> run_audit_verify(const Desk& desk) {
    const std::string folder =
        desk.options.text.empty() ? desk.places.audit_folder : desk.options.text;
    audit::VerifyOptions options;
    if (desk.options.text.empty()) {
        options.log_key = key_in(desk.places.state + "/log-key");
        options.genesis_key = key_in(desk.places.state + "/genesis-key");
    }
    if (!desk.options.second.empty()) {
        options.since = TRY(os::read_text(desk.options.second, audit::note_bytes_max));
    }
    const audit::VerifyReport report = TRY(audit::verify_folder(folder, options));
    if (desk.screen.form() == Form::json) {
        Json problems{wire::JsonArray{}};
        for (const auto& problem : report.problems) {
            Json item = wire::JsonObject{{"fault", audit::fault_name(problem.fault)},
                                         {"text", problem.text}};
            if (problem.index) item["index"] = static_cast<std::int64_t>(*problem.index);
            problems.push(std::move(item));
        }
        desk.screen.json(
            wire::JsonObject{{"verified", report.verified()},
                             {"records", static_cast<std::int64_t>(report.checkpoint.head.size)},
                             {"epochs", static_cast<std::int64_t>(report.epochs)},
                             {"problems", std::move(problems)}});
        return report.verified() ? exit_done : exit_failed;
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
    return report.verified() ? exit_done : exit_failed;
}

Result<int> run_audit_tail(const Desk& desk) {
    note_reading(desk, "tail");
    audit::EventQuery query;
    const auto found = TRY(find_events(desk, query, static_cast<std::size_t>(desk.options.count)));
    if (desk.screen.form() == Form::json) {
        Json list{wire::JsonArray{}};
        for (auto record = found.rbegin(); record != found.rend(); ++record) {
            list.push(TRY(audit::parse_event(record->leaf)).json);
        }
        desk.screen.json(wire::JsonObject{{"events", std::move(list)}});
        return exit_done;
    }
    for (auto record = found.rbegin(); record != found.rend(); ++record) {
        desk.screen.line(clean(one_line(*record)));
    }
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
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    desk.screen.write(TRY(reader.portable_proof(index)));
    return exit_done;
}

}  // namespace hs::cli
