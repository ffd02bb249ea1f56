// hardshell sandbox run: any program in a sandbox of ours, decided, recorded and filtered as the
// assistant's own commands are.

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "control/command_frames.h"
#include "hardshell/conversation.h"
#include "hardshell/sandboxed.h"
#include "os/environment.h"
#include "os/file.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using control::CommandFrame;
using wire::Json;
using wire::JsonObject;

namespace {

// As GNU timeout and env answer.
constexpr int exit_timed_out = 124;
constexpr int exit_not_started = 125;
constexpr int exit_denied = 126;
constexpr int exit_signal_base = 128;

bool is_program(const std::string& path) {
    const auto resolved = os::resolve_path(path);
    if (!resolved) return false;
    const auto facts = os::facts_of_path(*resolved);
    return facts && facts->kind == os::FileFacts::Kind::regular && (facts->mode & 0111U) != 0;
}

Result<std::string> find_program(const std::string& name, const std::string& folder) {
    if (name.find('/') != std::string::npos) {
        const std::string path = name.front() == '/' ? name : folder + "/" + name;
        const auto resolved = os::resolve_path(path.substr(0, path.rfind('/')));
        if (is_program(path) && resolved) return *resolved + path.substr(path.rfind('/'));
        return fail(Code::not_found, fmt::format("{} is no program that can be run", name));
    }
    const std::string folders = os::environment("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
    for (std::size_t at = 0; at <= folders.size();) {
        const std::size_t end = std::min(folders.find(':', at), folders.size());
        const std::string one = folders.substr(at, end - at);
        if (one.starts_with('/') && is_program(one + "/" + name)) return one + "/" + name;
        at = end + 1;
    }
    return fail(Code::not_found, fmt::format("there is no program \"{}\"", name));
}

int exit_code_of(const Json& outcome) {
    const std::string ending = text_in(outcome, "ending");
    const auto number = [&](std::string_view key) {
        const auto value = wire::integer_at_or(outcome, key, 0);
        return value ? static_cast<int>(*value) : 0;
    };
    if (ending == "exited") return number("code");
    if (ending == "signalled") return exit_signal_base + number("signal");
    if (ending == "timed_out") return exit_timed_out;
    if (ending == "out_of_memory" || ending == "violated" || ending == "killed") {
        return exit_signal_base + SIGKILL;
    }
    return exit_not_started;
}

void show_end(const Desk& desk, const Json& outcome) {
    if (desk.screen.form() == Form::json) {
        desk.screen.note(wire::canonical_json(outcome));
        return;
    }
    if (text_in(outcome, "ending") != "exited") {
        desk.screen.note("hardshell: " + clean(text_in(outcome, "text")));
    }
    for (const char* key : {"denied", "notes"}) {
        const Json* list = outcome.find(key);
        if (list == nullptr || list->array() == nullptr) continue;
        for (const Json& item : *list->array()) {
            const bool call = std::string_view(key) == "denied";
            desk.screen.note(fmt::format("hardshell: {}{}", call ? "the sandbox refused " : "",
                                         clean(item.text() != nullptr ? *item.text() : "")));
        }
    }
}

Result<Json> request_for(const Desk& desk, Terminal terminal) {
    const std::string folder = TRY(os::resolve_path(TRY(os::working_folder())));
    const std::string project =
        desk.options.project.empty() ? folder : TRY(os::resolve_path(desk.options.project));
    Json argv{wire::JsonArray{}};
    for (const auto& word : desk.options.words) argv.push(word);
    return Json(JsonObject{{"argv", std::move(argv)},
                           {"executable", TRY(find_program(desk.options.words.front(), folder))},
                           {"working_directory", folder},
                           {"project", project},
                           {"profile", desk.options.profile},
                           {"terminal", terminal == Terminal::yes},
                           {"wall_ms", std::int64_t{0}}});
}

}  // namespace

Result<int> run_sandbox_run(const Desk& desk) {
    const bool at_terminal = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
    const Terminal terminal = at_terminal ? Terminal::yes : Terminal::no;
    const Json request = TRY(request_for(desk, terminal));
    os::Channel channel(TRY(connect_for_commands(desk)));
    auto relay = TRY(CommandRelay::make(terminal));
    TRY(channel.send(0, static_cast<std::uint16_t>(CommandFrame::run),
                     base::bytes_of(wire::canonical_json(request)), relay.handed()));
    relay.close_handed();
    const auto outcome =
        relay.run(channel, [&](const os::Frame& frame) -> Result<CommandRelay::Asked> {
            if (frame.kind != static_cast<std::uint16_t>(CommandFrame::asked)) {
                return CommandRelay::Asked::go_on;
            }
            return answer_card(desk, TRY(wire::parse_json(base::text_of(frame.payload))));
        });
    if (outcome) {
        show_end(desk, *outcome);
        return exit_code_of(*outcome);
    }
    if (outcome.error().code == Code::conflict) return exit_pending;
    desk.screen.failure(outcome.error());
    if (outcome.error().code == Code::cancelled) return exit_cancelled;
    return outcome.error().code == Code::denied ? exit_denied : exit_not_started;
}

}  // namespace hs::cli
