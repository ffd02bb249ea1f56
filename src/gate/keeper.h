// Keeper: the other side of the gate. It finds out the facts, lets policy decide, records the
// decision durably, asks people, and only then makes a Permit.
//
// What it does not protect from: a false program in its own process, and whoever owns its user.
// It parses only our own frames; what strangers wrote arrives as bytes inside them.
// Threads: handle() and tick() on one thread; answers may be sent from the log's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "audit/blob.h"
#include "audit/log.h"
#include "base/clock.h"
#include "crypto/secret.h"
#include "crypto/ticket.h"
#include "gate/action.h"
#include "gate/approvals.h"
#include "gate/carried.h"
#include "gate/connection.h"
#include "gate/frames.h"
#include "gate/governance.h"
#include "gate/judge.h"
#include "gate/launch_plan.h"
#include "gate/questions.h"
#include "gate/settings.h"
#include "os/channel.h"

namespace hs::gate {

// Who sends a frame: hardshelld over its socket pair, or a person over the keeper's own socket,
// whose user id the kernel vouches for.
struct Sender {
    enum class Kind : std::uint8_t { daemon, person, egress };
    Kind kind = Kind::daemon;
    std::string name;  // "hardshelld", "uid 1000"
    std::shared_ptr<os::Channel> channel;
};

// A secret that may go to a host, and in which form.
struct BoundSecret {
    std::string name;
    std::string form;  // secrets/binding.h has the names
    std::string header;
    std::string prefix;
    std::string user;
    std::vector<std::string> hosts;
};

// What a sandbox asks a secret for. Without a method: whether there is any for the host at all.
struct SecretAsk {
    std::string host;
    std::string method = {};
    std::string path = {};  // without the query
    std::string program = {};
};

// What an allowed request of a sandbox may do, beside what was asked.
struct SandboxRequest {
    std::string decision;
    base::WallTime_ms expiry_ms = 0;
    ConnectionLimits limits;
    bool is_inner = false;  // the name itself is known to lie in a private network or here
    bool only_looks = true;
    std::optional<BoundSecret> credential;
};

// An authority that egress has made for one sandbox.
struct SandboxAuthority {
    std::string id;
    std::string pem;
};

class SecondFactors;

class Keeper {
  public:
    // The packed envelope of an exchange that egress may make for this action.
    using EnvelopeFor = std::function<base::Result<base::Bytes>(
        const Action& action, const std::string& decision, base::WallTime_ms expiry_ms)>;
    // Whether a token may answer approvals; its name, or denied.
    using TokenName = std::function<base::Result<std::string>(const std::string& token)>;
    using Verb = std::function<base::Result<wire::Json>(const Sender& sender, const wire::Json&)>;

    using SandboxEnvelopeFor = std::function<base::Result<base::Bytes>(
        const ConnectionAsk& ask, const SandboxRequest& request)>;
    // The one secret that is bound to such a request, if there is one.
    using SecretFor = std::function<std::optional<BoundSecret>(const SecretAsk& ask)>;
    // For one run; denied while egress has made none.
    using TakeAuthority = std::function<base::Result<SandboxAuthority>()>;

    struct Parts {
        const base::Clock& clock;
        base::Random& random;
        audit::Log& log;
        audit::BlobStore& blobs;
        Judge& judge;
        Questions& questions;
        const Governance& governance;
        const Settings& settings;
        LaunchPlaces launch;
        const crypto::SecretBytes& ticket_key;
        EnvelopeFor envelope_for;
        TokenName token_name;
        std::uint8_t envelope_ticket_kind;
        std::string instance;  // this keeper's id, in every ticket
        SandboxEnvelopeFor sandbox_envelope_for;
        SecretFor secret_for;
        TakeAuthority take_authority;
        std::function<std::vector<std::string>()> secret_names;
        // The packed keys of a compartment of the memory (gate/compartment_keys.h); to erase, the
        // next one too.
        std::function<base::Result<base::Bytes>(const std::string& compartment, bool erases)>
            compartment_keys;
        const SkillBook* skills = nullptr;
        PlanBook* plans = nullptr;
        ProvenWalls* walls = nullptr;
        const audit::Pseudonyms* names = nullptr;  // for texts that could be guessed
        SecondFactors* factors = nullptr;
    };
    Keeper(Parts parts, ApprovalBook book);

