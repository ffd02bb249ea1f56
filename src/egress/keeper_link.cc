#include "egress/keeper_link.h"

#include <chrono>

#include "gate/frames.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;
using gate::ActorFrameKind;
using gate::FrameKind;

namespace {

// How often a wait for the keeper's answer looks whether its exchange was stopped.
constexpr std::chrono::milliseconds stop_check{20};

}  // namespace

void KeeperLink::run(const os::WakeUp& stop) {
    for (;;) {
        auto frame = channel_.receive(os::Deadline::never(), &stop);
        if (!frame) break;
        take(std::move(*frame));
    }
    give_up();
}

// Questions that wait are answered with the keeper's absence, and what runs is stopped.
void KeeperLink::give_up() {
    admission_.stop_all();
    const std::scoped_lock lock(mutex_);
    gone_ = true;
    answered_.notify_all();
}

void KeeperLink::take(os::Frame frame) {
    switch (frame.kind) {
        case static_cast<std::uint16_t>(ActorFrameKind::key): {
            auto key = unpack_ticket_key(frame.payload);
            if (key) {
                admission_.take_key(std::move(key->key), key->generation);
                static_cast<void>(
                    channel_.send(frame.id, static_cast<std::uint16_t>(ActorFrameKind::ready), {}));
            }
            break;
        }
        case static_cast<std::uint16_t>(ActorFrameKind::generation): {
            const auto generation = unpack_generation(frame.payload);
            // What cannot be read may be a revocation, so everything ends.
            if (generation) {
                admission_.take_generation(*generation);
            } else {
                admission_.stop_all();
            }
            break;
        }
        case static_cast<std::uint16_t>(ActorFrameKind::stop_all):
            admission_.stop_all();
            break;
        case static_cast<std::uint16_t>(EgressFrameKind::revoke): {
            crypto::TicketNonce nonce{};
            if (frame.payload.size() != nonce.size()) {
                admission_.stop_all();
                break;
            }
            std::copy(frame.payload.begin(), frame.payload.end(), nonce.begin());
            admission_.revoke(nonce);
            break;
        }
        case static_cast<std::uint16_t>(FrameKind::answer):
            take_answer(frame);
            break;
        default:
            break;  // a kind of a later keeper that asks nothing of egress
    }
    crypto::wipe(frame.payload);
}

void KeeperLink::take_answer(os::Frame& frame) {
    auto answer = unpack_secret_answer(frame.payload);
    if (!answer) answer = SecretAnswer{{}, answer.error().what};
    const std::scoped_lock lock(mutex_);
    const auto question = questions_.find(frame.id);
    if (question == questions_.end()) return;  // its exchange has ended
    question->second = std::move(*answer);
    answered_.notify_all();
}

Result<crypto::SecretBytes> KeeperLink::ask_secret(const SecretQuestion& question,
                                                   os::Deadline deadline, const os::WakeUp& stop) {
    std::unique_lock lock(mutex_);
    if (gone_) return fail(Code::cancelled, "the keeper is gone");
    if (questions_.size() >= questions_max) {
        return fail(Code::exhausted, "too many secrets are being asked for; try again");
    }
    const std::uint64_t id = next_id_++;
    const auto waiting = questions_.emplace(id, std::nullopt).first;
    lock.unlock();
    const auto sent = channel_.send(id, static_cast<std::uint16_t>(ActorFrameKind::secret),
                                    pack_question(question));
    lock.lock();
    Result<> outcome = sent;
    while (outcome && !waiting->second) {
        const auto until =
            deadline.earlier(os::Deadline(std::chrono::steady_clock::now() + stop_check));
        answered_.wait_until(lock, until.at());
        if (waiting->second) break;
        if (gone_ || stop.raised()) outcome = fail(Code::cancelled, "the exchange was stopped");
        if (outcome && deadline.passed()) {
            outcome = fail(Code::timed_out, "the keeper did not give the credential in time");
        }
    }
    std::optional<SecretAnswer> answer = std::move(waiting->second);
    questions_.erase(waiting);
    lock.unlock();
    if (!outcome) return std::move(outcome).failure();
    if (answer->value.empty()) return fail(Code::denied, answer->refusal);
    return std::move(answer->value);
}

void KeeperLink::record(const wire::Json& connection) {
    const std::string text = wire::canonical_json(connection);
    // When the keeper is gone the process is about to end; it has the intent in its log.
    static_cast<void>(channel_.send(0, static_cast<std::uint16_t>(ActorFrameKind::connection),
                                    base::bytes_of(text)));
}

}  // namespace hs::egress
