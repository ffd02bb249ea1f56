#include "rows.h"

#include <fmt/format.h>

#include "crypto/hash.h"

namespace hs::bench_injection {
namespace {

using base::Result;

constexpr base::WallTime_ms now_ms = 1'795'338'000'000;

std::array<std::uint8_t, 32> sha256(base::ByteView bytes) {
    return crypto::sha256(bytes);
}

policy::LoadOptions options() {
    return {sha256, now_ms, 1};
}

// One rule that asks: what holds once a stranger's text was read, for all but reading tools.
std::string asks(std::string_view id, std::string_view when) {
    return fmt::format(
        "@id(\"{}\")\nforbid (principal, action == Hardshell::Action::\"mcp.call\", resource)\n"
        "when {{ context.base.label.integrity < 1 && context.base.flow.effect != \"read\" && ({}) "
        "}}\nunless {{ context.base.approved }};\n",
        id, when);
}

std::string base_rule() {
    return "@id(\"all\")\npermit (principal, action == Hardshell::Action::\"mcp.call\", "
           "resource);\n";
}

std::string vouched(int destination_max, int object_max) {
    return asks("destination", fmt::format("context.base.flow.destination > {}", destination_max)) +
           asks("object", fmt::format("context.base.flow.object > {}", object_max)) +
           asks("amount",
                "!context.base.flow.amountEndorsed && (context.base.flow.amount > 250 || "
                "context.base.flow.actsOnObject)");
}

std::string egress() {
    return asks("secret",
                "context.base.flow.contentLevel > 2 && context.base.flow.hasDestination && "
                "[\"send\", \"grant\", \"own\", \"pay\"].contains(context.base.flow.effect)") +
           asks("readers",
                "context.base.flow.contentLevel > 1 && context.base.flow.outsider && "
                "!context.base.flow.readersHold && [\"send\", "
                "\"own\"].contains(context.base.flow.effect)") +
           asks("link", "context.base.flow.foreignLink");
}

std::string without_plan() {
    return asks("made", "context.base.flow.effect == \"own\" && !context.base.flow.madeEndorsed") +
           asks("destroy", "context.base.flow.effect == \"destroy\"") +
           asks("self", "context.base.flow.toSelf");
}

std::string place() {
    return asks("place",
                "context.base.flow.contentLevel > 1 && context.base.flow.toPlace && "
                "context.base.flow.destination > 0 && context.base.flow.effect == \"send\"");
}

std::string plan() {
    return asks("plan", "!context.base.flow.inPlan");
}

std::string named_source() {
    return asks("named",
                "context.base.flow.destination == 3 && context.base.flow.effect != "
                "\"grant\"");
}

Result<Row> row(std::string name, std::string title, Planning planning, bool value_labels,
                const std::string& rules) {
    policy::PolicySources sources;
    sources.files.push_back(
        {policy::Layer::builtin, policy::RuleKind::rules, {name, base_rule() + rules}});
    Row made{std::move(name), std::move(title), planning, value_labels, Comparator::none, nullptr};
    made.policy = TRY(policy::load(sources, options()));
    return made;
}

}  // namespace

Result<std::vector<Row>> ablation_rows() {
    using enum Planning;
    std::vector<Row> rows;
    const auto add = [&rows](Result<Row> made) -> Result<> {
        rows.push_back(TRY(std::move(made)));
        return {};
    };
    const std::string writes = asks("taint", "context.base.flow.effect != \"fetch\"");
    TRY(add(row("a", "none", none, true, "")));
    TRY(add(row("b", "ask on every write once tainted", none, true, writes)));
    TRY(add(row("b+", "and on every fetch", none, true, asks("taint", "true"))));
    rows.push_back(
        {"c0", "naive substring of the prompt", none, true, Comparator::substring, nullptr});
    TRY(add(row("c1", "typed literal and object, prompt only", none, true, vouched(0, 0))));
    TRY(add(row("c2", "c1 + trusted sources", none, true, vouched(1, 1))));
    TRY(add(row("d", "c2 + readers, secret, links", none, false, vouched(1, 1) + egress())));
    TRY(add(row("d2", "d + own writes named; destroy and self ask", none, false,
                vouched(1, 1) + egress() + without_plan())));
    TRY(add(row("e", "d + plan of tool names", names, false, vouched(1, 1) + egress() + plan())));
    TRY(add(row("f", "plan of tool names alone", names, true, plan())));
    const std::string full = vouched(2, 2) + egress() + place();
    TRY(add(row("g-", "d2 + value labels, fixed places, delegation", none, true,
                full + without_plan())));
    TRY(add(row("g", "g- with a plan of pinned arguments", pins, true, full + plan())));
    const std::string named = vouched(3, 2) + egress() + place() + named_source();
    TRY(add(row("h-", "g- + value from a source that the prompt names", none, true,
                named + without_plan())));
    TRY(add(row("h", "g + the same", pins, true, named + plan())));
    rows.push_back({"CaMeL*", "CaMeL's own policy code, ideal planner", none, true,
                    Comparator::camel, nullptr});
    return rows;
}

Result<std::vector<Row>> preset_rows(const std::string& preset) {
    const auto loaded = TRY(policy::load(TRY(policy::preset_sources(preset)), options()));
    std::vector<Row> rows;
    rows.push_back({preset, "the preset " + preset + ", no plan", Planning::none, true,
                    Comparator::none, loaded});
    rows.push_back({preset + "+plan", "the preset " + preset + ", oracle's plan", Planning::pins,
                    true, Comparator::none, loaded});
    return rows;
}

}  // namespace hs::bench_injection
