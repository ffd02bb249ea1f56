#include "egress/forward.h"

#include <fmt/format.h>
#include <poll.h>

#include "egress/attest.h"
#include "egress/credential_place.h"
#include "egress/echo_filter.h"
#include "egress/placement.h"
#include "egress/request_check.h"

namespace hs::egress {

using base::ByteView;
using base::Code;
using base::Error;
using base::fail;
using base::Result;

namespace {

using Outcome = std::optional<Trouble>;  // nothing: it went well

// A wait is cut into slices, so that a requester who leaves is seen although a server sends bytes
// that make no piece.
constexpr std::int64_t slice_ms = 1'000;

// Counts bytes that are held against the maximum for the whole process.
class Buffered {
  public:
    Buffered(std::atomic<std::uint64_t>& total, std::uint64_t bytes_max)
        : total_(total), bytes_max_(bytes_max) {}
    ~Buffered() { total_ -= mine_; }
    Buffered(const Buffered&) = delete;
    Buffered& operator=(const Buffered&) = delete;
    bool add(std::uint64_t bytes) {
        mine_ += bytes;
        return (total_ += bytes) <= bytes_max_;
    }

  private:
    std::atomic<std::uint64_t>& total_;
    const std::uint64_t bytes_max_;
    std::uint64_t mine_ = 0;
};

std::variant<Grant, Refusal> grant_by_permit(Admission& admission, net::HttpExchange& requester) {
    const net::RequestHead& request = requester.request();
    const auto field = request.headers.only("Hardshell-Permit");
    if (!field || !*field) {
        return Refusal{{Reason::permit_missing,
                        "the request carries no permit; every connection "
                        "needs one from the keeper"}};
    }
    auto admitted = admission.admit(**field);
    if (!admitted) return Refusal{{Reason::permit_refused, admitted.error().what}};
    const std::shared_ptr<Admitted> held = std::move(*admitted);
    if (is_stream(held->envelope().purpose)) {
        return Refusal{{Reason::request_refused, "the permit is for a stream, not for HTTP"}};
    }
    const auto fits = check_request(request, requester.content_length(), held->envelope());
    if (!fits) return Refusal{{Reason::request_refused, fits.error().what}};
    Grant grant;
    grant.envelope = held->envelope();
    grant.head = upstream_head(request, grant.envelope);
    grant.nonce = held->nonce();
    grant.stop = &held->stop();
    grant.held = held;
    return grant;
}

class Exchange {
  public:
    Exchange(net::HttpExchange& requester, const ForwardParts& parts, const ForwardLimits& limits,
             std::atomic<std::uint64_t>& buffered_total)
        : requester_(requester),
          parts_(parts),
          limits_(limits),
          buffered_(buffered_total, limits.buffered_bytes_max),
          total_(os::Deadline::after_ms(limits.total_ms)),
          leaks_(parts.fingerprints.table()) {}

    void run(const GrantFor& grant_for) {
        const auto begun = std::chrono::steady_clock::now();
        record_.trouble = go(grant_for);
        if (record_.trouble && !requester_.begun()) answer_trouble(*record_.trouble);
        if (connection_ && !record_.trouble) parts_.pool.release(std::move(*connection_));
        record_.redacted = echo_.found();
        record_.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::steady_clock::now() - begun)
                                  .count();
        // The keeper counts its own deliveries; one record for each would make the next.
        const bool own = envelope().purpose == Purpose::ship;
        if (!own) parts_.keeper.record(to_json(record_));
    }

  private:
    Outcome go(const GrantFor& grant_for) {
        if (Outcome bad = admit(grant_for)) return bad;
        if (Outcome bad = scan_head()) return bad;
        if (Outcome bad = take_body()) return bad;
        if (Outcome bad = scan_body()) return bad;
        if (Outcome bad = ask()) return bad;
        return pass_answer();
    }

    const Envelope& envelope() const { return grant_.envelope; }

