// policy try, rules, allow, forget and exception: questions to the keeper, which alone changes
// policy.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>

#include "hardshell/policy_words.h"
#include "os/file.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t token_bytes_max = 4096;

Tone tone_of(const std::string& outcome) {
    if (outcome == "allow") return Tone::good;
    return outcome == "ask" ? Tone::warning : Tone::bad;
}

void set_if(Json& arguments, std::string_view key, const std::string& value) {
    if (!value.empty()) arguments[key] = value;
}

void show_exception(const Screen& screen, const Json& item) {
    std::string effects;
    for (const Json& effect : items_of(item, "effects")) {
        effects += (effects.empty() ? "" : ", ") + *effect.text();
    }
    screen.line(fmt::format("{}  {}  lifts {}", screen.tone(Tone::strong, text_in(item, "id")),
                            text_in(item, "status"), text_in(item, "lifts")));
    screen.line(clean(fmt::format("  for       {} {}", effects, text_in(item, "target"))));
    const std::string project = text_in(item, "project");
    screen.line(
        clean(fmt::format("  whom      {}, space {}{}{}", text_in(item, "person"),
                          text_in(item, "space"), project.empty() ? "" : ", project ", project)));
    screen.line(clean(fmt::format("  because   {}", text_in(item, "reason"))));
    const std::string approver = text_in(item, "approver");
    screen.line(clean(fmt::format("  owner     {}{}{}", text_in(item, "owner"),
                                  approver.empty() ? "" : ", approved by ", approver)));
    screen.line(fmt::format("  until     {}", text_in(item, "until").substr(0, 16)));
}

}  // namespace

Result<int> run_policy_try(const Desk& desk) {
    Json arguments = TRY(wanted_action(desk));
    set_if(arguments, "preset", desk.options.policy.preset);
    const Json json = TRY(ask_keeper_about(desk, "policy.try", std::move(arguments)));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    const Screen& screen = desk.screen;
    const std::string outcome = text_in(json, "outcome");
    screen.line(fmt::format("{}  {}", screen.tone(tone_of(outcome), outcome),
                            clean(text_in(json, "action"))));
    const std::string text = text_in(json, "text");
    screen.write(clean(text.substr(std::min(text.find(": ") + 2, text.size()))));
    const std::string remedy = text_in(json, "remedy");
    if (!remedy.empty()) screen.line(clean(remedy));
    screen.line(screen.tone(Tone::faint, "Nothing was done."));
    return exit_done;
}

