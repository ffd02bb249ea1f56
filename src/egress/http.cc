#include "egress/http.h"

namespace hs::egress {

using base::ByteView;
using base::Code;
using base::fail;
using base::Failure;
using base::Result;

namespace {

constexpr std::uint64_t refusal_bytes_max = std::uint64_t{64} << 10U;

net::RequestHead head_of(const Envelope& envelope, const OutgoingRequest& request) {
    net::RequestHead head;
    head.method = request.method;
    head.target = envelope.origin() + (request.target.empty() ? envelope.target : request.target);
    head.headers = request.headers;
    head.headers.set("Host", envelope.host_field());
    return head;
}

// The answer is egress's own: it says why nothing was forwarded.
Failure refusal(net::HttpClient& client, const net::ResponseHead& head, const Timing& timing) {
    const auto reason = head.headers.find("Hardshell-Error");
    if (timing.refused != nullptr && reason) *timing.refused = reason_from_name(*reason);
    auto body = client.whole_body();
    if (!reason) {
        return fail(head.status == 503 ? Code::exhausted : Code::io,
                    body ? "the egress process answers: " + *body
                         : std::string("the egress process broke off"));
    }
    return Failure{error_of(*reason, body ? *body : std::string())};
}

}  // namespace

HttpAnswer::~HttpAnswer() {
    if (client_ && client_->body_complete()) egress_->release(std::move(client_));
}

std::string HttpAnswer::address() const {
    return std::string(head_.headers.find("Hardshell-Upstream").value_or(""));
}

Result<ByteView> HttpAnswer::next_body(os::Deadline deadline) {
    client_->stream().set_deadline(deadline);
    return client_->next_body();
}

Result<std::string> HttpAnswer::whole_body(os::Deadline deadline) {
    client_->stream().set_deadline(deadline);
    return client_->whole_body();
}

Result<HttpAnswer> exchange(EgressClient& egress, ByteView ticket, ByteView packed_envelope,
                            const OutgoingRequest& request, const Timing& timing) {
    const Envelope envelope = TRY(Envelope::unpack(packed_envelope));
    net::RequestHead head = head_of(envelope, request);
    head.headers.set("Hardshell-Permit", permit_field(ticket, packed_envelope));
    auto client = TRY(egress.acquire());
    client->stream().set_wake_up(timing.wake_up);
    client->stream().set_deadline(timing.first_byte);
    const auto sent = client->send(std::move(head), request.body);
    // Egress may refuse a request while its body is still being sent; its reason is worth reading.
    const bool worth_reading = sent || sent.error().code == Code::io;
    if (!worth_reading) return sent.failure();
    auto answer = client->receive(std::max(envelope.response_bytes_max, refusal_bytes_max));
    if (!answer) return sent ? answer.failure() : sent.failure();
    if (!answer->headers.find("Hardshell-Upstream")) return refusal(*client, *answer, timing);
    return HttpAnswer(egress, std::move(client), std::move(*answer));
}

}  // namespace hs::egress
