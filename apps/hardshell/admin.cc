// token and policy: what a person sets up.

#include <fmt/format.h>

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
