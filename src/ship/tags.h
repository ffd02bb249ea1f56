// Tags: which published weaknesses and attack techniques an event bears on: OWASP Agentic 2026
// (ASI..), OWASP LLM 2025 (LLM..), MITRE ATLAS 5.6.0 (AML.T....).
//
// What it is for: a security team's searches and dashboards. A tag says "look here for that", not
// "this happened".
// What it does not protect from: nothing is decided here. Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "audit/facts.h"

namespace hs::ship {

struct Technique {
    std::string uid;  // "AML.T0051.001"
    std::string name;
};

struct Tags {
    std::vector<std::string> owasp;  // "ASI02", "LLM06", sorted
    std::vector<Technique> atlas;
};

// The facts are those of the event's story, the event its own.
Tags tags_of(const audit::RecordedEvent& event, const audit::EventFacts& facts);

}  // namespace hs::ship
