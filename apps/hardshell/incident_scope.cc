#include "hardshell/incident_scope.h"

#include <fmt/format.h>

#include "audit/copy.h"
#include "cedar/name.h"
#include "crypto/hash.h"
#include "hardshell/bundle_tools.h"
#include "hardshell/event_list.h"
#include "os/file.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using insight::About;
using insight::BlastRadius;
using insight::Reached;
using insight::Subject;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t names_max = 2'000'000;
constexpr std::size_t file_bytes_max = std::size_t{64} << 20U;
constexpr std::size_t shown_max = 50;

Result<> write_file(const std::string& folder, const std::string& name, std::string_view text) {
    const std::string path = folder + "/" + name;
    TRY(os::make_folders(path.substr(0, path.rfind('/')), 0700));
    return os::write_file_atomic(path, base::bytes_of(text));
}

// "SHA-256  NAME" for every file below the folder.
Result<> add_to_manifest(const std::string& folder, const std::string& below,
                         std::map<std::string, std::string>& manifest) {
    for (const std::string& name : TRY(os::list_folder(folder + "/" + below, names_max))) {
        const std::string path = below.empty() ? name : below + "/" + name;
        const auto facts = TRY(os::facts_of_path(folder + "/" + path));
        if (facts.kind == os::FileFacts::Kind::directory) {
            TRY(add_to_manifest(folder, path, manifest));
            continue;
        }
        const auto content = TRY(os::read_file(folder + "/" + path, file_bytes_max));
        manifest[path] = base::to_hex(crypto::sha256(content));
    }
    return {};
}

Result<std::string> manifest_of(const std::string& folder) {
    std::map<std::string, std::string> digests;
    TRY(add_to_manifest(folder, "", digests));
    std::string text;
    for (const auto& [name, digest] : digests) text += digest + "  " + name + "\n";
    return text;
}

Result<> check_target(const std::string& folder) {
    const auto names = os::list_folder(folder, 1);
    if (names && !names->empty()) {
        return fail(Code::conflict, fmt::format("{} is not empty; name a new folder", folder));
    }
    return os::make_folders(folder, 0700);
}

// The record that names the manifest is in a checkpoint by now; its proof closes the bundle.
Result<> seal(const Desk& desk, const Bundle& bundle, const std::string& manifest) {
    const Json recorded = TRY(record_entry(
        desk, bundle.verb,
        JsonObject{
            {"id", bundle.id},
            {"outcome", bundle.outcome},
            {"reason", bundle.reason},
            {"detail",
             JsonObject{{"manifest", base::to_hex(crypto::sha256(base::bytes_of(manifest)))}}}}));
    const auto index = TRY(wire::integer_at(recorded, "index"));
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    const std::string proof = TRY(reader.portable_proof(static_cast<std::uint64_t>(index)));
    return os::write_file_atomic(bundle.folder + "/seal.tlog-proof", base::bytes_of(proof));
}

void show_things(const Screen& screen, std::string_view title, const BlastRadius::Things& things) {
    if (things.empty()) return;
    screen.line(screen.tone(Tone::strong, std::string(title)));
    std::size_t shown = 0;
    for (const auto& [name, one] : things) {
        if (++shown > shown_max) {
            screen.line(fmt::format("  and {} more: --json", things.size() - shown_max));
            return;
        }
        screen.line(
            fmt::format("  {}{}{}  (record {}{})", clean(name),
                        one.sent_bytes > 0 ? fmt::format(", {} bytes sent", one.sent_bytes) : "",
                        one.untrusted ? ", while text from strangers was about" : "", one.first,
                        one.count > 1 ? fmt::format(" to {}, {} times", one.last, one.count) : ""));
    }
}

void show_radius(const Screen& screen, const BlastRadius& reached) {
    if (reached.empty()) {
        screen.line(fmt::format("Nothing in {} records concerns it.", reached.records));
        return;
    }
    show_things(screen, "Conversations that carry it", reached.sessions);
    show_things(screen, "Files that were changed", reached.changed);
    show_things(screen, "Hosts that were reached", reached.hosts);
    show_things(screen, "Secrets that were used", reached.secrets);
    show_things(screen, "Commands", reached.commands);
    show_things(screen, "Operands of commands: perhaps read, perhaps changed", reached.touched);
    show_things(screen, "Memory that was written", reached.memory);
    show_things(screen, "Memory that its conversations were given", reached.recalled);
    show_things(screen, "Skills that were changed", reached.skills);
    show_things(screen, "Models that were asked", reached.models);
    show_things(screen, "Files that were read while it was carried", reached.exposed);
    show_things(screen, "Denied: what else was wanted", reached.tried);
    show_things(screen, "It may come from these files", reached.came_from_files);
    show_things(screen, "It may come from these hosts", reached.came_from_hosts);
    show_things(screen, "It may come from these memories", reached.came_from_memory);
    show_things(screen, "through the conversations", reached.came_from_sessions);
}

