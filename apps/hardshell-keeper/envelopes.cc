#include "hardshell-keeper/envelopes.h"

#include <fmt/format.h>

#include "egress/envelope.h"
#include "gate/channel_setting.h"
#include "net/address.h"
#include "secrets/binding.h"
#include "wire/url.h"

namespace hs::keeping {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::uint64_t page_bytes_max = std::uint64_t{16} << 20U;
constexpr std::uint64_t answer_bytes_max = std::uint64_t{64} << 20U;

Result<std::optional<crypto::Digest>> digest_of(const std::string& hex) {
    if (hex.empty()) return std::optional<crypto::Digest>();
    return std::optional<crypto::Digest>(TRY(crypto::digest_from(TRY(base::from_hex(hex)))));
}

// Loopback and private networks are reached only where the host is written as such an address; no
// name may resolve to them.
net::AddressClasses classes_for(const std::string& host) {
    if (host == "localhost") return {net::AddressClass::loopback};
    const auto address = net::Address::parse(host);
    if (!address) return {net::AddressClass::public_net};
    const net::AddressClass wanted = address->classify();
    const bool reachable =
        wanted == net::AddressClass::loopback || wanted == net::AddressClass::private_net ||
        wanted == net::AddressClass::unique_local || wanted == net::AddressClass::public_net;
    // A metadata, link-local or unspecified address is never a place to go to, however it is
    // written: the empty set admits nothing.
    return reachable ? net::AddressClasses{wanted} : net::AddressClasses{};
}

Result<egress::Envelope> envelope_of(const gate::SendHttp& action) {
    egress::Envelope envelope;
    envelope.methods = {action.method};
    envelope.scheme = action.scheme == "https" ? egress::Scheme::https : egress::Scheme::http;
    envelope.host = action.host;
    envelope.port = action.port;
    envelope.target = action.target;
    envelope.body_bytes_max = action.body_bytes;
    envelope.body_sha256 = TRY(digest_of(action.body_sha256));
    envelope.content_type = action.content_type;
    envelope.response_bytes_max = page_bytes_max;
    envelope.addresses = classes_for(action.host);
    return envelope;
}

Result<egress::Envelope> envelope_of(const gate::Settings& settings, const gate::Infer& action) {
    const gate::ProviderSetting* provider = settings.provider(action.provider);
    if (provider == nullptr) {
        return fail(Code::not_found,
                    fmt::format("the provider {} is not configured", action.provider));
    }
    const wire::Url url = TRY(wire::parse_url(provider->url));
    egress::Envelope envelope;
    envelope.methods = {action.body_sha256.empty() ? "GET" : "POST"};
    envelope.scheme =
        url.scheme == wire::Scheme::https ? egress::Scheme::https : egress::Scheme::http;
    envelope.host = url.host;
    envelope.port = url.port;
    envelope.target = action.target;
    envelope.body_bytes_max = action.body_bytes;
    envelope.body_sha256 = TRY(digest_of(action.body_sha256));
    envelope.response_bytes_max = answer_bytes_max;
    envelope.addresses = classes_for(url.host);
    envelope.purpose = egress::Purpose::infer;
    if (!provider->credential.empty()) {
        envelope.credential =
            provider->kind == "anthropic"
                ? egress::CredentialUse{provider->credential, "x-api-key", ""}
                : egress::CredentialUse{provider->credential, "Authorization", "Bearer "};
    }
    return envelope;
}

Result<const gate::ChannelSetting*> channel_named(const std::vector<gate::ChannelSetting>& channels,
                                                  const std::string& name) {
    for (const auto& channel : channels) {
        if (channel.name == name && channel.is_enabled) return &channel;
    }
    return fail(Code::not_found, fmt::format("the channel {} is not configured", name));
}

// What a channel's own listener may take.
Result<egress::Envelope> listener_of(const gate::ChannelSetting& channel,
                                     const gate::SendMessage& action) {
    constexpr std::uint64_t whatsapp_bytes_max = std::uint64_t{3} << 20U;  // as Meta documents
    constexpr std::uint64_t webhook_bytes_max = std::uint64_t{256} << 10U;
    const bool is_set = gate::needs_listener(channel) && channel.listen_port != 0 &&
                        action.host == gate::listen_host && action.port == channel.listen_port &&
                        action.target == gate::listen_target(channel);
    if (!is_set) {
        return fail(Code::denied,
                    fmt::format("the channel {} has no such listener; see: hardshell config get "
                                "channel.{}.listen_port",
                                channel.name, channel.name));
    }
    egress::Envelope envelope;
    envelope.methods = {"POST"};
    // Meta asks once whether we are who subscribes.
    if (channel.kind == "whatsapp") envelope.methods.emplace_back("GET");
    envelope.scheme = egress::Scheme::http;
    envelope.host = action.host;
    envelope.port = action.port;
    envelope.target = action.target;
    envelope.body_bytes_max = channel.kind == "whatsapp" ? whatsapp_bytes_max : webhook_bytes_max;
    envelope.addresses = {net::AddressClass::loopback};
    envelope.purpose = egress::Purpose::listen;
    const auto secret =
        TRY(gate::channel_secret(channel, "app_credential", gate::SendMessage::Carrier::listen));
    envelope.credential = {secret.name, secret.header, secret.prefix};
    return envelope;
}

// The line on which mail comes in, a mail that goes out, or the look at who has sent one.
Result<egress::Envelope> mail_of(const gate::ChannelSetting& channel,
                                 const gate::SendMessage& action) {
    using Carrier = gate::SendMessage::Carrier;
    const auto refused = [&] {
        return fail(Code::denied, fmt::format("the channel {} may not reach {}:{} so", channel.name,
                                              action.host, action.port));
    };
    egress::Envelope envelope;
    envelope.host = action.host;
    envelope.port = action.port;
    envelope.target = action.target;
    envelope.addresses = classes_for(action.host);
    if (action.carrier != Carrier::lines) {
        envelope.body_bytes_max = action.body_bytes;
        envelope.body_sha256 = TRY(digest_of(action.body_sha256));
    }
    if (action.carrier == Carrier::letter) {
        if (action.target != gate::letter_target(channel.account)) return refused();
        envelope.methods = {"LETTER"};
        envelope.purpose = egress::Purpose::letter;
        return envelope;
    }
    const bool is_imap = action.carrier == Carrier::lines;
    if (!is_imap && action.carrier != Carrier::submit) return refused();
    const auto server = TRY(
        gate::mail_server(channel, is_imap ? gate::MailProtocol::imap : gate::MailProtocol::smtp));
    const gate::MailServer asked{action.host, action.port, action.scheme == "https"};
    // Policy has decided about the conversation, so that is who the mail goes to.
    const bool fits =
        asked == server && action.credential == "credential" &&
        action.target == (is_imap ? "/imap" : gate::letter_target(action.conversation));
    if (!fits) return refused();
    envelope.methods = {is_imap ? "IMAP" : "SMTP"};
    envelope.scheme = server.is_tls ? egress::Scheme::https : egress::Scheme::http;
    envelope.purpose = is_imap ? egress::Purpose::lines : egress::Purpose::submit;
    const auto secret = TRY(gate::channel_secret(channel, action.credential, action.carrier));
    envelope.credential = {secret.name, secret.header, secret.prefix};
    return envelope;
}

Result<egress::Envelope> envelope_of(const gate::Settings& settings,
                                     const gate::SendMessage& action) {
    using Carrier = gate::SendMessage::Carrier;
    const auto channels = TRY(gate::channel_settings(settings));
    const gate::ChannelSetting& channel = *TRY(channel_named(channels, action.channel));
    if (action.carrier == Carrier::listen) return listener_of(channel, action);
    if (channel.kind == "mail") return mail_of(channel, action);
    const wire::Url url = TRY(wire::parse_url(channel.url));
    // Only a platform that is configured without TLS, on this machine in tests, is reached so.
    if (!gate::may_reach(channel, action.carrier, action.host) ||
        action.scheme != url.scheme_text()) {
        return fail(Code::denied, fmt::format("the channel {} may not reach {}://{}", channel.name,
                                              action.scheme, action.host));
    }
    constexpr std::uint64_t answer_max = std::uint64_t{1} << 20U;
    egress::Envelope envelope;
    envelope.methods = {action.method};
    envelope.scheme = action.scheme == "https" ? egress::Scheme::https : egress::Scheme::http;
    envelope.host = action.host;
    envelope.port = action.port;
    envelope.target = action.target;
    envelope.body_bytes_max = action.body_bytes;
    envelope.body_sha256 = TRY(digest_of(action.body_sha256));
    envelope.content_type = action.content_type;
    envelope.response_bytes_max = answer_max;
    envelope.addresses = classes_for(action.host);
    envelope.purpose = action.carrier == Carrier::websocket ? egress::Purpose::websocket
                       : action.carrier == Carrier::lines   ? egress::Purpose::lines
                                                            : egress::Purpose::poll;
    if (!action.credential.empty()) {
        const auto secret = TRY(gate::channel_secret(channel, action.credential, action.carrier));
        envelope.credential = {secret.name, secret.header, secret.prefix};
    }
    return envelope;
}

}  // namespace

