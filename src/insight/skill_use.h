// SkillUse: what a skill did of what it may do, read from the log, and the manifest that would have
// been enough.
//
// What it is for: the quarterly list of skills: when each was last used, which permissions it never
// needed, how often it tried more. What it does not protect from: a permission that is needed once
// a year; and of files, what a program inside a sandbox reads is not in the log, so whatever shows
// the project to a program counts as used.
// Threads: a SkillUses belongs to one thread; the rest are pure functions.
#pragma once

#include <map>
#include <set>
#include <string>

#include "audit/facts.h"
#include "skills/permissions.h"

namespace hs::insight {

struct SkillUse {
    base::WallTime_ms last_ms = 0;  // of all the log
    // Within the window:
    std::uint64_t loads = 0;
    std::uint64_t allowed = 0;
    std::uint64_t denied = 0;
    std::set<std::string> tools;
    std::set<std::string> programs;
    std::set<std::string> requests;  // "HOST:PORT METHOD"
    std::set<std::string> reads;     // "project/…" below the project, else the canonical path
    std::set<std::string> writes;
    std::set<std::string> secrets;
    bool ran = false;
    bool recalled = false;
    bool remembered = false;
};

class SkillUses {
  public:
    static constexpr std::size_t skills_max = 2'000;
    static constexpr std::size_t items_max = 10'000;  // of each kind, for each skill

    explicit SkillUses(base::WallTime_ms from_ms) : from_ms_(from_ms) {}
    // The events in their order.
    void add(const audit::RecordedEvent& event);
    const SkillUse* find(const std::string& skill) const;

  private:
    void add_action(const wire::Json& action, const std::string& project, SkillUse& use);

    base::WallTime_ms from_ms_;
    audit::Story story_;
    std::map<std::string, SkillUse> uses_;
};

// Of what is granted, that which was used; `home` is what "~" stands for.
skills::Permissions used_of(const skills::Permissions& granted, const SkillUse& use,
                            const std::string& home);

}  // namespace hs::insight
