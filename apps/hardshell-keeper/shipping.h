// Shipping: the keeper's deliveries: sinks and witnesses, from configuration to threads.
//
// What it does not protect from: a sink that is configured wrongly; it is named in the status and
// in the log, and the others are served.
// Threads: one owner; status from any thread.
#pragma once

#include <memory>

#include "audit/log.h"
#include "gate/keeper.h"
#include "hardshell-keeper/outlet.h"
#include "hardshell-keeper/recording.h"
#include "ship/shipper.h"
#include "ship/witnesses.h"

namespace hs::keeping {

class Shipping {
  public:
    struct Parts {
        RecordPlaces places;
        const gate::Settings& settings;
        const crypto::SecretBytes& master;
        audit::Log& log;
        const base::Clock& clock;
        base::Random& random;
        KeeperOutlet::Parts outlet;
    };
    explicit Shipping(Parts parts);

    // Reads the configuration and hands the TLS identities to egress. Once egress has the key.
    void prepare();
    // Asks the witnesses whether they know a longer log; then the log refuses. A failure when a
    // required one does not answer.
    base::Result<> check_witnesses();
    void start();
    void stop();

    void set_generation(std::uint64_t generation) { outlet_.set_generation(generation); }
    // ship.status, ship.test
    void add_verbs(gate::Keeper& keeper);
    wire::Json status() const;

  private:
    void add_sink(const ship::SinkSetting& sink);
    base::Result<> send_identity(const std::string& name, const std::string& ca,
                                 const std::string& certificate, const std::string& key);
    void complain(const std::string& about, const base::Error& error);
    void record(audit::Event event);

    Parts parts_;
    KeeperOutlet outlet_;
    std::vector<ship::SinkSetting> sinks_;
    std::vector<ship::WitnessClient> clients_;
    std::unique_ptr<ship::Shipper> shipper_;
    std::unique_ptr<ship::Witnesses> witnesses_;
    std::vector<std::string> problems_;
};

}  // namespace hs::keeping
