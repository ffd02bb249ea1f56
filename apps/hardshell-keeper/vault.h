// Vault: the keeper's secrets: a person sets them, egress gets one value for one use at a place
// that both policy's envelope and the secret's own binding name.
//
// What it does not protect from: the host that receives the value. Threads: one thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "audit/log.h"
#include "base/result.h"
#include "egress/frames.h"
#include "egress/leak_scan.h"
#include "gate/keeper.h"
#include "gate/settings.h"
#include "os/channel.h"
#include "secrets/sealed_file.h"

namespace hs::keeping {

class Vault {
  public:
    static base::Result<std::unique_ptr<Vault>> open(const std::string& state_folder,
                                                     const crypto::SecretBytes& master,
                                                     const gate::Settings& settings,
                                                     base::Random& random);
    // secrets.set, .list, .show, .bind, .rotate, .remove and .twins: for a person at the keeper's
    // own socket.
    void add_verbs(gate::Keeper& keeper, audit::Log& log, const base::Clock& clock);
    // The one secret that a sandbox may use for such a request: bound to it, and no provider's.
    std::optional<gate::BoundSecret> bound_to(const gate::SecretAsk& ask) const;
    // Names of what sandboxes may use at some host.
    std::vector<std::string> sandbox_names() const;
    // All values, for fingerprints.
    std::vector<egress::NamedSecret> values() const;
    // Called after every change of a secret.
    void on_change(std::function<void()> changed) { changed_ = std::move(changed); }
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
    Vault(secrets::SealedFile file, const gate::Settings& settings)
        : file_(std::move(file)), settings_(settings) {}
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
    base::Result<crypto::SecretBytes> place(const egress::SecretQuestion& question,
                                            const Witnesses& witnesses);
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
};

}  // namespace hs::keeping
