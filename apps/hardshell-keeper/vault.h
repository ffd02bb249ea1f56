// Vault: the keeper's secrets: a person sets them, egress gets one value for one use at a place
// that both policy's envelope and the secret's own binding name.
//
// What it does not protect from: the host that receives the value. Threads: one thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "audit/log.h"
#include "base/result.h"
#include "egress/frames.h"
#include "egress/leak_scan.h"
#include "gate/keeper.h"
#include "gate/settings.h"
#include "hardshell-keeper/store_desk.h"
#include "os/channel.h"
#include "secrets/sealed_file.h"

namespace hs::keeping {

class Vault {
  public:
    static base::Result<std::unique_ptr<Vault>> open(const std::string& state_folder,
                                                     const crypto::SecretBytes& master,
                                                     const gate::Settings& settings,
                                                     base::Random& random, StoreDesk& stores);
    // secrets.set, .list, .show, .bind, .rotate, .remove, .check, .outcome, .stores and .twins: for
    // a person at the keeper's own socket.
    void add_verbs(gate::Keeper& keeper, audit::Log& log, const base::Clock& clock);
    // The one secret that a sandbox may use for such a request: bound to it, and no provider's.
    std::optional<gate::BoundSecret> bound_to(const gate::SecretAsk& ask) const;
    // Names of what sandboxes may use at some host.
    std::vector<std::string> sandbox_names() const;
    // All values, for fingerprints.
    std::vector<egress::NamedSecret> values() const;
    // Called after every change of a secret, and of what was fetched from a store.
    void on_change(std::function<void()> changed) {
        changed_ = std::move(changed);
        stores_.on_values(changed_);
    }
    // While it says so, nothing is given out but what the log's own deliveries need.
    void seal_when(std::function<bool()> sealed) { sealed_ = std::move(sealed); }
    // Answers egress's question for one value.
    struct Witnesses {
        audit::Log& log;
        const gate::Keeper& keeper;  // whose sandbox asks
        const base::Clock& clock;
    };
    void answer(os::Channel& egress, const os::Frame& frame, const Witnesses& witnesses);

  private:
    Vault(secrets::SealedFile file, const gate::Settings& settings, StoreDesk& stores)
        : file_(std::move(file)), settings_(settings), stores_(stores) {}
    using Verb = base::Result<wire::Json> (Vault::*)(const gate::Sender& sender,
                                                     const wire::Json& arguments, audit::Log& log,
                                                     const base::Clock& clock);
    base::Result<wire::Json> set(const gate::Sender& sender, const wire::Json& arguments,
                                 audit::Log& log, const base::Clock& clock);
    base::Result<wire::Json> bind(const gate::Sender& sender, const wire::Json& arguments,
                                  audit::Log& log, const base::Clock& clock);
    base::Result<wire::Json> rotate(const gate::Sender& sender, const wire::Json& arguments,
                                    audit::Log& log, const base::Clock& clock);
    base::Result<wire::Json> remove(const gate::Sender& sender, const wire::Json& arguments,
                                    audit::Log& log, const base::Clock& clock);
    // Which of the values given, that were found lying about, are secrets of this store.
    base::Result<wire::Json> twins(const wire::Json& arguments) const;
    // What was begun and is waited for: a question to a store on behalf of a person.
    struct Task {
        std::string id;
        bool done = false;
        std::string trouble;  // empty: it went well
    };
    base::Result<wire::Json> check(const gate::Sender& sender, const wire::Json& arguments,
                                   audit::Log& log, const base::Clock& clock);
    base::Result<wire::Json> outcome(const wire::Json& arguments) const;
    wire::Json list_stores() const;
    // Which store is to keep it; null: the keeper's own file.
    base::Result<const StoreSetting*> store_for(const std::string& secret_class,
                                                const wire::Json& arguments) const;
    base::Result<> choose_store(secrets::SecretFacts& facts, const wire::Json& arguments) const;
    base::Result<> keep(secrets::SecretFacts facts, std::string& value, audit::Log& log,
                        wire::Json& answer);
    base::Result<> keep_in_store(secrets::SecretFacts facts, std::string& value, audit::Log& log,
                                 wire::Json& answer);
    // Begins a task; what is returned ends it. When it has failed, that is recorded.
    StoreDesk::Done begin_task(const std::string& secret, audit::Log& log, wire::Json& answer,
                               std::function<base::Result<>()> then);
    // Takes the value out of the store that has held it.
    void forget_value(const secrets::SecretFacts& facts, audit::Log& log, wire::Json& answer);
    base::Result<StoreDesk::Login> login_for(const StoreSetting& setting) const;

    // The two words on a use: whether anything is given out now, and the binding's own.
    base::Result<> admit(const egress::SecretQuestion& question, const Witnesses& witnesses) const;
    base::Result<secrets::SecretPlace> place_of(const egress::SecretQuestion& question,
                                                const Witnesses& witnesses) const;
    base::Result<> ask_store(os::Channel& egress, std::uint64_t id,
                             const egress::SecretQuestion& question,
                             const secrets::SecretFacts& facts, const Witnesses& witnesses);
    void conclude(os::Channel& egress, std::uint64_t id, const egress::SecretQuestion& question,
                  base::Result<crypto::SecretBytes> value, const Witnesses& witnesses);
    base::Result<wire::Json> list() const;
    bool ships_to(const std::string& name, const std::string& host) const;
    base::Result<secrets::Binding> binding_for(const std::string& name,
                                               const std::string& host) const;

    bool is_of_provider(const std::string& name) const;
    std::string bound_host(const egress::SecretQuestion& question) const;

    secrets::SealedFile file_;
    std::function<void()> changed_;
    std::function<bool()> sealed_;
    const gate::Settings& settings_;  // outlives this
    StoreDesk& stores_;               // likewise
    std::deque<Task> tasks_;
    std::uint64_t next_task_ = 1;
};

}  // namespace hs::keeping
