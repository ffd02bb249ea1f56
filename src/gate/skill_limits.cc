#include "gate/skill_limits.h"

#include <fmt/format.h>

#include <algorithm>

namespace hs::gate {

using flow::DataClass;
using flow::DataClasses;
using skills::Manifest;
using skills::MemoryUse;
using skills::Permissions;

namespace {

constexpr std::string_view always = "skill_load";

bool has(const std::vector<std::string>& items, std::string_view wanted) {
    return std::find(items.begin(), items.end(), wanted) != items.end();
}

// The tools that a permission is about, where the manifest does not name tools itself.
bool is_implied(const Permissions& held, std::string_view tool) {
    const bool writes = !held.write.empty();
    if (tool == "files_write" || tool == "files_edit" || tool == "files_remove") return writes;
    if (tool.starts_with("files_")) return writes || !held.read.empty();
    if (tool == "shell_run" || tool == "shell_processes" || tool == "skill_run") {
        return !held.executables.empty();
    }
    if (tool == "http_fetch") return !held.hosts.empty();
    if (tool == "recall") return held.memory != MemoryUse::none;
    if (tool == "remember") return held.memory == MemoryUse::remember;
    return false;
}

// What is public or of the work itself is shown to whatever may see the project. Everything of a
// conversation that nobody has classified is "personal", so there the word tells nothing.
constexpr DataClasses open_classes{DataClass::public_, DataClass::internal, DataClass::source_code};

DataClasses named(const Manifest& manifest) {
    DataClasses classes = open_classes;
    for (const DataClass one : manifest.data_classes) classes.add(one);
    return classes;
}

std::string beyond(DataClasses seen, DataClasses admitted, std::string_view what) {
    for (const DataClass one : seen.list()) {
        if (admitted.has(one)) continue;
        return fmt::format("{} {} data, and the skill's manifest does not name that class", what,
                           flow::data_class_name(one));
    }
    return {};
}

}  // namespace

std::string refused_tool(const Manifest& manifest, std::string_view tool) {
    if (tool == always) return {};
    if (tool.empty()) return "a skill acts through tools only";
    const Permissions& held = manifest.permissions;
    const bool admitted = held.tools.empty() ? is_implied(held, tool) : has(held.tools, tool);
    return admitted ? std::string()
                    : fmt::format("the skill's manifest does not name the tool {}", tool);
}

std::string refused_memory(const Manifest& manifest, const Action& action) {
    const MemoryUse use = manifest.permissions.memory;
    if (std::holds_alternative<Recall>(action)) {
        return use == MemoryUse::none ? "the skill's manifest names no memory" : std::string();
    }
    const auto* remember = std::get_if<Remember>(&action);
    if (remember == nullptr) return {};
    if (manifest.no_memory) return "the skill's manifest says that nothing of it is remembered";
    if (use != MemoryUse::remember) return "the skill's manifest does not let it remember";
    return remember->operation == Remember::Operation::add
               ? std::string()
               : "a skill adds to the memory and changes nothing else in it";
}

std::string refused_label(const Manifest& manifest, DataClasses seen) {
    DataClasses admitted = named(manifest);
    admitted.add(DataClass::personal);
    return beyond(seen, admitted, "this conversation has seen");
}

DataClasses unnamed_classes(const Manifest& manifest) {
    DataClasses classes;
    for (std::size_t i = 0; i < flow::data_class_count; ++i) {
        const auto one = static_cast<DataClass>(i);
        if (!named(manifest).has(one)) classes.add(one);
    }
    return classes;
}

std::string refused_target(const Manifest& manifest, const policy::Target& target) {
    const DataClasses admitted = named(manifest);
    if (const auto* path = std::get_if<policy::PathTarget>(&target)) {
        return beyond(path->classes, admitted, path->path + " holds");
    }
    if (const auto* command = std::get_if<policy::CommandTarget>(&target)) {
        return beyond(command->touches, admitted, "the command names files of");
    }
    const auto* compartment = std::get_if<policy::CompartmentTarget>(&target);
    if (compartment == nullptr || compartment->level <= 1) return {};
    return admitted.has(DataClass::personal)
               ? std::string()
               : "this memory holds personal data, and the skill's manifest does not name that "
                 "class";
}

}  // namespace hs::gate
