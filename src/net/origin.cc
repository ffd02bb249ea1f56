#include "net/origin.h"

#include <fmt/format.h>

namespace hs::net {

using base::Code;
using base::fail;
using base::Result;

namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::any_of(names.begin(), names.end(),
                       [name](const std::string& one) { return same_text(one, name); });
}

Result<> check_host(const RequestHead& request, const LocalNames& names) {
    const auto host = TRY(request.headers.only("Host"));
    if (!host) return fail(Code::invalid_input, "the request has no Host header field");
    if (contains(names.hosts, *host)) return {};
    return fail(Code::denied, fmt::format("the Host header field names another host; use {}",
                                          names.hosts.empty() ? "-" : names.hosts.front()));
}

}  // namespace

LocalNames LocalNames::loopback(std::uint16_t port) {
    LocalNames names;
    for (const char* host : {"127.0.0.1", "localhost", "[::1]"}) {
        names.hosts.push_back(fmt::format("{}:{}", host, port));
        names.origins.push_back(fmt::format("http://{}:{}", host, port));
    }
    return names;
}

Result<> check_origin(const RequestHead& request, const LocalNames& names) {
    TRY(check_host(request, names));
    // An absolute-form target overrides Host (RFC 9112 section 3.2.2), so none is let in.
    if (!request.target.starts_with('/')) {
        return fail(Code::denied, "the request target must be a path that starts with /");
    }
    const auto origin = TRY(request.headers.only("Origin"));
    if (origin && !contains(names.origins, *origin)) {
        return fail(Code::denied, "a web page of another origin may not use this server");
    }
    const auto site = TRY(request.headers.only("Sec-Fetch-Site"));
    if (site && !same_text(*site, "same-origin") && !same_text(*site, "none")) {
        return fail(Code::denied, "a web page of another site may not use this server");
    }
    return {};
}

}  // namespace hs::net
