#include "hardshell/policy_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "audit/read.h"
#include "gate/action.h"
#include "hardshell/conversation.h"
#include "hardshell/lines.h"
#include "os/environment.h"
#include "os/file.h"
#include "policy/tool_table.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t decisions_looked_at_max = 500;
constexpr std::size_t id_characters = 26;

Result<std::vector<audit::Record>> find_records(const Desk& desk, const std::string& id) {
    audit::EventQuery query;
    query.kinds = {audit::EventKind::decision};
    if (id != "last") query.matches = {{audit::Field::decision, id}};
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    return reader.search(query, id == "last" ? decisions_looked_at_max : 1);
}

}  // namespace

Result<Json> ask_keeper_about(const Desk& desk, std::string_view verb, Json arguments) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    return keeper.question(verb, std::move(arguments));
}

const wire::JsonArray& items_of(const Json& json, std::string_view key) {
    static const wire::JsonArray none;
    const Json* found = json.find(key);
    return found != nullptr && found->array() != nullptr ? *found->array() : none;
}

void note_log_reading(const Desk& desk, std::string_view what) {
    const auto noted = ask_keeper_about(desk, "log.note_reading", Json(JsonObject{{"what", what}}));
    static_cast<void>(noted.ok());  // without a keeper the log is read as it lies there
}

bool is_decision_id(std::string_view text) {
    const auto is_of_id = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
    return text == "last" ||
           (text.size() == id_characters && std::all_of(text.begin(), text.end(), is_of_id));
}

Result<RecordedDecision> recorded_decision(const audit::RecordedEvent& event) {
    RecordedDecision decision;
    decision.event = event.json;
    decision.id = event.text(audit::Field::decision);
    decision.time_ms = event.time_ms;
    decision.outcome = event.text(audit::Field::outcome);
    decision.content = event.text(audit::Field::content);
    const Json* detail = event.json.find("detail");
    const Json* explanation = detail != nullptr ? detail->find("explanation") : nullptr;
    if (explanation == nullptr) {
        return fail(Code::invalid_input,
                    fmt::format("the record of {} says not what policy said", decision.id));
    }
    decision.explanation = *explanation;
    decision.summary = text_in(*detail, "summary");
    const Json* request = detail->find("request");
    if (request == nullptr) return decision;
    const Json* action = request->find("action");
    const Json* question = request->find("question");
    if (action != nullptr) decision.action = *action;
    if (question != nullptr) decision.question = *question;
    const auto typed = gate::action_from_json(decision.action);
    if (typed) decision.summary = gate::summary_of(*typed);
    return decision;
}

Result<> complete(const Desk& desk, RecordedDecision& decision) {
    if (!decision.question.is_null() || decision.content.empty()) return {};
    const Json request = TRY(
        ask_keeper_about(desk, "policy.recorded", Json(JsonObject{{"content", decision.content}})));
    if (const Json* action = request.find("action")) decision.action = *action;
    if (const Json* question = request.find("question")) decision.question = *question;
    return {};
}

Result<RecordedDecision> find_decision(const Desk& desk, const std::string& id) {
    note_log_reading(desk, "decision " + id);
    for (const audit::Record& record : TRY(find_records(desk, id))) {
        RecordedDecision decision = TRY(recorded_decision(TRY(audit::parse_event(record.leaf))));
        if (id == "last" && decision.outcome == "allow") continue;
        TRY(complete(desk, decision));
        return decision;
    }
    return fail(Code::not_found,
                id == "last" ? "nothing was denied or asked lately"
                             : fmt::format("there is no decision {} in the log; see: hardshell "
                                           "audit tail",
                                           id));
}

Result<Json> wanted_action(const Desk& desk) {
    const auto& words = desk.options.policy.words;
    Json arguments{JsonObject{}};
    if (words.size() == 1 && is_decision_id(words.front())) {
        const RecordedDecision decision = TRY(find_decision(desk, words.front()));
        arguments["recorded"] =
            JsonObject{{"action", decision.action}, {"question", decision.question}};
        arguments["decision"] = decision.id;
        arguments["name"] = decision.id;
        return arguments;
    }
    const std::string all = fmt::format("{}", fmt::join(words, " "));
    arguments["words"] = all;
    arguments["name"] = policy::command_line({all});
    const std::string folder =
        desk.options.project.empty() ? TRY(os::working_folder()) : desk.options.project;
    arguments["project"] = TRY(os::resolve_path(folder));
    arguments["untrusted"] = desk.options.policy.untrusted;
    return arguments;
}

bool confirmed(const Desk& desk, const std::string& question) {
    if (desk.options.policy.yes) return true;
    if (!desk.screen.interactive() || desk.screen.form() == Form::json) return false;
    const auto answer = read_answer(desk.screen, question + " [y/N] ");
    return answer && (*answer == "y" || *answer == "Y" || *answer == "yes");
}

}  // namespace hs::cli
