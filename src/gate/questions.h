// Questions: finds out the facts of an action that hardshelld asks for, so that policy decides on
// what the keeper saw itself: the executable's bytes, the kind of the file, the zone of the host.
//
// What it does not protect from: a file that changes after this looked. Whoever acts checks hashes
// again and works through descriptors. Threads: one thread; the hash cache belongs to it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gate/action.h"
#include "gate/connector_book.h"
#include "gate/governance.h"
#include "gate/plan_book.h"
#include "gate/proven_walls.h"
#include "gate/settings.h"
#include "gate/skill_book.h"
#include "gate/tracked_files.h"
#include "policy/facts.h"
#include "policy/question.h"
#include "policy/trial.h"

namespace hs::gate {

class McpBook;

// Where things are on this machine; does not change while the keeper runs.
struct MachinePlaces {
    std::string home;
    std::vector<std::string> own_folders;  // state, configuration, programs
    std::vector<std::string> roots;        // granted besides the project
    std::string reader;                    // our own program that reads rich formats
};

struct Asked {
    Action action;  // completed: with the executable's hash
    policy::Question question;
    std::string text;  // canonical JSON of the action; its SHA-256 is the digest
    std::string digest;
    std::string resolved_executable;  // of RunCommand
    std::string refused;              // why the skill that acts may not, whatever policy says
    std::string plan;                 // id of the plan that the conversation is held to
    bool ends_memory = false;         // of LoadSkill: nothing of the conversation is remembered
};

class Questions {
  public:
    static constexpr std::uint64_t executable_bytes_max = std::uint64_t{1} << 30U;

    Questions(const policy::FactTables& tables, const Settings& settings,
              const Governance& governance, const base::Clock& clock, MachinePlaces places)
        : tables_(tables),
          settings_(settings),
          governance_(governance),
          clock_(clock),
          places_(std::move(places)) {}

    // Without one, no skill can act. It outlives this.
    void set_skills(const SkillBook* skills) { skills_ = skills; }
    // Without one, what hardshelld says of plans holds. It outlives this.
    void set_plans(const PlanBook* plans) { plans_ = plans; }
    // Without them, every wall counts as proven. They outlive this.
    void set_walls(const ProvenWalls* walls) { walls_ = walls; }
    // Without them, no tool of an MCP server is declared, and none is accepted. They outlive this.
    void set_mcp(const ConnectorBook* connectors, const McpBook* accepted) {
        connectors_ = connectors;
        accepted_ = accepted;
    }
    // Whether the settings name it.
    bool knows_mcp_server(std::string_view name) const;
    // invalid_input or not_found when the action cannot be what it says: a path that is not
    // canonical, a program that is not there, a provider that is not configured.
    base::Result<Asked> ask(Action action, const Circumstances& circumstances);
    // The question of an action in the words of policy/trial.h, with the facts of this machine, its
    // settings and what people have said. Nothing is done. Programs and files are really looked at;
    // a program that is not there is judged by its name.
    base::Result<policy::Question> ask_words(std::string_view words,
                                             const Circumstances& circumstances);
    // A question as it was recorded, with the facts as they are now: {action, question}.
    base::Result<Asked> ask_again(const wire::Json& recorded);
    // What a person changes by a command of their own: policy, an exception, a class, a review.
    policy::Question ask_change(std::string_view person, std::string_view requester,
                                std::string_view key, bool weakens) const;

    // A fact of every question from now on.
    void set_lockdown(bool on) { lockdown_ = on; }

  private:
    base::Result<policy::Surroundings> surroundings(const Circumstances& circumstances) const;
    base::Result<> fill(const ReadFile& action, Asked& asked, const policy::Surroundings& around);
    base::Result<> fill(const WriteFile& action, Asked& asked, const policy::Surroundings& around);
    base::Result<> fill(RunCommand& action, const std::string& skill, Asked& asked,
                        const policy::Surroundings& around);
    std::vector<std::string> judged_argv(const RunCommand& action, const std::string& skill) const;
    base::Result<> fill(const SendHttp& action, Asked& asked);
    base::Result<> fill(const Infer& action, Asked& asked);
    base::Result<> fill(const ChangeSetting& action, Asked& asked);
    base::Result<> fill(const Connect& action, Asked& asked);
    base::Result<policy::CompartmentTarget> compartment_target(
        const std::string& name, const policy::Surroundings& around) const;
    base::Result<> fill(const Recall& action, Asked& asked, const policy::Surroundings& around);
    base::Result<> fill(const Remember& action, Asked& asked, const policy::Surroundings& around);
    base::Result<> fill(const SendMessage& action, Asked& asked);
    policy::Channel channel_named(const std::string& name) const;
    base::Result<> fill(const LoadSkill& action, Asked& asked);
    base::Result<> fill(const CallTool& action, Asked& asked);
    void act_as_skill(const Circumstances& circumstances, const Action& action, Asked& asked);
    base::Result<std::string> hash_of(const std::string& path);
    base::Result<> begin(const Circumstances& circumstances, const policy::Surroundings& around,
                         policy::Question& question) const;
    policy::PathTarget path_target(const policy::CanonicalPath& path,
                                   const policy::Surroundings& around);
    base::Result<Action> action_of_words(std::string_view verb, const std::string& rest,
                                         const Circumstances& circumstances) const;
    base::Result<policy::Given> given(std::string_view verb, const std::string& rest,
                                      const Circumstances& circumstances) const;

    struct Known {
        std::uint64_t device, inode, size_bytes;
        std::int64_t modified_ns, changed_ns;
        std::string sha256;
    };
    const SkillBook* skills_ = nullptr;
    const PlanBook* plans_ = nullptr;
    const ProvenWalls* walls_ = nullptr;
    const ConnectorBook* connectors_ = nullptr;
    const McpBook* accepted_ = nullptr;
    const policy::FactTables& tables_;  // outlives this
    const Settings& settings_;          // outlives this
    const Governance& governance_;      // outlives this
    const base::Clock& clock_;          // outlives this
    MachinePlaces places_;
    bool lockdown_ = false;
    std::map<std::string, Known> hashes_;
    TrackedFiles tracked_;
};

}  // namespace hs::gate
