#include "tools/permission.h"

#include <fmt/format.h>

#include "gate/skill_limits.h"

namespace hs::tools {

using base::Code;
using base::fail;
using base::Result;

base::Failure denied(const gate::Denied& answer) {
    return fail(Code::denied, fmt::format("Not allowed: {} (decision {}; the person can see why "
                                          "with: hardshell why {})",
                                          answer.reason, answer.decision, answer.decision));
}

Result<> await_consent(ToolContext& context, gate::Pending pending, const std::string& preview) {
    if (!preview.empty()) pending.card += "\n" + preview;
    if (context.on_pending) context.on_pending(pending);
    return await_answer(context, pending);
}

Result<> await_answer(ToolContext& context, const gate::Pending& pending) {
    const std::string& approval = pending.approval;
    const std::int64_t left_ms = pending.expiry_ms - context.clock.wall_ms();
    const auto answer = context.gate.await_answer(
        approval, os::Deadline::after_ms(std::max<std::int64_t>(left_ms, 0)), context.cancel);
    if (answer && *answer == "approved") return {};
    if (answer) {
        return fail(Code::denied,
                    fmt::format("The person did not allow it: the approval {} was {}. Do not try "
                                "it in another way; ask the person what to do instead",
                                approval, *answer));
    }
    const auto withdrawn = context.gate.withdraw(approval);
    const std::string note =
        withdrawn ? "" : fmt::format(" (it could not be withdrawn: {})", withdrawn.error().what);
    if (answer.error().code == Code::timed_out) {
        return fail(Code::denied, fmt::format("Nobody answered the approval {} in time, which "
                                              "counts as no{}",
                                              approval, note));
    }
    return fail(answer.error().code, answer.error().what + note);
}

Result<> check_skill_may_use(ToolContext& context, std::string_view tool) {
    const gate::Circumstances& who = context.circumstances;
    if (who.skill.empty()) return {};
    std::string refused = "there are no skills here";
    if (context.skills != nullptr) {
        const auto skill =
            context.skills->load(who.skill, context.clock.wall_ms(), skills::Store::Depth::hashes);
        refused = skill ? gate::refused_tool(skill->manifest(), tool) : skill.error().what;
    }
    if (refused.empty()) return {};
    TRY(context.gate.record("tool.call",
                            wire::JsonObject{{"session", who.session},
                                             {"turn", who.turn},
                                             {"person", who.person},
                                             {"tool", tool},
                                             {"skill", who.skill},
                                             {"outcome", "deny"},
                                             {"reason", refused}},
                            gate::Durable::before_return));
    return fail(Code::denied, "Not allowed: " + refused);
}

void report(ToolContext& context, const std::string& decision, std::string_view outcome,
            wire::Json details) {
    const auto reported = context.gate.report(decision, outcome, std::move(details));
    if (!reported && context.on_progress) {
        wire::Json note;
        note["text"] = "The outcome could not be recorded: " + reported.error().what;
        context.on_progress(note);
    }
}

}  // namespace hs::tools
