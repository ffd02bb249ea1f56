#include "hardshell/commands.h"

#include <fmt/format.h>

#include "gate/settings.h"
#include "gate/tokens.h"
#include "hardshell/keys.h"
#include "hardshell/lines.h"
#include "os/file.h"
#include "os/system.h"
#include "wire/members.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::size_t config_bytes_max = std::size_t{1} << 20U;

constexpr std::string_view config_template =
    "# Hardshell's settings. Every key with its meaning: hardshell config explain\n"
    "# A key that is not here has its default.\n"
    "\n"
    "# [provider.claude]\n"
    "# kind = \"anthropic\"\n"
    "# url = \"https://api.anthropic.com\"\n"
    "# model = \"claude-sonnet-4-5\"\n"
    "# credential = \"anthropic\"    # then: hardshell secret set anthropic\n";

Result<Json> ask_daemon(const Desk& desk, const std::string& method, const std::string& target,
                        const Json& body = {}) {
    auto daemon = TRY(DaemonLine::open(desk.places, Start::no));
    return daemon.request(method, target, body);
}

Result<Json> ask_keeper(const Desk& desk, std::string_view verb, Json arguments) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    return keeper.question(verb, std::move(arguments));
}

const wire::JsonArray& items_in(const Json& json, std::string_view key) {
    static const wire::JsonArray none;
    const Json* found = json.find(key);
    return found != nullptr && found->array() != nullptr ? *found->array() : none;
}

// The value as a person reads it: strings without quotes.
std::string shown(const Json& value) {
    return value.text() != nullptr ? *value.text() : wire::canonical_json(value);
}

}  // namespace

Result<int> run_init(const Desk& desk) {
    const auto& places = desk.places;
    TRY(os::make_folders(places.config_folder, 0700));
    TRY(os::make_private_folder(places.state));
    TRY(os::make_folders(places.policy_folder, 0700));
    const bool fresh = !os::facts_of_path(places.config_file);
    if (fresh) TRY(os::write_file_atomic(places.config_file, base::bytes_of(config_template)));
    auto tokens = TRY(gate::Tokens::load(places.tokens_file));
    if (tokens.all().empty()) {
        const os::SystemClock clock;
        os::SystemRandom random;
        const std::string token =
            TRY(tokens.add(places.tokens_file, "default", {gate::Scope::talk}, clock, random));
        TRY(os::write_file_atomic(places.api_token_file, base::bytes_of(token + "\n")));
    }
    if (!desk.options.output.empty()) TRY(export_keys(desk));
    if (desk.options.quiet) return exit_done;
    TRY(choose_key(desk));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(wire::JsonObject{{"config", places.config_file}, {"state", places.state}});
        return exit_done;
    }
    desk.screen.line(fmt::format("Settings:  {}", places.config_file));
    desk.screen.line(fmt::format("State:     {}", places.state));
    desk.screen.line(fmt::format("Your own rules go into {}", places.policy_folder));
    if (desk.options.output.empty()) {
        desk.screen.line(
            "The log's genesis key belongs off this machine: hardshell audit keys --to FILE");
    }
    desk.screen.line("Next: hardshell chat");
    return exit_done;
}

Result<int> run_status(const Desk& desk) {
    const Json status = TRY(ask_daemon(desk, "GET", "/v1/status"));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(status);
        return exit_done;
    }
    const Screen& screen = desk.screen;
    const bool* ready = status.find("ready") ? status.find("ready")->boolean() : nullptr;
    screen.line(fmt::format(
        "Hardshell {}  {}", text_in(status, "version"),
        ready && *ready ? screen.tone(Tone::good, "ready") : screen.tone(Tone::bad, "not ready")));
    if (status.find("lockdown") != nullptr) {
        screen.line(screen.tone(Tone::bad, "LOCKDOWN   nothing acts: hardshell lockdown status"));
    }
    const Json policy = status.find("policy") ? *status.find("policy") : Json();
    screen.line(fmt::format("policy     {} ({} rules, digest {})", text_in(policy, "preset"),
                            policy.find("rules") ? shown(*policy.find("rules")) : "0",
                            text_in(policy, "digest").substr(0, 16)));
    const std::string problem = text_in(policy, "problem");
    if (!problem.empty()) screen.line(screen.tone(Tone::bad, "           " + clean(problem)));
    std::string closed;
    for (const Json& wall : items_in(status, "unproven")) {
        closed += (closed.empty() ? "" : ", ") + shown(wall);
    }
    if (!closed.empty()) {
        screen.line(screen.tone(
            Tone::bad, fmt::format("CLOSED     the last proof missed: {}; see hardshell doctor",
                                   clean(closed))));
    }
    screen.line(fmt::format("space      {}", text_in(status, "space")));
    screen.line(fmt::format("state      {}", text_in(status, "state")));
    std::string members;
    for (const Json& member : items_in(status, "processes")) {
        members += fmt::format("{}{} {}", members.empty() ? "" : ", ", text_in(member, "name"),
                               shown(*member.find("pid")));
    }
    screen.line("processes  " + members);
    if (const Json* record = status.find("record")) show_shipping(screen, *record);
    if (const Json* channels = status.find("channels")) show_channels(screen, *channels);
    if (!os::facts_of_path(desk.places.state + "/keys-exported")) {
        screen.line(screen.tone(Tone::faint,
                                "log        its genesis key was never taken off this machine: "
                                "hardshell audit keys --to FILE"));
    }
    for (const Json& budget : items_in(status, "budgets")) {
        const Json* most = budget.find("tokens_max");
        const std::string limit = most == nullptr || most->is_null() ? "" : " of " + shown(*most);
        screen.line(fmt::format("budget     {}: {}{} tokens, {}", text_in(budget, "name"),
                                shown(*budget.find("tokens")), limit, text_in(budget, "money")));
    }
    return exit_done;
}