    Outcome admit(const GrantFor& grant_for) {
        auto granted = grant_for(requester_);
        record_.method = requester_.request().method;
        if (auto* refusal = std::get_if<Refusal>(&granted)) {
            record_.sandbox = std::move(refusal->sandbox);
            record_.envelope.host = std::move(refusal->host);
            record_.envelope.port = refusal->port;
            return std::move(refusal->trouble);
        }
        grant_ = std::get<Grant>(std::move(granted));
        requester_.set_wake_up(grant_.stop);
        record_.sandbox = grant_.sandbox;
        record_.nonce = base::to_hex(grant_.nonce);
        record_.envelope = envelope();
        head_ = std::move(grant_.head);
        record_.path = head_.target.substr(0, head_.target.find('?'));
        if (grant_.body) {
            body_ = std::move(*grant_.body);
            whole_ = true;
        } else {
            requester_.set_body_limit(envelope().body_bytes_max);
        }
        return std::nullopt;
    }

    // Its logins are secrets that the keeper itself sends, under a permit of its own.
    bool is_for_store() const { return envelope().purpose == Purpose::store; }

    Outcome scan_head() const {
        if (is_for_store()) return std::nullopt;
        std::vector<std::string_view> texts = {head_.target};
        for (const net::Header& field : head_.headers.all()) texts.emplace_back(field.value);
        const auto found = leak_in_head(parts_.fingerprints.table(), texts);
        if (!found) return std::nullopt;
        return Trouble{Reason::secret_leaves, "the request's head holds the secret " + *found +
                                                  ", which only egress may place in a request"};
    }

    // A body that is held is searched before anybody is told that there is one.
    Outcome scan_body() const {
        if (is_for_store()) return std::nullopt;
        const auto found = LeakScan::find(parts_.fingerprints.table(), base::bytes_of(body_));
        if (!found) return std::nullopt;
        return Trouble{Reason::secret_leaves, "the request's body holds the secret " + *found +
                                                  ", which only egress may place in a request"};
    }

    // Where the hash of the body was approved, the body is held until it is seen to be that one.
    Outcome take_body() {
        if (!envelope().body_sha256 || whole_) return std::nullopt;
        whole_ = true;
        for (;;) {
            const auto piece = requester_.next_body();
            if (!piece) return trouble_of_requester(piece.error());
            if (piece->empty()) break;
            if (!buffered_.add(piece->size())) {
                return Trouble{Reason::busy, "too many large requests at once; try again"};
            }
            body_ += base::text_of(*piece);
        }
        if (crypto::sha256(base::bytes_of(body_)) == *envelope().body_sha256) return std::nullopt;
        return Trouble{Reason::request_refused,
                       "the body is not the one that was approved; ask for a new decision"};
    }

    Trouble trouble_of_requester(const Error& error) const {
        if (error.code == Code::exhausted) {
            return {Reason::request_refused,
                    fmt::format("the body may have {} bytes at most", envelope().body_bytes_max)};
        }
        return trouble_of(error, Reason::request_broken);
    }

    // Sends the request. A kept connection may have died unseen: a request that changes nothing is
    // then sent once more on another; anything else might be done twice.
    Outcome ask() {
        for (;;) {
            Outcome bad = reach_server();
            if (bad) return bad;
            bad = send();
            if (!bad) bad = receive();
            if (!bad) return bad;
            const bool harmless = (head_.method == "GET" || head_.method == "HEAD") &&
                                  requester_.content_length() == 0U;
            const bool silent = connection_->client->bytes_read() == bytes_before_;
            const bool again =
                connection_->reused && harmless && silent && bad->reason == Reason::server_broken;
            if (!again) return bad;
        }
    }

    Outcome reach_server() {
        connection_.reset();
        const bool secure = envelope().scheme == Scheme::https;
        const net::Endpoint endpoint{
            envelope().host, envelope().port,
            secure ? net::Endpoint::Security::tls : net::Endpoint::Security::plain};
        Reason why = Reason::connect_failed;
        const auto tls = parts_.identities.find(envelope().identity);
        if (!tls) return trouble_of(tls.error(), Reason::tls_failed);
        auto made = parts_.pool.acquire({endpoint, envelope().addresses, envelope().identity, *tls},
                                        grant_.stop, why);
        if (!made) return trouble_of(made.error(), why);
        connection_ = std::move(*made);
        bytes_before_ = connection_->client->bytes_read();
        record_.address = connection_->address.text();
        record_.reused = connection_->reused;
        return std::nullopt;
    }

