#include "policy/question.h"

#include <fmt/format.h>

#include "policy/tool_table.h"

namespace hs::policy {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};

}  // namespace

bool fits(Effect effect, const Target& target) {
    switch (effect) {
        case Effect::file_read:
        case Effect::file_write:
        case Effect::file_delete:
            return std::holds_alternative<PathTarget>(target);
        case Effect::run:
            return std::holds_alternative<CommandTarget>(target);
        case Effect::http_get:
        case Effect::http_send:
        case Effect::connect:
        case Effect::browse_read:
        case Effect::browse_act:
            return std::holds_alternative<HostTarget>(target);
        case Effect::message:
            return std::holds_alternative<ChannelTarget>(target);
        case Effect::secret_use:
            return std::holds_alternative<SecretTarget>(target);
        case Effect::recall:
        case Effect::remember:
            return std::holds_alternative<CompartmentTarget>(target);
        case Effect::infer_local:
        case Effect::infer_remote:
            return std::holds_alternative<ProviderTarget>(target);
        case Effect::skill_load:
            return std::holds_alternative<SkillTarget>(target);
        case Effect::mcp_call:
            return std::holds_alternative<McpTarget>(target);
        case Effect::schedule:
        case Effect::configure:
        case Effect::policy_change:
            return std::holds_alternative<SettingTarget>(target);
    }
    return false;
}

std::string target_text(const Target& target) {
    return std::visit(
        Overloaded{
            [](const PathTarget& path) { return path.path; },
            [](const CommandTarget& command) { return command_line(command.argv); },
            [](const HostTarget& host) { return fmt::format("{}:{}", host.host, host.port); },
            [](const ChannelTarget& message) { return message.channel.name; },
            [](const SecretTarget& secret) { return secret.name; },
            [](const CompartmentTarget& compartment) { return compartment.name; },
            [](const ProviderTarget& provider) { return provider.name; },
            [](const SkillTarget& skill) { return skill.name; },
            [](const McpTarget& tool) { return tool.server + "/" + tool.tool; },
            [](const SettingTarget& setting) { return setting.key; },
        },
        target);
}

}  // namespace hs::policy
