// exchange: one HTTP exchange with a server outside, through egress, under a permit.
//
// What it is for: what a tool or a model provider's transport calls. The request's place comes from
// the Envelope; method, fields and body from the caller must agree with it, else egress refuses.
// What it does not protect from: a redirect is an answer like any other: ask for a permit for its
// Location and exchange again. Threads: one thread at a time for each answer.
#pragma once

#include "egress/client.h"
#include "egress/envelope.h"
#include "egress/trouble.h"

namespace hs::egress {

struct OutgoingRequest {
    std::string method;    // one of the Envelope's
    std::string target;    // path and query; empty: the Envelope's own
    net::Headers headers;  // without Host, framing and credentials
    base::ByteView body;
};

// The server's answer. Not reading it to the end closes the stream, which cuts the server off.
class HttpAnswer {
  public:
    HttpAnswer(EgressClient& egress, std::unique_ptr<net::HttpClient> client,
               net::ResponseHead head)
        : egress_(&egress), client_(std::move(client)), head_(std::move(head)) {}
    HttpAnswer(HttpAnswer&&) noexcept = default;
    HttpAnswer& operator=(HttpAnswer&&) noexcept = default;
    ~HttpAnswer();

    const net::ResponseHead& head() const { return head_; }
    // The address that egress dialled.
    std::string address() const;
    // Pieces until one is empty; valid until the next call. Waits until the deadline.
    base::Result<base::ByteView> next_body(os::Deadline deadline);
    base::Result<std::string> whole_body(os::Deadline deadline);

  private:
    EgressClient* egress_;
    std::unique_ptr<net::HttpClient> client_;
    net::ResponseHead head_;
};

struct Timing {
    os::Deadline first_byte = os::Deadline::after_ms(120'000);  // for the answer's head
    const os::WakeUp* wake_up = nullptr;       // cancels, now and while the body is read
    std::optional<Reason>* refused = nullptr;  // set to why egress refused or failed
};

// Where egress refuses or fails, the Error's code tells the kind (egress/trouble.h) and its text is
// for a person. Errors of the server (4xx, 5xx) are answers, not Errors.
base::Result<HttpAnswer> exchange(EgressClient& egress, base::ByteView ticket,
                                  base::ByteView packed_envelope, const OutgoingRequest& request,
                                  const Timing& timing);

}  // namespace hs::egress
