// SkillBook: what the keeper knows of installed skills: whether one may act at all, and whether its
// manifest admits an action. The keeper reads the store itself; hardshelld's word does not count.
//
// What it is for: a skill may do what its manifest names, and of that what policy permits the
// principal that it is. What it does not protect from: what an admitted program does inside its
// sandbox with what that shows it. skill_limits.h has what is about no single path or host.
// Threads: one thread; every call reads the store anew, so that a changed byte is seen.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "gate/action.h"
#include "gate/launch_plan.h"
#include "gate/settings.h"
#include "policy/profile.h"
#include "policy/question.h"
#include "skills/store.h"

namespace hs::gate {

// Whose signatures count: the organisation's list where there is one, else the person's.
std::vector<std::string> reviewer_files(const Settings& settings, const std::string& config_folder);

class SkillBook {
  public:
    SkillBook(skills::Store store, std::string home, const base::Clock& clock)
        : store_(std::move(store)), home_(std::move(home)), clock_(clock) {}

    // Enabled, whole and unchanged; denied with the reason otherwise.
    base::Result<skills::Loaded> find(const std::string& name) const;
    // Why the manifest does not admit the action; empty when it does.
    // `question` has the facts of the action's target and the label of what it derives from.
    std::string refusal(const skills::Loaded& skill, const Action& action,
                        const Circumstances& circumstances, const policy::Question& question) const;
    // Why its text may not come into a conversation that has seen such data; empty when it may.
    static std::string refused_loading(const skills::Loaded& skill, flow::DataClasses seen);
    // Whether the manifest names the host with any method.
    static bool reaches(const skills::Loaded& skill, std::string_view host, std::uint16_t port);
    // Whether it is a file of the skill, at its place in the store and with these bytes.
    bool holds(const skills::Loaded& skill, const RunCommand::Script& script) const;
    policy::Actor actor(const skills::Loaded& skill, const std::string& agent) const;

    // The profile, no wider than the manifest, as "skill:NAME"; files of a class that the manifest
    // does not name are masked.
    policy::Profile narrowed(const policy::Profile& profile, const skills::Loaded& skill,
                             const policy::PathClasses& classes) const;
    // A script of the skill comes with the folder that it lies in, as the bytes that the store's
    // digest is of, at a place of its own: the store itself is shown to no sandbox.
    base::Result<> stage_folder(os::LaunchSpec& spec, const skills::Loaded& skill,
                                const RunCommand& command) const;
    // Shows the folders that the manifest names and the person has granted.
    void show_folders(os::LaunchSpec& spec, const skills::Loaded& skill,
                      const LaunchPlaces& places) const;
    static bool may_use_secret(const skills::Loaded& skill, std::string_view secret);

  private:
    std::string resolved(const std::string& path, const skills::Loaded& skill,
                         const std::string& project) const;
    bool lies_in_any(const std::vector<std::string>& folders, const std::string& path,
                     const skills::Loaded& skill, const std::string& project) const;
    std::string refused_reach(const skills::Loaded& skill, const Action& action,
                              const Circumstances& circumstances) const;
    std::string refused_command(const skills::Loaded& skill, const RunCommand& command,
                                const Circumstances& circumstances) const;

    skills::Store store_;
    std::string home_;
    const base::Clock& clock_;
};

}  // namespace hs::gate
