// PlanBook: the plan that each conversation is held to, and which of them have read a stranger's
// text.
//
// What it is for: before the first text of a stranger is read, the assistant says which tools the
// task needs, with the arguments that are known by then. From there on the keeper, not hardshelld,
// says of each action whether it is part of that plan. A plan only shrinks; it ends when the person
// says something new. It survives restarts.
// What it does not protect from: a plan that leaves much open; and hardshelld, which tells what a
// conversation has read. Once told that it was a stranger's text, the book does not take less.
// Threads: one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "flow/plan.h"
#include "gate/action.h"
#include "policy/question.h"

namespace hs::gate {

struct HeldPlan {
    std::string id;
    std::string session;
    std::string turn;  // that declared it
    std::string person;
    base::WallTime_ms declared_ms = 0;
    flow::Plan plan;
    bool strangers_read = false;  // since it was declared
};

class PlanBook {
  public:
    static constexpr std::size_t plans_max = 1000;
    static constexpr std::size_t calls_max = 50;

    // A file that cannot be read: every conversation that it may have held to a plan would be free
    // of it, so that fails.
    static base::Result<PlanBook> open(std::string path);

    // What a question of this conversation was derived from.
    void note(const Circumstances& circumstances);
    // Durable when it returns. conflict after the first text of a stranger, and for a plan that is
    // wider than the one that is held.
    base::Result<> declare(HeldPlan plan, const Circumstances& circumstances);
    // Whether there was one; durable.
    base::Result<bool> end(const std::string& session);
    const HeldPlan* find(const std::string& session) const;
    // Says of an action what the plan says: whether there is one, whether it is part of it, and
    // that what the plan fixes was vouched for. Its id, or nothing without a plan.
    std::string mark(const Action& action, const std::string& session,
                     policy::FlowFacts& facts) const;

  private:
    explicit PlanBook(std::string path) : path_(std::move(path)) {}
    base::Result<> save() const;
    bool has_read_strangers(const std::string& session) const;

    std::string path_;
    std::map<std::string, HeldPlan> plans_;  // by session
    std::set<std::string> strangers_read_;   // sessions
};

// One way in which a tool call can have led to an action, with the arguments that it settles.
struct ToolView {
    std::string tool;
    wire::Json arguments;
};
// None for what no tool call asks for.
std::vector<ToolView> views_of(const Action& action);

}  // namespace hs::gate
