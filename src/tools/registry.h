// Registry: the tools by name, and the one place where a model's call becomes a tool's run.
//
// What it is for: the agent sends specs() with each model call, which is why they are short (at
// most specs_bytes_max as JSON), and hands calls to run(). Nonsense from a model (an unknown tool,
// arguments that do not fit) becomes an error outcome that says what was expected.
// What it does not protect from: a tool that lies about what it did. The log has what was
// permitted. Threads: immutable; run() from any thread.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tools/tool.h"

namespace hs::tools {

class Registry {
  public:
    static constexpr std::size_t specs_bytes_max = 6 * 1024;

    // The default set and `more`. CHECKs that the specifications together keep their bound.
    static Registry with_default_tools(std::vector<std::unique_ptr<Tool>> more = {});
    explicit Registry(std::vector<std::unique_ptr<Tool>> tools);

    const std::vector<ToolSpec>& specs() const { return specs_; }
    // Never fails: every trouble is an outcome with is_error.
    ToolOutcome run(const ToolCall& call, ToolContext& context) const;

  private:
    const Tool* find(std::string_view name) const;
    std::string names() const;

    std::vector<std::unique_ptr<Tool>> tools_;
    std::vector<ToolSpec> specs_;
};

// The specifications as a model API gets them, for measuring.
std::size_t bytes_of_specs(const std::vector<ToolSpec>& specs);
// Head and tail of a text that is too long, with a line between that says how much is missing.
std::string bounded_text(std::string text, std::size_t bytes_max);

}  // namespace hs::tools
