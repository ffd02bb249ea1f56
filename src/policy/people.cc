#include "policy/people.h"

#include <algorithm>

#include "policy/rule.h"
#include "policy/table_reader.h"

namespace hs::policy {

using base::Result;

namespace {

constexpr std::size_t account_bytes_max = 300;

bool is_account(std::string_view text) {
    const bool plain =
        text.size() <= account_bytes_max &&
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
    const std::size_t first = text.find('/');
    return plain && first != 0 && std::count(text.begin(), text.end(), '/') == 2 &&
           !text.ends_with('/');
}

}  // namespace

Result<PeopleTable> PeopleTable::parse(const wire::TomlDocument& document, std::string_view file) {
    PeopleTable result;
    TableReader root(document, file);
    for (TableReader& table : TRY(root.tables("person"))) {
        PersonRoles person{TRY(table.text("name")), TRY(table.texts("roles"))};
        if (table.has("accounts")) person.accounts = TRY(table.texts("accounts"));
        TRY(table.finish());
        if (person.name.empty()) return table.refuse("name", "may not be empty");
        if (!result.roles_of(person.name).empty()) {
            return table.refuse("name", "the person stands here twice");
        }
        for (const std::string& role : person.roles) {
            if (!is_rule_id(role)) return table.refuse("roles", "\"" + role + "\" is no role");
        }
        for (const std::string& account : person.accounts) {
            if (!is_account(account)) {
                return table.refuse("accounts", "\"" + account + "\" is not KIND/TENANT/USER");
            }
            if (!result.person_of(account).empty()) {
                return table.refuse("accounts", "\"" + account + "\" is somebody else's already");
            }
        }
        if (result.people_.size() >= people_max) return table.refuse("name", "too many people");
        result.people_.push_back(std::move(person));
    }
    TRY(root.finish());
    return result;
}

std::vector<std::string> PeopleTable::roles_of(std::string_view name) const {
    for (const PersonRoles& person : people_) {
        if (person.name == name) return person.roles;
    }
    return {};
}

std::string PeopleTable::person_of(std::string_view account) const {
    for (const PersonRoles& person : people_) {
        const auto& held = person.accounts;
        if (std::find(held.begin(), held.end(), account) != held.end()) return person.name;
    }
    return {};
}

}  // namespace hs::policy