Result<int> run_sessions(const Desk& desk) {
    const Json json = TRY(ask_daemon(desk, "GET", "/v1/sessions"));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    std::vector<std::vector<std::string>> rows;
    for (const Json& session : items_in(json, "sessions")) {
        rows.push_back({text_in(session, "id"), text_in(session, "updated").substr(0, 16),
                        text_in(session, "origin"), text_in(session, "title")});
    }
    if (rows.empty()) {
        desk.screen.line("No sessions yet. Begin one with: hardshell chat");
        return exit_done;
    }
    desk.screen.table({"session", "last message", "from", "title"}, rows);
    return exit_done;
}

Result<int> run_session_show(const Desk& desk) {
    const Json json = TRY(ask_daemon(desk, "GET", "/v1/sessions/" + desk.options.text));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    for (const Json& message : items_in(json, "messages")) {
        desk.screen.line(desk.screen.tone(Tone::strong, text_in(message, "role")));
        for (const Json& part : items_in(message, "parts")) {
            const std::string text = text_in(part, "text");
            desk.screen.line(clean(text.empty() ? wire::canonical_json(part) : text));
        }
    }
    return exit_done;
}

Result<int> run_session_remove(const Desk& desk) {
    const Json json = TRY(ask_daemon(desk, "DELETE", "/v1/sessions/" + desk.options.text));
    if (desk.screen.form() == Form::json) desk.screen.json(json);
    return exit_done;
}

Result<int> run_spaces(const Desk& desk) {
    const Json json = TRY(ask_daemon(desk, "GET", "/v1/spaces"));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    std::vector<std::vector<std::string>> rows;
    for (const Json& space : items_in(json, "spaces")) {
        rows.push_back({text_in(space, "name"), text_in(space, "preset"), text_in(space, "state")});
    }
    desk.screen.table({"space", "preset", "state"}, rows);
    return exit_done;
}

namespace {

// What hardshelld says that an approval would change. The card is the keeper's own word.
void add_previews(const Desk& desk, Json& json) {
    auto daemon = DaemonLine::open(desk.places, Start::no);
    if (!daemon) return;
    const auto told = daemon->request("GET", "/v1/approvals");
    if (!told) return;
    Json list{wire::JsonArray{}};
    for (const Json& approval : items_in(json, "approvals")) {
        Json row = approval;
        for (const Json& other : items_in(*told, "approvals")) {
            const std::string preview = text_in(other, "preview");
            if (text_in(other, "id") == text_in(approval, "id") && !preview.empty()) {
                row["preview"] = preview;
            }
        }
        list.push(std::move(row));
    }
    json["approvals"] = std::move(list);
}

}  // namespace

Result<int> run_approvals(const Desk& desk) {
    Json json = TRY(ask_keeper(desk, "approvals.list", Json(wire::JsonObject{})));
    add_previews(desk, json);
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    const auto& list = items_in(json, "approvals");
    if (list.empty()) {
        desk.screen.line("Nothing waits for approval.");
        return exit_done;
    }
    for (const Json& approval : list) {
        desk.screen.line(desk.screen.tone(Tone::strong, text_in(approval, "id")));
        desk.screen.line("  " + clean(text_in(approval, "card")));
        const std::string preview = text_in(approval, "preview");
        if (!preview.empty()) desk.screen.line(clean(preview));
    }
    desk.screen.line("Answer with: hardshell approvals approve ID   (or deny ID)");
    return exit_done;
}

namespace {

Result<int> answer_approval(const Desk& desk, bool consent) {
    Json arguments;
    arguments["approval"] = desk.options.text;
    arguments["consent"] = consent;
    if (consent && desk.options.rule) arguments["rule"] = true;
    if (consent && !desk.options.code.empty()) arguments["code"] = desk.options.code;
    const Json json = TRY(ask_keeper(desk, "approvals.answer", std::move(arguments)));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    desk.screen.line(fmt::format("{}: {}", text_in(json, "status"), clean(text_in(json, "card"))));
    const std::string rule = text_in(json, "rule");
    if (!rule.empty()) desk.screen.line("Added to your rules:\n" + clean(rule));
    return exit_done;
}

}  // namespace

Result<int> run_approve(const Desk& desk) {
    return answer_approval(desk, true);
}
Result<int> run_deny(const Desk& desk) {
    return answer_approval(desk, false);
}

