#include "egress/admission.h"

#include <chrono>

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

namespace {
// A ticket of a new generation can overtake the keeper's word of it: the two come on different
// sockets. So a refused ticket waits this long for the generation to move.
constexpr std::chrono::milliseconds key_patience{2000};
constexpr std::chrono::milliseconds generation_patience{50};
}  // namespace

Admitted::Admitted(Admission& admission, Envelope envelope, const crypto::TicketNonce& nonce,
                   os::WakeUp stop, std::uint64_t number)
    : admission_(admission),
      envelope_(std::move(envelope)),
      nonce_(nonce),
      stop_(std::move(stop)),
      number_(number) {}

Admitted::~Admitted() {
    admission_.end(number_);
}

void Admission::end(std::uint64_t number) {
    const std::scoped_lock lock(mutex_);
    running_.erase(number);
}

// Called with the lock held.
void Admission::stop_running() {
    for (const auto& [number, admitted] : running_) admitted->stop().raise();
}

void Admission::take_key(crypto::SecretBytes key, std::uint64_t generation) {
    const std::scoped_lock lock(mutex_);
    stop_running();
    key_ = std::move(key);
    generation_ = generation;
    stopped_ = false;
    revoked_.clear();
    generation_moved_.notify_all();
}

void Admission::take_generation(std::uint64_t generation) {
    const std::scoped_lock lock(mutex_);
    if (generation == generation_ && !stopped_) return;
    stop_running();
    generation_ = generation;
    stopped_ = false;
    revoked_.clear();  // their tickets are of an older generation
    generation_moved_.notify_all();
}

void Admission::revoke(const crypto::TicketNonce& nonce) {
    const std::scoped_lock lock(mutex_);
    for (const auto& [number, admitted] : running_) {
        if (admitted->nonce() == nonce) admitted->stop().raise();
    }
    if (revoked_.size() < revoked_max) {
        revoked_.insert(nonce);
        return;
    }
    // What cannot be remembered cannot be refused one by one, so everything is.
    stop_running();
    stopped_ = true;
}

void Admission::stop_all() {
    const std::scoped_lock lock(mutex_);
    stop_running();
    stopped_ = true;
}

// Called with the lock held.
Result<crypto::Ticket> Admission::check(const PermitBytes& permit) {
    if (!key_) return fail(Code::denied, "the keeper has not sent its key yet; try again");
    if (stopped_) return fail(Code::denied, "everything is stopped; end the lockdown first");
    if (keeper_.peer_gone()) return fail(Code::denied, "the keeper is gone; start the assistant");
    const base::WallTime_ms now_ms = clock_.wall_ms();
    const auto ticket = TRY(crypto::check_ticket(*key_, permit.ticket, now_ms, generation_));
    if (ticket.kind != envelope_ticket_kind) {
        return fail(Code::denied, "the ticket is for another process; ask the keeper anew");
    }
    if (!crypto::equal(ticket.digest, digest_of(permit.envelope))) {
        return fail(Code::denied, "the envelope is not the one that was approved");
    }
    if (revoked_.contains(ticket.nonce)) {
        return fail(Code::denied, "the permit was revoked; ask the keeper anew");
    }
    return ticket;
}

Result<std::unique_ptr<Admitted>> Admission::admit(std::string_view permit_field) {
    const PermitBytes permit = TRY(parse_permit_field(permit_field));
    std::unique_lock lock(mutex_);
    // Right after the start the permit can come before the key: they travel on different lines.
    generation_moved_.wait_for(lock, key_patience, [&] { return key_.has_value(); });
    const std::uint64_t seen = generation_;
    auto ticket = check(permit);
    if (!ticket && key_ && !stopped_) {
        const bool moved = generation_moved_.wait_for(lock, generation_patience,
                                                      [&] { return generation_ != seen; });
        if (moved) ticket = check(permit);
    }
    if (!ticket) return ticket.failure();
    Envelope envelope = TRY(Envelope::unpack(permit.envelope));
    const base::WallTime_ms now_ms = clock_.wall_ms();
    if (envelope.expiry_ms <= now_ms) {
        return fail(Code::denied, "the permit has expired; ask the keeper anew");
    }
    os::WakeUp stop = TRY(os::WakeUp::make());
    TRY(guard_.use(*ticket, now_ms));
    const std::uint64_t number = next_number_++;
    auto admitted = std::make_unique<Admitted>(*this, std::move(envelope), ticket->nonce,
                                               std::move(stop), number);
    running_.emplace(number, admitted.get());
    return admitted;
}

std::size_t Admission::running() const {
    const std::scoped_lock lock(mutex_);
    return running_.size();
}

}  // namespace hs::egress
