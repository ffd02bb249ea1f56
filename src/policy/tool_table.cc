#include "policy/tool_table.h"

namespace hs::policy {
namespace {

using base::Result;

base::Result<ToolGroup> parse_group(TableReader& table, std::string_view key,
                                    std::string_view name) {
    const auto group = word_from_name<ToolGroup>(name);
    if (!group) return table.refuse(key, "\"" + std::string(name) + "\" is no group of tools");
    return *group;
}

constexpr ToolGroups looking = {ToolGroup::inspect, ToolGroup::vcs_read};
constexpr ToolGroups networked = {ToolGroup::network, ToolGroup::package, ToolGroup::vcs_publish,
                                  ToolGroup::container, ToolGroup::production};
constexpr ToolGroups scripted = {ToolGroup::shell, ToolGroup::interpreter, ToolGroup::wrapper};

// Does the argument use the option? Long options may be cut short as getopt_long allows, short ones
// may stand in a cluster or before their value.
bool uses_option(std::string_view argument, std::string_view option) {
    if (argument.size() < 2 || argument[0] != '-') return false;
    if (option.size() == 2) {
        return argument[1] != '-' && argument.find(option[1], 1) != std::string_view::npos;
    }
    const std::string_view name = argument.substr(0, argument.find('='));
    if (option.starts_with("--")) return name.size() >= 3 && option.starts_with(name);
    return name == option;
}

bool is_plain(std::string_view argument) {
    if (argument.empty()) return false;
    return std::all_of(argument.begin(), argument.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_./:=,+@%").find(c) != std::string_view::npos;
    });
}

}  // namespace

Result<ToolTable::Options> ToolTable::parse_options(TableReader& table, std::string_view key) {
    Options options;
    TableReader entries = TRY(table.table(key));
    for (const std::string& option : entries.keys()) {
        if (option.size() < 2 || option[0] != '-') {
            return entries.refuse(option, "expected an option that begins with '-'");
        }
        options[option] = TRY(parse_group(entries, option, TRY(entries.text(option))));
    }
    return options;
}

Result<ToolTable::Tool> ToolTable::parse_tool(TableReader& table) {
    Tool tool;
    tool.group = TRY(parse_group(table, "group", TRY(table.text("group"))));
    tool.network = TRY(table.boolean_or("network", false));
    tool.runs_project_code = TRY(table.boolean_or("runs_project_code", false));
    tool.operands_max = TRY(table.integer_or("operands_max", -1));
    if (table.has("many_operands")) {
        tool.many_operands =
            TRY(parse_group(table, "many_operands", TRY(table.text("many_operands"))));
    }
    if (table.has("unknown_subcommand")) {
        tool.unknown_subcommand =
            TRY(parse_group(table, "unknown_subcommand", TRY(table.text("unknown_subcommand"))));
    }
    for (std::string& name : TRY(table.texts("project_code")))
        tool.project_code.insert(std::move(name));
    for (std::string& name : TRY(table.texts("value_options")))
        tool.value_options.insert(std::move(name));
    tool.options = TRY(parse_options(table, "options"));
    tool.global_options = TRY(parse_options(table, "global_options"));
    TableReader subcommands = TRY(table.table("subcommands"));
    for (const std::string& name : subcommands.keys()) {
        const ToolGroup group = TRY(parse_group(subcommands, name, name));
        for (const std::string& subcommand : TRY(subcommands.texts(name))) {
            if (!tool.subcommands.emplace(subcommand, group).second) {
                return subcommands.refuse(name, "\"" + subcommand + "\" is listed twice");
            }
        }
    }
    return tool;
}

Result<ToolTable> ToolTable::parse(const wire::TomlDocument& document, std::string_view file) {
    ToolTable result;
    TableReader root(document, file);
    for (const std::string& text : TRY(root.texts("trusted_folders"))) {
        const auto folder = CanonicalPath::from_text(text);
        if (!folder) return root.refuse("trusted_folders", folder.error().what);
        result.trusted_folders_.push_back(*folder);
    }
    for (std::string& name : TRY(root.texts("many_in_one")))
        result.many_in_one_.insert(std::move(name));
    for (TableReader& table : TRY(root.tables("tool"))) {
        const std::vector<std::string> names = TRY(table.texts("names"));
        if (names.empty())
            return table.refuse("names", "expected the names of the tool's programs");
        const Tool tool = TRY(parse_tool(table));
        TRY(table.finish());
        for (const std::string& name : names) {
            if (!result.tools_.emplace(name, tool).second) {
                return table.refuse("names", "\"" + name + "\" is listed twice");
            }
        }
        if (result.tools_.size() > tools_max)
            return table.refuse("names", "there are too many tools");
    }
    TRY(root.finish());
    return result;
}

