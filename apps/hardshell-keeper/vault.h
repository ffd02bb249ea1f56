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
    // secrets.set, secrets.list, secrets.remove: for a person at the keeper's own socket.
    void add_verbs(gate::Keeper& keeper, audit::Log& log, const base::Clock& clock);
    // The one secret that a sandbox may use towards the host: bound to it, and no provider's.
    std::optional<gate::BoundSecret> bound_to(const std::string& host) const;
    // Names of what sandboxes may use at some host.
    std::vector<std::string> sandbox_names() const;
    // All values, for fingerprints.
    std::vector<egress::NamedSecret> values() const;
    // Called after every change of a secret.
    void on_change(std::function<void()> changed) { changed_ = std::move(changed); }
    // Answers egress's question for one value.
    void answer(os::Channel& egress, const os::Frame& frame, audit::Log& log);

  private:
    Vault(secrets::SealedFile file, const gate::Settings& settings)
        : file_(std::move(file)), settings_(settings) {}
    base::Result<wire::Json> set(const gate::Sender& sender, const wire::Json& arguments,
                                 audit::Log& log, const base::Clock& clock);
    base::Result<wire::Json> list() const;
    bool ships_to(const std::string& name, const std::string& host) const;
    base::Result<secrets::Binding> binding_for(const std::string& name,
                                               const std::string& host) const;

    bool is_of_provider(const std::string& name) const;

    secrets::SealedFile file_;
    std::function<void()> changed_;
    const gate::Settings& settings_;  // outlives this
};

}  // namespace hs::keeping