    // Sends the head with the credential's line, where one is placed. The value lives in locked
    // memory, and for the length of one write in a line that is wiped.
    Result<> send_head(std::optional<std::uint64_t> length) {
        net::HttpClient& client = *connection_->client;
        client.stream().set_deadline(write_deadline());
        const CredentialUse& use = envelope().credential;
        // A body that is held goes out with the head.
        const auto goes =
            whole_ ? net::HttpClient::HeadGoes::with_body : net::HttpClient::HeadGoes::at_once;
        if (use.name.empty()) return client.begin(head_, length, {}, goes);
        if (place_form(use.header) == PlaceForm::path) return send_head_with_path(length);
        if (use.form == CredentialForm::header || use.form == CredentialForm::basic) {
            std::string line = credential_line(use, credential_.view());
            const auto begun = client.begin(head_, length, base::bytes_of(line), goes);
            crypto::wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
            return begun;
        }
        net::RequestHead placed = head_;
        place_in_target(placed.target, use, credential_.view());
        const auto begun = client.begin(placed, length, {}, goes);
        std::string& target = placed.target;
        crypto::wipe({reinterpret_cast<std::uint8_t*>(target.data()), target.size()});
        return begun;
    }

    // The body with the value in place of its placeholder; it is not searched for what was placed.
    Outcome send_placed_body(std::string body) {
        const Outcome bad = send_piece(base::bytes_of(body));
        crypto::wipe({reinterpret_cast<std::uint8_t*>(body.data()), body.size()});
        return bad;
    }

    // The value stands in the path. The head with it is wiped once it is on its way.
    Result<> send_head_with_path(std::optional<std::uint64_t> length) {
        net::RequestHead head = head_;
        head.target = TRY(in_path(head_.target, credential_.view()));
        const auto begun = connection_->client->begin(head, length);
        crypto::wipe({reinterpret_cast<std::uint8_t*>(head.target.data()), head.target.size()});
        return begun;
    }

    Outcome ask_credential() {
        const CredentialUse& use = envelope().credential;
        if (use.name.empty()) return std::nullopt;
        if (use.form == CredentialForm::body && !whole_) {
            return Trouble{Reason::secret_refused,
                           "a secret is placed in a body of known length up to 1 MiB alone"};
        }
        const SecretQuestion question{use.name,
                                      envelope().host,
                                      envelope().port,
                                      head_.method,
                                      record_.path,
                                      use.header,
                                      static_cast<std::uint8_t>(use.form),
                                      grant_.nonce};
        auto value = parts_.keeper.ask_secret(question, os::Deadline::after_ms(limits_.secret_ms),
                                              *grant_.stop);
        if (!value) return trouble_of(value.error(), Reason::secret_refused);
        if (!net::is_field_value(base::text_of(value->view()))) {
            return Trouble{Reason::secret_refused,
                           "the credential cannot stand in a header field; "
                           "set it anew as one line"};
        }
        credential_ = std::move(*value);
        echo_ = EchoFilter(credential_.view());
        return std::nullopt;
    }

    Outcome send() {
        if (Outcome bad = ask_credential()) return bad;
        net::HttpClient& client = *connection_->client;
        const bool in_body = envelope().credential.form == CredentialForm::body &&
                             !envelope().credential.name.empty();
        std::string placed;
        if (in_body) {
            const auto type = head_.headers.find("Content-Type").value_or("");
            placed = body_with(body_, type, envelope().credential, credential_.view());
        }
        const auto length = in_body  ? placed.size()
                            : whole_ ? body_.size()
                                     : requester_.content_length();
        const auto begun = send_head(length);
        credential_ = {};
        if (!begun) return trouble_of(begun.error(), Reason::server_broken);
        // A body that is held was searched as a whole.
        if (in_body) {
            if (Outcome bad = send_placed_body(std::move(placed))) return bad;
        } else if (Outcome bad = whole_ ? send_piece(base::bytes_of(body_)) : stream_body()) {
            return bad;
        }
        if (Outcome bad = send_piece(leaks_.finish())) return bad;
        const auto ended = client.end_body();
        if (!ended) return trouble_of(ended.error(), Reason::server_broken);
        return std::nullopt;
    }

