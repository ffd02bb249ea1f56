#include "policy/people.h"

#include "policy/rule.h"
#include "policy/table_reader.h"

namespace hs::policy {

using base::Result;

Result<PeopleTable> PeopleTable::parse(const wire::TomlDocument& document, std::string_view file) {
    PeopleTable result;
    TableReader root(document, file);
    for (TableReader& table : TRY(root.tables("person"))) {
        PersonRoles person{TRY(table.text("name")), TRY(table.texts("roles"))};
        TRY(table.finish());
        if (person.name.empty()) return table.refuse("name", "may not be empty");
        if (!result.roles_of(person.name).empty()) {
            return table.refuse("name", "the person stands here twice");
        }
        for (const std::string& role : person.roles) {
            if (!is_rule_id(role)) return table.refuse("roles", "\"" + role + "\" is no role");
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

}  // namespace hs::policy
