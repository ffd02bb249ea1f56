#include "models/governed_transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "crypto/hash.h"
#include "egress/http.h"

namespace hs::models {
namespace {

using base::Code;
using base::fail;
using base::Result;

class EgressBody : public Body {
  public:
    EgressBody(std::shared_ptr<egress::EgressClient> egress, egress::HttpAnswer answer,
               const Deadlines& deadlines, os::Deadline total, gate::Gate& gate,
               std::string decision, int status, gate::Durable durable)
        : egress_(std::move(egress)),
          answer_(std::move(answer)),
          idle_ms_(deadlines.idle_ms),
          total_(total),
          gate_(gate),
          decision_(std::move(decision)),
          status_(status),
          durable_(durable) {}
    EgressBody(const EgressBody&) = delete;
    EgressBody& operator=(const EgressBody&) = delete;
    ~EgressBody() override {
        drain();
        wire::Json details;
        details["status"] = status_;
        details["bytes"] = bytes_;
        const auto told =
            gate_.report(decision_, whole_ ? "done" : "cut", std::move(details), durable_);
        static_cast<void>(told.ok());  // a keeper that is gone has ended everything else too
    }

    Result<std::string_view> next_chunk() override {
        const auto piece = answer_.next_body(os::Deadline::after_ms(idle_ms_).earlier(total_));
        if (!piece) return piece.failure();
        bytes_ += static_cast<std::int64_t>(piece->size());
        whole_ = piece->empty();
        return base::text_of(*piece);
    }

  private:
    // A provider says that it is done before the last bytes of its body; with those read, the
    // connection serves the next call too.
    void drain() {
        for (int pieces = 0; !whole_ && pieces < drain_pieces_max; ++pieces) {
            if (!next_chunk_within(drain_ms)) return;
        }
    }
    bool next_chunk_within(std::int64_t wait_ms) {
        const auto piece = answer_.next_body(os::Deadline::after_ms(wait_ms).earlier(total_));
        if (!piece) return false;
        bytes_ += static_cast<std::int64_t>(piece->size());
        whole_ = piece->empty();
        return true;
    }

    static constexpr int drain_pieces_max = 8;
    static constexpr std::int64_t drain_ms = 20;

    // Shared: the answer goes back to its client, which a restart must not end before.
    std::shared_ptr<egress::EgressClient> egress_;
    egress::HttpAnswer answer_;
    std::int64_t idle_ms_;
    os::Deadline total_;
    gate::Gate& gate_;
    std::string decision_;
    int status_;
    gate::Durable durable_;
    std::int64_t bytes_ = 0;
    bool whole_ = false;
};

// Nothing goes out while an obligation to redact is not met. What is of customers is found as
// personal data is; beyond that the class of the context decides, by what the provider accepts.
Result<> obey(const gate::Obligations& obligations, const Redacted& redacted) {
    for (const std::string& item : obligations.redact) {
        if (item == "secrets" ? redacted.secrets : redacted.personal) continue;
        if (redacted.asked_personal != nullptr) *redacted.asked_personal = true;
        return fail(Code::denied, fmt::format("policy obliges to redact {} before the model is "
                                              "asked, and that was not done",
                                              item));
    }
    return {};
}

}  // namespace

// The record of what goes out is the keeper's, made before it permits.
Result<gate::Permit<gate::Infer>> GovernedTransport::permit_for(const gate::Infer& action,
                                                                const HttpRequest& request) {
    const std::string& session = request.caller->session;
    wire::Json carried;
    if (request.carried) {
        carried = gate::to_json(book_.take(session, *request.carried, request.redacted));
    }
    auto asked =
        gate_.ask(action, *request.caller, request.carried != nullptr ? &carried : nullptr);
    if (asked) {
        if (auto* permit = std::get_if<gate::Permit<gate::Infer>>(&*asked)) {
            return std::move(*permit);
        }
    }
    book_.forget(session);
    auto verdict = TRY(std::move(asked));
    if (const auto* denied = std::get_if<gate::Denied>(&verdict)) {
        return fail(Code::denied,
                    fmt::format("{} (hardshell why {})", denied->reason, denied->decision));
    }
    const auto& pending = std::get<gate::Pending>(verdict);
    TRY(gate_.withdraw(pending.approval));
    return fail(Code::denied, fmt::format("policy wants a person's consent for each call of {}; "
                                          "allow it first: hardshell why {}",
                                          provider_, pending.decision));
}

Result<HttpResponse> GovernedTransport::send(const HttpRequest& request, const Stop& stop) {
    if (request.caller == nullptr) {
        return fail(Code::denied, "a model call without anybody on whose behalf it is made");
    }
    gate::Infer action;
    action.provider = provider_;
    action.model = request.model;
    action.target = request.url.target();
    action.body_bytes = request.body.size();
    action.secrets_replaced = request.redacted.secrets_replaced;
    action.personal_replaced = request.redacted.personal_replaced;
    if (request.carried) {
        const LeftOver left = left_over(*request.carried, request.redacted);
        action.credential_pieces_left = left.credential_pieces;
        action.personal_pieces_left = left.personal_pieces;
    }
    if (request.method != "GET") {
        action.body_sha256 = base::to_hex(crypto::sha256(base::bytes_of(request.body)));
    }
    const auto permit = TRY(permit_for(action, request));
    const auto obeyed = obey(permit.obligations(), request.redacted);
    if (!obeyed) {
        TRY(gate_.report(permit.id(), "failed", wire::JsonObject{{"what", obeyed.error().what}}));
        return obeyed.failure();
    }
    egress::OutgoingRequest outgoing;
    outgoing.method = request.method;
    outgoing.target = permit.action().target;
    for (const Header& header : request.headers) outgoing.headers.add(header.name, header.value);
    outgoing.body = base::bytes_of(request.body);
    const os::Deadline total = os::Deadline::after_ms(request.deadlines.total_ms);
    egress::Timing timing{
        os::Deadline::after_ms(request.deadlines.connect_ms + request.deadlines.first_byte_ms)
            .earlier(total),
        stop.wake_up()};
    const auto egress = egress_();
    auto answer = egress::exchange(*egress, permit.ticket(), permit.envelope(), outgoing, timing);
    if (!answer) {
        const auto told =
            gate_.report(permit.id(), "failed", wire::JsonObject{{"what", answer.error().what}});
        static_cast<void>(told.ok());
        return answer.failure();
    }
    HttpResponse response;
    response.status = answer->head().status;
    for (const auto& header : answer->head().headers.all()) {
        std::string name = header.name;
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        response.headers.push_back({std::move(name), header.value});
    }
    response.body = std::make_unique<EgressBody>(
        egress, std::move(*answer), request.deadlines, total, gate_, permit.id(), response.status,
        // A turn goes on to its next record at once.
        request.caller->turn.empty() ? gate::Durable::later : gate::Durable::with_next);
    return response;
}

}  // namespace hs::models
