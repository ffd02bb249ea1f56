// Entries: the commands of the command line in one table, from which help, completions and the
// manual page are made.
// Threads: constants.
#pragma once

#include <utility>

#include "hardshell/commands.h"

namespace hs::cli {

struct Entry {
    const char* group;  // "" for a command of its own
    const char* name;
    const char* help;
    Command run;
    const char* argument;  // name of the first argument; "" for none
    bool needed;
    const char* second;
};

inline constexpr Entry entries[] = {
    {"", "init", "make the settings, the state folder and the default token", run_init, "", false,
     ""},
    {"", "chat", "talk to the assistant", run_chat, "", false, ""},
    {"", "send", "send one message and print the answer (- reads it from standard input)", run_send,
     "TEXT", true, ""},
    {"", "status", "what runs, which policy is in force, what was spent", run_status, "", false,
     ""},
    {"sessions", "list", "list conversations", run_sessions, "", false, ""},
    {"sessions", "show", "print a conversation", run_session_show, "SESSION", true, ""},
    {"sessions", "remove", "remove a conversation", run_session_remove, "SESSION", true, ""},
    {"", "spaces", "list spaces", run_spaces, "", false, ""},
    {"approvals", "list", "what waits for your approval", run_approvals, "", false, ""},
    {"approvals", "approve", "approve one action, once", run_approve, "ID", true, ""},
    {"approvals", "deny", "deny it", run_deny, "ID", true, ""},
    {"", "why", "why a decision was made: facts, policies, what would change it (or: last)",
     run_why, "DECISION|ACTION...", true, ""},
    {"", "undo", "take back the assistant's last change of a file, or the one named", run_undo,
     "ID", false, ""},
    {"config", "get", "print settings, each with its source", run_config_get, "KEY", false, ""},
    {"config", "set", "change a setting", run_config_set, "KEY", true, "VALUE"},
    {"config", "explain", "what each setting means", run_config_explain, "KEY", false, ""},
    {"audit", "verify", "check the log: nothing changed, missing or cut", run_audit_verify,
     "FOLDER", false, ""},
    {"audit", "tail", "the last events", run_audit_tail, "", false, ""},
    {"audit", "show", "one event, whole", run_audit_show, "INDEX", true, ""},
    {"audit", "prove", "a portable proof that an event is in the log", run_audit_prove, "INDEX",
     true, ""},
    {"token", "add", "make a token for an API client", run_token_add, "NAME", true, ""},
    {"token", "list", "list tokens", run_token_list, "", false, ""},
    {"token", "show", "print the default token", run_token_show, "", false, ""},
    {"token", "remove", "remove a token", run_token_remove, "NAME", true, ""},
    {"secret", "set", "keep a secret; its value is read from the terminal or standard input",
     run_secret_set, "NAME", true, ""},
    {"secret", "list", "list secrets, never their values", run_secret_list, "", false, ""},
    {"secret", "remove", "remove a secret", run_secret_remove, "NAME", true, ""},
    {"policy", "show", "which policy is in force", run_policy_show, "", false, ""},
    {"policy", "reload", "load the policy files anew; all of them or none", run_policy_reload, "",
     false, ""},
    {"policy", "tiers", "the whole policy as tables: what is permitted, asked, prohibited",
     run_policy_tiers, "", false, ""},
    {"policy", "rules", "every rule in force: layer, effect, who may approve, its end",
     run_policy_rules, "", false, ""},
    {"policy", "try", "what would happen, and why; nothing is done (\"run git push\")",
     run_policy_try, "ACTION...", true, ""},
    {"policy", "why", "the same as: hardshell why", run_why, "DECISION|ACTION...", true, ""},
    {"policy", "allow", "write the narrowest rule that allows a denied or asked action",
     run_policy_allow, "DECISION|ACTION...", true, ""},
    {"policy", "forget", "take back a rule of your own", run_policy_forget, "RULE", true, ""},
    {"policy", "check", "load and validate policy files and look for rules that never decide",
     run_policy_check, "FOLDER|FILE...", false, ""},
    {"policy", "test", "run the tables of expected decisions of a folder", run_policy_test,
     "FOLDER...", false, ""},
    {"policy", "diff", "which recorded decisions another policy would change", run_policy_diff,
     "POLICY...", true, ""},
    {"policy", "replay", "decide every recorded decision again: the outcome must be the same",
     run_policy_replay, "", false, ""},
    {"policy exception", "request", "ask for an exception from what forbids an action",
     run_exception_request, "DECISION|ACTION...", true, ""},
    {"policy exception", "grant", "grant a request, as far as policy lets you", run_exception_grant,
     "ID", true, ""},
    {"policy exception", "list", "open requests and exceptions in force", run_exception_list, "",
     false, ""},
    {"policy exception", "revoke", "end an exception, or withdraw a request", run_exception_revoke,
     "ID", true, ""},
    {"project", "classify", "what a folder is used for: look, suggest, or set its class",
     run_project_classify, "FOLDER", false, "CLASS"},
    {"project", "list", "folders with a class", run_project_list, "", false, ""},
    {"assess", "start", "fill in the self-assessment of KIND/NAME, such as provider/claude",
     run_assess_start, "ITEM", true, ""},
    {"assess", "answer", "answer questions of a self-assessment: QUESTION=ANSWER",
     run_assess_answer, "ITEM|QUESTION=ANSWER...", true, ""},
    {"assess", "review", "vouch for a security review of one version", run_assess_review, "ITEM",
     true, ""},
    {"assess", "list", "what is assessed, and until when", run_assess_list, "", false, ""},
    {"assess", "show", "an item's answers, tier and conditions", run_assess_show, "ITEM", true, ""},
    {"acceptable-use", "show", "your organisation's acceptable-use text", run_use_show, "", false,
     ""},
    {"acceptable-use", "acknowledge", "say that you have read it", run_use_acknowledge, "", false,
     ""},
    {"sandbox", "run", "run a program in a sandbox: -- PROGRAM ARGUMENT…", run_sandbox_run, "",
     false, ""},
    {"sandbox", "show", "what a sandbox of a profile shows and holds here", run_sandbox_show,
     "PROFILE", false, ""},
    {"", "doctor", "prove every wall of this machine, and say how to mend what is missing",
     run_doctor, "", false, ""},
    {"", "stop", "stop the daemon", run_stop, "", false, ""},
    {"", "completion", "print completions for bash, zsh or fish", run_completion, "SHELL", true,
     ""},
    {"", "manual", "print the manual page (hardshell manual | man -l -)", run_manual, "", false,
     ""},
};

inline constexpr std::pair<const char*, const char*> group_helps[] = {
    {"sessions", "conversations"},
    {"approvals", "what waits for your approval"},
    {"config", "settings"},
    {"audit", "the log"},
    {"token", "tokens of API clients"},
    {"secret", "credentials that the assistant may use and never see"},
    {"policy", "the rules in force"},
    {"policy exception", "exceptions with a reason, an owner, an approver and an end"},
    {"project", "what folders are used for"},
    {"assess", "self-assessments of tools, skills, MCP servers and model providers"},
    {"acceptable-use", "your organisation's text"},
    {"sandbox", "programs behind walls"},
};

}  // namespace hs::cli
