// Tickets: what the keeper hands out so that the process that acts can check a Permit by itself.
//
// What it is for: the launcher and egress get a ticket with each request and refuse unless the MAC
// is the keeper's, the ticket is neither expired nor revoked nor used before, and the bytes they
// are to act on hash to its digest.
// What it does not protect from: a checker that does not compare kind and digest with what it is
// about to do, or that does not pass every ticket through its TicketGuard.
// Threads: no thread, no lock; a TicketGuard belongs to one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

namespace hs::crypto {

using TicketNonce = std::array<std::uint8_t, 16>;

struct Ticket {
    std::uint8_t kind = 0;            // which process acts on it and how; the gate numbers them
    Digest digest{};                  // SHA-256 of the packed or canonical action
    base::WallTime_ms expiry_ms = 0;  // not valid from this instant on
    std::uint64_t generation = 0;     // void when the keeper's generation has moved on
    TicketNonce nonce{};              // one use
    std::string issued_by;            // the keeper's instance, at most 64 bytes

    bool operator==(const Ticket&) const = default;
};

constexpr std::size_t ticket_issuer_bytes_max = 64;
constexpr std::size_t ticket_bytes_max = 256;
// No ticket lives longer; a longer one is refused even if its MAC is right.
constexpr std::int64_t ticket_life_max_ms = std::int64_t{24} * 3600 * 1000;

// The packed ticket followed by its MAC; see docs/formats/ticket.md. CHECKs the issuer's size.
base::Bytes issue_ticket(const SecretBytes& key, const Ticket& ticket);

// denied, with the reason: wrong MAC (checked before anything is read), malformed, expired, of
// another generation, or valid for longer than ticket_life_max_ms.
base::Result<Ticket> check_ticket(const SecretBytes& key, base::ByteView bytes,
                                  base::WallTime_ms now_ms, std::uint64_t generation);

// Remembers each nonce until its ticket has expired, so that a ticket works once. Memory is
// bounded: a full guard refuses every further ticket until old ones expire.
class TicketGuard {
  public:
    explicit TicketGuard(std::size_t tickets_max) : tickets_max_(tickets_max) {}

    // Only for a ticket that check_ticket let through. denied when it was used before, or when it
    // is so old that its use may have been forgotten (a clock that was set back); exhausted when
    // full.
    base::Result<> use(const Ticket& ticket, base::WallTime_ms now_ms);

    std::size_t size() const { return used_.size(); }

  private:
    std::size_t tickets_max_;
    base::WallTime_ms forgotten_until_ms_ = 0;
    std::set<std::pair<base::WallTime_ms, TicketNonce>> used_;
};

}  // namespace hs::crypto
