// OutletDesk: what passes through the keeper between launcher and egress, so that neither takes the
// other's word: the listeners of a sandbox's network, the authorities that egress makes, the
// fingerprints of secrets.
//
// What it does not protect from: an egress that was taken over. Threads: the keeper's own.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "egress/leak_scan.h"
#include "gate/keeper.h"
#include "hardshell-keeper/vault.h"
#include "os/channel.h"

namespace hs::keeping {

class OutletDesk {
  public:
    static constexpr std::size_t authorities_max = 64;

    explicit OutletDesk(base::Random& random) : random_(random) {}
    // Before the first frame; all of it outlives the desk.
    void open(gate::Keeper& keeper, std::shared_ptr<os::Channel> egress);

    // Called with the nonce, in hexadecimal, of a sandbox that has ended.
    void on_sandbox_end(std::function<void(const std::string&)> ended) {
        ended_ = std::move(ended);
    }

    // The next authority that egress has made; denied while there is none.
    base::Result<gate::SandboxAuthority> take_authority();
    // True when the frame was one of sandboxes' networks.
    bool take_launcher_frame(os::Frame& frame);
    bool take_egress_frame(const os::Frame& frame);
    // Tells egress who is asked for names; before anything else is.
    base::Result<> send_name_servers(const std::vector<std::string>& servers);
    // Makes and hands over fingerprints of all secrets, after each change of one.
    void send_fingerprints(const Vault& vault);

  private:
    base::Result<wire::Json> find_secret(const wire::Json& arguments) const;
    void hand_over(os::Frame& frame);
    void close(base::ByteView nonce);
    void take_authorities(const os::Frame& frame);
    void send(gate::ActorFrameKind kind, base::ByteView payload,
              const std::vector<int>& descriptors = {});

    base::Random& random_;
    gate::Keeper* keeper_ = nullptr;
    std::shared_ptr<os::Channel> egress_;
    std::shared_ptr<const egress::FingerprintTable> fingerprints_;
    std::deque<gate::SandboxAuthority> authorities_;
    std::function<void(const std::string&)> ended_;
};

}  // namespace hs::keeping