    Outcome stream_body() {
        for (;;) {
            const auto piece = requester_.next_body();
            if (!piece) return trouble_of_requester(piece.error());
            if (piece->empty()) return std::nullopt;
            if (Outcome bad = pass_piece(*piece)) return bad;
        }
    }

    Outcome pass_piece(ByteView piece) {
        if (is_for_store()) return send_piece(piece);
        const auto safe = leaks_.pass(piece);
        if (!safe) return Trouble{Reason::secret_leaves, safe.error().what};
        return send_piece(*safe);
    }

    Outcome send_piece(ByteView piece) {
        if (piece.empty()) return std::nullopt;
        if (grant_.budget != nullptr && !grant_.budget->send(piece.size())) return over_budget();
        net::HttpClient& client = *connection_->client;
        client.stream().set_deadline(write_deadline());
        const auto sent = client.send_body(piece);
        if (!sent) return trouble_of(sent.error(), Reason::server_broken);
        record_.sent_bytes += piece.size();
        return std::nullopt;
    }

    static Trouble over_budget() {
        return {Reason::over_budget,
                "the sandbox has sent or received as much as its profile gives it; "
                "see [connections] in hardshell sandbox show"};
    }

    os::Deadline write_deadline() const {
        return total_.earlier(os::Deadline::after_ms(limits_.write_ms));
    }

    Outcome receive() {
        const os::Deadline until = total_.earlier(os::Deadline::after_ms(limits_.first_byte_ms));
        auto head = wait_and(
            [this] { return connection_->client->receive(envelope().response_bytes_max); }, until);
        if (!head) return trouble_of_server(head.error());
        answer_ = std::move(*head);
        record_.status = answer_.status;
        return check_answer();
    }

    Outcome check_answer() const {
        if (answer_.status == 101) {
            return Trouble{Reason::response_refused, "the server asks for another protocol"};
        }
        const auto coding = answer_.headers.find("Content-Encoding");
        if (!envelope().credential.name.empty() && coding && !net::same_text(*coding, "identity")) {
            return Trouble{
                Reason::response_refused,
                "the server compressed its answer although it was told not to; an answer "
                "to a request with a credential must be searchable"};
        }
        const auto length = connection_->client->content_length();
        if (length.value_or(0) > envelope().response_bytes_max) return too_large();
        return std::nullopt;
    }

    Trouble too_large() const {
        return {
            Reason::response_too_large,
            fmt::format("the answer is over the permitted {} bytes; ask for less or permit more",
                        envelope().response_bytes_max)};
    }

    Trouble trouble_of_server(const Error& error) const {
        if (error.code == Code::timed_out) {
            return {Reason::server_timeout,
                    fmt::format("{} did not answer in time; try again later", envelope().host)};
        }
        if (error.code == Code::exhausted) {
            return connection_->client->content_length()
                       ? too_large()
                       : Trouble{Reason::response_too_large, error.what};
        }
        const bool nonsense = error.code == Code::invalid_input;
        return trouble_of(error, nonsense ? Reason::server_nonsense : Reason::server_broken);
    }

    // Runs a read of the server's stream when it has bytes; ends when the requester leaves or the
    // permit is revoked.
    template <class Read>
    auto wait_and(Read&& read, os::Deadline until) -> decltype(read()) {
        net::HttpClient& client = *connection_->client;
        for (;;) {
            TRY(await_server(until));
            client.stream().set_deadline(until.earlier(os::Deadline::after_ms(slice_ms)));
            auto outcome = read();
            const bool slice_over = !outcome && outcome.error().code == Code::timed_out;
            if (!slice_over || until.passed()) return outcome;
        }
    }

    Result<> await_server(os::Deadline until) {
        net::HttpClient& client = *connection_->client;
        std::array<pollfd, 3> items{};
        items[0] = {client.stream().descriptor(), POLLIN, 0};
        items[1] = {requester_.descriptor(), POLLRDHUP, 0};
        items[2] = {grant_.stop->fd(), POLLIN, 0};
        for (;;) {
            const int wait_ms = client.has_buffered() ? 0 : until.left_ms();
            const int count = ::poll(items.data(), items.size(), wait_ms);
            if (count < 0) continue;  // a signal
            if (items[1].revents != 0 || items[2].revents != 0) {
                return fail(Code::cancelled, "nobody waits for the answer any more");
            }
            if (items[0].revents != 0 || client.has_buffered()) return {};
            if (until.passed()) return fail(Code::timed_out, "the server did not answer in time");
        }
    }

