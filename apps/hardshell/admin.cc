// token, secret and policy: what a person sets up.

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "crypto/secret.h"
#include "gate/tokens.h"
#include "hardshell/commands.h"
#include "hardshell/lines.h"
#include "os/file.h"
#include "os/system.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::size_t token_bytes_max = 4096;

Result<Json> ask_keeper(const Desk& desk, std::string_view verb, Json arguments) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    return keeper.question(verb, std::move(arguments));
}

// Reads one line without showing it.
std::string read_hidden(const Screen& screen) {
    termios before{};
    const bool terminal = ::tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        screen.write("Value (not shown): ");
        termios hidden = before;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    std::string line;
    std::getline(std::cin, line);
    if (terminal) {
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        screen.line();
    }
    return line;
}

}  // namespace

Result<int> run_token_add(const Desk& desk) {
    auto tokens = TRY(gate::Tokens::load(desk.places.tokens_file));
    const os::SystemClock clock;
    os::SystemRandom random;
    const std::string token =
        TRY(tokens.add(desk.places.tokens_file, desk.options.text,
                       TRY(gate::Scopes::parse(desk.options.scopes)), clock, random));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(wire::JsonObject{{"name", desk.options.text}, {"token", token}});
    } else {
        desk.screen.note("This is the only time that the token is shown:");
        desk.screen.line(token);
    }
    return exit_done;
}

Result<int> run_token_list(const Desk& desk) {
    const auto tokens = TRY(gate::Tokens::load(desk.places.tokens_file));
    std::vector<std::vector<std::string>> rows;
    Json list{wire::JsonArray{}};
    for (const auto& entry : tokens.all()) {
        rows.push_back(
            {entry.name, base::format_time(entry.created_ms).substr(0, 16), entry.scopes.names()});
        list.push(wire::JsonObject{{"name", entry.name}, {"scopes", entry.scopes.names()}});
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(wire::JsonObject{{"tokens", std::move(list)}});
    } else {
        desk.screen.table({"token", "made", "may"}, rows);
    }
    return exit_done;
}

Result<int> run_token_show(const Desk& desk) {
    desk.screen.write(TRY(os::read_text(desk.places.api_token_file, token_bytes_max)));
    return exit_done;
}

Result<int> run_token_remove(const Desk& desk) {
    auto tokens = TRY(gate::Tokens::load(desk.places.tokens_file));
    TRY(tokens.remove(desk.places.tokens_file, desk.options.text));
    return exit_done;
}

Result<int> run_secret_set(const Desk& desk) {
    std::string value = read_hidden(desk.screen);
    if (value.empty()) return fail(Code::invalid_input, "the value is empty; nothing was changed");
    Json arguments;
    arguments["name"] = desk.options.text;
    arguments["value"] = value;
    if (!desk.options.second.empty()) arguments["host"] = desk.options.second;
    crypto::wipe({reinterpret_cast<std::uint8_t*>(value.data()), value.size()});
    const Json json = TRY(ask_keeper(desk, "secrets.set", std::move(arguments)));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        desk.screen.line(fmt::format("{} is kept. It may go to: {}", text_in(json, "name"),
                                     text_in(json, "hosts")));
    }
    return exit_done;
}

Result<int> run_secret_list(const Desk& desk) {
    const Json json = TRY(ask_keeper(desk, "secrets.list", Json(wire::JsonObject{})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    std::vector<std::vector<std::string>> rows;
    for (const Json& item : *TRY(wire::array_at(json, "secrets"))) {
        rows.push_back({text_in(item, "name"), text_in(item, "changed"), text_in(item, "header"),
                        text_in(item, "hosts")});
    }
    if (rows.empty()) {
        desk.screen.line("No secrets. Add one with: hardshell secret set NAME");
        return exit_done;
    }
    desk.screen.table({"secret", "changed", "header", "hosts"}, rows);
    return exit_done;
}

Result<int> run_secret_remove(const Desk& desk) {
    Json arguments;
    arguments["name"] = desk.options.text;
    TRY(ask_keeper(desk, "secrets.remove", std::move(arguments)));
    if (desk.screen.form() == Form::text) desk.screen.line("Removed.");
    return exit_done;
}

Result<int> run_policy_reload(const Desk& desk) {
    const Json json = TRY(ask_keeper(desk, "policy.reload", Json(wire::JsonObject{})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        desk.screen.line(fmt::format("In force: {}, digest {}", text_in(json, "preset"),
                                     text_in(json, "digest").substr(0, 16)));
    }
    return exit_done;
}

Result<int> run_policy_show(const Desk& desk) {
    const Json json = TRY(ask_keeper(desk, "policy.describe", Json(wire::JsonObject{})));
    const Screen& screen = desk.screen;
    if (screen.form() == Form::json) {
        screen.json(json);
        return exit_done;
    }
    const Json* rules = json.find("rules");
    screen.line(fmt::format("In force:       {} ({} rules, digest {})", text_in(json, "preset"),
                            rules != nullptr ? wire::canonical_json(*rules) : "0",
                            text_in(json, "digest").substr(0, 16)));
    screen.line(fmt::format("Your own rules: {}", clean(text_in(json, "folder"))));
    const std::string organisation = text_in(json, "organisation");
    if (!organisation.empty()) screen.line("Organisation:   " + clean(organisation));
    for (const char* key : {"problem", "governance"}) {
        const std::string problem = text_in(json, key);
        if (!problem.empty()) screen.line(screen.tone(Tone::bad, clean(problem)));
    }
    screen.line("See also: hardshell policy tiers, policy rules, policy try \"run git push\"");
    return exit_done;
}

}  // namespace hs::cli
