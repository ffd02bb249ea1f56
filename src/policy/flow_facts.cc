#include "policy/flow_facts.h"

namespace hs::policy {

FlowFacts flow_facts(const flow::Assessment& traced) {
    const auto vouched = [](flow::Voucher voucher) { return voucher <= flow::Voucher::fixed; };
    FlowFacts facts;
    const bool pages_only = traced.to_page && traced.host_endorsed;
    facts.destination_endorsed =
        !traced.has_destination || vouched(traced.destination) || pages_only;
    facts.object_endorsed = !traced.acts_on_object || vouched(traced.object);
    facts.content_endorsed = traced.content_endorsed;
    facts.carries_context = traced.carries_context || !traced.content_endorsed;
    facts.has_plan = traced.planned;
    facts.is_in_plan = traced.in_plan;
    facts.is_declared = traced.effect != flow::ToolEffect::unknown;
    facts.effect = flow::tool_effect_name(traced.effect);
    facts.destination = static_cast<std::int64_t>(traced.destination);
    facts.object = static_cast<std::int64_t>(traced.object);
    facts.has_destination = traced.has_destination;
    facts.acts_on_object = traced.acts_on_object;
    facts.is_external = traced.is_external;
    facts.has_outsider = traced.has_outsider;
    facts.to_place = traced.to_place;
    facts.to_page = traced.to_page;
    facts.to_self = traced.to_self;
    facts.amount = traced.amount;
    facts.amount_endorsed = traced.amount_endorsed;
    facts.made_endorsed = traced.made_endorsed;
    facts.foreign_link = traced.foreign_link;
    facts.content_level = traced.content_level;
    facts.readers_hold = traced.readers_hold;
    return facts;
}

}  // namespace hs::policy
