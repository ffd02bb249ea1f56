#include "flow/world.h"

#include <algorithm>

#include "flow/text.h"

namespace hs::flow {
namespace {

bool holds(const std::vector<std::string>& list, std::string_view value) {
    const std::string wanted = lowered(trimmed(value));
    return std::any_of(list.begin(), list.end(),
                       [&](const std::string& each) { return lowered(each) == wanted; });
}

}  // namespace

bool World::is_own(std::string_view value) const {
    return holds(own, value);
}

// One "@", so that "a@evil.example, b@ours" is nobody of ours.
bool World::is_organisation(std::string_view address) const {
    const std::string value = lowered(trimmed(address));
    if (is_deceptive(value) || kind_of(value) != ValueKind::address) return false;
    const std::size_t at = value.find('@');
    if (at == 0 || value.find('@', at + 1) != value.npos) return false;
    if (value.find_first_of(",;<>\"()") != value.npos) return false;
    return std::any_of(domains.begin(), domains.end(), [&](const std::string& domain) {
        return value.substr(at + 1) == lowered(domain);
    });
}

bool World::is_member(std::string_view name) const {
    return holds(members, name);
}

bool World::is_fixed_place(std::string_view name) const {
    return holds(fixed_places, name);
}

const Contact* World::contact(std::string_view address) const {
    const std::string wanted = lowered(trimmed(address));
    const auto found = std::find_if(contacts.begin(), contacts.end(), [&](const Contact& each) {
        return lowered(each.address) == wanted;
    });
    return found == contacts.end() ? nullptr : &*found;
}

}  // namespace hs::flow
