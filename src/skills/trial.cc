#include "skills/trial.h"

#include <algorithm>

namespace hs::skills {

using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::string_view home_inside = "/home/user";  // jail/root.h makes it

struct NamedList {
    const char* name;
    std::vector<std::string> Trial::*list;
    const char* verb;
};
constexpr NamedList lists[] = {{"reads", &Trial::reads, "read"},
                               {"writes", &Trial::writes, "write"},
                               {"programs", &Trial::programs, "run"},
                               {"hosts", &Trial::hosts, "look up"},
                               {"reached", &Trial::reached, "connect to"}};

void put(std::vector<std::string>& list, std::string text) {
    const auto at = std::lower_bound(list.begin(), list.end(), text);
    if (list.size() < Trial::items_max && (at == list.end() || *at != text)) {
        list.insert(at, std::move(text));
    }
}

std::string named_from(std::string_view path, std::string_view folder, std::string_view name) {
    const bool below =
        path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
    return below ? std::string(name) + std::string(path.substr(folder.size())) : std::string();
}

std::string named(std::string_view path, std::string_view folder) {
    std::string name = named_from(path, folder, "project");
    if (name.empty()) name = named_from(path, home_inside, "~");
    return name.empty() ? std::string(path) : name;
}

}  // namespace

void Trial::add(const Json& attempts, std::string_view folder,
                const std::vector<std::string>& own_files) {
    const JsonArray* items = attempts.array();
    if (items == nullptr) return;
    for (const Json& item : *items) {
        const auto kind = wire::text_at(item, "kind");
        const auto what = wire::text_at(item, "what");
        if (!kind || !what) continue;
        if (*kind == "run") put(programs, what->substr(what->rfind('/') + 1));
        if (*kind == "resolve") put(hosts, *what);
        if (*kind == "connect") put(reached, *what);
        if (*kind == "write") put(writes, named(*what, folder));
        if (*kind != "read") continue;
        const std::string name = named(*what, folder);
        const bool own =
            name == "project" || name == "~" ||
            std::any_of(own_files.begin(), own_files.end(), [&](const auto& file) {
                return name == "project/" + file || ("project/" + file).starts_with(name + "/");
            });
        if (!own) put(reads, name);
    }
}

std::vector<std::string> Trial::lines() const {
    std::vector<std::string> lines;
    for (const auto& [name, list, verb] : lists) {
        for (const auto& item : this->*list) lines.push_back(std::string(verb) + " " + item);
    }
    return lines;
}

Json to_json(const Trial& trial) {
    Json json = JsonObject{{"at_ms", trial.at_ms}};
    for (const auto& [name, list, verb] : lists) {
        Json items{JsonArray{}};
        for (const auto& item : trial.*list) items.push(item);
        json[name] = std::move(items);
    }
    return json;
}

Result<Trial> trial_from_json(const Json& json) {
    Trial trial;
    trial.at_ms = TRY(wire::integer_at(json, "at_ms"));
    for (const auto& [name, list, verb] : lists) {
        for (const Json& item : *TRY(wire::array_at(json, name))) {
            if (item.text() == nullptr)
                return base::fail(base::Code::corrupt, "a trial's lists hold texts");
            put(trial.*list, *item.text());
        }
    }
    return trial;
}

}  // namespace hs::skills
