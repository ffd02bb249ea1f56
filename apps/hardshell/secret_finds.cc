// secret import and audit: what lies about in plain text, and what is kept longer, wider or more
// often than it should be.
#include <fmt/format.h>
#include <unistd.h>

#include <map>

#include "hardshell/commands.h"
#include "hardshell/hidden_input.h"
#include "hardshell/lines.h"
#include "hardshell/secret_tasks.h"
#include "os/environment.h"
#include "os/file.h"
#include "os/system.h"
#include "secrets/plain_keys.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::size_t hosts_few = 3;
constexpr std::int64_t unused_days = 90;
constexpr std::int64_t day_ms = 86'400'000;

struct Find {
    std::string place;   // what holds it
    std::string remedy;  // what to delete
    secrets::PlainKey key;
    std::string kept_as;  // the secret of the store that is the same
};

Result<Json> ask_keeper(const Desk& desk, std::string_view verb, Json arguments) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    const Json answer = TRY(keeper.question(verb, std::move(arguments)));
    TRY(await_task(keeper, answer));
    return answer;
}

// Beneath the home folder: shell start files, tools, and other assistants' configuration.
constexpr const char* home_files[] = {".bashrc",
                                      ".bash_profile",
                                      ".bash_login",
                                      ".profile",
                                      ".zshrc",
                                      ".zshenv",
                                      ".zprofile",
                                      ".config/fish/config.fish",
                                      ".env",
                                      ".npmrc",
                                      ".pypirc",
                                      ".netrc",
                                      ".aws/credentials",
                                      ".config/gh/hosts.yml",
                                      ".openclaw/openclaw.json",
                                      ".openclaw/.env",
                                      ".clawdbot/clawdbot.json",
                                      ".clawdbot/.env",
                                      ".moltbot/moltbot.json",
                                      ".claude.json",
                                      ".claude/settings.json",
                                      ".claude/settings.local.json",
                                      ".claude/.credentials.json"};
constexpr const char* project_files[] = {".env",
                                         ".env.local",
                                         ".env.development",
                                         ".env.production",
                                         ".env.test",
                                         ".envrc",
                                         ".claude/settings.local.json",
                                         ".mcp.json"};

void look_into(const std::string& path, std::vector<Find>& finds) {
    const auto text = os::read_text(path, secrets::plain_text_bytes_max);
    if (!text) return;  // it is not there, or too large to be a configuration
    for (auto& key : secrets::plain_keys_in(*text)) {
        const std::string place = fmt::format("{}:{}", path, key.line);
        finds.push_back(
            {place, fmt::format("delete line {} of {}", key.line, path), std::move(key), ""});
    }
}

void look_into_environment(std::vector<Find>& finds) {
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        for (auto& key : secrets::plain_keys_in(*entry)) {
            const std::string remedy =
                fmt::format("unset {}, and take it out of what sets it", key.variable);
            finds.push_back({"environment", remedy, std::move(key), ""});
        }
    }
}

Result<std::vector<Find>> look_around(const Desk& desk) {
    std::vector<Find> finds;
    if (!desk.options.text.empty()) {
        if (!os::facts_of_path(desk.options.text)) {
            return fail(Code::not_found, fmt::format("there is no file {}", desk.options.text));
        }
        look_into(desk.options.text, finds);
        return finds;
    }
    look_into_environment(finds);
    const std::string home = TRY(os::home_folder());
    for (const char* file : home_files) look_into(home + "/" + file, finds);
    const std::string here = TRY(os::working_folder());
    if (here == home) return finds;
    for (const char* file : project_files) look_into(here + "/" + file, finds);
    return finds;
}

// What the keeper knows already.
Result<> mark_kept(const Desk& desk, std::vector<Find>& finds) {
    if (finds.empty()) return {};
    JsonArray values;
    for (const Find& find : finds) values.emplace_back(find.key.value);
    const Json answer =
        TRY(ask_keeper(desk, "secrets.twins", JsonObject{{"values", std::move(values)}}));
    const JsonArray& names = *TRY(wire::array_at(answer, "names"));
    for (std::size_t i = 0; i < finds.size() && i < names.size(); ++i) {
        if (names[i].text() != nullptr) finds[i].kept_as = *names[i].text();
    }
    return {};
}

