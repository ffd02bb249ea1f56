// PolicyDesk: what people ask the keeper about policy: try an action, allow one, ask for an
// exception, classify a project, vouch for a tool, acknowledge the organisation's text.
//
// What it is for: every change of what policy decides with goes through here: decided by policy
// itself (a person changes policy only as far as the policy in force lets them), recorded before it
// is made, written whole, and in force at once or not at all. hardshelld has no part in it.
// What it does not protect from: a person who edits the files by hand; those are validated when
// they are loaded, and the digest of the set is in every record. Threads: the keeper's one thread.
#pragma once

#include <functional>
#include <string>

#include "gate/exception_book.h"
#include "gate/governance.h"
#include "gate/keeper.h"

namespace hs::gate {

class PolicyDesk {
  public:
    struct Parts {
        const base::Clock& clock;
        base::Random& random;
        audit::Log& log;
        audit::BlobStore& blobs;
        Judge& judge;
        Questions& questions;
        Governance& governance;
        const Settings& settings;
        Keeper& keeper;
        Keeper::TokenName token_name;
    };
    PolicyDesk(Parts parts, ExceptionBook book) : parts_(parts), book_(std::move(book)) {}
    // The desk must outlive the keeper's last frame.
    void add_verbs();

  private:
    using Answer = base::Result<wire::Json>;
    struct Wanted {
        policy::Question question;
        std::string words;  // for people
    };

    void add(std::string name, Answer (PolicyDesk::*verb)(const Sender&, const wire::Json&));
    void add_open(std::string name, Answer (PolicyDesk::*verb)(const Sender&, const wire::Json&));

    // policy_desk.cc
    Answer describe(const Sender& sender, const wire::Json& arguments);
    Answer reload(const Sender& sender, const wire::Json& arguments);
    Answer try_action(const Sender& sender, const wire::Json& arguments);
    Answer tiers(const Sender& sender, const wire::Json& arguments);
    Answer rules(const Sender& sender, const wire::Json& arguments);
    Answer recorded(const Sender& sender, const wire::Json& arguments);
    Answer allow(const Sender& sender, const wire::Json& arguments);
    Answer forget(const Sender& sender, const wire::Json& arguments);
    Circumstances circumstances(const Sender& sender, const wire::Json& arguments) const;
    base::Result<Wanted> wanted(const Sender& sender, const wire::Json& arguments);
    base::Result<policy::Decision> may_change(std::string_view person, std::string_view key,
                                              bool weakens);
    // Records the event durably, then makes the change; a change that fails is recorded too.
    base::Result<> change(audit::Event event, const std::function<base::Result<>()>& make);

    // exception_verbs.cc
    Answer request_exception(const Sender& sender, const wire::Json& arguments);
    Answer grant_exception(const Sender& sender, const wire::Json& arguments);
    Answer list_exceptions(const Sender& sender, const wire::Json& arguments);
    Answer revoke_exception(const Sender& sender, const wire::Json& arguments);
    base::Result<base::WallTime_ms> until_of(const wire::Json& arguments,
                                             std::string_view otherwise) const;
    base::Result<std::string> grantor(const Sender& sender, const wire::Json& arguments) const;
    Answer consent_to(ExceptionRequest request, const policy::Decision& decision,
                      const policy::Question& question, const std::string& person);
    Answer put_in_force(ExceptionRequest request, const std::string& person);

    // governance_verbs.cc
    Answer classify(const Sender& sender, const wire::Json& arguments);
    Answer projects(const Sender& sender, const wire::Json& arguments);
    Answer assessments(const Sender& sender, const wire::Json& arguments);
    Answer assessment(const Sender& sender, const wire::Json& arguments);
    Answer assess(const Sender& sender, const wire::Json& arguments);
    Answer review(const Sender& sender, const wire::Json& arguments);
    Answer use_text(const Sender& sender, const wire::Json& arguments);
    Answer acknowledge_use(const Sender& sender, const wire::Json& arguments);
    Answer check_use(const Sender& sender, const wire::Json& arguments);
    wire::Json item_json(const policy::Item& item) const;

    Parts parts_;
    ExceptionBook book_;
};

}  // namespace hs::gate
