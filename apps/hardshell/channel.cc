// channel: chat platforms are set up, tested and removed, and accounts are bound to people.

#include <fmt/format.h>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "gate/channel_setting.h"
#include "hardshell/commands.h"
#include "hardshell/hidden_input.h"
#include "hardshell/lines.h"
#include "hardshell/secret_tasks.h"
#include "os/file.h"
#include "os/system.h"
#include "wire/toml.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t config_bytes_max = std::size_t{1} << 20U;

// What a platform needs: which secrets, and what they are called there.
struct Token {
    std::string_view setting;
    std::string_view suffix;  // of the secret's name
    std::string_view prompt;
    bool same = false;  // the value of the one before, for another use
    enum class Empty : std::uint8_t { refused, made, left_out } empty = Empty::refused;
};
struct Recipe {
    std::string_view kind;
    std::vector<Token> tokens;
    std::string_view after;
    bool listens = false;
};
// A secret as it was given, or was made here.
struct Given {
    const Token* token;
    std::string value;
    bool is_made = false;
};

const std::vector<Recipe>& recipes() {
    static const std::vector<Recipe> held{
        {"slack",
         {{"credential", "", "Bot token (xoxb-…, from Install App): "},
          {"app_credential", "-app", "App-level token (xapp-…, scope connections:write): "}},
         "The app's manifest is in docs/channels/slack-manifest.json."},
        {"telegram", {{"credential", "", "Bot token (from @BotFather): "}}, ""},
        {"discord",
         {{"credential", "", "Bot token (from the Developer Portal): "},
          {"app_credential", "-gateway", "", true}},
         ""},
        {"whatsapp",
         {{"credential", "", "Access token (of a system user, whatsapp_business_messaging): "},
          {"app_credential", "-app-secret", "App secret (App settings, Basic): "}},
         "Subscribe to the field \"messages\" alone.",
         true},
        {"mail",
         {{"credential", "", "Password of the mailbox (an app password, where there are such): "}},
         ""},
        {"webhook",
         {{"app_credential", "-secret", "Signing secret (whsec_…; empty: one is made): ", false,
           Token::Empty::made},
          {"credential", "-token", "Bearer token for answers to its url (empty: none): ", false,
           Token::Empty::left_out}},
         "",
         true},
    };
    return held;
}

Result<const Recipe*> recipe_of(const std::string& kind) {
    for (const Recipe& recipe : recipes()) {
        if (recipe.kind == kind) return &recipe;
    }
    std::string known;
    for (const Recipe& recipe : recipes()) {
        known += (known.empty() ? "" : ", ") + std::string(recipe.kind);
    }
    return fail(Code::invalid_input,
                fmt::format("there is no channel of the kind \"{}\"; choose {}", kind, known));
}

Result<std::string> config_text(const Desk& desk) {
    const auto text = os::read_text(desk.places.config_file, config_bytes_max);
    if (!text && text.error().code == Code::not_found) return std::string();
    return text;
}

// A file that does not hold is never written.
Result<> write_config(const Desk& desk, const std::string& text) {
    const auto settings = TRY(gate::Settings::parse(text, desk.places.config_file));
    TRY(gate::channel_settings(settings));
    TRY(os::make_folders(desk.places.config_folder, 0700));
    return os::write_file_atomic(desk.places.config_file, base::bytes_of(text));
}

// The file without the table, its heading included.
std::string without_table(const std::string& text, const std::string& name) {
    const std::string heading = "[channel." + name + "]";
    std::string out;
    bool inside = false;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
        const std::string line = text.substr(at, end - at + 1);
        if (line.starts_with("[")) inside = line.starts_with(heading);
        if (!inside) out += line;
        at = end + 1;
    }
    return out;
}

// Settings are read at the start, so the daemon begins anew.
Result<> restart(const Desk& desk) {
    auto line = DaemonLine::open(desk.places, Start::no);
    if (line) {
        TRY(line->request("POST", "/v1/stop", Json(JsonObject{})));
        const os::Deadline deadline = os::Deadline::after_ms(15'000);
        const auto pause = TRY(os::WakeUp::make());
        while (!os::lock_file(desk.places.lock_file, "") && !deadline.passed()) {
            static_cast<void>(
                os::wait_for(pause.fd(), os::Ready::readable, os::Deadline::after_ms(20)).ok());
        }
    }
    return start_daemon(desk.places);
}

Result<std::vector<Given>> read_secrets(const Desk& desk, const Recipe& recipe) {
    std::vector<Given> all;
    for (const Token& token : recipe.tokens) {
        // Without an address for answers there is nobody to show that token to.
        const bool is_idle = token.empty == Token::Empty::left_out && desk.options.listen.empty();
        if (is_idle) continue;
        Given given{&token, token.same ? all.back().value : ""};
        if (!token.same) given.value = read_hidden(desk.screen, token.prompt);
        if (given.value.empty() && token.empty == Token::Empty::left_out) continue;
        if (given.value.empty() && token.empty == Token::Empty::made) {
            os::SystemRandom random;
            given.value =
                "whsec_" + base::to_base64(crypto::SecretBytes::random(32, random).view());
            given.is_made = true;
        }
        if (given.value.empty()) return fail(Code::invalid_input, "no token was given");
        all.push_back(std::move(given));
    }
    return all;
}

Result<> set_secrets(const Desk& desk, const std::vector<Given>& all, const std::string& name) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    for (const Given& given : all) {
        Json arguments;
        arguments["name"] = name + std::string(given.token->suffix);
        arguments["value"] = given.value;
        TRY(await_task(keeper, TRY(keeper.question("secrets.set", std::move(arguments)))));
    }
    return {};
}

