#include "channels/passage.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "egress/http.h"

namespace hs::channels {

using base::Code;
using base::fail;
using base::Result;
using Carrier = gate::SendMessage::Carrier;

namespace {

constexpr std::int64_t open_ms = 20'000;
constexpr std::int64_t retry_max_ms = 600'000;

// Retry-After in seconds (RFC 9110 section 10.2.3); platforms send no dates here.
std::int64_t retry_after(const net::Headers& headers) {
    const auto field = headers.find("Retry-After");
    if (!field || field->empty() || field->size() > 6 ||
        field->find_first_not_of("0123456789.") != std::string_view::npos) {
        return 0;
    }
    const double seconds = std::strtod(std::string(*field).c_str(), nullptr);
    return std::min(static_cast<std::int64_t>(seconds * 1000), retry_max_ms);
}

}  // namespace

Result<gate::Permit<gate::SendMessage>> Passage::permit(const gate::SendMessage& action,
                                                        const flow::Label& label) {
    gate::Circumstances circumstances;
    circumstances.person = owner_;
    circumstances.space = space_;
    circumstances.agent = "main";
    circumstances.origin =
        action.conversation.empty() ? action.channel : action.channel + "/" + action.conversation;
    circumstances.label = label;
    circumstances.approver = gate::Circumstances::Approver::nobody;
    auto verdict = TRY(gate_.ask(action, circumstances));
    if (auto* permit = std::get_if<gate::Permit<gate::SendMessage>>(&verdict)) {
        return std::move(*permit);
    }
    if (const auto* pending = std::get_if<gate::Pending>(&verdict)) {
        TRY(gate_.withdraw(pending->approval));
        return fail(Code::denied, fmt::format("policy wants a person's consent for each message "
                                              "(hardshell why {})",
                                              pending->decision));
    }
    const auto& denied = std::get<gate::Denied>(verdict);
    return fail(Code::denied, fmt::format("{} (hardshell why {})", denied.reason, denied.decision));
}

Result<WebAnswer> Passage::exchange(const WebRequest& request, const os::WakeUp* stop) {
    const wire::Url url = TRY(wire::parse_url(setting_.url));
    gate::SendMessage action;
    action.channel = setting_.name;
    action.conversation = request.conversation;
    action.purpose = request.purpose;
    action.method = request.method;
    action.scheme = url.scheme_text();
    action.host = url.host;
    action.port = url.port;
    // A base address without a path has "/".
    action.target = (url.path == "/" ? "" : url.path) + request.path;
    if (action.target.empty()) action.target = "/";
    action.content_type = request.body.empty() ? "" : request.content_type;
    action.body_bytes = request.body.size();
    if (!request.body.empty()) {
        action.body_sha256 = base::to_hex(crypto::sha256(base::bytes_of(request.body)));
    }
    action.credential = request.credential;
    const auto permit = TRY(this->permit(action, request.label));
    egress::OutgoingRequest outgoing;
    outgoing.method = action.method;
    outgoing.target = permit.action().target;
    if (!request.content_type.empty()) outgoing.headers.add("Content-Type", request.content_type);
    outgoing.body = base::bytes_of(request.body);
    const os::Deadline until = os::Deadline::after_ms(request.wait_ms);
    const auto egress = egress_();
    auto answer =
        egress::exchange(*egress, permit.ticket(), permit.envelope(), outgoing, {until, stop});
    auto body = answer ? answer->whole_body(until) : Result<std::string>(answer.failure());
    const auto told =
        gate_.report(permit.id(), body ? "done" : "failed",
                     body ? wire::Json(wire::JsonObject{{"status", answer->head().status}})
                          : wire::Json(wire::JsonObject{{"what", body.error().what}}));
    static_cast<void>(told.ok());  // a keeper that is gone has ended everything else too
    // A refusal by egress (a permit that was revoked meanwhile, a certificate) is no word of
    // policy's: it is worth another try.
    if (!body && body.error().code == Code::denied) return fail(Code::io, body.error().what);
    if (!body) return body.failure();
    return WebAnswer{answer->head().status, retry_after(answer->head().headers), std::move(*body)};
}

Result<std::unique_ptr<egress::MessageLine>> Passage::open(const std::string& url,
                                                           const std::string& credential,
                                                           const os::WakeUp* stop) {
    if (!url.starts_with("wss://") && !url.starts_with("ws://")) {
        return fail(Code::invalid_input, "the platform named no WebSocket to connect to");
    }
    const wire::Url place = TRY(wire::parse_url("http" + url.substr(2)));
    gate::SendMessage action;
    action.channel = setting_.name;
    action.purpose = "connect";
    action.carrier = Carrier::websocket;
    action.method = "GET";
    action.scheme = place.scheme_text();
    action.host = place.host;
    action.port = place.port;
    action.target = place.target();
    action.credential = credential;
    return open_line(action, stop);
}

Result<std::unique_ptr<egress::MessageLine>> Passage::listen(const os::WakeUp* stop) {
    if (setting_.listen_port == 0) {
        return fail(Code::not_found,
                    fmt::format("nothing listens; to change that: hardshell config set "
                                "channel.{}.listen_port 8091",
                                setting_.name));
    }
    gate::SendMessage action;
    action.channel = setting_.name;
    action.purpose = "listen";
    action.carrier = Carrier::listen;
    action.method = "POST";
    action.scheme = "http";
    action.host = gate::listen_host;
    action.port = setting_.listen_port;
    action.target = gate::listen_target(setting_);
    action.credential = "app_credential";
    return open_line(action, stop);
}

Result<std::unique_ptr<egress::MessageLine>> Passage::open_imap(const os::WakeUp* stop) {
    const auto server = TRY(gate::mail_server(setting_, gate::MailProtocol::imap));
    gate::SendMessage action;
    action.channel = setting_.name;
    action.purpose = "connect";
    action.carrier = Carrier::lines;
    action.method = "IMAP";
    action.scheme = server.is_tls ? "https" : "http";
    action.host = server.host;
    action.port = server.port;
    action.target = "/imap";
    action.credential = "credential";
    return open_line(action, stop);
}

Result<wire::Json> Passage::check_letter(std::string_view letter, const std::string& domain,
                                         const os::WakeUp* stop) {
    constexpr std::uint16_t name_server_port = 53;
    gate::SendMessage action;
    action.channel = setting_.name;
    action.purpose = "check the sender";
    action.carrier = Carrier::letter;
    action.method = "LETTER";
    action.scheme = "http";
    action.host = domain;
    action.port = name_server_port;
    action.target = gate::letter_target(setting_.account);
    return hand_over(action, letter, flow::Label::unknown(), stop);
}

Result<MailAnswer> Passage::submit(const std::string& to, std::string_view letter,
                                   const flow::Label& label, const os::WakeUp* stop) {
    const auto server = TRY(gate::mail_server(setting_, gate::MailProtocol::smtp));
    gate::SendMessage action;
    action.channel = setting_.name;
    action.conversation = to;
    action.purpose = "send";
    action.carrier = Carrier::submit;
    action.method = "SMTP";
    action.scheme = server.is_tls ? "https" : "http";
    action.host = server.host;
    action.port = server.port;
    action.target = gate::letter_target(to);
    action.credential = "credential";
    const wire::Json told = TRY(hand_over(action, letter, label, stop));
    return MailAnswer{static_cast<int>(TRY(wire::integer_at(told, "code"))),
                      TRY(wire::text_at(told, "text"))};
}

// Gives egress the bytes that the permit names, and hears what came of it.
Result<wire::Json> Passage::hand_over(const gate::SendMessage& action, std::string_view letter,
                                      const flow::Label& label, const os::WakeUp* stop) {
    constexpr std::size_t piece_bytes = std::size_t{256} << 10U;
    constexpr std::int64_t answer_ms = 120'000;
    gate::SendMessage whole = action;
    whole.content_type = "message/rfc822";
    whole.body_bytes = letter.size();
    whole.body_sha256 = base::to_hex(crypto::sha256(base::bytes_of(letter)));
    const auto permit = TRY(this->permit(whole, label));
    const auto egress = egress_();
    const auto exchanged = [&]() -> Result<wire::Json> {
        const auto line = TRY(egress::MessageLine::open(*egress, permit.ticket(), permit.envelope(),
                                                        os::Deadline::after_ms(open_ms), stop));
        for (std::size_t at = 0; at < letter.size(); at += piece_bytes) {
            TRY(line->write(letter.substr(at, piece_bytes)));
        }
        const std::string answer = TRY(line->receive(os::Deadline::after_ms(answer_ms), stop));
        return wire::parse_json(answer);
    };
    auto answer = exchanged();
    const auto told = gate_.report(
        permit.id(), answer ? "done" : "failed",
        answer ? *answer : wire::Json(wire::JsonObject{{"what", answer.error().what}}));
    static_cast<void>(told.ok());
    return answer;
}

Result<std::unique_ptr<egress::MessageLine>> Passage::open_line(const gate::SendMessage& action,
                                                                const os::WakeUp* stop) {
    const auto permit = TRY(this->permit(action));
    const auto egress = egress_();
    auto line = egress::MessageLine::open(*egress, permit.ticket(), permit.envelope(),
                                          os::Deadline::after_ms(open_ms), stop);
    const auto told =
        gate_.report(permit.id(), line ? "done" : "failed", wire::Json(wire::JsonObject{}));
    static_cast<void>(told.ok());
    return line;
}

}  // namespace hs::channels
