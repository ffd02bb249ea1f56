#include "egress/sandbox_grant.h"

#include <fmt/format.h>

#include <charconv>

#include "egress/credential_place.h"
#include "egress/request_check.h"
#include "egress/walls.h"
#include "gate/action.h"
#include "gate/launch_plan.h"
#include "wire/url.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

namespace {

// Up to here a body is read whole before it is decided about, so that what a person approves is
// what goes out.
constexpr std::uint64_t held_body_bytes_max = std::uint64_t{1} << 20U;

Trouble disagrees(std::string what) {
    return {Reason::host_disagrees, std::move(what)};
}

Result<std::string> canonical(std::string_view text) {
    if (const auto literal = net::Address::parse(text)) return literal->text();
    std::string host = TRY(net::canonical_host(text));
    if (net::looks_numeric(host)) return fail(Code::invalid_input, "a number is no host name");
    return host;
}

bool only_looks(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

// Fields with which a server is told to do something else than the request line says, and those
// that turn the connection into something that cannot be looked into.
std::optional<Trouble> check_fields(const net::RequestHead& request) {
    for (const char* name : {"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"}) {
        if (request.headers.count(name) == 0) continue;
        return Trouble{Reason::request_refused,
                       fmt::format("the header field {} is not allowed", name)};
    }
    if (request.headers.count("Upgrade") != 0) {
        return Trouble{Reason::request_refused,
                       "a connection that is looked into stays HTTP/1.1; it cannot be upgraded"};
    }
    if (request.method == "TRACE" || request.method == "CONNECT") {
        return Trouble{Reason::request_refused, "the method is not passed on"};
    }
    return std::nullopt;
}

std::variant<RequestAim, Trouble> aim_of_absolute(const net::RequestHead& request) {
    const auto url = wire::parse_url(request.target);
    if (!url) return Trouble{Reason::request_refused, url.error().what};
    RequestAim aim;
    aim.scheme = url->scheme == wire::Scheme::https ? Scheme::https : Scheme::http;
    const auto host = canonical(url->host);
    if (!host) return Trouble{Reason::request_refused, host.error().what};
    aim.at = {*host, url->port};
    aim.target = url->target();
    const auto field = request.headers.only("Host");
    if (!field) return disagrees("the request has several Host fields");
    if (!*field) return aim;
    const auto named = parse_host_port(**field, aim.scheme == Scheme::https ? 443 : 80);
    if (!named || !(*named == aim.at)) {
        return disagrees("the Host field names another host than the request's target");
    }
    return aim;
}

gate::ConnectionAsk ask_for(const SandboxNetwork& network, const net::RequestHead& request,
                            const RequestAim& aim) {
    gate::ConnectionAsk ask;
    ask.sandbox = network.order.sandbox;
    ask.kind = gate::ConnectionAsk::Kind::request;
    ask.host = aim.at.host;
    ask.port = aim.at.port;
    ask.is_tls = aim.scheme == Scheme::https;
    ask.method = request.method;
    ask.target = aim.target;
    ask.content_type = request.headers.find("Content-Type").value_or("");
    return ask;
}

// The request as upstream_head() takes it: with the target that was decided.
net::RequestHead head_for(const net::RequestHead& request, const Envelope& envelope) {
    net::RequestHead absolute = request;
    absolute.target = envelope.origin() + envelope.target;
    net::RequestHead head = upstream_head(absolute, envelope);
    head.method = request.method;
    return head;
}

// Reads a body that is small enough to be bound to the decision.
std::optional<Trouble> hold_body(net::HttpExchange& requester, gate::ConnectionAsk& ask,
                                 std::optional<std::string>& body) {
    const auto length = requester.content_length();
    ask.body_bytes =
        static_cast<std::int64_t>(std::min<std::uint64_t>(length.value_or(0), INT64_MAX));
    const bool pushes = ask.target.ends_with("/git-receive-pack");
    if (only_looks(ask.method) || pushes || !length || *length > held_body_bytes_max) {
        return std::nullopt;
    }
    auto whole = requester.whole_body(held_body_bytes_max);
    if (!whole) return trouble_of(whole.error(), Reason::request_broken);
    ask.body_sha256 = base::to_hex(crypto::sha256(base::bytes_of(*whole)));
    ask.operation = gate::graphql_operation(ask.method, ask.target, ask.content_type, *whole);
    body = std::move(*whole);
    return std::nullopt;
}

std::variant<Envelope, Trouble> decide(SandboxNetwork& network, const gate::ConnectionAsk& ask,
                                       const os::WakeUp& stop) {
    auto verdict = network.verdicts.decide(ask, stop);
    if (auto* trouble = std::get_if<Trouble>(&verdict)) return std::move(*trouble);
    auto envelope = Envelope::unpack(std::get<gate::ConnectionAnswer>(verdict).envelope);
    if (!envelope) return Trouble{Reason::request_refused, envelope.error().what};
    if (auto trouble = network.pins.settle(ask, stop)) return std::move(*trouble);
    return std::move(*envelope);
}

}  // namespace

Result<HostAndPort> parse_host_port(std::string_view text, std::uint16_t default_port) {
    std::string_view host = text;
    std::string_view port;
    bool has_port = false;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return fail(Code::invalid_input, "a bracket is open");
        host = text.substr(1, end - 1);
        const std::string_view rest = text.substr(end + 1);
        if (!rest.empty() && rest[0] != ':') return fail(Code::invalid_input, "no host and port");
        if (host.find(':') == std::string_view::npos) {
            return fail(Code::invalid_input, "only an IPv6 address stands in brackets");
        }
        has_port = !rest.empty();
        if (has_port) port = rest.substr(1);
    } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        has_port = true;
    }
    HostAndPort made;
    made.host = TRY(canonical(host));
    if (!has_port) {
        if (default_port == 0) return fail(Code::invalid_input, "the port is missing");
        made.port = default_port;
        return made;
    }
    const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), made.port);
    const bool whole = problem == std::errc() && end == port.data() + port.size() &&
                       made.port != 0 && port[0] != '0';
    if (!whole) return fail(Code::invalid_input, "a port is a number from 1 to 65535");
    return made;
}