Result<BlastRadius> radius_of(const Desk& desk, const About& about) {
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    return insight::find_blast_radius(reader, about);
}

std::string rule(std::string_view id, std::string_view reason, std::string_view scope,
                 std::string_view when) {
    return fmt::format("@id({})\n@reason({})\nforbid ({})\nwhen {{ {} }};\n\n", cedar::quoted(id),
                       cedar::quoted(reason), scope, when);
}

std::string host_rule(std::size_t number, const std::string& host) {
    return rule(fmt::format("incident-host-{}", number), "an incident has reached this host",
                "principal, action in Hardshell::Action::\"egress\", resource is Hardshell::Host",
                fmt::format("resource.name == {}", cedar::quoted(host)));
}

}  // namespace

Result<> write_bundle(const Desk& desk, const Bundle& bundle) {
    TRY(check_target(bundle.folder));
    if (bundle.with_log) {
        audit::VerifyOptions options;
        options.log_key = key_in(desk.places.state + "/log-key");
        options.genesis_key = key_in(desk.places.state + "/genesis-key");
        const auto report =
            TRY(audit::copy_log(desk.places.audit_folder, bundle.folder + "/log", options));
        if (!report.verified()) {
            return fail(Code::corrupt, "the log does not verify: " + report.problems.front().text);
        }
    }
    const auto log_key = key_in(desk.places.state + "/log-key");
    const auto genesis = key_in(desk.places.state + "/genesis-key");
    if (!log_key || !genesis) return fail(Code::not_found, "the log's keys are missing");
    const Json keys = JsonObject{{"log_key", log_key->text()}, {"genesis_key", genesis->text()}};
    TRY(write_file(bundle.folder, "keys.json", wire::canonical_json(keys) + "\n"));
    for (const auto& [name, text] : bundle.files) TRY(write_file(bundle.folder, name, text));
    for (const auto& tool : bundle_tools()) {
        TRY(write_file(bundle.folder, std::string(tool.name), tool.text));
    }
    const std::string manifest = TRY(manifest_of(bundle.folder));
    TRY(os::write_file_atomic(bundle.folder + "/manifest", base::bytes_of(manifest)));
    return seal(desk, bundle, manifest);
}

std::string propose_rules(const About& about, const BlastRadius& reached) {
    std::string text;
    const std::string value = cedar::quoted(about.value);
    switch (about.subject) {
        case Subject::host:
            text += host_rule(0, about.value);
            break;
        case Subject::skill:
            text += rule("incident-skill", "an incident came from this skill",
                         "principal is Hardshell::Skill, action, resource",
                         fmt::format("principal == Hardshell::Skill::{}", value));
            break;
        case Subject::file:
            text += rule("incident-file", "an incident came from this file",
                         "principal, action == Hardshell::Action::\"file.read\", resource",
                         fmt::format("resource.text == {}", value));
            break;
        case Subject::secret:
            text += rule("incident-secret", "an incident has used this secret",
                         fmt::format("principal, action == Hardshell::Action::\"secret.use\", "
                                     "resource == Hardshell::Secret::{}",
                                     value),
                         "true");
            break;
        case Subject::mail:
        case Subject::session:
        case Subject::person:
        case Subject::decision:
        case Subject::memory:
            break;
    }
    std::size_t number = 0;
    bool untrusted = false;
    for (const auto& [host, one] : reached.hosts) {
        if (about.subject != Subject::host || host != about.value)
            text += host_rule(++number, host);
        untrusted = untrusted || one.untrusted;
    }
    for (const auto* things : {&reached.commands, &reached.changed}) {
        for (const auto& [name, one] : *things) untrusted = untrusted || one.untrusted;
    }
    // What would have stopped it without knowing its names.
    if (untrusted) {
        text += rule("incident-strangers", "text from strangers was about when it was asked for",
                     "principal, action in [Hardshell::Action::\"mutate\", "
                     "Hardshell::Action::\"egress\"], resource",
                     "context.base.label.integrity == 0 && "
                     "!context.base.flow.destinationEndorsed && "
                     "!context.base.flow.objectEndorsed");
    }
    return text;
}

