// project, assess and acceptable-use: what people say that policy decides with.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hardshell/conversation.h"
#include "hardshell/folder_look.h"
#include "hardshell/policy_words.h"
#include "os/environment.h"
#include "os/file.h"
#include "policy/projects.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using policy::UseCase;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t answers_bytes_max = 65'536;

UseCase suggestion(const FolderLook& look) {
    return look.findings.empty() ? UseCase::unclassified : look.findings.front().suggests;
}

Json findings_json(const FolderLook& look) {
    Json list{wire::JsonArray{}};
    for (const policy::Finding& finding : look.findings) {
        Json seen{wire::JsonArray{}};
        for (const std::string& path : finding.seen) seen.push(path);
        list.push(JsonObject{{"suggests", policy::name_of(finding.suggests)},
                             {"because", finding.because},
                             {"seen", std::move(seen)}});
    }
    return list;
}

void show_look(const Screen& screen, const FolderLook& look) {
    for (const policy::Finding& finding : look.findings) {
        screen.line(clean(fmt::format("  {:<24}{}: {}", policy::name_of(finding.suggests),
                                      finding.because, fmt::join(finding.seen, ", "))));
    }
    if (look.findings.empty()) screen.line("  Nothing in it tells what it is used for.");
    if (!look.is_whole) {
        screen.line(fmt::format("  Only the first {} names were looked at.", look.names));
    }
}

void show_classes(const Screen& screen) {
    std::vector<std::vector<std::string>> rows;
    for (const std::string_view name : policy::word_names<UseCase>()) {
        const auto use = *policy::word_from_name<UseCase>(name);
        if (use == UseCase::unclassified) continue;
        rows.push_back({std::string(name), std::string(policy::risk_name(policy::risk_of(use))),
                        std::string(policy::use_case_title(use))});
    }
    screen.table({"class", "risk", "means"}, rows);
}

// "QUESTION=ANSWER" into the answers.
Result<> add_answer(Json& answers, const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        return fail(Code::invalid_input,
                    fmt::format("\"{}\": expected QUESTION=ANSWER, such as keeps=no", text));
    }
    answers[text.substr(0, equals)] = text.substr(equals + 1);
    return {};
}

Result<> add_answers_of_file(Json& answers, const std::string& path) {
    std::string text = TRY(os::read_text(path, answers_bytes_max));
    std::string_view left = text;
    while (!left.empty()) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        const std::string line(left.substr(0, end));
        left.remove_prefix(std::min(end + 1, left.size()));
        if (!line.empty() && line.front() != '#') TRY(add_answer(answers, line));
    }
    return {};
}

std::string condition(const Json& conditions, std::string_view key, std::string_view yes,
                      std::string_view no) {
    const Json* found = conditions.find(key);
    return std::string(found && found->boolean() && *found->boolean() ? yes : no);
}

void show_item(const Screen& screen, const Json& item) {
    const std::string tier = text_in(item, "tier");
    screen.line(clean(fmt::format("{}  {}{}{}", screen.tone(Tone::strong, text_in(item, "item")),
                                  text_in(item, "state"), tier.empty() ? "" : ", ", tier)));
    if (const Json* conditions = item.find("conditions")) {
        screen.line(fmt::format(
            "  {}, {}, {}, {}",
            condition(*conditions, "keeps_nothing", "keeps nothing", "keeps data"),
            condition(*conditions, "known_provider", "known provider", "provider not known"),
            condition(*conditions, "assessed", "self-assessment done", "no self-assessment"),
            condition(*conditions, "reviewed", "security review done", "no security review")));
        screen.line(clean("  by " + text_in(item, "source")));
    }
    std::string open;
    for (const Json& id : items_of(item, "open")) open += (open.empty() ? "" : " ") + *id.text();
    if (!open.empty()) screen.line("  not answered: " + open);
}

Result<Json> show_one(const Desk& desk, const std::string& item) {
    return ask_keeper_about(desk, "assess.show", Json(JsonObject{{"item", item}}));
}