// What the other side must be told, shown once; and where the requests are to arrive.
JsonObject told_after(const Recipe& recipe, const std::vector<Given>& all,
                      const gate::ChannelSetting& setting) {
    JsonObject told;
    if (!recipe.listens) return told;
    told["listens"] = fmt::format("http://{}:{}{}", gate::listen_host, setting.listen_port,
                                  gate::listen_target(setting));
    for (const Given& given : all) {
        if (given.is_made) told["signing_secret"] = given.value;
        if (recipe.kind == "whatsapp" && given.token->setting == "app_credential") {
            told["verify_token"] = gate::verify_token(base::bytes_of(given.value));
        }
    }
    return told;
}

Result<std::string> test_channel(const Desk& desk, const std::string& name) {
    auto daemon = TRY(DaemonLine::open(desk.places, Start::no));
    const Json json =
        TRY(daemon.request("POST", "/v1/channels/" + name + "/test", Json(JsonObject{})));
    return text_in(json, "says");
}

std::string account_of(const Json& item) {
    const std::string tenant = text_in(item, "tenant");
    return tenant.empty() ? text_in(item, "user") : tenant + "/" + text_in(item, "user");
}

}  // namespace

Result<int> run_channel_add(const Desk& desk) {
    const std::string& kind = desk.options.text;
    const Recipe& recipe = *TRY(recipe_of(kind));
    const std::string name = desk.options.name.empty() ? kind : desk.options.name;
    std::string text = TRY(config_text(desk));
    const auto set = [&](std::string_view key, std::string_view value) -> Result<> {
        text = TRY(wire::set_in_toml(text, fmt::format("channel.{}.{}", name, key),
                                     wire::toml_string(value)));
        return {};
    };
    TRY(set("kind", kind));
    if (!desk.options.listen.empty()) TRY(set("url", desk.options.listen));
    if (!desk.options.account.empty()) TRY(set("account", desk.options.account));
    if (!desk.options.imap.empty()) TRY(set("imap", desk.options.imap));
    if (!desk.options.smtp.empty()) TRY(set("smtp", desk.options.smtp));
    if (recipe.listens) {
        text = TRY(wire::set_in_toml(text, fmt::format("channel.{}.listen_port", name),
                                     std::to_string(desk.options.port)));
    }
    std::vector<Given> secrets = TRY(read_secrets(desk, recipe));
    for (const Given& given : secrets) {
        TRY(set(given.token->setting, name + std::string(given.token->suffix)));
    }
    TRY(write_config(desk, text));
    TRY(restart(desk));
    TRY(set_secrets(desk, secrets, name));
    const std::string says = TRY(test_channel(desk, name));
    gate::ChannelSetting setting;
    setting.name = name;
    setting.listen_port = static_cast<std::uint16_t>(desk.options.port);
    const JsonObject told = told_after(recipe, secrets, setting);
    for (Given& given : secrets) wipe_text(given.value);
    if (desk.screen.form() == Form::json) {
        Json json = JsonObject{{"channel", name}, {"kind", kind}, {"says", says}};
        for (const auto& [key, value] : told) json[key] = value;
        desk.screen.json(json);
        return exit_done;
    }
    desk.screen.line(fmt::format("{} works: {}.", name, clean(says)));
    for (const auto& [key, value] : told) {
        desk.screen.line(fmt::format("{}: {}", key, *value.text()));
    }
    if (!recipe.after.empty()) desk.screen.line(recipe.after);
    desk.screen.line(
        "Now write \"pair\" to the assistant there, and type the code that it answers with:\n"
        "  hardshell channel pair CODE");
    return exit_done;
}

void show_channels(const Screen& screen, const Json& channels) {
    if (channels.array() == nullptr) return;
    for (const Json& channel : *channels.array()) {
        const std::string problem = text_in(channel, "problem");
        const std::string state = text_in(channel, "state");
        screen.line(fmt::format("channel    {} ({}): {}, {} received, {} sent, {} connections{}",
                                text_in(channel, "name"), text_in(channel, "kind"),
                                screen.tone(state == "connected" ? Tone::good : Tone::bad, state),
                                wire::canonical_json(*channel.find("received")),
                                wire::canonical_json(*channel.find("sent")),
                                wire::canonical_json(*channel.find("connections")),
                                problem.empty() ? "" : "; " + clean(problem)));
    }
}

