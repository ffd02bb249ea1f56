#include "egress/envelope.h"

#include <fmt/format.h>

#include "base/pack.h"
#include "egress/hook_signature.h"
#include "egress/placement.h"
#include "net/http_message.h"

namespace hs::egress {

using base::ByteView;
using base::Code;
using base::fail;
using base::Packer;
using base::Result;
using base::Unpacker;

namespace {

constexpr std::uint8_t envelope_version = 3;
constexpr std::size_t identity_bytes_max = 64;

base::Failure fail_part(std::string_view part, std::string_view expected) {
    return fail(Code::invalid_input,
                fmt::format("the envelope's {} must be {}; ask the keeper anew", part, expected));
}

Result<> check_host(const std::string& host) {
    const auto address = net::Address::parse(host);
    if (address) {
        // One spelling an address, so that equal envelopes mean equal places.
        if (address->text() != host) return fail_part("host", "the canonical form of its address");
        return {};
    }
    const auto canonical = net::canonical_host(host);
    if (!canonical || *canonical != host || net::looks_numeric(host)) {
        return fail_part("host", "a lower-case host name or an IP address");
    }
    return {};
}

Result<> check_credential(const CredentialUse& credential) {
    const bool none = credential.name.empty();
    if (none && credential.header.empty() && credential.prefix.empty()) return {};
    if (none || credential.name.size() > 256) return fail_part("credential", "named in 256 bytes");
    const bool in_field =
        credential.form == CredentialForm::header || credential.form == CredentialForm::basic;
    if (!net::is_field_value(credential.user) || credential.user.size() > 128 ||
        credential.user.find(':') != std::string::npos) {
        return fail_part("credential's user", "at most 128 bytes without a colon");
    }
    if (!in_field && credential.header.empty()) return {};
    const bool by_place = place_form(credential.header) != PlaceForm::none ||
                          hook_form(credential.header) != HookForm::none;
    if ((!by_place && !net::is_token(credential.header)) || credential.header.size() > 128) {
        return fail_part("credential", "placed in a header field");
    }
    for (const char* framing : {"Host", "Content-Length", "Transfer-Encoding", "Connection"}) {
        if (net::same_text(credential.header, framing)) {
            return fail_part("credential", "placed in a field that does not frame the message");
        }
    }
    if (!net::is_field_value(credential.prefix) || credential.prefix.size() > 64) {
        return fail_part("credential prefix", "at most 64 bytes of a field value");
    }
    return {};
}

// Only this machine reaches it, and only with a signature.
Result<> check_listener(const Envelope& envelope) {
    const auto address = net::Address::parse(envelope.host);
    if (!address || address->classify() != net::AddressClass::loopback) {
        return fail_part("host", "a loopback address for a listener");
    }
    if (hook_form(envelope.credential.header) == HookForm::none) {
        return fail_part("credential", "one that signs, for a listener");
    }
    return {};
}

template <class Enum>
Result<Enum> two_valued(Unpacker& unpacker) {
    const std::uint8_t value = TRY(unpacker.u8());
    if (value > 1) return fail(Code::corrupt, "the envelope holds an unknown choice");
    return static_cast<Enum>(value);
}

Result<Purpose> unpack_purpose(Unpacker& unpacker) {
    const std::uint8_t value = TRY(unpacker.u8());
    if (value > static_cast<std::uint8_t>(Purpose::submit)) {
        return fail(Code::corrupt, "the envelope holds an unknown purpose");
    }
    return static_cast<Purpose>(value);
}

Result<CredentialUse> unpack_credential(Unpacker& unpacker) {
    CredentialUse credential;
    credential.name = TRY(unpacker.text());
    credential.header = TRY(unpacker.text());
    credential.prefix = TRY(unpacker.text());
    const std::uint8_t form = TRY(unpacker.u8());
    if (form > static_cast<std::uint8_t>(CredentialForm::body)) {
        return fail(Code::corrupt, "the envelope holds an unknown form of a credential");
    }
    credential.form = static_cast<CredentialForm>(form);
    credential.user = TRY(unpacker.text());
    return credential;
}

std::string bracketed(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

std::string Envelope::origin() const {
    return fmt::format("{}://{}:{}", scheme == Scheme::https ? "https" : "http", bracketed(host),
                       port);
}

std::string Envelope::host_field() const {
    const bool usual = port == (scheme == Scheme::https ? 443 : 80);
    return usual ? bracketed(host) : fmt::format("{}:{}", bracketed(host), port);
}

Result<> Envelope::check() const {
    if (methods.empty() || methods.size() > methods_max) return fail_part("methods", "1 to 8");
    for (const std::string& method : methods) {
        // CONNECT would turn the exchange into an unchecked tunnel.
        if (!net::is_token(method) || method.size() > 32 || method == "CONNECT") {
            return fail_part("methods", "HTTP methods other than CONNECT");
        }
    }
    TRY(check_host(host));
    if (port == 0) return fail_part("port", "1 to 65535");
    if (!target.starts_with('/') || !net::is_target(target) || target.size() > text_bytes_max) {
        return fail_part("target", "a path that starts with / in printable ASCII");
    }
    if (target.find('#') != std::string::npos) return fail_part("target", "without a fragment");
    if (match == TargetMatch::path_prefix && target.find('?') != std::string::npos) {
        return fail_part("path prefix", "without a query");
    }
    if (body_sha256 && body_bytes_max > hashed_body_bytes_max) {
        return fail_part("body limit", "at most 32 MiB where the body's hash is given");
    }
    if (!net::is_field_value(content_type) || content_type.size() > 256) {
        return fail_part("content type", "at most 256 bytes of a field value");
    }
    if (addresses.empty()) return fail_part("address classes", "at least one");
    if (identity.size() > identity_bytes_max || !net::is_field_value(identity)) {
        return fail_part("identity", "a name of at most 64 bytes");
    }
    if (purpose == Purpose::stream && scheme != Scheme::https) {
        return fail_part("scheme", "https for a stream");
    }
    if (purpose == Purpose::listen) TRY(check_listener(*this));
    if (purpose == Purpose::submit && !body_sha256) return fail_part("mail", "named by its hash");
    if (purpose == Purpose::letter && (!body_sha256 || !credential.name.empty())) {
        return fail_part("letter", "named by its hash, without a credential");
    }
    if (purpose == Purpose::store && !credential.name.empty()) {
        return fail_part("credential", "none for a store, which the keeper logs in to");
    }
    if (place_form(credential.header) == PlaceForm::path && places_in(target) != 1) {
        return fail_part("target", "one with the credential's place in it, once");
    }
    if (decision.size() > 128) return fail_part("decision", "an id of at most 128 bytes");
    return check_credential(credential);
}

base::Bytes Envelope::pack() const {
    Packer packer;
    packer.u8(envelope_version);
    packer.list(methods, [](Packer& to, const std::string& method) { to.text(method); });
    packer.u8(static_cast<std::uint8_t>(scheme));
    packer.text(host);
    packer.u32(port);
    packer.text(target);
    packer.u8(static_cast<std::uint8_t>(match));
    packer.u64(body_bytes_max);
    packer.u64(response_bytes_max);
    packer.bytes(body_sha256 ? ByteView(*body_sha256) : ByteView());
    packer.text(content_type);
    packer.u32(addresses.bits());
    packer.text(credential.name);
    packer.text(credential.header);
    packer.text(credential.prefix);
    packer.u8(static_cast<std::uint8_t>(credential.form));
    packer.text(credential.user);
    packer.text(identity);
    packer.i64(expiry_ms);
    packer.u8(static_cast<std::uint8_t>(purpose));
    packer.text(decision);
    return std::move(packer).take();
}

Result<Envelope> Envelope::unpack(ByteView bytes) {
    Unpacker unpacker(bytes);
    Envelope envelope;
    if (TRY(unpacker.u8()) != envelope_version) {
        return fail(Code::corrupt, "the envelope is of another version");
    }
    envelope.methods = TRY(unpacker.list<std::string>([](Unpacker& from) { return from.text(); }));
    envelope.scheme = TRY(two_valued<Scheme>(unpacker));
    envelope.host = TRY(unpacker.text());
    const std::uint32_t port = TRY(unpacker.u32());
    if (port > 65535) return fail_part("port", "1 to 65535");
    envelope.port = static_cast<std::uint16_t>(port);
    envelope.target = TRY(unpacker.text());
    envelope.match = TRY(two_valued<TargetMatch>(unpacker));
    envelope.body_bytes_max = TRY(unpacker.u64());
    envelope.response_bytes_max = TRY(unpacker.u64());
    const ByteView body_digest = TRY(unpacker.bytes());
    if (!body_digest.empty()) envelope.body_sha256 = TRY(crypto::digest_from(body_digest));
    envelope.content_type = TRY(unpacker.text());
    envelope.addresses = TRY(net::AddressClasses::from_bits(TRY(unpacker.u32())));
    envelope.credential = TRY(unpack_credential(unpacker));
    envelope.identity = TRY(unpacker.text());
    envelope.expiry_ms = TRY(unpacker.i64());
    envelope.purpose = TRY(unpack_purpose(unpacker));
    envelope.decision = TRY(unpacker.text());
    TRY(unpacker.finish());
    TRY(envelope.check());
    return envelope;
}

crypto::Digest digest_of(ByteView packed_envelope) {
    return crypto::sha256(packed_envelope);
}

std::string permit_field(ByteView ticket, ByteView packed_envelope) {
    Packer packer;
    packer.bytes(ticket);
    packer.bytes(packed_envelope);
    return base::to_base64url(packer.view());
}

Result<PermitBytes> parse_permit_field(std::string_view field) {
    const base::Bytes bytes = TRY(base::from_base64url(field));
    Unpacker unpacker(bytes);
    PermitBytes permit;
    permit.ticket = base::copy_bytes(TRY(unpacker.bytes()));
    permit.envelope = base::copy_bytes(TRY(unpacker.bytes()));
    TRY(unpacker.finish());
    return permit;
}

}  // namespace hs::egress
