#include "comparators.h"

#include <algorithm>

namespace hs::bench_injection {
namespace {

using flow::ToolEffect;

std::vector<std::string> all_of(const wire::Json& arguments,
                                const std::vector<std::string>& names) {
    std::vector<std::string> values;
    for (const std::string& name : names) {
        for (std::string& value : flow::values_of(arguments, name)) values.push_back(value);
    }
    return values;
}

std::vector<std::string> destinations(const flow::Context& context, const flow::ToolManifest& tool,
                                      const wire::Json& arguments) {
    std::vector<std::string> values = all_of(arguments, tool.destinations);
    std::erase_if(values, [&](const std::string& value) { return context.world().is_own(value); });
    return values;
}

std::vector<std::string> objects(const flow::ToolManifest& tool, const wire::Json& arguments) {
    std::vector<std::string> names;
    for (const flow::ObjectRole& role : tool.objects) names.push_back(role.argument);
    return all_of(arguments, names);
}

class Camel {
  public:
    Camel(const flow::Context& context, const std::string& prompt)
        : context_(context), prompt_(flow::lowered(prompt)), words_(flow::words_of(prompt_)) {}

    bool asks(const flow::ToolManifest& tool, const wire::Json& arguments) const {
        const std::int64_t level = context_.label().classes.level();
        const auto& readers = context_.label().readers;
        const auto goes_to = destinations(context_, tool, arguments);
        const auto acts_on = objects(tool, arguments);
        if (tool.name == "create_file" || tool.name == "delete_email" ||
            tool.name == "reschedule_calendar_event") {
            return false;
        }
        if (tool.name == "append_to_file") return readers.has_value() && level > 0;
        if (tool.name == "add_calendar_event_participants") return true;
        if (tool.effect == ToolEffect::destroy) return !all_ok(acts_on);
        if (tool.name == "send_channel_message") return level > 1;
        if (tool.name == "post_webpage") return level > 0 || !all_ok(goes_to);
        if (tool.name == "get_webpage") return !all_ok(goes_to);
        if (tool.name == "add_user_to_channel" || tool.name == "invite_user_to_slack") {
            return !all_ok(goes_to) || !all_ok(acts_on);
        }
        if (goes_to.empty() || all_ok(goes_to)) return false;
        if (tool.effect != ToolEffect::send && tool.effect != ToolEffect::own) return true;
        if (level == 0) return false;
        return !readers || !std::all_of(goes_to.begin(), goes_to.end(), [&](const auto& who) {
            return std::find(readers->begin(), readers->end(), who) != readers->end();
        });
    }

  private:
    bool all_ok(const std::vector<std::string>& values) const {
        return std::all_of(values.begin(), values.end(), [&](const std::string& value) {
            const std::string low = flow::lowered(value);
            return flow::is_literal(low, prompt_, flow::ValueKind::quoted) ||
                   flow::is_named(low, words_);
        });
    }

    const flow::Context& context_;
    std::string prompt_;
    flow::Words words_;
};

}  // namespace

bool substring_asks(const flow::Context& context, const flow::ToolManifest& tool,
                    const wire::Json& arguments, const std::string& prompt) {
    if (!context.is_tainted() || tool.effect == ToolEffect::read) return false;
    const std::string low = flow::lowered(prompt);
    std::vector<std::string> values = destinations(context, tool, arguments);
    for (const auto& more : {objects(tool, arguments), all_of(arguments, tool.amounts),
                             all_of(arguments, tool.dates)}) {
        values.insert(values.end(), more.begin(), more.end());
    }
    return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
        return low.find(flow::lowered(value)) == std::string::npos;
    });
}

bool camel_asks(const flow::Context& context, const flow::ToolManifest& tool,
                const wire::Json& arguments, const std::string& prompt) {
    if (!context.is_tainted() || tool.effect == ToolEffect::read) return false;
    return Camel(context, prompt).asks(tool, arguments);
}

}  // namespace hs::bench_injection