Result<int> run_policy_rules(const Desk& desk) {
    const Json json = TRY(ask_keeper_about(desk, "policy.rules", Json(JsonObject{})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    std::vector<std::vector<std::string>> rows;
    for (const Json& row : items_of(json, "rules")) {
        std::string words = text_in(row, "words");
        if (!text_in(row, "approvers").empty()) words += " [" + text_in(row, "approvers") + "]";
        if (!text_in(row, "until").empty()) words += " until " + text_in(row, "until");
        rows.push_back({text_in(row, "id"), text_in(row, "layer"), text_in(row, "effect"), words});
    }
    desk.screen.table({"rule", "layer", "does", "says"}, rows);
    return exit_done;
}

// First shown, then written: the keeper refuses when the rule is not the one that was shown.
Result<int> run_policy_allow(const Desk& desk) {
    Json arguments = TRY(wanted_action(desk));
    set_if(arguments, "until", desk.options.policy.until);
    set_if(arguments, "because", desk.options.policy.because);
    Json shown = TRY(ask_keeper_about(desk, "policy.allow", arguments));
    const Screen& screen = desk.screen;
    const bool json_form = screen.form() == Form::json;
    if (!json_form) {
        screen.line(clean(text_in(shown, "words")));
        screen.line();
        screen.write(screen.tone(Tone::code, clean(text_in(shown, "rule"))));
        screen.line();
    }
    if (!confirmed(desk, "Write this rule?")) {
        if (json_form) screen.json(shown);
        if (!json_form && !screen.interactive()) screen.line("Nothing was written; add --yes.");
        if (!json_form && screen.interactive()) screen.line("Nothing was written.");
        return json_form ? exit_done : exit_failed;
    }
    arguments["write"] = true;
    arguments["expect"] = text_in(shown, "id");
    set_if(arguments, "until", text_in(shown, "until"));  // "7d" is not the same a moment later
    shown = TRY(ask_keeper_about(desk, "policy.allow", std::move(arguments)));
    if (json_form) {
        screen.json(shown);
    } else {
        screen.line(fmt::format("In force. To take it back: hardshell policy forget {}",
                                text_in(shown, "id")));
    }
    return exit_done;
}

Result<int> run_policy_forget(const Desk& desk) {
    const Json json =
        TRY(ask_keeper_about(desk, "policy.forget", Json(JsonObject{{"rule", desk.options.text}})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        desk.screen.line(fmt::format("{} is gone.", text_in(json, "forgotten")));
    }
    return exit_done;
}

Result<int> run_exception_request(const Desk& desk) {
    const PolicyOptions& policy = desk.options.policy;
    if (policy.because.empty()) {
        return fail(Code::invalid_input, "why is it needed? --because \"REASON\"");
    }
    Json arguments = TRY(wanted_action(desk));
    arguments["because"] = policy.because;
    set_if(arguments, "until", policy.until);
    set_if(arguments, "owner", policy.owner);
    set_if(arguments, "target", policy.target);
    const Json json = TRY(ask_keeper_about(desk, "exception.request", std::move(arguments)));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    show_exception(desk.screen, json);
    desk.screen.line(fmt::format("With it the action would be: {} ({}).", text_in(json, "then"),
                                 clean(text_in(json, "then_reason"))));
    const std::string takes = text_in(json, "takes");
    const std::string id = text_in(json, "id");
    if (takes != "nobody else") {
        desk.screen.line(
            fmt::format("It takes {}. They type: hardshell policy exception grant {} "
                        "--token-file FILE",
                        clean(takes), id));
        return exit_done;
    }
    if (!confirmed(desk, "This policy wants nobody else for it. Grant it now?")) {
        desk.screen.line(fmt::format("Grant it with: hardshell policy exception grant {}", id));
        return exit_done;
    }
    TRY(ask_keeper_about(desk, "exception.grant", Json(JsonObject{{"id", id}})));
    desk.screen.line(
        fmt::format("In force. To end it earlier: hardshell policy exception revoke {}", id));
    return exit_done;
}

Result<std::string> token_from_file(const std::string& file) {
    std::string token;
    if (file == "-") {
        std::getline(std::cin, token);
    } else {
        token = TRY(os::read_text(file, token_bytes_max));
    }
    while (token.ends_with('\n')) token.pop_back();
    return token;
}

Result<int> run_exception_grant(const Desk& desk) {
    Json arguments{JsonObject{{"id", desk.options.text}}};
    const std::string& file = desk.options.policy.token_file;
    if (!file.empty()) arguments["token"] = TRY(token_from_file(file));
    const Json json = TRY(ask_keeper_about(desk, "exception.grant", std::move(arguments)));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    show_exception(desk.screen, json);
    const std::string missing = text_in(json, "missing");
    desk.screen.line(missing.empty() ? "In force." : "Your consent is recorded: " + missing + ".");
    return exit_done;
}

Result<int> run_exception_list(const Desk& desk) {
    const Json json = TRY(ask_keeper_about(desk, "exception.list", Json(JsonObject{})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    for (const char* key : {"requests", "exceptions"}) {
        for (const Json& item : items_of(json, key)) show_exception(desk.screen, item);
    }
    if (items_of(json, "requests").empty() && items_of(json, "exceptions").empty()) {
        desk.screen.line("No exceptions, and nobody asks for one.");
    }
    return exit_done;
}

Result<int> run_exception_revoke(const Desk& desk) {
    const Json json = TRY(
        ask_keeper_about(desk, "exception.revoke", Json(JsonObject{{"id", desk.options.text}})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        desk.screen.line(fmt::format("{}: {}", text_in(json, "id"), text_in(json, "status")));
    }
    return exit_done;
}

}  // namespace hs::cli
