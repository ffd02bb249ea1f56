#include "control/places.h"

#include "os/environment.h"
#include "os/process.h"

namespace hs::control {

base::Result<Places> Places::find() {
    const auto folder_for = [](std::string_view variable,
                               std::string_view below) -> base::Result<std::string> {
        // A relative path in these variables is to be ignored, says the specification.
        const auto set = os::environment(variable);
        if (set && set->starts_with('/')) return *set + "/hardshell";
        return TRY(os::home_folder()) + std::string(below) + "/hardshell";
    };
    Places places;
    places.config_folder = TRY(folder_for("XDG_CONFIG_HOME", "/.config"));
    places.config_file = places.config_folder + "/config.toml";
    places.policy_folder = places.config_folder + "/policy";
    places.state = TRY(folder_for("XDG_STATE_HOME", "/.local/state"));
    places.cache = TRY(folder_for("XDG_CACHE_HOME", "/.cache"));
    places.run = places.state + "/run";
    places.daemon_socket = places.run + "/daemon.sock";
    places.commands_socket = places.run + "/commands.sock";
    places.keeper_socket = places.run + "/keeper.sock";
    places.lock_file = places.state + "/lock";
    places.tokens_file = places.state + "/tokens.json";
    places.api_token_file = places.state + "/api-token";
    places.sessions_file = places.state + "/sessions.db";
    places.key_wanted = places.state + "/key-wanted";
    places.memory_file = places.state + "/memory.db";
    places.undo_folder = places.state + "/undo";
    places.audit_folder = places.state + "/audit";
    places.daemon_log = places.state + "/daemon.log";
    const std::string program = TRY(os::own_program());
    places.programs = program.substr(0, program.rfind('/'));
    return places;
}

}  // namespace hs::control
