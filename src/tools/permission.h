// Permission: asks the gate for one action and waits for the person where one must answer.
//
// Silence is denial: an approval that nobody answers before it expires is withdrawn and denied.
// What it does not protect from: a tool that acts without a Permit; the rooms that act take one.
// Threads: the caller's.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "gate/action.h"
#include "gate/permit.h"
#include "tools/tool.h"

namespace hs::tools {

// The reason and the decision's id, in words for model and person alike.
base::Failure denied(const gate::Denied& answer);
// Tells the person, waits, and returns once the approval was given. denied when it was refused or
// nobody answered in time; cancelled when the call was. Withdraws it in every other case.
base::Result<> await_consent(ToolContext& context, gate::Pending pending,
                             const std::string& preview);
// The same for what was told before.
base::Result<> await_answer(ToolContext& context, const gate::Pending& pending);
// For what a tool does without asking the gate: denied, and recorded, where the turn acts as a
// skill whose manifest does not admit the tool.
base::Result<> check_skill_may_use(ToolContext& context, std::string_view tool);
// How an action ended goes into the log.
void report(ToolContext& context, const std::string& decision, std::string_view outcome,
            wire::Json details = wire::JsonObject{});

namespace internal {

template <class A>
base::Result<gate::Permit<A>> take(ToolContext& context, gate::Verdict<A> verdict) {
    if (auto* permit = std::get_if<gate::Permit<A>>(&verdict)) {
        context.decision = permit->id();
        context.classes = context.classes | permit->obligations().classes;
        return std::move(*permit);
    }
    if (const auto* refused = std::get_if<gate::Denied>(&verdict)) {
        context.decision = refused->decision;
        return denied(*refused);
    }
    const auto& pending = std::get<gate::Pending>(verdict);
    context.decision = pending.decision;
    return base::fail(base::Code::denied, "the approval was given for less than this action needs");
}

// Asks and does nothing, for a call that has to wait for others of its message.
template <class A>
base::Result<gate::Permit<A>> ask_ahead(ToolContext& context, const A& action,
                                        const std::string& preview) {
    auto verdict = TRY(context.gate.ask<A>(action, context.circumstances));
    if (auto* pending = std::get_if<gate::Pending>(&verdict)) {
        if (!preview.empty()) pending->card += "\n" + preview;
        if (context.on_pending) context.on_pending(*pending);
    } else if (const auto* permit = std::get_if<gate::Permit<A>>(&verdict)) {
        report(context, permit->id(), "not_begun");
    }
    return base::fail(base::Code::conflict, "asked ahead; nothing was done");
}

// An approval from before a restart that fits this very action.
template <class A>
bool resumed(ToolContext& context, const A& action, base::Result<gate::Verdict<A>>& verdict) {
    if (context.resume_approval.empty()) return false;
    verdict = context.gate.claim<A>(context.resume_approval, action, context.circumstances);
    if (!verdict) return false;  // it was for another action of the same call, or is void
    context.resume_approval.clear();
    return true;
}

// What was asked ahead, once it is answered: the Permit, the reason why there is none, or nothing
// where the action has become another one since, which is asked for anew.
template <class A>
std::optional<base::Result<gate::Permit<A>>> claim_asked(ToolContext& context, const A& action) {
    const gate::Pending asked = *std::exchange(context.asked, std::nullopt);
    context.decision = asked.decision;
    const auto answered = await_answer(context, asked);
    if (!answered) return answered.failure();
    auto claimed = context.gate.claim<A>(asked.approval, action, context.circumstances);
    if (!claimed) {
        // The consent was for what the action is no more, and is not to lie about.
        static_cast<void>(context.gate.withdraw(asked.approval).ok());
        return std::nullopt;
    }
    return take<A>(context, std::move(*claimed));
}

}  // namespace internal

// The Permit of an action. `preview` stands on the card below what the keeper says: what the action
// would change, for example. denied with the decision's id in its text.
template <class A>
base::Result<gate::Permit<A>> obtain(ToolContext& context, const A& action,
                                     const std::string& preview = {}) {
    if (context.consent == ToolContext::Consent::asked_ahead) {
        return internal::ask_ahead<A>(context, action, preview);
    }
    if (context.asked) {
        if (auto permit = internal::claim_asked<A>(context, action)) return std::move(*permit);
    }
    base::Result<gate::Verdict<A>> verdict = base::fail(base::Code::io, "not asked");
    if (internal::resumed<A>(context, action, verdict)) {
        return internal::take<A>(context, std::move(*verdict));
    }
    verdict = context.gate.ask<A>(action, context.circumstances);
    if (!verdict) return std::move(verdict).failure();
    const auto* pending = std::get_if<gate::Pending>(&*verdict);
    if (pending == nullptr) return internal::take<A>(context, std::move(*verdict));
    context.decision = pending->decision;
    const std::string approval = pending->approval;
    TRY(await_consent(context, *pending, preview));
    // The keeper fills facts in (an executable's digest, say) before it takes the action's digest,
    // so the same action is claimed that was asked.
    auto claimed = TRY(context.gate.claim<A>(approval, action, context.circumstances));
    return internal::take<A>(context, std::move(claimed));
}

// The Permit only where no person has to be asked, for steps that nobody named.
template <class A>
base::Result<gate::Permit<A>> obtain_unasked(ToolContext& context, const A& action) {
    gate::Circumstances alone = context.circumstances;
    alone.approver = gate::Circumstances::Approver::nobody;
    auto verdict = TRY(context.gate.ask<A>(action, alone));
    if (const auto* pending = std::get_if<gate::Pending>(&verdict)) {
        const auto withdrawn = context.gate.withdraw(pending->approval);
        return base::fail(base::Code::denied,
                          withdrawn ? "a person would have to be asked" : withdrawn.error().what);
    }
    if (const auto* refused = std::get_if<gate::Denied>(&verdict)) return denied(*refused);
    auto permit = std::get<gate::Permit<A>>(std::move(verdict));
    context.classes = context.classes | permit.obligations().classes;
    return permit;
}

}  // namespace hs::tools
