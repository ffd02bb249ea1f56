// Admission: checks the permit of each request and stops what was admitted once it is revoked.
//
// What it is for: the MAC, kind, expiry, generation and single use of the ticket, and that the
// Envelope hashes to the ticket's digest. Each admitted exchange gets a wake-up that is raised when
// its permit is revoked, when the generation moves on, and at lockdown.
// What it does not protect from: a keeper that was taken over; it holds the key.
// Threads: every method from any thread.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "base/clock.h"
#include "crypto/ticket.h"
#include "egress/envelope.h"
#include "os/channel.h"
#include "os/wait.h"

namespace hs::egress {

class Admission;

// An admitted exchange: what it may do, and what stops it. Ends when destroyed.
class Admitted {
  public:
    Admitted(Admission& admission, Envelope envelope, const crypto::TicketNonce& nonce,
             os::WakeUp stop, std::uint64_t number);
    ~Admitted();
    Admitted(const Admitted&) = delete;
    Admitted& operator=(const Admitted&) = delete;

    const Envelope& envelope() const { return envelope_; }
    const crypto::TicketNonce& nonce() const { return nonce_; }
    const os::WakeUp& stop() const { return stop_; }

  private:
    friend class Admission;
    Admission& admission_;
    Envelope envelope_;
    crypto::TicketNonce nonce_;
    os::WakeUp stop_;
    std::uint64_t number_;
};

class Admission {
  public:
    static constexpr std::size_t tickets_max = 65'536;
    static constexpr std::size_t revoked_max = 4'096;

    // Once the keeper at the other end of this channel is gone nothing is admitted, whether its
    // reader has seen that yet or not. The channel must outlive the admission.
    Admission(const os::Channel& keeper, const base::Clock& clock)
        : keeper_(keeper), clock_(clock), guard_(tickets_max) {}

    // Until the first key nothing is admitted. A new key voids all tickets of the old one.
    void take_key(crypto::SecretBytes key, std::uint64_t generation);
    // Stops everything that an earlier generation admitted.
    void take_generation(std::uint64_t generation);
    // Stops the exchange of that ticket, or refuses the ticket when it comes.
    void revoke(const crypto::TicketNonce& nonce);
    // Stops everything; nothing more is admitted until the next key or generation.
    void stop_all();

    // denied with the reason, or invalid_input for a field that is no permit.
    base::Result<std::unique_ptr<Admitted>> admit(std::string_view permit_field);
    std::size_t running() const;

  private:
    friend class Admitted;
    base::Result<crypto::Ticket> check(const PermitBytes& permit);
    void stop_running();
    void end(std::uint64_t number);

    const os::Channel& keeper_;
    const base::Clock& clock_;
    mutable std::mutex mutex_;
    std::condition_variable generation_moved_;
    std::optional<crypto::SecretBytes> key_;
    std::uint64_t generation_ = 0;
    bool stopped_ = false;
    crypto::TicketGuard guard_;
    std::set<crypto::TicketNonce> revoked_;
    std::map<std::uint64_t, Admitted*> running_;
    std::uint64_t next_number_ = 1;
};

}  // namespace hs::egress