    static void send_failure(const Sender& sender, std::uint64_t id, const base::Error& error);

    // Takes one frame; the answer goes to the sender's channel, once what it tells is durable.
    void handle(const Sender& sender, const os::Frame& frame);
    // To be called about once a second: ends approvals that nobody answered.
    void tick();
    // Whom to tell of answered approvals and revocations.
    void set_daemon(std::shared_ptr<os::Channel> daemon) { daemon_ = std::move(daemon); }
    // Voids every Permit: the new generation, for launcher and egress as well.
    std::uint64_t revoke_all();
    std::uint64_t generation() const { return generation_; }
    // Something that hardshelld did not ask for.
    void tell_daemon(const wire::Json& news);

    enum class Access : std::uint8_t { daemon_or_person, person_only };
    void add_verb(std::string name, Access access, Verb verb);

    // The sandbox that was permitted under this ticket now has listeners: who it is, for egress.
    // not_found for a ticket of another kind, conflict for a second time.
    base::Result<SandboxOrder> open_sandbox(base::ByteView nonce);
    // The executable of the run under this ticket; empty when no such sandbox is open.
    std::string program_of(base::ByteView nonce) const;
    // Its id, or nothing when it is not known.
    std::string close_sandbox(base::ByteView nonce);
    // Decides one connection or request of a sandbox; answers to egress's channel.
    void handle_connection(const Sender& egress, const os::Frame& frame);
    // Counts what a sandbox has sent into its session's counters.
    void note_sent(const std::string& sandbox, std::int64_t bytes);
    // Whom to tell of answered approvals, beside the daemon.
    void set_egress(std::shared_ptr<os::Channel> egress) { egress_ = std::move(egress); }

    // An answer on a chat platform by somebody whose identity a person has confirmed. The
    // approval's state, or the reason for which the answer does not count.
    base::Result<wire::Json> answer_in_chat(const std::string& approval, ApprovalAnswer answer,
                                            const std::string& code);
    const Approval* find_approval(const std::string& id) const { return book_.find(id); }
    // Whose consent policy would count, in words; and whether it takes a code of theirs.
    struct Wanted {
        std::string words;
        bool needs_code = false;
    };
    Wanted wanted_for(const std::string& id);

    // Writes an event without waiting.
    void record(audit::Event event);

  private:
    struct Decision {
        std::string id;
        Asked asked;
        Circumstances circumstances;
        Judgement judgement;
        std::string approval;                 // claimed
        bool claimed = false;                 // before, by another question of the same push
        std::optional<Carried> carried = {};  // of a model call
    };

    // A permitted run with a network, from its permit to its end.
    struct Sandbox {
        std::string nonce;
        std::string authority;
        std::string program;
        Circumstances circumstances;
        ConnectionLimits limits;
        bool inspects_all = false;
        std::vector<std::vector<std::string>> egress;
        std::vector<std::string> inspect;
        struct Granted {
            std::string approval;
            base::WallTime_ms until_ms = 0;
        };
        std::map<std::string, Granted> granted;  // digests of pushes that a person consented to
        base::WallTime_ms noted_ms = 0;
        bool is_open = false;
    };

    void note_sandbox(const Decision& decision, const policy::Profile& profile,
                      const crypto::TicketNonce& nonce, std::string authority);
    base::Result<> decide_connection(const Sender& egress, std::uint64_t id,
                                     const wire::Json& payload);
    base::Result<> judge_connection(Decision& decision, Action action, const std::string& approval);
    base::Result<ConnectionAnswer> settle_connection(Decision& decision,
                                                     ConnectionAnswer::Outcome allowed,
                                                     base::WallTime_ms holds_ms);
    base::Result<ConnectionAnswer> decide_open(Decision& decision, const ConnectionAsk& ask,
                                               const Sandbox& sandbox);
    base::Result<ConnectionAnswer> decide_addresses(Decision& decision, const ConnectionAsk& ask);
    base::Result<> judge_request(Decision& decision, const ConnectionAsk& ask,
                                 const Sandbox& sandbox);
    base::Result<ConnectionAnswer> decide_request(Decision& decision, const ConnectionAsk& ask,
                                                  Sandbox& sandbox);
    std::optional<BoundSecret> credential_for(const Decision& decision, const ConnectionAsk& ask,
                                              const Sandbox& sandbox);
    std::string pending_for(const Decision& decision) const;
    static void send_answer(const Sender& sender, std::uint64_t id, const wire::Json& answer);

