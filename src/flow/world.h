// World: whom and what the person's configuration vouches for, apart from what was said.
//
// What it is for: an address of the organisation, a contact that the person keeps, a channel that
// the configuration names. What it does not protect from: an address book that fills itself from
// incoming mail; only contacts that the person entered or has written to belong here.
// Threads: a value; shared as constant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hs::flow {

struct Contact {
    std::string address;
    std::string name;
};

struct World {
    std::vector<std::string> own;      // the person's own addresses and accounts
    std::vector<std::string> domains;  // of the organisation
    std::vector<Contact> contacts;
    std::vector<std::string> members;       // of the chat: whom a message can be for
    std::vector<std::string> fixed_places;  // channels that configuration names

    bool is_own(std::string_view value) const;
    bool is_organisation(std::string_view address) const;
    bool is_member(std::string_view name) const;
    bool is_fixed_place(std::string_view name) const;
    const Contact* contact(std::string_view address) const;
};

}  // namespace hs::flow
