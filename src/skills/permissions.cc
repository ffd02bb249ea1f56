#include "skills/permissions.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/canonical_host.h"
#include "policy/canonical_path.h"

namespace hs::skills {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::size_t items_max = 64;
constexpr std::string_view methods[] = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"};
constexpr std::string_view memory_names[] = {"none", "recall", "remember"};

base::Failure refuse(std::string what) {
    return fail(Code::invalid_input, "metadata.hardshell: " + std::move(what));
}

Result<> only_keys(const Json& json, std::string_view where,
                   std::initializer_list<std::string_view> known) {
    if (json.object() == nullptr) return refuse(fmt::format("{} must be a mapping", where));
    for (const auto& [key, value] : *json.object()) {
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            return refuse(fmt::format("{} has the unknown key \"{}\"; known: {}", where, key,
                                      fmt::join(known, ", ")));
        }
    }
    return {};
}

bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= 128 && text.front() != '-' &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.' || c == '+';
           });
}

Result<std::string> word(std::string_view text, std::string_view where) {
    if (is_word(text)) return std::string(text);
    return refuse(
        fmt::format("{} must hold plain names (letters, digits, -_.+), not \"{}\"", where, text));
}

Result<std::string> path_of(std::string_view text, std::string_view) {
    std::string_view below;
    for (const std::string_view root : {"project", "skill", "~"}) {
        if (text == root && root != "~") return std::string(text);
        if (text.starts_with(root) && text.substr(root.size()).starts_with("/")) {
            below = text.substr(root.size());
        }
    }
    const auto canonical = policy::CanonicalPath::from_text(below);
    if (!canonical || canonical->text() != below || below == "/" ||
        below.find_first_of("*?[]") != std::string_view::npos) {
        return refuse(
            fmt::format("\"{}\" must be project, project/FOLDER, skill or ~/FOLDER, "
                        "without \"..\" and patterns",
                        text));
    }
    return std::string(text);
}

template <class Read>
Result<std::vector<std::string>> list(const Json& object, std::string_view key, Read read) {
    std::vector<std::string> items;
    const Json* found = object.find(key);
    if (found == nullptr) return items;
    if (found->array() == nullptr || found->array()->size() > items_max) {
        return refuse(fmt::format("{} must be a list of at most {}", key, items_max));
    }
    for (const Json& item : *found->array()) {
        if (item.text() == nullptr) return refuse(fmt::format("{} must hold text", key));
        items.push_back(TRY(read(*item.text(), key)));
    }
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    return items;
}

Result<std::string> host_of(std::string_view text, std::string_view) {
    const bool is_suffix = text.starts_with("*.");
    const std::string_view name = is_suffix ? text.substr(2) : text;
    const auto host = policy::canonical_host(name);
    if (!host || host->name != name || host->is_confusable ||
        (is_suffix && name.find('.') == std::string_view::npos)) {
        return refuse(
            fmt::format("\"{}\" is not a host's name (api.example.com, *.example.com)", text));
    }
    return std::string(text);
}

Result<std::uint16_t> port_of(const Json& item) {
    const Json* port = item.find("port");
    if (port == nullptr) return std::uint16_t{443};
    std::int64_t number = port->integer() != nullptr ? *port->integer() : 0;
    if (port->text() != nullptr && port->text()->size() <= 5) {
        for (const char digit : *port->text()) {
            number = digit >= '0' && digit <= '9' ? number * 10 + (digit - '0') : 100'000;
        }
    }
    if (number < 1 || number > 65'535) return refuse("port must be 1 to 65535");
    return static_cast<std::uint16_t>(number);
}

Result<std::string> method_of(std::string_view text, std::string_view) {
    if (std::find(std::begin(methods), std::end(methods), text) != std::end(methods)) {
        return std::string(text);
    }
    return refuse(fmt::format("\"{}\" is no method; known: {}", text, fmt::join(methods, ", ")));
}

Result<std::vector<HostPermission>> hosts_of(const Json& object) {
    std::vector<HostPermission> hosts;
    const Json* found = object.find("hosts");
    if (found == nullptr) return hosts;
    if (found->array() == nullptr || found->array()->size() > items_max) {
        return refuse(fmt::format("hosts must be a list of at most {}", items_max));
    }
    for (const Json& item : *found->array()) {
        HostPermission host;
        if (item.text() != nullptr) {
            host.host = TRY(host_of(*item.text(), "hosts"));
        } else {
            TRY(only_keys(item, "a host", {"host", "methods", "port"}));
            host.host = TRY(host_of(TRY(wire::text_at(item, "host")), "hosts"));
            host.port = TRY(port_of(item));
            host.methods = TRY(list(item, "methods", method_of));
        }
        if (host.methods.empty()) host.methods = {"GET", "HEAD"};
        hosts.push_back(std::move(host));
    }
    return hosts;
}

Result<MemoryUse> memory_of(const Json& object) {
    const std::string name = TRY(wire::text_at_or(object, "memory", "none"));
    for (std::size_t i = 0; i < std::size(memory_names); ++i) {
        if (memory_names[i] == name) return static_cast<MemoryUse>(i);
    }
    return refuse("memory must be none, recall or remember");
}

Result<Permissions> permissions_from(const Json& json) {
    Permissions held;
    TRY(only_keys(json, "permissions",
                  {"paths", "executables", "hosts", "secrets", "tools", "memory"}));
    if (const Json* paths = json.find("paths")) {
        TRY(only_keys(*paths, "paths", {"read", "write"}));
        held.read = TRY(list(*paths, "read", path_of));
        held.write = TRY(list(*paths, "write", path_of));
    }
    held.executables = TRY(list(json, "executables", word));
    held.hosts = TRY(hosts_of(json));
    held.secrets = TRY(list(json, "secrets", word));
    held.tools = TRY(list(json, "tools", word));
    held.memory = TRY(memory_of(json));
    return held;
}

Json texts(const std::vector<std::string>& items) {
    Json array{JsonArray{}};
    for (const auto& item : items) array.push(item);
    return array;
}

}  // namespace

