#include "egress/request_check.h"

#include <fmt/format.h>

namespace hs::egress {

using base::Code;
using base::fail;
using base::Failure;
using base::Result;

namespace {

Failure refuse(std::string rule) {
    return fail(Code::denied, rule + "; ask for a new decision for this request");
}

std::string_view path_of(std::string_view target) {
    return target.substr(0, target.find('?'));
}

bool is_escape_of(std::string_view text, std::size_t at, std::string_view digits) {
    return text.size() >= at + 3 && text[at] == '%' &&
           net::same_text(text.substr(at + 1, 2), digits);
}

// Dots and slashes hidden behind escapes, and separators that some servers take for a slash.
bool is_ambiguous(std::string_view path) {
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '\\') return true;
        for (const char* digits : {"2e", "2f", "5c", "00", "25"}) {
            if (is_escape_of(path, i, digits)) return true;
        }
    }
    for (std::size_t start = 0; start < path.size();) {
        const std::size_t end = std::min(path.find('/', start), path.size());
        std::string_view segment = path.substr(start, end - start);
        // Servlet containers drop what follows a semicolon before they resolve dots.
        segment = segment.substr(0, segment.find(';'));
        if (segment == "." || segment == "..") return true;
        start = end + 1;
    }
    return false;
}

Result<> check_target(std::string_view target, const Envelope& envelope) {
    if (target.find('#') != std::string_view::npos) {
        return refuse("a request target has no fragment");
    }
    if (envelope.match == TargetMatch::exact) {
        if (target == envelope.target) return {};
        return refuse("the path or query is not the one that was approved");
    }
    const std::string_view path = path_of(target);
    if (is_ambiguous(path)) {
        return refuse(
            "the path has dot segments or escaped separators, which servers read "
            "differently");
    }
    const std::string_view prefix = envelope.target;
    const bool whole_segment = path.size() == prefix.size() || prefix.ends_with('/') ||
                               (path.size() > prefix.size() && path[prefix.size()] == '/');
    if (path.starts_with(prefix) && whole_segment) return {};
    return refuse(fmt::format("the path is not below {}", prefix));
}

// The part of an absolute-form target that follows the approved origin.
Result<std::string_view> target_at_origin(std::string_view target, const Envelope& envelope) {
    const std::string origin = envelope.origin();
    if (!target.starts_with(origin) || target.size() == origin.size() ||
        target[origin.size()] != '/') {
        return refuse(fmt::format("the target must be absolute and begin with {}/", origin));
    }
    return target.substr(origin.size());
}

Result<> check_content(const net::RequestHead& request, std::optional<std::uint64_t> content_length,
                       const Envelope& envelope) {
    if (content_length.value_or(0) > envelope.body_bytes_max) {
        return refuse(fmt::format("the body may have {} bytes at most", envelope.body_bytes_max));
    }
    const auto type = request.headers.only("Content-Type");
    if (!type) return refuse("Content-Type is given more than once");
    if (!envelope.content_type.empty() && type->value_or("") != envelope.content_type) {
        return refuse(fmt::format("Content-Type must be {}", envelope.content_type));
    }
    // A coding would make the approved bytes mean something else at the server.
    if (request.headers.count("Content-Encoding") != 0) {
        return refuse("a request body must not be encoded");
    }
    return {};
}

bool starts_with_ours(std::string_view name) {
    constexpr std::string_view ours = "hardshell-";
    return name.size() >= ours.size() && net::same_text(name.substr(0, ours.size()), ours);
}

}  // namespace

Result<> check_request(const net::RequestHead& request, std::optional<std::uint64_t> content_length,
                       const Envelope& envelope) {
    if (std::find(envelope.methods.begin(), envelope.methods.end(), request.method) ==
        envelope.methods.end()) {
        return refuse(fmt::format("the method {} was not approved", request.method));
    }
    const std::string_view target = TRY(target_at_origin(request.target, envelope));
    TRY(check_target(target, envelope));
    const auto host = request.headers.only("Host");
    if (!host || !*host || **host != envelope.host_field()) {
        return refuse(fmt::format("the Host field must be {}", envelope.host_field()));
    }
    for (const char* name : {"Upgrade", "Trailer", "Proxy-Connection", "X-HTTP-Method-Override",
                             "X-HTTP-Method", "X-Method-Override"}) {
        if (request.headers.count(name) != 0) {
            return refuse(fmt::format("the header field {} is not allowed", name));
        }
    }
    return check_content(request, content_length, envelope);
}

net::RequestHead upstream_head(const net::RequestHead& request, const Envelope& envelope) {
    net::RequestHead head;
    head.method = request.method;
    head.target = request.target.substr(envelope.origin().size());
    head.headers.add("Host", envelope.host_field());
    net::Headers kept = request.headers;
    net::remove_hop_by_hop(kept);
    const bool placed = !envelope.credential.name.empty();
    for (const net::Header& field : kept.all()) {
        bool dropped = starts_with_ours(field.name);
        for (const char* name : {"Host", "Expect", "Content-Length", "Forwarded", "Via"}) {
            dropped = dropped || net::same_text(field.name, name);
        }
        for (const char* name : {"Authorization", "Cookie", "Accept-Encoding"}) {
            dropped = dropped || (placed && net::same_text(field.name, name));
        }
        dropped = dropped || (placed && net::same_text(field.name, envelope.credential.header));
        if (!dropped) head.headers.add(field.name, field.value);
    }
    // An answer that is compressed cannot be searched for the value that was placed.
    if (placed) head.headers.add("Accept-Encoding", "identity");
    return head;
}

void clean_response(net::Headers& headers) {
    net::remove_hop_by_hop(headers);
    headers.remove_if([](const net::Header& field) { return starts_with_ours(field.name); });
}

}  // namespace hs::egress
