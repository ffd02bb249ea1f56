// audit search, export, keys and check-proof: what leaves the log, for people and for others.

#include <fcntl.h>
#include <fmt/format.h>

#include <thread>

#include "audit/copy.h"
#include "audit/proof.h"
#include "hardshell/commands.h"
#include "hardshell/event_list.h"
#include "hardshell/lines.h"
#include "os/file.h"
#include "os/system.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::int64_t keys_patience_ms = 10'000;

std::string described(const Options& options) {
    std::string text;
    const auto add = [&text](std::string_view name, const std::string& value) {
        if (!value.empty()) text += fmt::format(" {}={}", name, value);
    };
    const auto& facets = options.facets;
    add("text", options.text);
    add("person", facets.person);
    add("tool", facets.tool);
    add("host", facets.host);
    add("secret", facets.secret);
    add("file", facets.file);
    add("session", facets.session);
    add("outcome", facets.outcome);
    add("kind", options.kind);
    add("from", options.from);
    add("to", options.to);
    return text;
}

// RFC 4180: a field with a quote, comma or newline stands in quotes. A field that a spreadsheet
// would take for a formula gets an apostrophe before it.
std::string csv_field(std::string text) {
    if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos) {
        text.insert(0, "'");
    }
    if (text.find_first_of("\",\n\r") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

std::string csv_line(const audit::Record& record, const audit::RecordedEvent& event,
                     const audit::EventFacts& facts) {
    std::string line = fmt::format("{},{},{}", record.index, base::format_time(event.time_ms),
                                   audit::kind_name(event.kind));
    const auto first = [](const std::vector<std::string>& list) {
        return list.empty() ? std::string() : list.front();
    };
    for (const std::string& text : {facts.person, facts.session, facts.outcome, facts.tool,
                                    first(facts.hosts), first(facts.files), first(facts.secrets),
                                    facts.decision, event.text(audit::Field::reason)}) {
        line += "," + csv_field(text);
    }
    return line + "\r\n";
}

// Writes all events that match, oldest first, as lines; the number of them.
Result<std::int64_t> export_lines(const Desk& desk, const std::string& format,
                                  const std::string& path) {
    // The one argument is the target here, not a text to look for.
    audit::EventQuery query = TRY(event_query(desk));
    query.contains.clear();
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    const auto facts = os::facts_of_path(path);
    if (facts) return fail(Code::conflict, fmt::format("{} exists; name a new file", path));
    const os::Fd file = TRY(os::open_file(path, O_WRONLY | O_CREAT | O_EXCL));
    const bool csv = format == "csv";
    std::string text =
        csv ? "index,time,kind,person,session,outcome,tool,host,file,secret,decision,reason\r\n"
            : "";
    audit::Story story;
    std::int64_t count = 0;
    Result<> written;
    TRY(reader.for_each(0, reader.size(), [&](const audit::Record& record) {
        const auto event = audit::parse_event(record.leaf);
        if (!event) return true;
        const auto known = story.take(*event);
        if (!audit::matches(query.facets, known) || !audit::matches(query, record.leaf)) {
            return true;
        }
        ++count;
        text +=
            csv ? csv_line(record, *event, known) : std::string(base::text_of(record.leaf)) + "\n";
        if (text.size() < (1U << 20U)) return true;
        written = os::write_all(file.get(), base::bytes_of(text));
        text.clear();
        return written.ok();
    }));
    TRY(written);
    TRY(os::write_all(file.get(), base::bytes_of(text)));
    TRY(os::sync_data(file.get()));
    return count;
}

Result<int> export_folder(const Desk& desk) {
    audit::VerifyOptions options;
    options.log_key = key_in(desk.places.state + "/log-key");
    options.genesis_key = key_in(desk.places.state + "/genesis-key");
    const auto report = TRY(audit::copy_log(desk.places.audit_folder, desk.options.text, options));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(
            wire::JsonObject{{"folder", desk.options.text},
                             {"records", static_cast<std::int64_t>(report.checkpoint.head.size)},
                             {"verified", report.verified()}});
    } else if (report.verified()) {
        desk.screen.line(
            fmt::format("{} records in {}; verify them anywhere with: hardshell audit "
                        "verify {} --log-key {}",
                        report.checkpoint.head.size, desk.options.text, desk.options.text,
                        report.log_key.text()));
    } else {
        desk.screen.line(
            fmt::format("copied, but NOT verified: {}", clean(report.problems.front().text)));
    }
    return report.verified() ? exit_done : exit_failed;
}

}  // namespace

