// hardshell: the command line. This file alone knows how commands and options are written.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/version.h"
#include "hardshell/commands.h"
#include "hardshell/entries.h"
#include "os/environment.h"

namespace {

using namespace hs::cli;

// Names that end in "..." take as many words as there are.
void add_argument(CLI::App& command, const Entry& entry, Options& options) {
    const std::string whole = entry.argument;
    if (whole.empty()) return;
    const std::string name = whole.substr(0, whole.find_first_of("| =."));
    auto* argument = whole.ends_with("...")
                         ? command.add_option(name, options.policy.words, "")->expected(1, 10'000)
                         : command.add_option(name, options.text, "");
    if (entry.needed) argument->required();
}

void add_policy_options(CLI::App& command, const std::string& name, Options& options) {
    PolicyOptions& policy = options.policy;
    const bool takes_action =
        name == "try" || name == "why" || name == "allow" || name == "request";
    if (takes_action) {
        command.add_option("--project", options.project, "the project's folder (default: here)");
        command.add_flag("--untrusted", policy.untrusted,
                         "as if the conversation held text of strangers");
    }
    if (name == "try" || name == "tiers" || name == "check" || name == "test" || name == "diff") {
        command.add_option("--preset", policy.preset, "personal, work, enterprise or locked");
    }
    if (name == "check" || name == "test") {
        command.add_option("--layer", policy.layer,
                           "of the files: organisation, team, project or person");
    }
    if (name == "allow" || name == "request") {
        command.add_option("--until", policy.until, "its end: 7d, 12h, 2027-01-31");
        command.add_option("--because", policy.because, "the justification");
    }
    if (name == "request") {
        command.add_option("--owner", policy.owner, "who answers for it (default: you)");
        command.add_option("--target", policy.target,
                           "another target: a folder ending in / or *.suffix");
    }
    if (name == "grant") {
        command.add_option("--token-file", policy.token_file,
                           "grant as the owner of this token (scope approve); - reads it");
    }
    if (name == "allow" || name == "request" || name == "acknowledge" || name == "classify") {
        command.add_flag("--yes", policy.yes, "do not ask");
    }
    if (name == "diff" || name == "replay") {
        command.add_option("--days", policy.days, "how far back")->check(CLI::Range(1, 36'500));
        command.add_flag("--details", policy.details, "every decision that differs");
    }
    if (name == "start") command.add_flag("--anew", policy.anew, "begin again");
    if (name == "start" || name == "answer") {
        command.add_option("--file", policy.answers_file, "answers as lines QUESTION=ANSWER");
    }
    if (name == "review") {
        command.add_option("--digest", policy.digest, "the version that was reviewed")->required();
    }
    if (name == "acknowledge") command.add_option("--version", policy.version, "of the text");
}

void add_facets(CLI::App& command, Options& options) {
    auto& facets = options.facets;
    command.add_option("--person", facets.person, "who asked");
    command.add_option("--tool", facets.tool, "an effect (file.read, run, http) or a program");
    command.add_option("--host", facets.host, "a host that was reached or asked for");
    command.add_option("--secret", facets.secret, "a secret's name");
    command.add_option("--file", facets.file, "a path, or its last parts");
    command.add_option("--session", facets.session, "a conversation");
    command.add_option("--outcome", facets.outcome, "allow, ask, deny, done, failed, ...");
    command.add_option("--skill", facets.skill, "a skill");
    command.add_option("--kind", options.kind, "a kind of event");
    command.add_option("--from", options.from, "a time, or how long ago: 2026-11-22, 24h, 7d");
    command.add_option("--to", options.to, "a time before which");
}

void add_audit_options(CLI::App& command, const std::string& name, Options& options) {
    const bool lists = name == "tail" || name == "search";
    if (lists) command.add_option("-n", options.count, "how many")->check(CLI::Range(1, 10000));
    if (lists || name == "export") add_facets(command, options);
    if (name == "tail") command.add_flag("-f,--follow", options.follow, "go on as events come");
    if (name == "verify") {
        command.add_option("--since-checkpoint", options.second, "an earlier checkpoint's file");
        command.add_option("--witness", options.witness, "ask this witness what it has seen");
    }
    if (name == "verify" || name == "check-proof") {
        command.add_option("--log-key", options.log_key, "the log's verifier key");
        command.add_option("--witness-key", options.witness_key, "the witness's verifier key");
    }
    if (name == "export") {
        command.add_option("--format", options.format, "folder (verifiable), jsonl or csv")
            ->check(CLI::IsMember({"folder", "jsonl", "csv"}));
    }
    if (name == "fork") {
        command.add_option("--reason", options.reason, "what happened, for the record")->required();
    }
    if (name == "keys") command.add_option("--to", options.output, "write them to this file");
    if (name == "witness") {
        command.add_option("--listen", options.listen, "ADDRESS:PORT (default 127.0.0.1:7484)");
        command.add_option("--log", options.words, "a log's verifier key; repeat for more");
        command.add_option("--name", options.name, "of its key: a URL without scheme");
    }
}

void add_options(CLI::App& command, const Entry& entry, Options& options) {
    command.add_flag_callback(
        "--json", [&options] { options.form = Form::json; }, "print JSON");
    const std::string name = entry.name;
    add_argument(command, entry, options);
    if (*entry.second != '\0') {
        command.add_option(entry.second, options.second, "")->required(entry.needed);
    }
    const std::string group = entry.group;
    if (name == "why" || group.starts_with("policy") || group == "project" || group == "assess" ||
        group == "acceptable-use") {
        add_policy_options(command, name, options);
    }
    if (name == "chat" || name == "send") {
        command.add_flag("--start", options.start, "start the daemon if it does not run");
        command.add_option("--session", options.session, "go on with this conversation");
        command.add_option("--project", options.project, "the project's folder (default: here)");
        command.add_option("--model", options.model,
                           "who answers first: PROVIDER or PROVIDER/MODEL");
        command.add_flag("--wait", options.wait, "without a terminal: wait for open approvals");
    }
    if (name == "usage") {
        command.add_option("--by", options.by, "only this: person, project, class, tool, ...");
        command.add_option("--person", options.facets.person, "of this person alone");
        command.add_option("--from", options.from, "a time, or how long ago (default: 30d)");
        command.add_option("--to", options.to, "a time before which");
        command.add_option("--html", options.output, "write a page to this file");
    }
    if (name == "init") {
        command.add_flag("--quiet", options.quiet, "print nothing");
        command.add_option("--keys-to", options.output,
                           "write the log's verifier keys to this file, which belongs off this "
                           "machine");
    }
    if (name == "approve")
        command.add_flag("--rule", options.rule, "also write the narrowest rule that allows it");
    if (std::string(entry.group) == "audit") add_audit_options(command, name, options);
    if (std::string(entry.group) == "token" && name == "add") {
        command.add_option("--scopes", options.scopes, "talk, read, approve, configure, person");
    }
    if (std::string(entry.group) == "sandbox" && name == "run") {
        command.add_option("--profile", options.profile,
                           "a stricter profile than policy obliges to (hardshell sandbox show)");
        command.add_option("--project", options.project, "the folder it may see (default: here)");
        command.add_flag("--wait", options.wait, "without a terminal: wait for open approvals");
        command.add_option("PROGRAM", options.words, "after --: the program and its arguments")
            ->required();
    }
    if (std::string(entry.group) == "secret" && name == "set") {
        command.add_option("--host", options.second,
                           "the host that it may go to (default: its provider's)");
    }
}

int dispatch(const Entry& entry, const Options& options) {
    const Screen screen(options.form);
    const auto places = hs::control::Places::find();
    if (!places) {
        screen.failure(places.error());
        return exit_failed;
    }
    const auto ran = entry.run({options, screen, *places});
    if (ran) return *ran;
    screen.failure(ran.error());
    const bool not_running = ran.error().what.find("is not running") != std::string::npos;
    return not_running ? exit_not_running : exit_failed;
}

}  // namespace

int main(int argc, char** argv) {
    ::signal(SIGPIPE, SIG_IGN);
    CLI::App app{"Hardshell: an assistant on your machine, governed.", "hardshell"};
    app.set_version_flag("--version", std::string("hardshell ") + hs::base::version);
    app.require_subcommand(1);
    app.footer(
        "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the daemon does not run, 4 an approval "
        "is open, 130 cancelled.");
    Options options;
    const Entry* chosen = nullptr;
    std::map<std::string, CLI::App*> groups;
    for (const auto& [name, help] : group_helps) {
        const std::string whole = name;
        const std::size_t space = whole.find(' ');
        CLI::App& above = space == std::string::npos ? app : *groups[whole.substr(0, space)];
        groups[name] = above.add_subcommand(
            space == std::string::npos ? whole : whole.substr(space + 1), help);
        groups[name]->require_subcommand(0, 1);
        groups[name]->add_flag_callback(
            "--json", [&options] { options.form = Form::json; }, "print JSON");
    }
    for (const Entry& entry : entries) {
        CLI::App& parent = *entry.group ? *groups[entry.group] : app;
        CLI::App* command = parent.add_subcommand(entry.name, entry.help);
        add_options(*command, entry, options);
        command->callback([&chosen, &entry] { chosen = &entry; });
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? exit_done : exit_usage;
    }
    // A group by itself lists.
    for (const Entry& entry : entries) {
        const std::string name = entry.name;
        if (chosen == nullptr && *entry.group && groups[entry.group]->parsed() &&
            groups[entry.group]->get_subcommands().empty() &&
            (name == "list" || name == "get" || name == "tail" || name == "show")) {
            chosen = &entry;
        }
    }
    if (chosen == nullptr) return exit_usage;
    return dispatch(*chosen, options);
}