std::variant<RequestAim, Trouble> aim_of(const net::RequestHead& request, const HttpPlace& place) {
    if (auto trouble = check_fields(request)) return std::move(*trouble);
    if (place.form == HttpPlace::Form::absolute) return aim_of_absolute(request);
    if (!request.target.starts_with('/') || request.target.find('#') != std::string::npos) {
        return Trouble{Reason::request_refused, "the request's target must be a path"};
    }
    const auto field = request.headers.only("Host");
    if (!field || !*field) return disagrees("the request needs one Host field");
    const auto named = parse_host_port(**field, place.scheme == Scheme::https ? 443 : 80);
    if (!named) return disagrees("the Host field names no host: " + named.error().what);
    const bool same_host =
        place.host.empty() || named->host == place.host || !stands(Wall::host_field);
    if (!same_host || named->port != place.port) {
        return disagrees(fmt::format("the connection is for {} port {}, and the Host field says {}",
                                     place.host, place.port, std::string(**field)));
    }
    return RequestAim{place.scheme, *named, request.target};
}

bool has_foreign_placeholder(const net::RequestHead& request, const CredentialUse& credential) {
    const auto foreign = [&](std::string_view text) {
        for (std::size_t at = text.find(gate::placeholder_mark); at != std::string_view::npos;
             at = text.find(gate::placeholder_mark, at + 1)) {
            const std::string_view name = text.substr(at + gate::placeholder_mark.size());
            if (credential.name.empty() || !begins_with_name(name, credential.name)) return true;
        }
        return false;
    };
    if (foreign(request.target)) return true;
    const auto& fields = request.headers.all();
    return std::any_of(fields.begin(), fields.end(), [&](const net::Header& field) {
        if (foreign(field.value)) return true;
        constexpr std::string_view basic = "Basic ";
        if (field.value.size() < basic.size() ||
            !net::same_text(std::string_view(field.value).substr(0, basic.size()), basic)) {
            return false;
        }
        const auto decoded = base::from_base64(std::string_view(field.value).substr(basic.size()));
        return decoded.ok() && foreign(base::text_of(*decoded));
    });
}

std::variant<Grant, Refusal> grant_for_sandbox(SandboxNetwork& network, const HttpPlace& place,
                                               net::HttpExchange& requester,
                                               const os::WakeUp& stop) {
    const net::RequestHead& request = requester.request();
    requester.set_wake_up(&stop);
    auto aimed = aim_of(request, place);
    Refusal refusal{{}, network.order.sandbox, place.host, place.port};
    const auto refuse = [&](Trouble trouble) {
        refusal.trouble = std::move(trouble);
        return refusal;
    };
    if (auto* trouble = std::get_if<Trouble>(&aimed)) return refuse(std::move(*trouble));
    const auto& aim = std::get<RequestAim>(aimed);
    refusal.host = aim.at.host;
    refusal.port = aim.at.port;
    gate::ConnectionAsk ask = ask_for(network, request, aim);
    Grant grant;
    if (auto trouble = hold_body(requester, ask, grant.body)) return refuse(std::move(*trouble));
    auto decided = decide(network, ask, stop);
    if (auto* trouble = std::get_if<Trouble>(&decided)) return refuse(std::move(*trouble));
    grant.envelope = std::get<Envelope>(std::move(decided));
    if (stands(Wall::placeholders) && has_foreign_placeholder(request, grant.envelope.credential)) {
        return refuse({Reason::secret_leaves,
                       fmt::format("the request holds a placeholder of a secret that is not bound "
                                   "to {}; nothing was sent",
                                   aim.at.host)});
    }
    // An upload's request line was decided under its push; what goes out is the sandbox's own.
    grant.envelope.methods = {request.method};
    grant.envelope.target = aim.target;
    grant.head = head_for(request, grant.envelope);
    const auto nonce = base::from_hex(network.order.nonce);
    if (nonce && nonce->size() == grant.nonce.size()) {
        std::copy(nonce->begin(), nonce->end(), grant.nonce.begin());
    }
    grant.stop = &stop;
    grant.sandbox = network.order.sandbox;
    grant.budget = &network.budget;
    return grant;
}

}  // namespace hs::egress
