// ToolTable: what commands do, by executable and arguments (tools.toml).
//
// What it is for: the facts of a command. Policies speak of groups; which subcommand writes and
// which option runs a program is worked out here, from a table that people can read. What it does
// not protect from: a listed program that does more than its arguments say. Whatever it does
// happens in the sandbox of its profile; the groups decide whether it starts. Threads: immutable
// after parse.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "policy/canonical_path.h"
#include "policy/table_reader.h"
#include "policy/words.h"

namespace hs::policy {

struct ToolFacts {
    std::string
        name;  // the name that counted: of the program or, of many-in-one programs, as called
    ToolGroups groups;
    bool network = false;            // wants the network
    bool runs_project_code = false;  // executes what files of the project say
    bool writes = false;             // may change files that outlive it
    bool script = false;             // program text or a script is among its arguments
};

class ToolTable {
  public:
    static constexpr std::size_t tools_max = 5'000;

    static base::Result<ToolTable> parse(const wire::TomlDocument& document, std::string_view file);

    // `called_as` is the canonical path before links were followed, `executable` the one the kernel
    // would run; argv includes argv[0]. Looking (inspect, vcs_read) holds only when no other group
    // does; a program outside the trusted folders is a project_program, whatever its name.
    ToolFacts facts(const CanonicalPath& called_as, const CanonicalPath& executable,
                    const std::vector<std::string>& argv) const;
    // In a folder that only the system's owner writes to.
    bool is_trusted(const CanonicalPath& executable) const;

  private:
    using Options = std::map<std::string, ToolGroup, std::less<>>;
    struct Tool {
        ToolGroup group = ToolGroup::unknown;
        bool network = false;
        bool runs_project_code = false;
        std::map<std::string, ToolGroup, std::less<>> subcommands;
        std::optional<ToolGroup> unknown_subcommand;
        std::set<std::string, std::less<>> project_code;  // subcommands
        std::set<std::string, std::less<>> value_options;
        Options global_options;  // before the subcommand
        Options options;         // anywhere
        std::int64_t operands_max = -1;
        std::optional<ToolGroup> many_operands;
    };
    static base::Result<Tool> parse_tool(TableReader& table);
    static base::Result<Options> parse_options(TableReader& table, std::string_view key);
    static void apply_options(const Options& options, std::string_view argument, ToolFacts& facts);
    static void apply_tool(const Tool& tool, const std::vector<std::string>& argv,
                           ToolFacts& facts);
    const Tool* find(std::string_view name) const;

    std::unordered_map<std::string, Tool> tools_;
    std::vector<CanonicalPath> trusted_folders_;
    std::set<std::string, std::less<>> many_in_one_;
};

// argv as one line in which every argument that is not plain is in single quotes: for people, for
// records and for rules that allow exactly this command.
std::string command_line(const std::vector<std::string>& argv);

}  // namespace hs::policy
