// What the commands of policy share: questions to the keeper, the recorded decisions, and answers
// of a person at the terminal.
// Threads: one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/event.h"
#include "hardshell/commands.h"

namespace hs::cli {

// not_found, with the way to start it, where no keeper runs.
base::Result<wire::Json> ask_keeper_about(const Desk& desk, std::string_view verb,
                                          wire::Json arguments);

// A decision as the log has it.
struct RecordedDecision {
    std::string id;
    base::WallTime_ms time_ms = 0;
    std::string outcome;     // what was answered: allow, ask or deny
    wire::Json action;       // of gate/action.h
    wire::Json question;     // of policy/question.h
    wire::Json explanation;  // what policy said
    std::string content;     // the sealed request's hash, where it was too large for the record
    std::string summary;     // one line for a person
    wire::Json event;        // the record, whole
};
base::Result<RecordedDecision> recorded_decision(const audit::RecordedEvent& event);
// Fetches what was too large for its record from the keeper.
base::Result<> complete(const Desk& desk, RecordedDecision& decision);
// By its id, or "last": the last one that was not allowed at once.
base::Result<RecordedDecision> find_decision(const Desk& desk, const std::string& id);
// Does the text look like a decision's id, or is it "last"?
bool is_decision_id(std::string_view text);

// {recorded, decision} for an id, {words, project} for words: what the keeper's verbs take.
base::Result<wire::Json> wanted_action(const Desk& desk);

// Yes at the terminal, or --yes; without a terminal and --yes it is no.
bool confirmed(const Desk& desk, const std::string& question);
// Reading the log is itself recorded, where a keeper is there to do it.
void note_log_reading(const Desk& desk, std::string_view what);

const wire::JsonArray& items_of(const wire::Json& json, std::string_view key);

}  // namespace hs::cli
