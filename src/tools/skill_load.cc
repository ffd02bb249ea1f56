// skill_load: the list of skills, and the text of one when it is needed. From then on the turn acts
// as that skill: each decision is about the skill's manifest, policy and the person together.
#include <fmt/format.h>

#include <algorithm>

#include "policy/words.h"
#include "tools/default_tools.h"
#include "tools/permission.h"
#include "tools/schema.h"
#include "wire/utf8.h"

namespace hs::tools {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::size_t description_bytes_max = 160;
constexpr std::size_t text_bytes_max = 48 * 1024;

// Who could have written it: us and reviewed authors, or anybody.
flow::Label label_of(policy::TrustTier tier) {
    flow::Label label = flow::Label::untrusted_public();
    if (tier == policy::TrustTier::builtin || tier == policy::TrustTier::tier1 ||
        tier == policy::TrustTier::tier2) {
        label.integrity = flow::Integrity::internal;
    }
    return label;
}

Result<Reply> list(const skills::Store& store, base::WallTime_ms now_ms) {
    std::string text;
    std::size_t count = 0;
    flow::Label label = flow::Label::nothing();
    for (const auto& entry : TRY(store.list())) {
        if (!entry.is_enabled) continue;
        const auto skill = store.load(entry.name, now_ms, skills::Store::Depth::text);
        if (!skill) continue;
        text += fmt::format("{} ({}): {}\n", entry.name, skills::tier_word(skill->standing.tier),
                            wire::cut_utf8(skill->card.description, description_bytes_max));
        label = flow::join(label, label_of(skill->standing.tier));
        ++count;
    }
    if (text.empty()) text = "(no skill is enabled)\n";
    return Reply{text, label, fmt::format("listed {} skills", count)};
}

class SkillLoad : public Tool {
  public:
    SkillLoad()
        : Tool({"skill_load", "Lists skills, or loads one by name for the task at hand.",
                object_schema({{"name", text_schema(), Presence::optional},
                               {"file", text_schema(), Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        if (context.skills == nullptr) return fail(Code::not_found, "there are no skills here");
        const std::string name = TRY(wire::text_at_or(arguments, "name", ""));
        if (name.empty()) return list(*context.skills, context.clock.wall_ms());
        const std::string active = context.circumstances.skill;
        if (!active.empty() && active != name) {
            return fail(Code::conflict,
                        fmt::format("this turn acts as the skill {}; another one is loaded in a "
                                    "turn of its own",
                                    active));
        }
        const std::string path = TRY(wire::text_at_or(arguments, "file", "SKILL.md"));
        const skills::Loaded skill =
            TRY(context.skills->load(name, context.clock.wall_ms(), skills::Store::Depth::text));
        const skills::TreeFile* file = skill.tree.find(path);
        if (file == nullptr || !wire::is_utf8(file->text())) {
            return fail(Code::not_found, fmt::format("the skill has no text {}", path));
        }
        // The assistant asks for a skill; no skill asks for itself.
        context.circumstances.skill.clear();
        auto permit = obtain(context, gate::LoadSkill{name, skill.entry.digest, path});
        context.circumstances.skill = active;
        if (!permit) return std::move(permit).failure();
        TRY(permit->check(context.clock.wall_ms()));
        const std::string_view whole =
            path == "SKILL.md" ? std::string_view(skill.card.body) : file->text();
        Reply reply{std::string(wire::cut_utf8(whole, text_bytes_max)),
                    label_of(skill.standing.tier), fmt::format("loaded the skill {}", name)};
        report(context, permit->id(), "done");
        reply.details["skill"] = name;
        reply.sources = {{flow::SourceKind::skill, name + "/" + path}};
        reply.details["tier"] = skills::tier_word(skill.standing.tier);
        if (skill.manifest().no_memory) reply.details["ends_memory"] = true;
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_skill_load() {
    return std::make_unique<SkillLoad>();
}

}  // namespace hs::tools
