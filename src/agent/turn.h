// What one session and one running turn hold in memory. Inside the agent room only.
// Threads: a Session belongs to the turn that has entered it.
#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "agent/assistant.h"
#include "flow/context.h"

namespace hs::agent {

struct Assistant::Session {
    SessionFacts facts;
    bool busy = false;
    bool loaded = false;
    bool fresh = false;                // not stored yet; its first message is stored with it
    bool is_private = false;           // never stored
    bool may_have_plan = false;        // the keeper may hold one
    std::vector<std::string> sources;  // what it has read that is not the person's own
    std::uint64_t last_use = 0;
    std::int64_t next_sequence = 1;
    std::string last_notice;  // of a model call; the same is not said with every step
    std::vector<models::Message> messages;
    flow::Label label = flow::Label::nothing();  // join of all that the model has seen
    // The same piece by piece, for the facts of each call.
    flow::Context context{std::make_shared<const flow::World>()};
};

struct Assistant::Turn {
    Session& session;
    TurnListener& listener;
    const os::WakeUp& cancel;
    TurnFacts facts;
    std::string person = {};
    std::string origin = {};
    std::string agent = "main";
    gate::Circumstances::Approver approver = gate::Circumstances::Approver::reachable;
    std::int64_t max_tokens = 0;
    std::string route = {};
    std::string said = {};   // the person's message, where it is theirs
    std::string notes = {};  // what was recalled for it
    models::Origin notes_origin = {};
    flow::Label notes_label = flow::Label::nothing();
    std::string text = {};  // what was answered so far
    models::Usage usage = {};
    models::Money_micro cost = 0;
    models::Finish finish = models::Finish::end_turn;
    std::string provider = {};
    std::string model = {};
    std::string call = {};  // id of the tool call that runs
    // An approval from before a restart, which the next matching call claims.
    std::string approval = {};
    // Calls of the same message that come after the one that runs, those of them that were looked
    // at ahead, and what was asked for them, by the id of the call.
    std::span<const models::ToolCallPart> later = {};
    std::set<std::string> looked_at = {};
    std::map<std::string, gate::Pending> asked = {};
    // The skill that the turn acts as, from the moment its text was given to the model.
    std::string skill = {};
    int failed_calls = 0;  // in a row
    // Whether the message that began the turn could be stored; not valid once it was asked.
    std::future<base::Result<>> begun = {};
};

}  // namespace hs::agent
