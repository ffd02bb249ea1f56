// The tools that every assistant has, one file each.
// Threads: the tools are immutable.
#pragma once

#include <memory>

#include "tools/tool.h"

namespace hs::tools {

std::unique_ptr<Tool> make_files_list();
std::unique_ptr<Tool> make_files_read();
std::unique_ptr<Tool> make_files_find();
std::unique_ptr<Tool> make_files_grep();
std::unique_ptr<Tool> make_files_write();
std::unique_ptr<Tool> make_files_edit();
std::unique_ptr<Tool> make_files_remove();
std::unique_ptr<Tool> make_shell_run();
std::unique_ptr<Tool> make_shell_processes();
std::unique_ptr<Tool> make_http_fetch();
std::unique_ptr<Tool> make_skill_load();
std::unique_ptr<Tool> make_skill_run();
std::unique_ptr<Tool> make_plan_declare();
std::unique_ptr<Tool> make_read_extract();

// Only where an MCP server is configured.
std::unique_ptr<Tool> make_mcp_tools();
std::unique_ptr<Tool> make_mcp_call();

}  // namespace hs::tools
