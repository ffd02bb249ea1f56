#include "egress/hook_listener.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "base/pack.h"
#include "egress/attest.h"
#include "os/socket.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr int look_ms = 1'000;
constexpr std::int64_t grace_ms = 500;
constexpr std::size_t bodies_remembered_max = 256;

bool is_json(const net::Headers& headers) {
    const auto type = headers.only("Content-Type");
    if (!type || !*type) return false;
    std::string_view text = **type;
    text = text.substr(0, text.find(';'));
    while (text.ends_with(' ')) text.remove_suffix(1);
    return net::same_text(text, "application/json");
}

}  // namespace

Result<> HookListener::open() {
    const auto address = TRY(net::Address::parse(parts_.envelope.host));
    const bool four = address.family() == net::Address::Family::ipv4;
    const auto bytes = base::ByteView(address.bytes()).first(four ? 4 : 16);
    net::ServerLimits limits;
    limits.connections_max = limits_.connections_max;
    limits.http.head_bytes_max = limits_.head_bytes_max;
    limits.http.fields_max = limits_.fields_max;
    limits.http.body_bytes_max = parts_.envelope.body_bytes_max;
    limits.times.head_ms = limits_.head_ms;
    limits.times.body_ms = limits_.body_ms;
    server_ = TRY(
        net::HttpServer::make(limits, [this](net::HttpExchange& exchange) { serve(exchange); }));
    listener_ = TRY(os::listen_tcp(bytes, parts_.envelope.port));
    return {};
}

Result<> HookListener::run(const os::WakeUp& revoked, const os::WakeUp& stop) {
    TRY(server_->serve(std::move(listener_), net::Peer::Kind::loopback));
    const auto ended = wait(revoked, stop);
    {
        const std::scoped_lock lock(mutex_);
        ended_ = true;
        answered_.notify_all();
    }
    server_->stop(os::Deadline::after_ms(grace_ms));
    return ended;
}

