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
            if (orders_ != nullptr) orders_->cut();
            break;
        }
        case static_cast<std::uint16_t>(ActorFrameKind::stop_all):
            admission_.stop_all();
            if (orders_ != nullptr) orders_->cut();
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
        case static_cast<std::uint16_t>(FrameKind::failure):
            take_answer(frame);
            break;
        case static_cast<std::uint16_t>(FrameKind::news):
            take_news(frame);
            break;
        case static_cast<std::uint16_t>(EgressFrameKind::connect):
        case static_cast<std::uint16_t>(EgressFrameKind::tunnel):
        case static_cast<std::uint16_t>(EgressFrameKind::identity):
        case static_cast<std::uint16_t>(EgressFrameKind::name_servers):
            take_request(frame);
            break;
        default:
            take_sandbox_frame(frame);
            break;
    }
    crypto::wipe(frame.payload);
}

void KeeperLink::take_sandbox_frame(os::Frame& frame) {
    if (orders_ == nullptr) return;
    switch (static_cast<ActorFrameKind>(frame.kind)) {
        case ActorFrameKind::sandbox_open: {
            const auto json = wire::parse_json(base::text_of(frame.payload));
            const auto order = json ? gate::sandbox_order_from_json(*json)
                                    : Result<gate::SandboxOrder>(json.failure());
            if (order) orders_->open(*order, std::move(frame.descriptors));
            break;
        }
        case ActorFrameKind::sandbox_close: {
            const auto json = wire::parse_json(base::text_of(frame.payload));
            const auto id =
                json ? wire::text_at(*json, "sandbox") : Result<std::string>(json.failure());
            if (id) orders_->close(*id);
            break;
        }
        case ActorFrameKind::more_authorities:
            orders_->more_authorities();
            break;
        case ActorFrameKind::fingerprints:
            orders_->take_fingerprints(frame.payload);
            break;
        case ActorFrameKind::key:
        case ActorFrameKind::generation:
        case ActorFrameKind::stop_all:
        case ActorFrameKind::ready:
        case ActorFrameKind::secret:
        case ActorFrameKind::connection:
        case ActorFrameKind::outlets:
        case ActorFrameKind::outlets_end:
        case ActorFrameKind::ask:
        case ActorFrameKind::authorities:
        case ActorFrameKind::attested:
        default:
            break;  // a kind of a later keeper that asks nothing of egress
    }
}