bool Permissions::needs_security_review() const {
    const auto leaves_project = [](const std::string& path) { return path.starts_with("~"); };
    return !hosts.empty() || !secrets.empty() || !write.empty() ||
           std::any_of(read.begin(), read.end(), leaves_project);
}

Result<Manifest> manifest_from_json(const Json& json) {
    if (json.text() != nullptr) {
        const auto parsed =
            wire::parse_json(*json.text(), {.bytes_max = 64U << 10U, .depth_max = 8});
        if (!parsed || parsed->text() != nullptr) return refuse("the text is not a JSON object");
        return manifest_from_json(*parsed);
    }
    Manifest manifest;
    TRY(only_keys(json, "hardshell", {"permissions", "no-memory", "data-classes"}));
    if (const Json* permissions = json.find("permissions")) {
        manifest.permissions = TRY(permissions_from(*permissions));
    }
    manifest.no_memory = TRY(wire::boolean_at_or(json, "no-memory", false));
    const auto known = [](std::string_view name, std::string_view) -> Result<std::string> {
        if (flow::data_class_from_name(name)) return std::string(name);
        return refuse(fmt::format("\"{}\" is no data class", name));
    };
    for (const auto& name : TRY(list(json, "data-classes", known))) {
        manifest.data_classes.push_back(*flow::data_class_from_name(name));
    }
    if (manifest.no_memory && manifest.permissions.memory == MemoryUse::remember) {
        return refuse("no-memory and memory: remember contradict each other");
    }
    return manifest;
}

Json to_json(const Manifest& manifest) {
    const Permissions& held = manifest.permissions;
    Json hosts{JsonArray{}};
    for (const auto& host : held.hosts) {
        hosts.push(JsonObject{{"host", host.host},
                              {"port", static_cast<std::int64_t>(host.port)},
                              {"methods", texts(host.methods)}});
    }
    Json classes{JsonArray{}};
    for (const auto one : manifest.data_classes) classes.push(flow::data_class_name(one));
    return JsonObject{
        {"permissions",
         JsonObject{{"paths", JsonObject{{"read", texts(held.read)}, {"write", texts(held.write)}}},
                    {"executables", texts(held.executables)},
                    {"hosts", std::move(hosts)},
                    {"secrets", texts(held.secrets)},
                    {"tools", texts(held.tools)},
                    {"memory", memory_names[static_cast<std::size_t>(held.memory)]}}},
        {"no-memory", manifest.no_memory},
        {"data-classes", std::move(classes)}};
}

std::string yaml_of(const Manifest& manifest) {
    const Permissions& held = manifest.permissions;
    std::string out = "metadata:\n  hardshell:\n    permissions:\n";
    const auto row = [&out](std::string_view key, const std::vector<std::string>& items) {
        if (!items.empty()) out += fmt::format("      {}: [{}]\n", key, fmt::join(items, ", "));
    };
    if (!held.read.empty() || !held.write.empty()) {
        out += "      paths:\n";
        if (!held.read.empty())
            out += fmt::format("        read: [\"{}\"]\n", fmt::join(held.read, "\", \""));
        if (!held.write.empty())
            out += fmt::format("        write: [\"{}\"]\n", fmt::join(held.write, "\", \""));
    }
    row("executables", held.executables);
    if (!held.hosts.empty()) out += "      hosts:\n";
    for (const auto& host : held.hosts) {
        out += fmt::format("        - {{host: \"{}\", port: {}, methods: [{}]}}\n", host.host,
                           host.port, fmt::join(host.methods, ", "));
    }
    row("secrets", held.secrets);
    row("tools", held.tools);
    out += fmt::format("      memory: {}\n", memory_names[static_cast<std::size_t>(held.memory)]);
    if (manifest.no_memory) out += "    no-memory: true\n";
    if (!manifest.data_classes.empty()) {
        std::vector<std::string_view> names;
        for (const auto one : manifest.data_classes) names.push_back(flow::data_class_name(one));
        out += fmt::format("    data-classes: [{}]\n", fmt::join(names, ", "));
    }
    return out;
}

std::vector<std::string> lines_of(const Permissions& held) {
    std::vector<std::string> lines;
    const auto add = [&lines](std::string_view what, const std::vector<std::string>& items) {
        for (const auto& item : items) lines.push_back(fmt::format("{} {}", what, item));
    };
    add("read", held.read);
    add("write", held.write);
    add("run", held.executables);
    for (const auto& host : held.hosts) {
        for (const auto& method : host.methods) {
            lines.push_back(host.port == 443
                                ? fmt::format("host {} {}", host.host, method)
                                : fmt::format("host {}:{} {}", host.host, host.port, method));
        }
    }
    add("secret", held.secrets);
    add("tool", held.tools);
    if (held.memory != MemoryUse::none) lines.push_back("memory recall");
    if (held.memory == MemoryUse::remember) lines.push_back("memory remember");
    std::sort(lines.begin(), lines.end());
    return lines;
}

std::vector<std::string> beyond(const Permissions& wider, const Permissions& narrower) {
    const auto all = lines_of(wider);
    const auto held = lines_of(narrower);
    std::vector<std::string> more;
    std::set_difference(all.begin(), all.end(), held.begin(), held.end(), std::back_inserter(more));
    return more;
}

}  // namespace hs::skills
