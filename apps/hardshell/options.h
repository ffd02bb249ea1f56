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
    std::string name;
    std::string reason;
    std::string by;  // of usage
    std::vector<std::string> words;
    PolicyOptions policy;
};

// Exit codes, as the manual page lists them.
enum ExitCode : int {
    exit_done = 0,
    exit_failed = 1,
    exit_usage = 2,
    exit_not_running = 3,
    exit_pending = 4,
    exit_cancelled = 130,
};

}  // namespace hs::cli