void KeeperLink::take_request(os::Frame& frame) {
    const auto kind = static_cast<EgressFrameKind>(frame.kind);
    if (kind == EgressFrameKind::identity) {
        auto named = unpack_identity(frame.payload);
        if (!named || !requests_.identity) return;
        requests_.identity(*named);
        std::string& key = named->identity.key_pem;
        crypto::wipe({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
        return;
    }
    if (kind == EgressFrameKind::name_servers) {
        if (requests_.name_servers) {
            requests_.name_servers(std::string(base::text_of(frame.payload)));
        }
        return;
    }
    // Anything else is not understood; its descriptors close with the frame.
    if (frame.descriptors.size() != 1) return;
    if (kind == EgressFrameKind::connect && requests_.connect) {
        requests_.connect(std::move(frame.descriptors[0]));
    }
    if (kind == EgressFrameKind::tunnel && requests_.tunnel) {
        requests_.tunnel(std::string(base::text_of(frame.payload)),
                         std::move(frame.descriptors[0]));
    }
}

void KeeperLink::take_answer(os::Frame& frame) {
    const std::scoped_lock lock(mutex_);
    const auto question = questions_.find(frame.id);
    if (question == questions_.end()) return;  // its exchange has ended
    question->second = std::move(frame);
    answered_.notify_all();
}

void KeeperLink::take_news(const os::Frame& frame) {
    const auto json = wire::parse_json(base::text_of(frame.payload));
    if (!json) return;
    const auto approval = wire::text_at_or(*json, "approval", "");
    const auto outcome = wire::text_at_or(*json, "outcome", "");
    if (!approval || !outcome || approval->empty()) return;
    const std::scoped_lock lock(mutex_);
    if (news_.size() >= news_max) news_.erase(news_.begin());
    news_[*approval] = *outcome;
    answered_.notify_all();
}

// Sends a question and waits for the frame that answers it.
Result<os::Frame> KeeperLink::exchange(std::uint16_t kind, base::ByteView payload,
                                       os::Deadline deadline, const os::WakeUp& stop) {
    std::unique_lock lock(mutex_);
    if (gone_) return fail(Code::cancelled, "the keeper is gone");
    if (questions_.size() >= questions_max) {
        return fail(Code::exhausted, "the keeper is being asked too much at once; try again");
    }
    const std::uint64_t id = next_id_++;
    const auto waiting = questions_.emplace(id, std::nullopt).first;
    lock.unlock();
    const auto sent = channel_.send(id, kind, payload);
    lock.lock();
    Result<> outcome = sent;
    while (outcome && !waiting->second) {
        const auto until =
            deadline.earlier(os::Deadline(std::chrono::steady_clock::now() + stop_check));
        answered_.wait_until(lock, until.at());
        if (waiting->second) break;
        if (gone_ || stop.raised()) outcome = fail(Code::cancelled, "the exchange was stopped");
        if (outcome && deadline.passed()) {
            outcome = fail(Code::timed_out, "the keeper did not answer in time");
        }
    }
    std::optional<os::Frame> answer = std::move(waiting->second);
    questions_.erase(waiting);
    if (!outcome) return std::move(outcome).failure();
    return std::move(*answer);
}

Result<crypto::SecretBytes> KeeperLink::ask_secret(const SecretQuestion& question,
                                                   os::Deadline deadline, const os::WakeUp& stop) {
    os::Frame frame = TRY(exchange(static_cast<std::uint16_t>(ActorFrameKind::secret),
                                   pack_question(question), deadline, stop));
    auto answer = unpack_secret_answer(frame.payload);
    crypto::wipe(frame.payload);
    if (!answer) return answer.failure();
    if (answer->value.empty()) return fail(Code::denied, answer->refusal);
    return std::move(answer->value);
}

Result<gate::ConnectionAnswer> KeeperLink::ask_connection(const gate::ConnectionAsk& ask,
                                                          os::Deadline deadline,
                                                          const os::WakeUp& stop) {
    const std::string text = wire::canonical_json(gate::to_json(ask));
    const os::Frame frame = TRY(exchange(static_cast<std::uint16_t>(ActorFrameKind::ask),
                                         base::bytes_of(text), deadline, stop));
    const wire::Json json = TRY(wire::parse_json(base::text_of(frame.payload)));
    if (frame.kind == static_cast<std::uint16_t>(FrameKind::answer)) {
        return gate::connection_answer_from_json(json);
    }
    return fail(Code::denied, TRY(wire::text_at_or(json, "what", "the keeper refused")));
}

Result<std::string> KeeperLink::await_approval(const std::string& approval, os::Deadline deadline,
                                               const os::WakeUp& stop) {
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto found = news_.find(approval);
        if (found != news_.end()) return found->second;
        if (gone_ || stop.raised()) return fail(Code::cancelled, "the connection was stopped");
        if (deadline.passed()) return fail(Code::timed_out, "nobody answered in time");
        const auto until =
            deadline.earlier(os::Deadline(std::chrono::steady_clock::now() + stop_check));
        answered_.wait_until(lock, until.at());
    }
}

Result<> KeeperLink::send_authorities(const wire::Json& authorities) {
    const std::string text = wire::canonical_json(authorities);
    return channel_.send(0, static_cast<std::uint16_t>(ActorFrameKind::authorities),
                         base::bytes_of(text));
}

void KeeperLink::tell_attested(const wire::Json& answer) {
    const std::string text = wire::canonical_json(answer);
    static_cast<void>(channel_.send(0, static_cast<std::uint16_t>(ActorFrameKind::attested),
                                    base::bytes_of(text)));
}

void KeeperLink::record(const wire::Json& connection) {
    const std::string text = wire::canonical_json(connection);
    // When the keeper is gone the process is about to end; it has the intent in its log.
    static_cast<void>(channel_.send(0, static_cast<std::uint16_t>(ActorFrameKind::connection),
                                    base::bytes_of(text)));
}

}  // namespace hs::egress
