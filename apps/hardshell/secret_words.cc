// secret: what a person sets, binds, rotates and removes. Values go to the keeper's own socket.
#include <fmt/format.h>

#include "hardshell/commands.h"
#include "hardshell/hidden_input.h"
#include "hardshell/lines.h"
#include "hardshell/secret_tasks.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

// What a store has to do for it is waited for.
Result<Json> ask_keeper(const Desk& desk, std::string_view verb, Json arguments) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    const Json answer = TRY(keeper.question(verb, std::move(arguments)));
    TRY(await_task(keeper, answer));
    return answer;
}

void add_list(Json& arguments, std::string_view key, const std::vector<std::string>& list) {
    if (!list.empty()) arguments[key] = JsonArray(list.begin(), list.end());
}

Json binding_of(const SecretOptions& secret) {
    Json arguments = JsonObject{};
    add_list(arguments, "hosts", secret.hosts);
    add_list(arguments, "methods", secret.methods);
    add_list(arguments, "paths", secret.paths);
    add_list(arguments, "executables", secret.executables);
    if (!secret.placed.empty()) arguments["form"] = secret.placed;
    if (secret.has_header) arguments["header"] = secret.header;
    if (secret.has_prefix) arguments["prefix"] = secret.prefix;
    if (!secret.user.empty()) arguments["user"] = secret.user;
    if (secret.only) arguments["only"] = true;
    return arguments;
}

std::string joined(const Json& item, std::string_view key) {
    std::string text;
    const Json* list = item.find(key);
    if (list == nullptr || list->array() == nullptr) return text;
    for (const Json& one : *list->array()) {
        if (one.text() != nullptr) text += (text.empty() ? "" : ", ") + *one.text();
    }
    return text;
}

std::string days_of(const Json& item) {
    const Json* days = item.find("rotate_after_days");
    return days != nullptr && days->integer() != nullptr && *days->integer() > 0
               ? fmt::format("{} days", *days->integer())
               : std::string("no age set");
}

void print_facts(const Desk& desk, const Json& item) {
    if (desk.screen.form() == Form::json) return desk.screen.json(item);
    const auto line = [&](std::string_view word, const std::string& text) {
        desk.screen.line(fmt::format("{:<9} {}", word, clean(text)));
    };
    const auto or_any = [](std::string text) { return text.empty() ? "any" : text; };
    const std::string hosts = text_in(item, "hosts");
    line("secret", text_in(item, "name") + ", " + text_in(item, "class"));
    line("owner", text_in(item, "owner"));
    if (!text_in(item, "store").empty()) {
        line("kept in", text_in(item, "store") + " as " + text_in(item, "reference"));
    }
    line("changed", text_in(item, "changed") + "; to be rotated: " + days_of(item));
    line("used", text_in(item, "used").empty() ? "never" : text_in(item, "used"));
    line("hosts", hosts.empty() ? "none: it goes nowhere" : hosts);
    line("form", text_in(item, "form") + "  " + text_in(item, "header") +
                     (text_in(item, "user").empty() ? "" : "  user " + text_in(item, "user")));
    line("methods", or_any(joined(item, "methods")));
    line("paths", or_any(joined(item, "paths")));
    line("programs", or_any(joined(item, "executables")));
}

}  // namespace

Result<int> run_secret_set(const Desk& desk) {
    const SecretOptions& secret = desk.options.secret;
    const bool lies_elsewhere = !secret.reference.empty();
    std::string value = lies_elsewhere ? "" : read_hidden(desk.screen, "Value (not shown): ");
    if (value.empty() && !lies_elsewhere) {
        return fail(Code::invalid_input, "the value is empty; nothing was changed");
    }
    Json arguments = binding_of(secret);
    arguments["name"] = desk.options.text;
    arguments["value"] = value;
    if (!secret.hosts.empty()) arguments["host"] = secret.hosts.front();
    if (!secret.store.empty()) arguments["store"] = secret.store;
    if (lies_elsewhere) arguments["reference"] = secret.reference;
    if (!secret.secret_class.empty()) arguments["class"] = secret.secret_class;
    wipe_text(value);
    const Json json = TRY(ask_keeper(desk, "secrets.set", std::move(arguments)));
    if (secret.every_days >= 0) {
        TRY(ask_keeper(desk, "secrets.rotate",
                       JsonObject{{"name", desk.options.text}, {"every_days", secret.every_days}}));
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        const std::string store = text_in(json, "store");
        const std::string hosts = text_in(json, "hosts");
        desk.screen.line(fmt::format("{} is kept{}. It may go to: {}", text_in(json, "name"),
                                     store.empty() ? "" : " in the store " + store,
                                     hosts.empty() ? "no host" : hosts));
    }
    return exit_done;
}

Result<int> run_secret_list(const Desk& desk) {
    const Json json = TRY(ask_keeper(desk, "secrets.list", Json(JsonObject{})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    std::vector<std::vector<std::string>> rows;
    for (const Json& item : *TRY(wire::array_at(json, "secrets"))) {
        rows.push_back({text_in(item, "name"), text_in(item, "changed"), text_in(item, "store"),
                        text_in(item, "form"), text_in(item, "header"), text_in(item, "hosts")});
    }
    if (rows.empty()) {
        desk.screen.line("No secrets. Add one with: hardshell secret set NAME");
        return exit_done;
    }
    desk.screen.table({"secret", "changed", "store", "form", "header", "hosts"}, rows);
    return exit_done;
}

Result<int> run_secret_show(const Desk& desk) {
    print_facts(desk,
                TRY(ask_keeper(desk, "secrets.show", JsonObject{{"name", desk.options.text}})));
    return exit_done;
}

Result<int> run_secret_bind(const Desk& desk) {
    Json arguments = binding_of(desk.options.secret);
    if (arguments.object()->empty()) {
        return fail(Code::invalid_input,
                    "say to what: --host, --method, --path, --executable, --form");
    }
    arguments["name"] = desk.options.text;
    print_facts(desk, TRY(ask_keeper(desk, "secrets.bind", std::move(arguments))));
    return exit_done;
}

// With --every alone only the age is set, and no value is asked for.
Result<int> run_secret_rotate(const Desk& desk) {
    Json arguments = JsonObject{{"name", desk.options.text}};
    const std::int64_t days = desk.options.secret.every_days;
    if (days >= 0) {
        arguments["every_days"] = days;
    } else {
        std::string value = read_hidden(desk.screen, "New value (not shown): ");
        if (value.empty()) {
            return fail(Code::invalid_input, "the value is empty; nothing was changed");
        }
        arguments["value"] = value;
        wipe_text(value);
    }
    print_facts(desk, TRY(ask_keeper(desk, "secrets.rotate", std::move(arguments))));
    return exit_done;
}

Result<int> run_secret_remove(const Desk& desk) {
    TRY(ask_keeper(desk, "secrets.remove", JsonObject{{"name", desk.options.text}}));
    if (desk.screen.form() == Form::text) desk.screen.line("Removed.");
    return exit_done;
}

}  // namespace hs::cli