    Outcome pass_answer() {
        net::HttpClient& client = *connection_->client;
        auto length = client.content_length();
        if (requester_.request().method == "HEAD") length = declared_length();
        clean_response(answer_.headers);
        for (net::Header& field : answer_.headers.all()) field.value = echo_.redact(field.value);
        answer_.reason.clear();
        // A sandbox has no business with addresses.
        if (grant_.sandbox.empty()) answer_.headers.add("Hardshell-Upstream", record_.address);
        const bool at_hand = client.has_buffered() || client.body_complete();
        const auto begun = at_hand ? requester_.begin_with_body(std::move(answer_), length)
                                   : requester_.begin(std::move(answer_), length);
        if (!begun) return trouble_of(begun.error(), Reason::request_broken);
        for (;;) {
            const os::Deadline until = total_.earlier(os::Deadline::after_ms(limits_.idle_ms));
            const auto piece = client.body_complete()
                                   ? Result<ByteView>(ByteView{})
                                   : wait_and([&client] { return client.next_body(); }, until);
            if (!piece) return trouble_of_server(piece.error());
            const bool last = piece->empty();
            record_.received_bytes += piece->size();
            if (grant_.budget != nullptr && !grant_.budget->receive(piece->size())) {
                return over_budget();
            }
            const std::string text = last ? echo_.finish() : echo_.pass(base::text_of(*piece));
            if (envelope().purpose == Purpose::poll) hear(text, last);
            const auto written = requester_.write(text);
            if (!written) return trouble_of(written.error(), Reason::request_broken);
            if (last) break;
        }
        const auto finished = requester_.finish();
        if (!finished) return trouble_of(finished.error(), Reason::request_broken);
        return std::nullopt;
    }

    // A platform's answer, which may hold what people have clicked.
    void hear(std::string_view text, bool last) {
        if (heard_.size() + text.size() <= attested_bytes_max) heard_ += text;
        if (last) attest(parts_.keeper, envelope().decision, std::exchange(heard_, {}));
    }

    std::optional<std::uint64_t> declared_length() const {
        const auto field = answer_.headers.find("Content-Length");
        if (!field || field->size() > 18) return 0;
        return std::strtoull(std::string(*field).c_str(), nullptr, 10);
    }

    void answer_trouble(const Trouble& trouble) {
        net::ResponseHead head;
        head.status = status_of(trouble.reason);
        head.headers = {{"Content-Type", "application/json"},
                        {"Hardshell-Error", std::string(reason_name(trouble.reason))}};
        // The stop that ended the exchange must not keep its reason from being told.
        requester_.set_wake_up(nullptr);
        static_cast<void>(requester_.answer(std::move(head), to_json_text(trouble)));
    }

    net::HttpExchange& requester_;
    const ForwardParts& parts_;
    const ForwardLimits& limits_;
    Buffered buffered_;
    const os::Deadline total_;
    ConnectionRecord record_;
    Grant grant_;
    net::RequestHead head_;
    std::string body_;
    bool whole_ = false;  // body_ is the whole body
    LeakFilter leaks_;
    std::optional<Connection> connection_;
    std::uint64_t bytes_before_ = 0;
    crypto::SecretBytes credential_;  // until the head is on its way
    EchoFilter echo_;
    std::string heard_;  // of a platform's answer, until it is whole
    net::ResponseHead answer_;
};

}  // namespace

void Forwarder::serve(net::HttpExchange& exchange) {
    serve(exchange, [this](net::HttpExchange& requester) -> std::variant<Grant, Refusal> {
        return grant_by_permit(parts_.admission, requester);
    });
}

void Forwarder::serve(net::HttpExchange& exchange, const GrantFor& grant_for) {
    Exchange one(exchange, parts_, limits_, buffered_bytes_);
    one.run(grant_for);
    // What the exchange waited on ends with it.
    exchange.set_wake_up(nullptr);
}

}  // namespace hs::egress
