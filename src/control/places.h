// Places: where Hardshell keeps what on this machine (XDG Base Directory Specification).
//
// What it does not protect from: two daemons with different XDG variables; they are two
// installations. Threads: values.
#pragma once

#include <string>

#include "base/result.h"

namespace hs::control {

struct Places {
    std::string config_folder;  // $XDG_CONFIG_HOME/hardshell
    std::string config_file;    // …/config.toml
    std::string policy_folder;  // …/policy: the person's own rules
    std::string state;          // $XDG_STATE_HOME/hardshell, 0700
    std::string cache;          // $XDG_CACHE_HOME/hardshell: scripts while they run
    std::string run;            // …/run: sockets
    std::string daemon_socket;
    std::string commands_socket;  // for hardshell sandbox run
    std::string keeper_socket;
    std::string lock_file;
    std::string tokens_file;
    std::string api_token_file;  // the default token's text, 0600
    std::string sessions_file;
    std::string key_wanted;  // there: a person wants to choose a passphrase before the first start
    std::string memory_file;
    std::string undo_folder;
    std::string audit_folder;
    std::string daemon_log;
    std::string programs;  // folder of the programs of this installation

    static base::Result<Places> find();
};

}  // namespace hs::control