Result<std::string> move_in(const Desk& desk, Find& find) {
    auto place = secrets::place_of(find.key.variable);
    Json arguments = JsonObject{{"name", place.name}, {"value", find.key.value}, {"unbound", true}};
    if (!place.binding.hosts.empty()) {
        arguments["hosts"] = JsonArray(place.binding.hosts.begin(), place.binding.hosts.end());
        arguments["header"] = place.binding.header;
        arguments["prefix"] = place.binding.prefix;
    }
    // A secret of that name and another value stays what it is.
    const auto taken = ask_keeper(desk, "secrets.show", JsonObject{{"name", place.name}});
    if (taken) {
        return fail(Code::conflict, "another value has that name");
    }
    const Json kept = TRY(ask_keeper(desk, "secrets.set", std::move(arguments)));
    find.kept_as = place.name;
    return text_in(kept, "hosts");
}

bool agrees(const Desk& desk, const Find& find) {
    if (desk.options.secret.yes) return true;
    if (!desk.screen.interactive()) return false;
    desk.screen.write(fmt::format("Move {} ({}) in? [y/N] ", find.key.variable, find.place));
    std::string answer = read_line();
    return answer == "y" || answer == "yes";
}

Json row_of(const Find& find, std::string_view outcome, std::string_view next = "") {
    return JsonObject{{"place", find.place},    {"variable", find.key.variable},
                      {"secret", find.kept_as}, {"outcome", outcome},
                      {"next", next},           {"then", find.remedy}};
}

Json row_of_moved(const Find& find, const Result<std::string>& hosts) {
    const std::string name = secrets::place_of(find.key.variable).name;
    if (hosts && hosts->empty()) {
        return row_of(find, "moved in, for no host yet",
                      fmt::format("hardshell secret bind {} --host HOST", name));
    }
    if (hosts) return row_of(find, "moved in, for " + *hosts);
    const bool taken = hosts.error().code == Code::conflict;
    return row_of(find, hosts.error().what,
                  taken ? fmt::format("hardshell secret rotate {}", name) : "");
}

void wipe_finds(std::vector<Find>& finds) {
    for (Find& find : finds) wipe_text(find.key.value);
}

Result<JsonArray> import_all(const Desk& desk, std::vector<Find>& finds) {
    JsonArray rows;
    for (Find& find : finds) {
        if (!find.kept_as.empty()) {
            rows.push_back(row_of(find, "kept already"));
            continue;
        }
        if (!agrees(desk, find)) {
            rows.push_back(row_of(find, "left"));
            continue;
        }
        rows.push_back(row_of_moved(find, move_in(desk, find)));
        TRY(mark_kept(desk, finds));
    }
    return rows;
}

std::int64_t integer_in(const Json& item, std::string_view key) {
    const Json* found = item.find(key);
    return found != nullptr && found->integer() != nullptr ? *found->integer() : 0;
}

std::size_t hosts_in(const Json& item) {
    const std::string hosts = text_in(item, "hosts");
    if (hosts.empty()) return 0;
    return 1 + static_cast<std::size_t>(std::count(hosts.begin(), hosts.end(), ','));
}

struct Finding {
    std::string secret;
    std::string what;
    std::string fix;
};

// Days compare as their text does.
std::string day_before(std::int64_t days) {
    const os::SystemClock clock;
    return base::format_time(clock.wall_ms() - days * day_ms).substr(0, 10);
}