Result<> HookListener::wait(const os::WakeUp& revoked, const os::WakeUp& stop) {
    os::Deadline note = os::Deadline::after_ms(0);
    for (;;) {
        std::array<pollfd, 3> items{{{parts_.requester.fd(), POLLIN, 0},
                                     {revoked.fd(), POLLIN, 0},
                                     {stop.fd(), POLLIN, 0}}};
        const bool more = parts_.requester.buffered();
        if (::poll(items.data(), items.size(), more ? 0 : look_ms) < 0) continue;
        if (items[1].revents != 0 || items[2].revents != 0) {
            return fail(Code::cancelled, "the permit was revoked; ask again");
        }
        if (more || items[0].revents != 0) {
            const auto frame = TRY(parts_.requester.receive(os::Deadline::after_ms(2'000)));
            if (frame.kind == static_cast<std::uint16_t>(MessageFrameKind::ended)) return {};
            take(frame);
        }
        if (note.passed() && tell_refused()) {
            note = os::Deadline::after_ms(limits_.note_again_ms);
        }
    }
}

// What was not passed on, once for many: an attacker writes no record of his own.
bool HookListener::tell_refused() {
    std::string text;
    {
        const std::scoped_lock lock(mutex_);
        if (refused_ == 0) return false;
        text = fmt::format("{} requests were refused at the listener; the last: {}", refused_,
                           refused_why_);
        refused_ = 0;
    }
    static_cast<void>(
        parts_.requester
            .send(0, static_cast<std::uint16_t>(MessageFrameKind::hook_note), base::bytes_of(text))
            .ok());
    return true;
}

void HookListener::take(const os::Frame& frame) {
    if (frame.kind != static_cast<std::uint16_t>(MessageFrameKind::hook_answer)) return;
    const std::scoped_lock lock(mutex_);
    const auto found = waiting_.find(frame.id);
    if (found == waiting_.end()) return;  // its request has gone
    found->second = frame.payload.size() == 1 && frame.payload[0] == 1;
    answered_.notify_all();
}

void HookListener::serve(net::HttpExchange& exchange) {
    const Answer answer = judge(exchange);
    if (answer.status >= 400) exchange.close_after();
    // What could not be kept was not refused.
    if (answer.status >= 400 && answer.status < 500) {
        const std::scoped_lock lock(mutex_);
        ++refused_;
        refused_why_ = answer.text;
    }
    net::ResponseHead head;
    head.status = answer.status;
    head.headers.set("Content-Type", "text/plain");
    head.headers.set("X-Content-Type-Options", "nosniff");
    if (answer.status == 429 || answer.status == 503) head.headers.set("Retry-After", "30");
    static_cast<void>(exchange.answer(std::move(head), answer.text).ok());
}

HookListener::Answer HookListener::judge(net::HttpExchange& exchange) {
    const net::RequestHead& request = exchange.request();
    const std::size_t mark = request.target.find('?');
    if (request.target.substr(0, mark) != parts_.envelope.target) return {404, "no such place"};
    const auto& methods = parts_.envelope.methods;
    if (std::find(methods.begin(), methods.end(), request.method) == methods.end()) {
        return {405, "that method is not taken"};
    }
    if (request.method == "GET") {
        const std::string query = mark == std::string::npos ? "" : request.target.substr(mark + 1);
        const auto challenge = answer_challenge(query, parts_.secret);
        return challenge ? Answer{200, *challenge} : Answer{403, challenge.error().what};
    }
    if (!is_json(request.headers)) return {415, "only application/json is taken"};
    if (const auto said = check_signed(form_, request.headers); !said) {
        return {401, said.error().what};
    }
    const auto body = exchange.whole_body(parts_.envelope.body_bytes_max);
    if (!body) {
        const bool too_long = body.error().code == Code::exhausted;
        return {too_long ? 413 : 400, body.error().what};
    }
    const auto id =
        check_signature(form_, request.headers, *body, parts_.secret, parts_.clock.wall_ms());
    if (!id) return {401, id.error().what};
    if (!may_pass()) return {429, "too many requests in a minute"};
    return pass_on(*id, *body);
}

bool HookListener::may_pass() {
    const std::int64_t minute = parts_.clock.wall_ms() / 60'000;
    const std::scoped_lock lock(mutex_);
    if (minute != minute_) {
        minute_ = minute;
        passed_ = 0;
    }
    return ++passed_ <= limits_.per_minute_max;
}

// What a platform sends again counts once as somebody's answer: a wrong code must not be counted
// against its owner as often as it is delivered.
bool HookListener::is_new(const std::string& body) {
    const auto digest = crypto::sha256(base::bytes_of(body));
    const std::scoped_lock lock(mutex_);
    if (std::find(attested_.begin(), attested_.end(), digest) != attested_.end()) return false;
    if (attested_.size() >= bodies_remembered_max) attested_.pop_front();
    attested_.push_back(digest);
    return true;
}

HookListener::Answer HookListener::pass_on(const std::string& id, const std::string& body) {
    received_bytes_ += body.size();
    if (is_new(body)) attest(parts_.keeper, parts_.envelope.decision, body);
    base::Packer packer;
    packer.text(id);
    packer.text(body);
    std::unique_lock lock(mutex_);
    const std::uint64_t number = next_number_++;
    waiting_[number] = std::nullopt;
    lock.unlock();
    const auto sent = parts_.requester.send(
        number, static_cast<std::uint16_t>(MessageFrameKind::hook), packer.view());
    lock.lock();
    if (sent) {
        answered_.wait_until(lock, os::Deadline::after_ms(limits_.kept_ms).at(),
                             [&] { return ended_ || waiting_[number].has_value(); });
    }
    const bool kept = waiting_[number].value_or(false);
    waiting_.erase(number);
    return kept ? Answer{200, "ok"} : Answer{503, "it could not be kept; send it again"};
}

}  // namespace hs::egress