Result<int> run_incident_blast_radius(const Desk& desk) {
    const auto subject = insight::parse_subject(desk.options.text);
    if (!subject) {
        return fail(Code::invalid_input,
                    "the first word is secret, file, skill, host, mail, session, person, "
                    "decision or memory");
    }
    note_reading(desk,
                 fmt::format("blast radius of {} {}", desk.options.text, desk.options.second));
    const About about{*subject, desk.options.second, {}};
    const BlastRadius reached = TRY(radius_of(desk, about));
    if (desk.screen.form() == Form::json) {
        Json json = reached.to_json();
        json["about"] = fmt::format("{}={}", desk.options.text, desk.options.second);
        desk.screen.json(json);
    } else {
        show_radius(desk.screen, reached);
    }
    return exit_done;
}

Result<int> run_incident_evidence(const Desk& desk) {
    const auto incident = TRY(incident_named(desk, desk.options.text));
    Bundle bundle;
    bundle.folder = desk.options.second;
    bundle.verb = "incident.record";
    bundle.id = incident.id;
    bundle.outcome = "evidence";
    bundle.reason = "evidence was copied to a bundle";
    bundle.files["incident.json"] = wire::canonical_json(incident.to_json()) + "\n";
    if (!incident.opening().about.empty()) {
        const About about = TRY(insight::parse_about(incident.opening().about));
        const BlastRadius reached = TRY(radius_of(desk, about));
        bundle.files["blast-radius.json"] = wire::canonical_json(reached.to_json()) + "\n";
        bundle.files["proposed.cedar"] = propose_rules(about, reached);
        auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
        std::string& timeline = bundle.files["timeline.txt"];
        for (const std::uint64_t index : reached.story) {
            timeline += one_line(TRY(reader.record(index))) + "\n";
        }
    }
    TRY(write_bundle(desk, bundle));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"folder", bundle.folder}, {"incident", incident.id}});
    } else {
        desk.screen.line(
            fmt::format("In {}. It verifies anywhere with: python3 "
                        "{}/verify_evidence.py {} --log-key … --genesis-key …",
                        bundle.folder, bundle.folder, bundle.folder));
    }
    return exit_done;
}

// Proposed, and tried on what was decided before; nothing is written.
Result<int> run_incident_learn(const Desk& desk) {
    const auto incident = TRY(incident_named(desk, desk.options.text));
    if (incident.opening().about.empty()) {
        return fail(Code::invalid_input,
                    "the incident is about nothing that can be followed; open it with --about "
                    "session=ID (or file, host, skill, secret)");
    }
    const About about = TRY(insight::parse_about(incident.opening().about));
    const BlastRadius reached = TRY(radius_of(desk, about));
    const std::string rules = propose_rules(about, reached);
    if (rules.empty()) return fail(Code::not_found, "nothing was done that a rule could forbid");
    Json again = TRY(decide_again_with(desk, rules));
    const auto count = [&again](std::string_view key) {
        const Json* member = again.find(key);
        return member != nullptr && member->integer() != nullptr ? *member->integer() : 0;
    };
    TRY(record_entry(desk, "incident.record",
                     JsonObject{{"id", incident.id},
                                {"outcome", "learned"},
                                {"reason", "rules were proposed and tried on the record"},
                                {"detail", JsonObject{{"decisions", count("decisions")},
                                                      {"different", count("different")}}}}));
    if (!desk.options.output.empty()) {
        TRY(os::write_file_atomic(desk.options.output, base::bytes_of(rules)));
    }
    if (desk.screen.form() == Form::json) {
        again["rules"] = rules;
        desk.screen.json(again);
        return exit_done;
    }
    desk.screen.line(clean(rules));
    desk.screen.line(
        fmt::format("Of {} recorded decisions they would have stopped or asked about "
                    "{}:",
                    count("decisions"), count("different")));
    std::size_t shown = 0;
    for (const Json& row : *again.find("list")->array()) {
        if (++shown > shown_max) break;
        desk.screen.line(clean(fmt::format("  {}  {}\n      {}", text_in(row, "time").substr(0, 16),
                                           text_in(row, "action"), text_in(row, "difference"))));
    }
    desk.screen.line(
        "Those that are no misuse are what the rules would cost. Put the rules that "
        "you want into your policy folder (--to FILE writes them).");
    return exit_done;
}

}  // namespace hs::cli
