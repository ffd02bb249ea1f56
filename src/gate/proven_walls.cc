#include "gate/proven_walls.h"

#include <algorithm>
#include <array>
#include <utility>

#include "os/file.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

constexpr std::size_t file_bytes_max = 4096;
constexpr std::array<std::string_view, 3> walls = {"network", "sandbox", "state"};
constexpr std::array<std::string_view, 3> states = {"held", "weaker", "missing"};

// By the names that hardshell doctor gives; "sandbox" is: nothing could be tried.
constexpr std::pair<std::string_view, std::string_view> rests_on[] = {
    {"namespaces", "sandbox"},
    {"apparmor", "sandbox"},
    {"seccomp", "sandbox"},
    {"programs", "sandbox"},
    {"sandbox", "sandbox"},
    {"system is read only", "sandbox"},
    {"state is hidden", "sandbox"},
    {"record cannot be written", "sandbox"},
    {"outside is not there", "sandbox"},
    {"masked file is unreadable", "sandbox"},
    {"host processes are unseen", "sandbox"},
    {"hooks are read only", "sandbox"},
    {"no new namespaces", "sandbox"},
    {"no mounts", "sandbox"},
    {"no set user id", "sandbox"},
    {"metadata is unreachable", "network"},
    {"private network is unreachable", "network"},
    {"other ports refuse", "network"},
    {"names are answered here", "network"},
    {"state folder", "state"},
    {"sockets", "state"},
    {"tokens", "state"},
    {"settings", "state"},
    {"policy folder", "state"},
};

Result<std::set<std::string, std::less<>>> missing_from(const std::string& text) {
    const Json json = TRY(wire::parse_json(text));
    std::set<std::string, std::less<>> missing;
    for (const Json& item : *TRY(wire::array_at(json, "missing"))) {
        const bool known = item.text() != nullptr &&
                           std::find(walls.begin(), walls.end(), *item.text()) != walls.end();
        if (!known) return fail(Code::corrupt, "a wall that is not known");
        missing.insert(*item.text());
    }
    return missing;
}

}  // namespace

std::string_view wall_of(std::string_view finding) {
    const auto* found = std::find_if(std::begin(rests_on), std::end(rests_on),
                                     [&](const auto& one) { return one.first == finding; });
    return found == std::end(rests_on) ? std::string_view() : found->second;
}

ProvenWalls ProvenWalls::open(std::string path) {
    ProvenWalls held(std::move(path));
    const auto text = os::read_text(held.path_, file_bytes_max);
    if (!text && text.error().code == Code::not_found) return held;
    auto missing = text ? missing_from(*text) : text.failure();
    if (missing) {
        held.missing_ = std::move(missing).value();
    } else {
        held.missing_.insert(walls.begin(), walls.end());
    }
    return held;
}

Result<> ProvenWalls::take(const wire::JsonArray& findings) {
    std::set<std::string, std::less<>> missing;
    for (const Json& item : findings) {
        const std::string state = TRY(wire::text_at(item, "state"));
        if (std::find(states.begin(), states.end(), state) == states.end()) {
            return fail(Code::invalid_input, "a finding is held, weaker or missing");
        }
        const std::string_view wall = wall_of(TRY(wire::text_at(item, "name")));
        if (state == "missing" && !wall.empty()) missing.emplace(wall);
    }
    missing_ = std::move(missing);
    Json list{wire::JsonArray{}};
    for (const std::string& wall : missing_) list.push(wall);
    const Json json = JsonObject{{"missing", std::move(list)}};
    return os::write_file_atomic(path_, base::bytes_of(wire::canonical_json(json)));
}

}  // namespace hs::gate
