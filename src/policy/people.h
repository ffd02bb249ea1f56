// People: who has which roles, as the organisation says (people.toml).
//
// What it is for: `@approvers("security")` counts the consent of whoever has that role. Names are
// those that the keeper gives: "uid 1000" for a user of this machine, "token NAME" for a client
// with a token. `accounts` are the person's accounts on chat platforms, "slack/T012/U045": kind,
// tenant (empty where the platform has none) and the stable user id. What it does not protect from:
// a name that is given to somebody else. Threads: immutable after parse.
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
    std::vector<std::string> accounts = {};
    bool operator==(const PersonRoles&) const = default;
};

class PeopleTable {
  public:
    static constexpr std::size_t people_max = 10'000;

    // [[person]] name, roles, accounts?. invalid_input names file and line.
    static base::Result<PeopleTable> parse(const wire::TomlDocument& document,
                                           std::string_view file);
    // Empty for somebody of whom nothing is said.
    std::vector<std::string> roles_of(std::string_view name) const;
    // Whose account that is; empty: the directory does not say.
    std::string person_of(std::string_view account) const;
    const std::vector<PersonRoles>& all() const { return people_; }

  private:
    std::vector<PersonRoles> people_;
};

}  // namespace hs::policy