    base::Result<> decide(const Sender& sender, std::uint64_t id, const wire::Json& payload);
    base::Result<> decide_claim(Decision& decision, const std::string& approval);
    base::Result<wire::Json> conclude(Decision& decision);
    base::Result<wire::Json> allow(Decision& decision);
    base::Result<const policy::Profile*> profile_for(const Decision& decision,
                                                     const RunCommand& command) const;
    std::string shown_profile(const Decision& decision) const;
    void hold_to_manifest(Decision& decision) const;
    // keeper_models.cc: what is asked, said and recorded of a model call beyond the decision.
    static base::Result<> take_carried(Decision& decision, const wire::Json& payload);
    // Of what the action lets the conversation see: by the name of what is read, and by what
    // people have said of its project.
    static flow::DataClasses classes_read(const Asked& asked);
    void explain_class(Decision& decision) const;
    std::vector<audit::Event> model_events(const Decision& decision) const;
    void hold_to_no_memory(Decision& decision) const;
    base::Result<> add_ticket(Decision& decision, base::WallTime_ms expiry_ms, wire::Json& answer);
    base::Result<wire::Json> ask_person(Decision& decision);
    base::Result<> send_when_durable(const Sender& sender, std::uint64_t id, audit::Event event,
                                     wire::Json answer);
    base::Result<audit::Event> event_of(const Decision& decision, const wire::Json& answer);
    base::Result<> handle_payload(const Sender& sender, const os::Frame& frame);
    base::Result<> take_record(const Sender& sender, std::uint64_t id, const wire::Json& payload);
    base::Result<> take_question(const Sender& sender, std::uint64_t id, const wire::Json& payload);
    base::Result<wire::Json> list_approvals() const;
    base::Result<wire::Json> answer_approval(const std::string& id, ApprovalAnswer answer,
                                             const std::string& reason,
                                             ApprovalBook::Enough enough);
    base::Result<wire::Json> answer_by_person(const Sender& sender, const wire::Json& arguments);
    base::Result<> check_approver(const std::string& id, const std::string& person);
    // What must be met of an approval, and the question as it is now: of the rules that ask, those
    // that say who may approve, or all where none does.
    struct Needed {
        policy::Question question;
        std::vector<policy::ApprovalRequirement> requirements;
        std::vector<policy::ApprovalRequirement> all;
        std::string words;
    };
    base::Result<Needed> needed_for(const std::string& id);
    policy::Consent consent_of(const ApprovalAnswer& answer, base::WallTime_ms until_ms) const;
    // Whether the consent is enough with those before it. denied: it counts for nothing, or wants a
    // code; where it needs one, that is used up and noted in the answer.
    base::Result<ApprovalBook::Enough> weigh(const std::string& id, ApprovalAnswer& answer,
                                             const std::string& code);
    base::Result<> use_code(const Approval& approval, const ApprovalAnswer& answer,
                            const std::string& code);
    base::Result<wire::Json> answer_on_device(const std::string& id, ApprovalAnswer answer,
                                              const wire::Json& arguments);
    base::Result<std::string> rule_from_approval(const Approval& approval,
                                                 const std::string& person);
    wire::Json unproven_walls() const;
    base::Result<wire::Json> record_proof(const Sender& sender, const wire::Json& arguments);
    void tell(const std::string& approval, std::string_view outcome);
    void add_own_verbs();
    std::string card_of(const Decision& decision, base::WallTime_ms expiry_ms) const;

    Parts parts_;
    ApprovalBook book_;
    std::shared_ptr<os::Channel> daemon_;
    std::shared_ptr<os::Channel> egress_;
    std::map<std::string, Sandbox> sandboxes_;  // by the decision's id
    std::uint64_t generation_;
    std::map<std::string, policy::SessionCounters> counters_;
    // Sessions in which a skill was loaded that leaves nothing behind; once there are too many to
    // know, no session remembers.
    std::set<std::string, std::less<>> without_memory_;
    std::map<std::string, std::pair<Access, Verb>, std::less<>> verbs_;
};

}  // namespace hs::gate