Result<egress::CredentialForm> credential_form(const std::string& name) {
    using enum secrets::SecretForm;
    switch (TRY(secrets::parse_form(name))) {
        case basic:
        case git:  // to egress git's requests are like any other
            return egress::CredentialForm::basic;
        case query:
            return egress::CredentialForm::query;
        case path:
            return egress::CredentialForm::path;
        case body:
            return egress::CredentialForm::body;
        case header:
        default:
            return egress::CredentialForm::header;
    }
}

Result<base::Bytes> sandbox_envelope_for(const gate::ConnectionAsk& ask,
                                         const gate::SandboxRequest& request) {
    // What only looks has no more to say than git has when it fetches.
    constexpr std::uint64_t looking_bytes_max = std::uint64_t{1} << 20U;
    egress::Envelope envelope;
    envelope.methods = {ask.method};
    envelope.scheme = ask.is_tls ? egress::Scheme::https : egress::Scheme::http;
    envelope.host = ask.host;
    envelope.port = ask.port;
    envelope.target = ask.target;
    envelope.body_sha256 = TRY(digest_of(ask.body_sha256));
    const auto bytes_max = static_cast<std::uint64_t>(
        envelope.body_sha256 ? ask.body_bytes : request.limits.sent_bytes_max);
    envelope.body_bytes_max =
        request.only_looks ? std::min(bytes_max, looking_bytes_max) : bytes_max;
    envelope.response_bytes_max = static_cast<std::uint64_t>(request.limits.received_bytes_max);
    envelope.addresses = classes_for(ask.host);
    // Which addresses a name may lead to was decided one by one (gate, decide_addresses).
    if (request.is_inner && !net::Address::parse(ask.host)) {
        envelope.addresses = {net::AddressClass::public_net, net::AddressClass::private_net,
                              net::AddressClass::unique_local, net::AddressClass::loopback};
    }
    if (request.credential) {
        envelope.credential = {
            request.credential->name, request.credential->header, request.credential->prefix,
            TRY(credential_form(request.credential->form)), request.credential->user};
    }
    envelope.expiry_ms = request.expiry_ms;
    envelope.decision = request.decision;
    TRY(envelope.check());
    return envelope.pack();
}

Result<base::Bytes> envelope_for(const gate::Settings& settings, const gate::Action& action,
                                 const std::string& decision, base::WallTime_ms expiry_ms) {
    Result<egress::Envelope> made = fail(Code::invalid_input, "the action needs no connection");
    if (const auto* http = std::get_if<gate::SendHttp>(&action)) made = envelope_of(*http);
    if (const auto* infer = std::get_if<gate::Infer>(&action)) made = envelope_of(settings, *infer);
    if (const auto* message = std::get_if<gate::SendMessage>(&action)) {
        made = envelope_of(settings, *message);
    }
    egress::Envelope envelope = TRY(std::move(made));
    envelope.expiry_ms = expiry_ms;
    envelope.decision = decision;
    TRY(envelope.check());
    return envelope.pack();
}

}  // namespace hs::keeping
