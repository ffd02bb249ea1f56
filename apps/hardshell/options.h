// Options: what was asked on the command line. Only main.cc knows how it is written there.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/facts.h"
#include "hardshell/screen.h"

namespace hs::cli {

// Of policy, project, assess and acceptable-use.
struct PolicyOptions {
    std::vector<std::string> words;  // an action in words, or folders
    std::string preset;
    std::string layer = "person";
    std::string until;
    std::string because;
    std::string owner;
    std::string target;
    std::string digest;
    std::string token_file;
    std::string answers_file;
    std::string version;
    std::int64_t days = 30;
    bool yes = false;
    bool untrusted = false;
    bool anew = false;
    bool details = false;
};

// Of secret.
struct SecretOptions {
    std::vector<std::string> hosts;
    std::vector<std::string> methods;
    std::vector<std::string> paths;
    std::vector<std::string> executables;
    std::string placed;  // the form: header, basic, git, query, path, body
    std::string header;
    std::string prefix;
    std::string user;
    std::string secret_class;
    std::string store;
    std::string reference;  // what it is called in a store over the network
    std::int64_t every_days = -1;
    bool has_header = false;
    bool has_prefix = false;
    bool only = false;
    bool yes = false;
};

// Of memory, and how much of a conversation is kept.
struct MemoryOptions {
    std::string state;
    std::string about;
    std::vector<std::string> keep, own, forget;  // review without a terminal
    bool vouch = false;                          // import: these are the person's own words
    bool lift = false;
    bool merge = false;
    bool list = false;
    bool yes = false;
    bool private_chat = false;
    bool no_memory = false;
};

// Of schedule add.
struct ScheduleOptions {
    std::string when;  // cron
    std::string at;    // a time
    std::string on;    // a channel
    std::string text;
    std::string channel;
    std::string conversation;
    std::string missed = "skip";
    std::string kind = "task";
};

// Of skill.
struct SkillOptions {
    std::string key;      // a file
    std::string library;  // a folder or an address
    std::string path;     // of the skill in an archive or a repository
    std::string commit;   // of a repository
    std::string script;   // of a trial
    std::string note;
    bool new_key = false;
    bool block = false;
    bool anyway = false;
    bool accept_proposed = false;
    bool apply = false;
};

struct Options {
    Form form = Form::text;
    std::string command;  // "chat", "approvals approve", …
    std::string text;     // a message, or the command's one argument
    std::string second;   // the command's second argument
    std::string session;
    std::string project;
    std::string model;
    std::string folder;
    std::string scopes = "talk";
    std::string profile;  // of a sandbox
    std::int64_t count = 20;
    bool start = false;
    bool quiet = false;
    bool wait = false;
    bool rule = false;
    bool follow = false;
    bool once = false;    // what is there, and no more
    bool record = false;  // of drift
    // What audit search, tail and export ask for.
    audit::Facets facets;
    std::string kind;
    std::string from;  // a time, or how long ago: 2026-11-22, 2026-11-22T09:00Z, 24h
    std::string to;
    std::string format;  // of an export
    std::string output;  // a file or folder to be written
    // Keys and places of a log and its witness.
    std::string log_key;
    std::string witness;  // its address
    std::string witness_key;
    std::string listen;
    std::string imap;
    std::string smtp;
    std::string account;  // of channel add
    std::string code;     // of an authenticator
    int port = 8091;
    std::string name;
    std::string reason;
    std::string by;        // of usage
    std::string about;     // of an incident: KIND=VALUE
    std::string playbook;  // likewise
    bool erase = false;    // of an exit
    bool skip = false;     // a step of one
    ScheduleOptions schedule;
    // Of detect scan.
    std::vector<std::string> only;  // families
    double confidence_min = 0;      // 0: the scanner's own
    std::vector<std::string> words;
    PolicyOptions policy;
    SecretOptions secret;
    MemoryOptions memory;
    SkillOptions skill;
};

// Exit codes, as the manual page lists them.
enum ExitCode : int {
    exit_done = 0,
    exit_failed = 1,
    exit_usage = 2,
    exit_not_running = 3,
    exit_pending = 4,
    exit_suspicious = 5,  // skill scan
    exit_malicious = 6,
    exit_cancelled = 130,
};

}  // namespace hs::cli