Result<int> run_undo(const Desk& desk) {
    Json body{wire::JsonObject{}};
    if (!desk.options.text.empty()) body["id"] = desk.options.text;
    const Json json = TRY(ask_daemon(desk, "POST", "/v1/undo", body));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        desk.screen.line(clean(text_in(json, "text")));
    }
    return exit_done;
}

Result<int> run_config_get(const Desk& desk) {
    const std::string& key = desk.options.text;
    const Json json =
        TRY(ask_daemon(desk, "GET", key.empty() ? "/v1/config" : "/v1/config/" + key));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    const auto& settings = items_in(json, "settings");
    if (!key.empty() && settings.size() == 1) {
        desk.screen.line(clean(shown(*settings[0].find("value"))));
        return exit_done;
    }
    std::vector<std::vector<std::string>> rows;
    for (const Json& setting : settings) {
        rows.push_back(
            {text_in(setting, "key"), shown(*setting.find("value")), text_in(setting, "source")});
    }
    desk.screen.table({"setting", "value", "source"}, rows);
    return exit_done;
}

namespace {

// A part of the row's key, or a key that the row stands for: "channel.mail.imap" for
// "channel.*.imap".
bool explains(std::string_view row, std::string_view asked) {
    if (asked.empty() || row.find(asked) != std::string_view::npos) return true;
    const std::size_t star = row.find('*');
    if (star == std::string_view::npos) return false;
    const auto before = row.substr(0, star);
    const auto behind = row.substr(star + 1);
    return asked.size() > before.size() + behind.size() && asked.starts_with(before) &&
           asked.ends_with(behind);
}

}  // namespace

Result<int> run_config_explain(const Desk& desk) {
    Json list{wire::JsonArray{}};
    for (const gate::SettingRow& row : gate::setting_rows()) {
        if (!explains(row.key, desk.options.text)) continue;
        list.push(wire::JsonObject{
            {"key", row.key}, {"default", row.fallback}, {"meaning", row.meaning}});
    }
    if (list.array()->empty()) {
        return fail(Code::not_found,
                    fmt::format("there is no setting like \"{}\"; did you mean \"{}\"?",
                                desk.options.text, gate::nearest_key(desk.options.text)));
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(wire::JsonObject{{"settings", list}});
        return exit_done;
    }
    for (const Json& row : *list.array()) {
        desk.screen.line(
            fmt::format("{}  {}", desk.screen.tone(Tone::strong, text_in(row, "key")),
                        desk.screen.tone(Tone::faint, "default " + text_in(row, "default"))));
        desk.screen.line("    " + text_in(row, "meaning"));
    }
    return exit_done;
}

// Works without a daemon too: the file is the truth.
Result<int> run_config_set(const Desk& desk) {
    Json body;
    body["key"] = desk.options.text;
    body["value"] = desk.options.second;
    auto daemon = DaemonLine::open(desk.places, Start::no);
    Json json;
    if (daemon) {
        json = TRY(daemon->request("POST", "/v1/config", body));
    } else {
        const gate::SettingRow* row = gate::row_of(desk.options.text);
        if (row == nullptr) {
            return fail(Code::not_found,
                        fmt::format("there is no setting \"{}\"; did you mean \"{}\"?",
                                    desk.options.text, gate::nearest_key(desk.options.text)));
        }
        const auto before = os::read_text(desk.places.config_file, config_bytes_max);
        const std::string text =
            TRY(wire::set_in_toml(before ? *before : "", desk.options.text,
                                  TRY(gate::literal_for(*row, desk.options.second))));
        TRY(gate::Settings::parse(text, desk.places.config_file));
        TRY(os::make_folders(desk.places.config_folder, 0700));
        TRY(os::write_file_atomic(desk.places.config_file, base::bytes_of(text)));
        json = wire::JsonObject{{"key", desk.options.text}, {"file", desk.places.config_file}};
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        desk.screen.line(
            fmt::format("{} is set in {}.{}", text_in(json, "key"), text_in(json, "file"),
                        daemon ? " It holds from the next start: hardshell stop" : ""));
    }
    return exit_done;
}

Result<int> run_stop(const Desk& desk) {
    TRY(ask_daemon(desk, "POST", "/v1/stop"));
    // The lock is free once the process and all it started have ended.
    const os::Deadline deadline = os::Deadline::after_ms(10'000);
    while (!deadline.passed()) {
        const auto free = os::lock_file(desk.places.lock_file, "");
        if (free) {
            if (desk.screen.form() == Form::json) {
                desk.screen.json(wire::JsonObject{{"stopped", true}});
            } else {
                desk.screen.line("Stopped.");
            }
            return exit_done;
        }
        const auto pause = os::WakeUp::make();
        if (pause)
            static_cast<void>(
                os::wait_for(pause->fd(), os::Ready::readable, os::Deadline::after_ms(20)).ok());
    }
    return fail(Code::timed_out,
                fmt::format("hardshelld did not stop in time; see {}", desk.places.daemon_log));
}

}  // namespace hs::cli
