// ApprovalBook: the durable list of what waits for a person's consent, and what came of it.
//
// Each approval is one small file, replaced whole, so a crash leaves the old or the new state.
// An approval is bound to the digest of one canonical action; it is claimed once, and that it was
// claimed is durable before a Permit is made of it.
// What it does not protect from: a person who approves without reading; and whoever can write the
// folder as its owner. The log holds every answer too.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "wire/json.h"

namespace hs::gate {

enum class ApprovalStatus : std::uint8_t { pending, approved, denied, expired, claimed, withdrawn };
std::string_view name_of(ApprovalStatus status);

struct ApprovalAnswer {
    std::string by;        // who: "uid 1000", a person's id
    std::string attested;  // what vouches for that: "device of the requester", "token"
    bool consent = false;
    base::WallTime_ms at_ms = 0;
    std::string factor = {};  // what was shown besides (policy::Consent)
};

struct Approval {
    std::string id;
    std::string decision;  // id of the decision that asked
    std::string digest;    // of the canonical action
    wire::Json action;
    wire::Json circumstances;
    std::string card;                    // what the person is shown
    std::vector<std::string> approvers;  // who may answer; empty: the person at this machine
    std::int64_t quorum = 1;             // how many different people must consent
    base::WallTime_ms created_ms = 0;
    base::WallTime_ms expiry_ms = 0;
    ApprovalStatus status = ApprovalStatus::pending;
    std::vector<ApprovalAnswer> answers;
};

wire::Json to_json(const Approval& approval);
base::Result<Approval> approval_from_json(const wire::Json& json);

class ApprovalBook {
  public:
    static constexpr std::size_t pending_max = 256;
    static constexpr base::WallTime_ms keep_closed_ms = base::WallTime_ms{30} * 24 * 3600 * 1000;

    // Reads the folder. A file that cannot be read is set aside by name and reported in problems().
    static base::Result<ApprovalBook> open(std::string folder, base::WallTime_ms now_ms);

    // exhausted when too many wait already.
    base::Result<> add(Approval approval);
    const Approval* find(const std::string& id) const;
    std::vector<const Approval*> pending() const;
    // Whether the consents suffice with this one: by their number, or as policy has said.
    enum class Enough : std::uint8_t { by_quorum, no, yes };
    // Adds one answer. conflict when it no longer waits, denied when that person may not answer or
    // has answered. A refusal ends it; consent counts until it is enough.
    base::Result<ApprovalStatus> answer(const std::string& id, ApprovalAnswer answer,
                                        Enough enough = Enough::by_quorum);
    // approved → claimed, durably. denied when the digest differs; conflict when it cannot be
    // claimed any more. The caller decides again before it makes a Permit.
    base::Result<const Approval*> claim(const std::string& id, const std::string& digest,
                                        base::WallTime_ms now_ms);
    base::Result<> withdraw(const std::string& id);
    // Ends what nobody answered in time; their ids.
    std::vector<std::string> expire(base::WallTime_ms now_ms);
    const std::vector<std::string>& problems() const { return problems_; }

  private:
    explicit ApprovalBook(std::string folder) : folder_(std::move(folder)) {}
    base::Result<> save(const Approval& approval) const;
    base::Result<> change(Approval& approval, ApprovalStatus status);
    base::Result<> load(const std::string& name, base::WallTime_ms now_ms);

    std::string folder_;
    std::map<std::string, Approval> approvals_;
    std::vector<std::string> problems_;
};

}  // namespace hs::gate
