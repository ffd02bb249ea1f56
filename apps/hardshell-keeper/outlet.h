// KeeperOutlet: the way out for the keeper's own deliveries: through egress, under permits that the
// keeper makes for the places of its configuration and for no other.
//
// What it does not protect from: a place that a person should not have configured.
// Threads: add_place before the first use; the rest from any thread.
#pragma once

#include <atomic>
#include <map>

#include "crypto/secret.h"
#include "egress/client.h"
#include "egress/envelope.h"
#include "ship/outlet.h"

namespace hs::keeping {

// What may be reached under one name.
struct Place {
    egress::Scheme scheme = egress::Scheme::https;
    std::string host;
    std::uint16_t port = 443;
    egress::CredentialUse credential;
    std::string identity;
    egress::Purpose purpose = egress::Purpose::ship;
};

class KeeperOutlet final : public ship::Outlet {
  public:
    struct Parts {
        os::Channel& egress;
        const crypto::SecretBytes& ticket_key;
        const base::Clock& clock;
        base::Random& random;
        std::string instance;
    };
    explicit KeeperOutlet(Parts parts) : parts_(std::move(parts)), client_(parts_.egress) {}

    void add_place(const std::string& name, Place place) { places_[name] = std::move(place); }
    // The generation that egress has been told.
    void set_generation(std::uint64_t generation) { generation_ = generation; }

    base::Result<ship::HttpReply> send(const ship::HttpCall& call, os::Deadline deadline,
                                       const os::WakeUp& stop, ship::Fault& why) override;
    base::Result<std::unique_ptr<ship::Line>> connect(const std::string& sink,
                                                      os::Deadline deadline, const os::WakeUp& stop,
                                                      ship::Fault& why) override;

  private:
    struct Permit {
        base::Bytes ticket;
        base::Bytes envelope;
    };
    base::Result<egress::Envelope> envelope_for(const std::string& name) const;
    base::Result<Permit> permit_for(const egress::Envelope& envelope);

    Parts parts_;
    egress::EgressClient client_;
    std::map<std::string, Place> places_;
    std::atomic<std::uint64_t> generation_{0};
};

}  // namespace hs::keeping