void audit_secret(const Json& item, std::vector<Finding>& findings) {
    const std::string name = text_in(item, "name");
    const std::int64_t age = integer_in(item, "rotate_after_days");
    const std::string changed = text_in(item, "changed").substr(0, 10);
    const std::string used = text_in(item, "used");
    if (age > 0 && changed <= day_before(age)) {
        findings.push_back({name, fmt::format("old: set on {}, due after {} days", changed, age),
                            "hardshell secret rotate " + name});
    }
    const std::string long_ago = day_before(unused_days);
    // What a store is opened with goes there, and to no host.
    const bool opens = !text_in(item, "opens").empty();
    if (!opens && (used.empty() ? changed <= long_ago : used <= long_ago)) {
        findings.push_back({name, used.empty() ? "unused: never placed" : "unused since " + used,
                            "hardshell secret remove " + name});
    }
    if (hosts_in(item) == 0 && !opens) {
        findings.push_back({name, "bound to no host: it goes nowhere",
                            fmt::format("hardshell secret bind {} --host HOST", name)});
    }
    if (hosts_in(item) > hosts_few) {
        findings.push_back({name,
                            fmt::format("over-bound: {} hosts may receive it", hosts_in(item)),
                            fmt::format("hardshell secret bind {} --only --host HOST", name)});
    }
}

}  // namespace

Result<int> run_secret_import(const Desk& desk) {
    auto finds = TRY(look_around(desk));
    const auto marked = mark_kept(desk, finds);
    auto rows = marked ? import_all(desk, finds) : Result<JsonArray>(marked.failure());
    wipe_finds(finds);
    const JsonArray list = TRY(std::move(rows));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"found", list}});
        return exit_done;
    }
    if (list.empty()) {
        desk.screen.line("Nothing was found in plain text.");
        return exit_done;
    }
    std::vector<std::vector<std::string>> shown;
    for (const Json& row : list) {
        shown.push_back({clean(text_in(row, "place")), clean(text_in(row, "variable")),
                         clean(text_in(row, "outcome"))});
    }
    desk.screen.table({"found in", "as", "outcome"}, shown);
    bool said = false;
    for (const Json& row : list) {
        if (text_in(row, "secret").empty()) continue;
        if (!std::exchange(said, true)) desk.screen.line("Now delete what is kept safely:");
        desk.screen.line("  " + clean(text_in(row, "then")));
    }
    // Whole, where the table cuts what is too long.
    bool left = !said;
    for (const Json& row : list) {
        const std::string next = text_in(row, "next");
        if (next.empty()) continue;
        left = false;
        desk.screen.line(clean(fmt::format("{}: {}", text_in(row, "variable"), next)));
    }
    if (left) desk.screen.line("Move them in with: hardshell secret import --yes");
    return exit_done;
}

Result<int> run_secret_audit(const Desk& desk) {
    auto finds = TRY(look_around(desk));
    const auto marked = mark_kept(desk, finds);
    wipe_finds(finds);
    TRY(marked);
    const Json json = TRY(ask_keeper(desk, "secrets.list", Json(JsonObject{})));
    std::vector<Finding> findings;
    for (const Json& item : *TRY(wire::array_at(json, "secrets"))) audit_secret(item, findings);
    for (const Find& find : finds) {
        const bool twin = !find.kept_as.empty();
        findings.push_back({twin ? find.kept_as : "-",
                            fmt::format("{} in plain text: {} in {}", twin ? "a twin" : "a key",
                                        find.key.variable, find.place),
                            twin ? find.remedy : "hardshell secret import"});
    }
    JsonArray list;
    std::vector<std::vector<std::string>> rows;
    for (const Finding& one : findings) {
        list.push_back(JsonObject{{"secret", one.secret}, {"what", one.what}, {"fix", one.fix}});
        rows.push_back({clean(one.secret), clean(one.what), clean(one.fix)});
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"findings", std::move(list)}});
    } else if (rows.empty()) {
        desk.screen.line("Nothing is old, unused, bound too widely or in plain text.");
    } else {
        desk.screen.table({"secret", "what", "then"}, rows);
    }
    return findings.empty() ? exit_done : exit_failed;
}

}  // namespace hs::cli