Result<int> run_channel_list(const Desk& desk) {
    auto daemon = TRY(DaemonLine::open(desk.places, Start::no));
    const Json status = TRY(daemon.request("GET", "/v1/status"));
    auto keeper = TRY(KeeperLine::open(desk.places));
    Json people = TRY(keeper.question("channels.people", Json(JsonObject{})));
    const Json* channels = status.find("channels");
    if (desk.screen.form() == Form::json) {
        people["channels"] = channels != nullptr ? *channels : Json(wire::JsonArray{});
        desk.screen.json(people);
        return exit_done;
    }
    if (channels == nullptr || channels->array() == nullptr || channels->array()->empty()) {
        desk.screen.line("No channel yet. Set one up with: hardshell channel add slack");
    } else {
        show_channels(desk.screen, *channels);
    }
    for (const Json& item : *TRY(wire::array_at(people, "people"))) {
        desk.screen.line(fmt::format("account    {} {} is {}, since {}", text_in(item, "channel"),
                                     account_of(item), text_in(item, "person"),
                                     text_in(item, "since").substr(0, 16)));
    }
    for (const Json& item : *TRY(wire::array_at(people, "waiting"))) {
        const bool* asks = item.find("asks") != nullptr ? item.find("asks")->boolean() : nullptr;
        desk.screen.line(fmt::format("unknown    {} {} wrote at {}{}", text_in(item, "channel"),
                                     account_of(item), text_in(item, "at").substr(0, 16),
                                     asks != nullptr && *asks ? ", and asks to be paired" : ""));
    }
    return exit_done;
}

Result<int> run_channel_test(const Desk& desk) {
    const std::string says = TRY(test_channel(desk, desk.options.text));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"channel", desk.options.text}, {"says", says}});
    } else {
        desk.screen.line(clean(says));
    }
    return exit_done;
}

Result<int> run_channel_remove(const Desk& desk) {
    const std::string& name = desk.options.text;
    const std::string before = TRY(config_text(desk));
    const auto settings = TRY(gate::Settings::parse(before, desk.places.config_file));
    std::vector<std::string> secrets;
    bool found = false;
    for (const auto& channel : TRY(gate::channel_settings(settings))) {
        if (channel.name != name) continue;
        found = true;
        secrets = {channel.credential, channel.app_credential};
    }
    if (!found) return fail(Code::not_found, fmt::format("there is no channel {}", name));
    const std::string after = without_table(before, name);
    const auto left = TRY(gate::Settings::parse(after, desk.places.config_file));
    for (const auto& channel : TRY(gate::channel_settings(left))) {
        if (channel.name != name) continue;
        return fail(Code::invalid_input,
                    fmt::format("[channel.{}] is written in another way in {}; take it out by hand",
                                name, desk.places.config_file));
    }
    auto keeper = TRY(KeeperLine::open(desk.places));
    for (const auto& secret : secrets) {
        if (secret.empty()) continue;
        const auto removed = keeper.question("secrets.remove", JsonObject{{"name", secret}});
        if (!removed && removed.error().code != Code::not_found) return removed.failure();
    }
    TRY(write_config(desk, after));
    TRY(restart(desk));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"removed", name}});
    } else {
        desk.screen.line(fmt::format("{} and its secrets are removed.", name));
    }
    return exit_done;
}

Result<int> run_channel_pair(const Desk& desk) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    Json arguments = JsonObject{{"code", desk.options.text}};
    if (!desk.options.name.empty()) arguments["person"] = desk.options.name;
    const Json json = TRY(keeper.question("channels.pair", std::move(arguments)));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        desk.screen.line(fmt::format("{} {} is {}.", text_in(json, "channel"), account_of(json),
                                     text_in(json, "person")));
    }
    return exit_done;
}

Result<int> run_channel_unpair(const Desk& desk) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    const Json people = TRY(keeper.question("channels.people", Json(JsonObject{})));
    int count = 0;
    for (const Json& item : *TRY(wire::array_at(people, "people"))) {
        if (text_in(item, "channel") != desk.options.text ||
            text_in(item, "user") != desk.options.second) {
            continue;
        }
        TRY(keeper.question("channels.unbind", JsonObject{{"channel", text_in(item, "channel")},
                                                          {"tenant", text_in(item, "tenant")},
                                                          {"user", text_in(item, "user")}}));
        ++count;
    }
    if (count == 0) {
        return fail(Code::not_found,
                    fmt::format("no account {} of {} is bound; see: hardshell channel list",
                                desk.options.second, desk.options.text));
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"unbound", count}});
    } else {
        desk.screen.line("It is nobody's any more.");
    }
    return exit_done;
}

}  // namespace hs::cli
