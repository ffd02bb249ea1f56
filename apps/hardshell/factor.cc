// factor: authenticators (TOTP) whose codes approvals may ask for.

#include <fmt/format.h>

#include "hardshell/commands.h"
#include "hardshell/lines.h"

namespace hs::cli {

using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

Json arguments_of(const Desk& desk, const std::string& code) {
    Json arguments{JsonObject{}};
    if (!desk.options.name.empty()) arguments["person"] = desk.options.name;
    if (!code.empty()) arguments["code"] = code;
    return arguments;
}

Result<Json> ask(const Desk& desk, const std::string& verb, Json arguments) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    return keeper.question(verb, std::move(arguments));
}

// What is said where no JSON is wanted.
Result<int> done(const Desk& desk, const Json& json, const std::string& words) {
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        desk.screen.line(words);
    }
    return exit_done;
}

}  // namespace

Result<int> run_factor_add(const Desk& desk) {
    const Json json = TRY(ask(desk, "factor.begin", arguments_of(desk, desk.options.code)));
    return done(desk, json,
                fmt::format("Shown once. Type this key into the authenticator of {}, or open the "
                            "link there:\n  {}\n  {}\nThen: hardshell factor confirm CODE{}",
                            text_in(json, "person"), text_in(json, "secret"), text_in(json, "link"),
                            desk.options.name.empty() ? "" : " --as " + desk.options.name));
}

Result<int> run_factor_confirm(const Desk& desk) {
    const Json json = TRY(ask(desk, "factor.confirm", arguments_of(desk, desk.options.text)));
    return done(desk, json, fmt::format("Codes of {} count from now on.", text_in(json, "person")));
}

Result<int> run_factor_remove(const Desk& desk) {
    const Json json = TRY(ask(desk, "factor.remove", arguments_of(desk, desk.options.text)));
    return done(desk, json,
                fmt::format("{} has no authenticator any more.", text_in(json, "person")));
}

Result<int> run_factor_list(const Desk& desk) {
    const Json json = TRY(ask(desk, "factor.list", Json(JsonObject{})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    const auto& list = *TRY(wire::array_at(json, "factors"));
    for (const Json& item : list) {
        desk.screen.line(fmt::format("{}, since {}", text_in(item, "person"),
                                     text_in(item, "since").substr(0, 16)));
    }
    if (list.empty()) desk.screen.line("Nobody has one. Set one up with: hardshell factor add");
    return exit_done;
}

}  // namespace hs::cli
