// People: who has which roles, as the organisation says (people.toml).
//
// What it is for: `@approvers("security")` counts the consent of whoever has that role. Names are
// those that the keeper gives: "uid 1000" for a user of this machine, "token NAME" for a client
// with a token. What it does not protect from: a name that is given to somebody else. Threads:
// immutable after parse.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/toml.h"

namespace hs::policy {

struct PersonRoles {
    std::string name;
    std::vector<std::string> roles;
    bool operator==(const PersonRoles&) const = default;
};

class PeopleTable {
  public:
    static constexpr std::size_t people_max = 10'000;

    // [[person]] name, roles. invalid_input names file and line.
    static base::Result<PeopleTable> parse(const wire::TomlDocument& document,
                                           std::string_view file);
    // Empty for somebody of whom nothing is said.
    std::vector<std::string> roles_of(std::string_view name) const;
    const std::vector<PersonRoles>& all() const { return people_; }

  private:
    std::vector<PersonRoles> people_;
};

}  // namespace hs::policy
