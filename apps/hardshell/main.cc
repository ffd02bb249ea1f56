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

void add_secret_options(CLI::App& command, const std::string& name, SecretOptions& secret) {
    if (name == "set" || name == "bind") {
        command.add_option("--host", secret.hosts, "a host that it may go to; repeat for more");
        command.add_option("--form", secret.placed, "how it is placed")
            ->check(CLI::IsMember({"header", "basic", "git", "query", "path", "body"}));
        command.add_option("--header", secret.header, "the header field, or a query's parameter")
            ->each([&secret](const std::string&) { secret.has_header = true; });
        command.add_option("--prefix", secret.prefix, "what stands before it in the field")
            ->each([&secret](const std::string&) { secret.has_prefix = true; });
        command.add_option("--user", secret.user, "the user of HTTP Basic and git");
        command.add_option("--method", secret.methods, "a method it may go with (default: any)");
        command.add_option("--path", secret.paths, "a path, or all below it when it ends in /");
        command.add_option("--executable", secret.executables, "a program's whole path");
    }
    if (name == "set") {
        command.add_option("--class", secret.secret_class, "api_key, token, ...");
        command.add_option("--store", secret.store, "which of hardshell secret stores keeps it");
        command.add_option("--reference", secret.reference,
                           "PATH#FIELD: where it lies in a store over the network");
    }
    if (name == "bind") {
        command.add_flag("--only", secret.only, "what is given replaces the lists, not adds");
    }
    if (name == "set" || name == "rotate") {
        command.add_option("--every", secret.every_days, "days after which it is to be rotated")
            ->check(CLI::Range(0, 3650));
    }
    if (name == "import") command.add_flag("--yes", secret.yes, "move all of them in, do not ask");
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

// Of lockdown, incident, review and exit.
void add_incident_options(CLI::App& command, const std::string& group, const std::string& name,
                          Options& options) {
    if (group == "lockdown" && name != "status") {
        command.add_option("--reason", options.reason, "why, for the record")->required();
    }
    if (group == "lockdown" && name == "lift") {
        command.add_option("--token-file", options.policy.token_file,
                           "lift as the owner of this token (scope approve); - reads it");
    }
}

void add_review_options(CLI::App& command, const std::string& name, Options& options) {
    command.add_option("--from", options.from, "a time, or how long ago (default: 90d)");
    if (name == "show") return;
    command.add_option("--reason", options.reason, "your word on it, for the record")->required();
    if (name != "exit") return;
    command.add_flag("--erase", options.erase, "destroy the master key: nothing kept can be read");
    command.add_flag("--yes", options.policy.yes, "do not ask");
}

void add_incident_words(CLI::App& command, const std::string& name, Options& options) {
    const bool says = name == "open" || name == "note" || name == "step" || name == "close";
    if (says) {
        command.add_option("--reason", options.reason, "what to put on record")->required();
    }
    if (name == "open") {
        command.add_option(
            "--about", options.about,
            "KIND=VALUE: secret, file, skill, host, mail, session, person, decision");
        command.add_option("--playbook", options.playbook, "see: hardshell incident playbook");
    }
    if (name == "step") command.add_flag("--skip", options.skip, "it does not apply here");
    if (name == "learn") {
        command.add_option("--days", options.policy.days, "how far back")
            ->check(CLI::Range(1, 36'500));
        command.add_option("--to", options.output, "write the rules to this file");
    }
}

void add_memory_options(CLI::App& command, const std::string& name, Options& options) {
    MemoryOptions& memory = options.memory;
    if (name == "list") {
        command.add_option("--state", memory.state, "kept, quarantined or superseded")
            ->check(CLI::IsMember({"kept", "quarantined", "superseded"}));
        command.add_option("-n", options.count, "how many")->check(CLI::Range(1, 200'000));
    }
    if (name == "forget") {
        command.add_option("--about", memory.about, "everything whose text holds this");
        command.add_flag("--yes", memory.yes, "do not ask");
    }
    if (name == "review") {
        command.add_option("--keep", memory.keep,
                           "take out of quarantine: ids, or all; its label stays");
        command.add_option("--own", memory.own, "the same, vouched for as your own words");
        command.add_option("--forget", memory.forget, "forget: ids, or all that wait");
    }
    if (name == "import") command.add_flag("--own", memory.vouch, "these are your own words");
    if (name == "hold") {
        command.add_option("--reason", options.reason, "why");
        command.add_flag("--lift", memory.lift, "end the hold");
    }
    if (name == "backup") command.add_flag("--list", memory.list, "the backups that were made");
    if (name == "restore") {
        command.add_flag("--merge", memory.merge,
                         "although the memory is newer: also what was forgotten since comes back");
    }
}

void add_channel_options(CLI::App& command, const std::string& name, Options& options) {
    if (name == "add") {
        command.add_option("--name", options.name, "its name (default: its kind)");
        command.add_option("--url", options.listen, "another address of its web API");
        command.add_option("--account", options.account,
                           "whatsapp: the phone number's id; mail: our address");
        command.add_option("--imap", options.imap, "mail: imaps://HOST or imaps://HOST:PORT");
        command.add_option("--smtp", options.smtp, "mail: smtps://HOST or smtps://HOST:PORT");
        command
            .add_option("--port", options.port,
                        "whatsapp, webhook: the port on 127.0.0.1 that takes its requests")
            ->check(CLI::Range(1, 65'535));
    }
    if (name == "pair") {
        command.add_option("--as", options.name, "whose account it is (default: you)");
    }
}

void add_schedule_options(CLI::App& command, Options& options) {
    ScheduleOptions& schedule = options.schedule;
    command.add_option("--when", schedule.when, "again and again: \"0 8 * * mon-fri\"");
    command.add_option("--at", schedule.at, "once: 2026-12-01T09:00Z");
    command.add_option("--on", schedule.on, "when the webhook of this channel says so");
    command.add_option("--text", schedule.text, "what to do, or to remind of");
    command.add_option("--kind", schedule.kind, "task (a turn), reminder or digest")
        ->check(CLI::IsMember({"task", "reminder", "digest"}));
    command.add_option("--channel", schedule.channel, "the channel on which the outcome is said");
    command.add_option("--in", schedule.conversation, "the conversation of that channel");
    command
        .add_option("--missed", schedule.missed,
                    "what was due while hardshelld did not run: skip, or once")
        ->check(CLI::IsMember({"skip", "once"}));
    command.add_option("--project", options.project, "the folder in which a task works");
}

// Of chat and send.
void add_talk_options(CLI::App& command, const std::string& name, Options& options) {
    if (name != "chat" && name != "send") return;
    command.add_flag("--start", options.start, "start the daemon if it does not run");
    command.add_option("--session", options.session, "go on with this conversation");
    command.add_option("--project", options.project, "the project's folder (default: here)");
    command.add_option("--model", options.model, "who answers first: PROVIDER or PROVIDER/MODEL");
    command.add_flag("--wait", options.wait, "without a terminal: wait for open approvals");
    command.add_flag("--private", options.memory.private_chat,
                     "keep no transcript, remember and recall nothing");
    command.add_flag("--no-memory", options.memory.no_memory,
                     "remember and recall nothing in this conversation");
}

// Of usage, drift and init.
void add_view_options(CLI::App& command, const std::string& name, Options& options) {
    if (name == "usage") {
        command.add_option("--by", options.by, "only this: person, project, class, tool, ...");
        command.add_option("--person", options.facets.person, "of this person alone");
        command.add_option("--from", options.from, "a time, or how long ago (default: 30d)");
        command.add_option("--to", options.to, "a time before which");
        command.add_option("--html", options.output, "write a page to this file");
    }
    if (name == "drift") {
        command.add_option("--from", options.from, "a time, or how long ago (default: 30d)");
        command.add_flag("--record", options.record, "let the keeper look and record it now");
    }
    if (name == "leakage") {
        command.add_option("--since", options.from, "a time, or how long ago: 2026-11-22, 24h, 7d");
        command.add_option("--provider", options.name, "what went to this provider alone");
        command.add_option("--project", options.project, "from work in this folder");
        command.add_option("--file", options.facets.file, "a path, or its last parts");
    }
    if (name == "init") {
        command.add_flag("--quiet", options.quiet, "print nothing");
        command.add_option("--keys-to", options.output,
                           "write the log's verifier keys to this file, which belongs off this "
                           "machine");
    }
}

void add_detect_options(CLI::App& command, Options& options) {
    command.add_option("--only", options.only, "secret, personal or injection; repeat for more")
        ->allow_extra_args(false)
        ->check(CLI::IsMember({"secret", "personal", "injection"}));
    command
        .add_option("--min-confidence", options.confidence_min,
                    "leave out what is less sure (default: 0.4)")
        ->check(CLI::Range(0.0, 1.0));
}

void add_skill_options(CLI::App& command, const std::string& name, SkillOptions& skill,
                       std::string& reviewer, std::vector<std::string>& words) {
    if (name == "install") {
        command.add_flag("--anyway", skill.anyway, "although the scan calls it malicious");
        command.add_option("--path", skill.path, "the skill's folder in the archive or repository");
        command.add_option("--commit", skill.commit, "exactly this commit of the repository");
    }
    if (name == "install" || name == "publish") {
        command.add_option("--library", skill.library,
                           "the team's library: a folder, or to install from, an address");
    }
    if (name == "try") {
        command.add_option("--script", skill.script, "this file of it alone");
        command.add_option("ARGUMENTS", words, "after --: what its scripts are given");
    }
    if (name == "enable") {
        command.add_flag("--accept-proposed", skill.accept_proposed,
                         "grant the proposed manifest where it declares none");
    }
    if (name == "sign" || name == "publish") {
        command.add_option("--key", skill.key, "the file of your signing key");
        command.add_option("--name", reviewer, "your name among the reviewers");
    }
    if (name == "sign") {
        command.add_flag("--new-key", skill.new_key, "make the key file instead");
        command.add_option("--note", skill.note, "what you found");
        command.add_flag("--block", skill.block, "block this version instead of approving it");
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
    add_talk_options(command, name, options);
    if (group == "memory") add_memory_options(command, name, options);
    add_view_options(command, name, options);
    if (name == "approve") {
        command.add_flag("--rule", options.rule, "also write the narrowest rule that allows it");
        command.add_option("--code", options.code, "a code of your authenticator");
    }
    if (group == "factor" && name != "list") {
        command.add_option("--as", options.name, "whose authenticator it is (default: yours)");
        if (name == "add") command.add_option("--code", options.code, "of the one before it");
    }
    add_incident_options(command, group, name, options);
    if (group == "incident") add_incident_words(command, name, options);
    if (group == "review" || name == "exit") add_review_options(command, name, options);
    if (std::string(entry.group) == "audit") add_audit_options(command, name, options);
    if (group == "egress") {
        command.add_option("-n", options.count, "how many of before")->check(CLI::Range(1, 10000));
        command.add_option("--host", options.facets.host, "this host alone");
        command.add_flag("--once", options.once, "do not go on as they come");
    }
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
    if (std::string(entry.group) == "secret") add_secret_options(command, name, options.secret);
    if (group == "channel") add_channel_options(command, name, options);
    if (group == "schedule" && name == "add") add_schedule_options(command, options);
    if (group == "detect") add_detect_options(command, options);
    if (group == "mcp" && name != "list") {
        command.add_option("--project", options.project, "the folder it may see (default: here)");
        command.add_flag("--wait", options.wait, "without a terminal: wait for open approvals");
    }
    if (group == "import") {
        command.add_flag("--apply", options.skill.apply, "do it; without this it only tells");
    }
    if (group == "skill")
        add_skill_options(command, name, options.skill, options.name, options.words);
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
        "is open, 5 a skill is suspicious, 6 malicious, 130 cancelled.");
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
            (name == "list" || name == "get" || name == "tail" || name == "show" ||
             name == "status")) {
            chosen = &entry;
        }
    }
    if (chosen == nullptr) return exit_usage;
    return dispatch(*chosen, options);
}
