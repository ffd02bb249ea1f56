#include "crypto/ticket.h"

#include <algorithm>

#include "base/pack.h"
#include "crypto/mac.h"

namespace hs::crypto {
namespace {

using base::Code;
using base::fail;

constexpr std::uint8_t ticket_version = 1;

base::Failure malformed() {
    return fail(Code::denied, "the ticket is malformed; ask the keeper anew");
}

template <std::size_t size>
base::Result<std::array<std::uint8_t, size>> fixed_bytes(base::Unpacker& unpacker) {
    const auto bytes = TRY(unpacker.bytes());
    std::array<std::uint8_t, size> array;
    if (bytes.size() != size) return malformed();
    std::copy(bytes.begin(), bytes.end(), array.begin());
    return array;
}

base::Result<Ticket> unpack_ticket(base::ByteView bytes) {
    base::Unpacker unpacker(bytes);
    Ticket ticket;
    if (TRY(unpacker.u8()) != ticket_version) return malformed();
    ticket.kind = TRY(unpacker.u8());
    ticket.digest = TRY(fixed_bytes<32>(unpacker));
    ticket.expiry_ms = TRY(unpacker.i64());
    ticket.generation = TRY(unpacker.u64());
    ticket.nonce = TRY(fixed_bytes<16>(unpacker));
    ticket.issued_by = TRY(unpacker.text());
    TRY(unpacker.finish());
    if (ticket.issued_by.size() > ticket_issuer_bytes_max) return malformed();
    return ticket;
}

base::Result<> check_validity(const Ticket& ticket, base::WallTime_ms now_ms,
                              std::uint64_t generation) {
    if (ticket.expiry_ms <= now_ms) {
        return fail(Code::denied, "the ticket has expired; ask the keeper anew");
    }
    if (ticket.expiry_ms - now_ms > ticket_life_max_ms) {
        return fail(Code::denied, "the ticket is valid for longer than a day; check the clock");
    }
    if (ticket.generation != generation) {
        return fail(Code::denied, "the ticket was revoked; ask the keeper anew");
    }
    return {};
}

}  // namespace

base::Bytes issue_ticket(const SecretBytes& key, const Ticket& ticket) {
    CHECK(ticket.issued_by.size() <= ticket_issuer_bytes_max);
    base::Packer packer;
    packer.u8(ticket_version);
    packer.u8(ticket.kind);
    packer.bytes(ticket.digest);
    packer.i64(ticket.expiry_ms);
    packer.u64(ticket.generation);
    packer.bytes(ticket.nonce);
    packer.text(ticket.issued_by);
    base::Bytes bytes = std::move(packer).take();
    const Mac mac = keyed_hash(key, bytes);
    bytes.insert(bytes.end(), mac.begin(), mac.end());
    return bytes;
}

base::Result<Ticket> check_ticket(const SecretBytes& key, base::ByteView bytes,
                                  base::WallTime_ms now_ms, std::uint64_t generation) {
    if (bytes.size() > ticket_bytes_max || bytes.size() <= sizeof(Mac)) return malformed();
    const auto packed = bytes.first(bytes.size() - sizeof(Mac));
    if (!keyed_hash_matches(key, packed, bytes.last(sizeof(Mac)))) {
        return fail(Code::denied,
                    "the ticket does not carry the keeper's mark; ask the keeper anew");
    }
    auto ticket = unpack_ticket(packed);
    if (!ticket) return malformed();
    TRY(check_validity(*ticket, now_ms, generation));
    return ticket;
}

base::Result<> TicketGuard::use(const Ticket& ticket, base::WallTime_ms now_ms) {
    while (!used_.empty() && used_.begin()->first <= now_ms) {
        forgotten_until_ms_ = std::max(forgotten_until_ms_, used_.begin()->first);
        used_.erase(used_.begin());
    }
    if (ticket.expiry_ms <= forgotten_until_ms_) {
        return fail(Code::denied,
                    "the ticket is older than what is remembered; ask the keeper anew");
    }
    const std::pair key{ticket.expiry_ms, ticket.nonce};
    if (used_.contains(key)) {
        return fail(Code::denied, "the ticket was used before; ask the keeper anew");
    }
    if (used_.size() >= tickets_max_) {
        return fail(Code::exhausted, "too many tickets are in use; try again in a minute");
    }
    used_.insert(key);
    return {};
}

}  // namespace hs::crypto