Result<int> run_audit_search(const Desk& desk) {
    note_reading(desk, "search" + described(desk.options));
    const auto query = TRY(event_query(desk));
    const auto found = TRY(find_events(desk, query, static_cast<std::size_t>(desk.options.count)));
    if (found.empty() && desk.screen.form() == Form::text) {
        desk.screen.line("No event matches.");
        return exit_done;
    }
    show_events(desk, found, Listing::whole);
    return exit_done;
}

Result<int> run_audit_export(const Desk& desk) {
    const std::string& format = desk.options.format;
    note_reading(desk, "export" + described(desk.options));
    if (format.empty() || format == "folder") return export_folder(desk);
    const std::int64_t count = TRY(export_lines(desk, format, desk.options.text));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(wire::JsonObject{{"file", desk.options.text}, {"events", count}});
    } else {
        desk.screen.line(fmt::format("{} events in {}", count, desk.options.text));
    }
    return exit_done;
}

namespace {

struct LogKeyTexts {
    std::string log;
    std::string genesis;
};

Result<LogKeyTexts> log_keys(const Desk& desk) {
    const std::string genesis_file = desk.places.state + "/genesis-key";
    const os::Deadline deadline = os::Deadline::after_ms(keys_patience_ms);
    if (!key_in(genesis_file)) TRY(DaemonLine::open(desk.places, Start::yes));
    while (!key_in(genesis_file) && !deadline.passed()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    const auto log_key = key_in(desk.places.state + "/log-key");
    const auto genesis = key_in(genesis_file);
    if (log_key && genesis) return LogKeyTexts{log_key->text(), genesis->text()};
    return fail(Code::not_found, "there is no log yet; start one with: hardshell chat");
}

}  // namespace

// The genesis key shows a log that was replaced as a whole, only where it lies elsewhere.
Result<int> export_keys(const Desk& desk) {
    const LogKeyTexts keys = TRY(log_keys(desk));
    const std::string text = fmt::format("log-key {}\ngenesis-key {}\n", keys.log, keys.genesis);
    TRY(os::write_file_atomic(desk.options.output, base::bytes_of(text), 0644));
    const os::SystemClock clock;
    TRY(os::write_file_atomic(desk.places.state + "/keys-exported",
                              base::bytes_of(base::format_time(clock.wall_ms()) + "\n")));
    note_reading(desk, "keys");
    return exit_done;
}

Result<int> run_audit_keys(const Desk& desk) {
    const LogKeyTexts keys = TRY(log_keys(desk));
    if (!desk.options.output.empty()) TRY(export_keys(desk));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(wire::JsonObject{{"log_key", keys.log}, {"genesis_key", keys.genesis}});
    } else {
        desk.screen.write(fmt::format("log-key {}\ngenesis-key {}\n", keys.log, keys.genesis));
    }
    return exit_done;
}

Result<int> run_audit_check_proof(const Desk& desk) {
    const Options& options = desk.options;
    const std::string text = TRY(os::read_text(options.text, audit::proof_bytes_max));
    const auto proof = TRY(audit::parse_portable_proof(text));
    auto log_key = options.log_key.empty()
                       ? key_in(desk.places.state + "/log-key")
                       : std::optional(TRY(audit::parse_verifier_key(options.log_key)));
    if (!log_key) {
        return fail(Code::invalid_input, "give the log's verifier key with --log-key");
    }
    audit::ProofKeys keys{*log_key, {}};
    if (!options.witness_key.empty()) {
        keys.witness = TRY(audit::parse_witness_key(options.witness_key));
    }
    const auto checkpoint = TRY(audit::check_portable_proof(proof, keys));
    const auto event = audit::parse_event(proof.leaf);
    if (desk.screen.form() == Form::json) {
        desk.screen.json(wire::JsonObject{
            {"holds", true},
            {"index", static_cast<std::int64_t>(proof.index)},
            {"size", static_cast<std::int64_t>(checkpoint.head.size)},
            {"event", event ? event->json : Json(std::string(base::text_of(proof.leaf)))}});
        return exit_done;
    }
    desk.screen.line(fmt::format("holds: record {} of {} in {}", proof.index, checkpoint.head.size,
                                 clean(checkpoint.origin)));
    desk.screen.line(clean(base::text_of(proof.leaf)));
    return exit_done;
}

}  // namespace hs::cli
