// Projects: which folder is of which class, as people and the organisation say.
//
// What it is for: `context.base.project in Hardshell::UseCase::"…"`. A class holds for the folder
// and everything below it, until a folder further down has its own. What the organisation says of a
// folder holds for all below it, whatever a person says.
// What it does not protect from: a class that is wrong. `hardshell project classify` shows what was
// found in the folder beside it.
// Threads: values and pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "policy/canonical_path.h"
#include "policy/words.h"
#include "wire/toml.h"

namespace hs::policy {

enum class Risk : std::uint8_t { unknown, low, medium, elevated, high, very_high };
std::string_view risk_name(Risk risk);  // "low", "very high"
// Personal work low … customer data very high; unclassified is unknown.
Risk risk_of(UseCase use);
// "internal tools (no production)", for people.
std::string_view use_case_title(UseCase use);

struct ProjectClass {
    CanonicalPath folder;
    UseCase use = UseCase::unclassified;
    std::string by;  // who said so
    base::WallTime_ms at_ms = 0;
};

class ProjectTable {
  public:
    static constexpr std::size_t projects_max = 10'000;

    // [[project]] folder, class, by, at. invalid_input names file and line; a folder twice is one.
    static base::Result<ProjectTable> parse(const wire::TomlDocument& document,
                                            std::string_view file);
    // The class of the nearest folder above; null where nobody said.
    const ProjectClass* find(const CanonicalPath& folder) const;
    void set(ProjectClass project);
    const std::vector<ProjectClass>& all() const { return projects_; }

  private:
    std::vector<ProjectClass> projects_;
};

// The table that `parse` reads back.
std::string to_toml(const ProjectTable& table);

}  // namespace hs::policy