// Asks the open questions at the terminal, one by one; an empty line leaves one open.
Result<Json> ask_questions(const Desk& desk, const Json& item) {
    Json answers{JsonObject{}};
    for (const Json& question : items_of(item, "questions")) {
        const std::string id = text_in(question, "id");
        const bool yes_no = text_in(question, "kind") == "yes-no";
        desk.screen.line(clean(text_in(question, "ask")));
        const auto answer = read_answer(desk.screen, yes_no ? "  yes or no > " : "  > ");
        if (!answer) break;
        if (!answer->empty()) answers[id] = *answer;
    }
    return answers;
}

Result<int> send_answers(const Desk& desk, const std::string& item, Json answers) {
    Json arguments = JsonObject{{"item", item}, {"answers", std::move(answers)}};
    arguments["anew"] = desk.options.policy.anew;
    const Json json = TRY(ask_keeper_about(desk, "assess.answer", std::move(arguments)));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        show_item(desk.screen, json);
        if (!items_of(json, "open").empty()) {
            desk.screen.line(
                fmt::format("Go on with: hardshell assess answer {} QUESTION=ANSWER", item));
        }
    }
    return exit_done;
}

}  // namespace

// Without a class: what is known, what was seen, what it suggests. With one: set it.
Result<int> run_project_classify(const Desk& desk) {
    const std::string folder = TRY(os::resolve_path(
        desk.options.text.empty() ? TRY(os::working_folder()) : desk.options.text));
    const FolderLook look = TRY(look_at_folder(folder));
    const UseCase suggested = suggestion(look);
    Json arguments = JsonObject{{"folder", folder}};
    Json known = TRY(ask_keeper_about(desk, "project.classify", arguments));
    std::string wanted = desk.options.second;
    const Screen& screen = desk.screen;
    if (screen.form() == Form::text) {
        screen.line(fmt::format("{}  {} ({})", screen.tone(Tone::strong, clean(folder)),
                                text_in(known, "title"), text_in(known, "source")));
        show_look(screen, look);
    }
    if (wanted.empty() && suggested != UseCase::unclassified &&
        confirmed(desk, fmt::format("Classify it as {}?", policy::name_of(suggested)))) {
        wanted = policy::name_of(suggested);
    }
    if (wanted.empty()) {
        known["suggested"] = policy::name_of(suggested);
        known["evidence"] = findings_json(look);
        if (screen.form() == Form::json) {
            screen.json(known);
            return exit_done;
        }
        show_classes(screen);
        screen.line(fmt::format("Set it with: hardshell project classify {} CLASS", clean(folder)));
        return exit_done;
    }
    arguments["class"] = wanted;
    if (suggested != UseCase::unclassified) arguments["detected"] = policy::name_of(suggested);
    arguments["evidence"] = findings_json(look);
    known = TRY(ask_keeper_about(desk, "project.classify", std::move(arguments)));
    if (screen.form() == Form::json) {
        screen.json(known);
    } else {
        screen.line(fmt::format("Now: {}, risk {}. It holds for everything below the folder.",
                                text_in(known, "title"), text_in(known, "risk")));
    }
    return exit_done;
}

