// EventFacts: who did what to what, read out of an event's members and its detail.
//
// What it is for: search, usage, blast radius and the SIEM ask the same questions of every kind of
// event; the answers are found here once. An effect or a connection names only its decision: Story
// gives it that decision's person, session and target.
// What it does not protect from: a request that was too large for its record and lies in a blob;
// then only its summary is known.
// Threads: values; a Story belongs to one thread.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "audit/event.h"

namespace hs::audit {

struct EventFacts {
    EventKind kind = EventKind::doctor;
    base::WallTime_ms time_ms = 0;
    std::string person;
    std::string space;
    std::string agent;
    std::string skill;
    std::string session;
    std::string turn;
    std::string decision;
    std::string outcome;
    std::string effect;   // "file.read", "run", "http", "infer": the action's kind
    std::string tool;     // for a command its program's name, else the effect
    std::string project;  // canonical path of the project's folder
    std::string project_use;
    std::string provider;
    std::string model;
    std::string memory;  // that was to be kept: its compartment and the hash of its content
    std::vector<std::string> memories;  // ids: that was kept, or that a model was given
    std::string integrity;              // of the label: "person", "internal", "untrusted"
    std::vector<std::string> classes;
    std::vector<std::string> hosts;
    std::vector<std::string> files;     // canonical paths that the action names
    std::vector<std::string> operands;  // a command's operands, taken as paths: perhaps files
    std::vector<std::string> secrets;
    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;
    std::uint64_t input_tokens = 0;  // of a whole turn, with its answer
    std::uint64_t output_tokens = 0;
    std::uint64_t cost_micro = 0;  // millionths of the currency unit

    bool changes() const;  // a file was to be written, a command run, a request sent
};

EventFacts facts_of(const RecordedEvent& event);

// Read the events in their order; each gets what its decision said.
class Story {
  public:
    // Decisions that are remembered; effects follow theirs closely.
    static constexpr std::size_t decisions_max = 65'536;

    EventFacts take(const RecordedEvent& event);

  private:
    void remember(const EventFacts& facts);
    static void inherit(EventFacts& facts, const EventFacts& from);

    std::unordered_map<std::string, EventFacts> decisions_;
    std::deque<std::string> order_;
    std::unordered_map<std::string, std::string> persons_;  // by session
};

// What a person asks the log for. Empty texts ask nothing; all that is given must hold.
struct Facets {
    std::string person = {};
    std::string tool = {};  // an effect, or the name of a program
    std::string host = {};
    std::string secret = {};
    std::string file = {};  // a whole path, or its last parts
    std::string session = {};
    std::string outcome = {};
    std::string skill = {};

    bool empty() const;
};
bool matches(const Facets& facets, const EventFacts& facts);
bool names_file(const EventFacts& facts, std::string_view path);

}  // namespace hs::audit
