// Gate: the one door. Every effect of the assistant asks here first; the keeper process decides,
// records and hands out the Permit.
//
// What it does not protect from: an effect that goes around it. That is what the room table, the
// Permit parameters and tools/tidy.py are for.
// Threads: all functions from any thread; one reader thread of its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "gate/action.h"
#include "gate/permit.h"
#include "os/channel.h"
#include "os/wait.h"
#include "wire/json.h"

namespace hs::gate {

// The answer "ask": a person must consent. The card is what the person is shown.
struct Pending {
    std::string approval;  // id
    std::string decision;  // id, for `hardshell why`
    std::string card;      // text: the action, why it is asked, what it can touch
    base::WallTime_ms expiry_ms = 0;
    // How many more of the same message of the model follow at once: they are one batch for people.
    std::size_t more = 0;
};

// The answer "deny": why, in a sentence that a person can act on.
struct Denied {
    std::string decision;
    std::string reason;
};

template <class A>
using Verdict = std::variant<Permit<A>, Pending, Denied>;

// with_next: goes out with this gate's next frame, whoever sends that, or with flush(); for a
// record that another frame follows at once.
enum class Durable : std::uint8_t { later, before_return, with_next };

class Gate {
  public:
    // Told when the lockdown begins or was lifted.
    using LockedDown = std::function<void(bool on)>;
    // Told when an approval is answered or has expired: its id and "approved", "denied", "expired".
    using Answered = std::function<void(const std::string& approval, const std::string& outcome)>;

    Gate(os::Fd keeper, const base::Clock& clock);
    ~Gate();
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    // Decides an action. Allowed: the record of the decision is durable before this returns.
    // io when the keeper cannot be reached: then nothing may be done. `carried`: what a model call
    // takes along, as gate/carried.h has it.
    template <class A>
    base::Result<Verdict<A>> ask(const A& action, const Circumstances& circumstances,
                                 const wire::Json* carried = nullptr) {
        auto answer = TRY(decide(Action(action), circumstances, {}, carried));
        return TRY(verdict_from<A>(action, std::move(answer)));
    }
    // Claims the Permit of an approval that was answered "approved": decided again, once.
    // conflict when it was claimed before; denied when the action differs by a single byte.
    template <class A>
    base::Result<Verdict<A>> claim(const std::string& approval, const A& action,
                                   const Circumstances& circumstances) {
        auto answer = TRY(decide(Action(action), circumstances, approval));
        return TRY(verdict_from<A>(action, std::move(answer)));
    }
    // Waits until the approval is answered. timed_out at the deadline, cancelled by the wake-up.
    base::Result<std::string> await_answer(const std::string& approval, os::Deadline deadline,
                                           const os::WakeUp* wake_up);
    // Withdraws a pending approval, for example because its turn was cancelled.
    base::Result<> withdraw(const std::string& approval);

    // Tells how a permitted action ended; goes into the log.
    base::Result<> report(const std::string& decision, std::string_view outcome, wire::Json details,
                          Durable durable = Durable::later);
    // Writes one event of another kind (audit/event.h has the kinds) into the log.
    base::Result<> record(std::string_view kind, wire::Json fields, Durable durable);
    // Sends what with_next has left behind.
    base::Result<> flush();

    // Any other question to the keeper (approvals.list, policy.describe, why, key.open …): the
    // answer's JSON, or the Error that the keeper gave.
    base::Result<wire::Json> question(std::string_view verb, wire::Json arguments);

    void on_answered(Answered answered);
    void on_lockdown(LockedDown locked_down);
    // Told what else the keeper says unasked, on the reader's thread; must be quick.
    void on_news(std::function<void(const wire::Json&)> told);
    // Puts a new keeper process behind the gate after the old one died. Every Permit is revoked.
    void reconnect(os::Fd keeper);
    std::uint64_t generation() const { return revocation_->generation.load(); }

  private:
    struct Line;
    struct Link;

    base::Result<wire::Json> decide(const Action& action, const Circumstances& circumstances,
                                    const std::string& approval,
                                    const wire::Json* carried = nullptr);
    base::Result<wire::Json> exchange(std::uint16_t kind, const wire::Json& payload);
    void read_frames(Link* link);
    void notice(Link& link, const wire::Json& news);
    std::shared_ptr<Link> link();

    template <class A>
    base::Result<Verdict<A>> verdict_from(const A& asked, wire::Json answer) {
        const std::string outcome = TRY(wire::text_at(answer, "outcome"));
        if (outcome == "ask") return Verdict<A>(TRY(pending_from(answer)));
        if (outcome != "allow") {
            return Verdict<A>(Denied{TRY(wire::text_at(answer, "decision")),
                                     TRY(wire::text_at(answer, "reason"))});
        }
        // The keeper sends back an action that it has completed; else what was asked is permitted.
        Action action = asked;
        if (const wire::Json* completed = answer.find("action")) {
            action = TRY(action_from_json(*completed));
        }
        if (!std::holds_alternative<A>(action)) {
            return base::fail(base::Code::corrupt, "a permit for another kind of action");
        }
        Permit<A> permit(std::get<A>(std::move(action)), revocation_);
        permit.id_ = TRY(wire::text_at(answer, "decision"));
        permit.obligations_ = TRY(obligations_from(answer));
        permit.ticket_ = TRY(base::from_base64(TRY(wire::text_at_or(answer, "ticket", ""))));
        permit.envelope_ = TRY(base::from_base64(TRY(wire::text_at_or(answer, "envelope", ""))));
        permit.expiry_ms_ = TRY(wire::integer_at(answer, "expiry_ms"));
        permit.generation_ =
            static_cast<std::uint64_t>(TRY(wire::integer_at(answer, "generation")));
        // The first answer of a keeper tells which generation it is at; later ones come as news.
        std::uint64_t unknown = 0;
        revocation_->generation.compare_exchange_strong(unknown, permit.generation_);
        return Verdict<A>(std::move(permit));
    }
    static base::Result<Pending> pending_from(const wire::Json& answer);
    static base::Result<Obligations> obligations_from(const wire::Json& answer);

    const base::Clock& clock_;  // outlives the Gate
    // Shared with every Permit.
    std::shared_ptr<Revocation> revocation_ = std::make_shared<Revocation>();
    base::Guarded<std::shared_ptr<Link>> link_;
    base::Guarded<std::vector<Answered>> listeners_;
    base::Guarded<LockedDown> locked_down_;
    base::Guarded<std::vector<std::function<void(const wire::Json&)>>> news_listeners_;
};

}  // namespace hs::gate