const ToolTable::Tool* ToolTable::find(std::string_view name) const {
    const auto found = tools_.find(std::string(name));
    return found == tools_.end() ? nullptr : &found->second;
}

bool ToolTable::is_trusted(const CanonicalPath& executable) const {
    for (const CanonicalPath& folder : trusted_folders_) {
        if (executable.lies_in(folder)) return true;
    }
    return false;
}

void ToolTable::apply_options(const Options& options, std::string_view argument, ToolFacts& facts) {
    for (const auto& [option, group] : options) {
        if (uses_option(argument, option)) facts.groups.add(group);
    }
}

void ToolTable::apply_tool(const Tool& tool, const std::vector<std::string>& argv,
                           ToolFacts& facts) {
    facts.network = facts.network || tool.network;
    facts.runs_project_code = facts.runs_project_code || tool.runs_project_code;
    std::string_view subcommand;
    std::int64_t operands = 0;
    for (std::size_t i = 1; i < argv.size(); ++i) {
        const std::string& argument = argv[i];
        const bool is_option = argument.size() > 1 && argument[0] == '-';
        apply_options(tool.options, argument, facts);
        if (is_option && subcommand.empty()) {
            apply_options(tool.global_options, argument, facts);
            if (tool.value_options.contains(argument)) ++i;
        }
        if (is_option) continue;
        if (operands++ == 0) subcommand = argument;
    }
    const auto found = tool.subcommands.find(subcommand);
    if (found != tool.subcommands.end()) {
        facts.groups.add(found->second);
    } else {
        const bool is_unknown = tool.unknown_subcommand && !subcommand.empty();
        facts.groups.add(is_unknown ? *tool.unknown_subcommand : tool.group);
    }
    if (tool.project_code.contains(subcommand)) facts.runs_project_code = true;
    if (tool.operands_max >= 0 && operands > tool.operands_max) {
        facts.groups.add(tool.many_operands.value_or(ToolGroup::unknown));
    }
}

ToolFacts ToolTable::facts(const CanonicalPath& called_as, const CanonicalPath& executable,
                           const std::vector<std::string>& argv) const {
    ToolFacts facts;
    facts.name = executable.name();
    if (!is_trusted(executable)) {
        facts.groups = {ToolGroup::project_program};
        facts.runs_project_code = true;
        facts.writes = true;
        return facts;
    }
    // A link in a trusted folder was made by the system's owner: vim is vim.basic's other name.
    // What either name says holds.
    const bool may_use_called_as = is_trusted(called_as) && called_as.name() != facts.name;
    const bool is_many = many_in_one_.contains(facts.name);
    const Tool* own = is_many ? nullptr : find(facts.name);
    const Tool* called = may_use_called_as ? find(called_as.name()) : nullptr;
    if (own != nullptr) apply_tool(*own, argv, facts);
    if (called != nullptr) {
        apply_tool(*called, argv, facts);
        facts.name = called_as.name();
    }
    if (facts.groups.empty()) facts.groups.add(ToolGroup::unknown);
    if (!facts.groups.holds_only(looking)) {
        facts.groups.remove(ToolGroup::inspect);
        facts.groups.remove(ToolGroup::vcs_read);
        facts.writes = true;
    }
    facts.network = facts.network || facts.groups.has_any(networked);
    facts.script = facts.groups.has_any(scripted);
    return facts;
}

std::string command_line(const std::vector<std::string>& argv) {
    std::string line;
    for (const std::string& argument : argv) {
        if (!line.empty()) line += ' ';
        if (is_plain(argument)) {
            line += argument;
            continue;
        }
        line += '\'';
        for (const char c : argument) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
        line += '\'';
    }
    return line;
}

}  // namespace hs::policy