Result<int> run_project_list(const Desk& desk) {
    const Json json = TRY(ask_keeper_about(desk, "project.list", Json(JsonObject{})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    std::vector<std::vector<std::string>> rows;
    for (const Json& row : items_of(json, "projects")) {
        rows.push_back(
            {text_in(row, "class"), text_in(row, "risk"),
             text_in(row, "source") == "organisation" ? "the organisation" : text_in(row, "by"),
             text_in(row, "folder")});
    }
    if (rows.empty()) {
        desk.screen.line("No folder has a class yet. Give one: hardshell project classify FOLDER");
        return exit_done;
    }
    desk.screen.table({"class", "risk", "said by", "folder"}, rows);
    return exit_done;
}

Result<int> run_assess_start(const Desk& desk) {
    const std::string& item = desk.options.text;
    const Json known = TRY(show_one(desk, item));
    Json answers{JsonObject{}};
    if (!desk.options.policy.answers_file.empty()) {
        TRY(add_answers_of_file(answers, desk.options.policy.answers_file));
    } else if (desk.screen.interactive() && desk.screen.form() == Form::text) {
        answers = TRY(ask_questions(desk, known));
    }
    if (desk.screen.form() == Form::text && !desk.screen.interactive() &&
        answers.object()->empty()) {
        for (const Json& question : items_of(known, "questions")) {
            desk.screen.line(fmt::format("{}  ({})\n    {}", text_in(question, "id"),
                                         text_in(question, "kind"), text_in(question, "ask")));
        }
    }
    return send_answers(desk, item, std::move(answers));
}

Result<int> run_assess_answer(const Desk& desk) {
    const auto& words = desk.options.policy.words;
    Json answers{JsonObject{}};
    for (std::size_t i = 1; i < words.size(); ++i) TRY(add_answer(answers, words[i]));
    if (!desk.options.policy.answers_file.empty()) {
        TRY(add_answers_of_file(answers, desk.options.policy.answers_file));
    }
    if (answers.object()->empty()) {
        return fail(Code::invalid_input, "which answer? QUESTION=ANSWER, such as keeps=no");
    }
    return send_answers(desk, words.front(), std::move(answers));
}

Result<int> run_assess_review(const Desk& desk) {
    const Json json = TRY(ask_keeper_about(
        desk, "assess.review",
        Json(JsonObject{{"item", desk.options.text}, {"digest", desk.options.policy.digest}})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        show_item(desk.screen, json);
    }
    return exit_done;
}

Result<int> run_assess_list(const Desk& desk) {
    const Json json = TRY(ask_keeper_about(desk, "assess.list", Json(JsonObject{})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    for (const Json& item : items_of(json, "items")) show_item(desk.screen, item);
    if (items_of(json, "items").empty()) {
        desk.screen.line("Nothing is assessed yet. Begin: hardshell assess start provider/NAME");
    }
    return exit_done;
}

Result<int> run_assess_show(const Desk& desk) {
    const Json json = TRY(show_one(desk, desk.options.text));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    show_item(desk.screen, json);
    const Json* answers = json.find("answers");
    for (const Json& question : items_of(json, "questions")) {
        const std::string id = text_in(question, "id");
        const std::string answer = answers != nullptr ? text_in(*answers, id) : "";
        desk.screen.line(
            clean(fmt::format("  {:<10}{}\n            {}", id, text_in(question, "ask"),
                              answer.empty() ? "(not answered)" : answer)));
    }
    if (const Json* review = json.find("review")) {
        desk.screen.line(clean(fmt::format("  review of {} by {} on {}", text_in(*review, "digest"),
                                           text_in(*review, "by"), text_in(*review, "at"))));
    }
    return exit_done;
}

Result<int> run_use_show(const Desk& desk) {
    const Json json = TRY(ask_keeper_about(desk, "use.show", Json(JsonObject{})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    const std::string text = text_in(json, "text");
    if (text.empty()) {
        desk.screen.line("No acceptable-use text is set by an organisation.");
        return exit_done;
    }
    desk.screen.write(clean(text) + (text.ends_with('\n') ? "" : "\n"));
    const Json* acknowledged = json.find("acknowledged");
    const bool done = acknowledged && acknowledged->boolean() && *acknowledged->boolean();
    desk.screen.note(
        done ? fmt::format("Version {}: you have acknowledged it.", text_in(json, "version"))
             : fmt::format("Version {}. When you have read it: hardshell "
                           "acceptable-use acknowledge",
                           text_in(json, "version")));
    return exit_done;
}

Result<int> run_use_acknowledge(const Desk& desk) {
    const Json shown = TRY(ask_keeper_about(desk, "use.show", Json(JsonObject{})));
    const std::string in_force = text_in(shown, "version");
    if (in_force.empty()) {
        return fail(Code::not_found, "no acceptable-use text is set by an organisation");
    }
    std::string version = desk.options.policy.version;
    if (version.empty() && desk.options.policy.yes) version = in_force;
    if (version.empty() && desk.screen.interactive() && desk.screen.form() == Form::text) {
        desk.screen.write(clean(text_in(shown, "text")) + "\n");
        if (confirmed(desk, "Have you read it, and will you keep to it?")) version = in_force;
    }
    if (version.empty()) {
        return fail(Code::invalid_input,
                    fmt::format("nothing was acknowledged; read it (hardshell acceptable-use "
                                "show), then add --version {}",
                                in_force));
    }
    const Json json =
        TRY(ask_keeper_about(desk, "use.acknowledge", Json(JsonObject{{"version", version}})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        desk.screen.line(fmt::format("Acknowledged: version {}.", version));
    }
    return exit_done;
}

}  // namespace hs::cli
