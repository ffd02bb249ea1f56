#include "wire/url.h"

#include <fmt/format.h>

#include <charconv>

#include "wire/url_text.h"

namespace hs::wire {
namespace {

using base::Code;
using base::fail;
using base::Result;

Result<> check_length(std::string_view text) {
    if (text.size() <= url_bytes_max) return {};
    return fail(Code::invalid_input, fmt::format("the URL has {} bytes; at most {} are accepted",
                                                 text.size(), url_bytes_max));
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
        if (c != lower[i]) return false;
    }
    return true;
}

Result<Scheme> take_scheme(std::string_view& rest) {
    const std::size_t colon = rest.find("://");
    const std::string_view scheme = rest.substr(0, colon == std::string_view::npos ? 0 : colon);
    rest.remove_prefix(colon == std::string_view::npos ? 0 : colon + 3);
    if (equals_ignoring_case(scheme, "https")) return Scheme::https;
    if (equals_ignoring_case(scheme, "http")) return Scheme::http;
    return fail(Code::invalid_input, "the URL must begin with http:// or https://");
}

Result<std::uint16_t> read_port(std::string_view digits) {
    std::uint16_t port = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (digits.empty() || digits.front() == '0' || read.ec != std::errc() ||
        read.ptr != digits.data() + digits.size()) {
        return fail(Code::invalid_input,
                    "the URL's port must be a number from 1 to 65535 without leading zeros");
    }
    return port;
}

Result<> take_authority(Url& url, std::string_view authority) {
    if (authority.find('@') != std::string_view::npos) {
        return fail(Code::invalid_input,
                    "the URL must not hold a user name or password before the host");
    }
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    UrlHost host = TRY(canonical_host(authority.substr(0, colon)));
    url.host_kind = host.kind;
    url.host = std::move(host.text);
    url.port = url.scheme == Scheme::http ? 80 : 443;
    if (colon != std::string_view::npos) url.port = TRY(read_port(authority.substr(colon + 1)));
    return {};
}

Result<> refuse_dot_segments(const std::string& path) {
    std::size_t start = 1;
    while (start <= path.size()) {
        const std::size_t end = std::min(path.find('/', start), path.size());
        const std::string_view segment = std::string_view(path).substr(start, end - start);
        if (segment == "." || segment == "..") {
            return fail(Code::invalid_input,
                        "the URL's path holds a \".\" or \"..\" segment; write it without");
        }
        start = end + 1;
    }
    return {};
}

// RFC 3986 section 5.2.4, on a path that begins with '/'.
std::string remove_dot_segments(std::string_view path) {
    std::string out;
    std::size_t start = 1;
    while (start <= path.size()) {
        const std::size_t end = std::min(path.find('/', start), path.size());
        const std::string_view segment = path.substr(start, end - start);
        const bool last = end == path.size();
        if (segment == "..") {
            out.erase(std::min(out.rfind('/'), out.size()));
            if (last) out += '/';
        } else if (segment == ".") {
            if (last) out += '/';
        } else {
            out.append("/").append(segment);
        }
        start = end + 1;
    }
    return out.empty() ? "/" : out;
}

struct Tail {
    std::string_view path, query, fragment;
    bool has_query = false;
};

Tail split_tail(std::string_view rest) {
    Tail tail;
    const std::size_t hash = rest.find('#');
    if (hash != std::string_view::npos) tail.fragment = rest.substr(hash + 1);
    rest = rest.substr(0, hash);
    const std::size_t mark = rest.find('?');
    tail.has_query = mark != std::string_view::npos;
    if (tail.has_query) tail.query = rest.substr(mark + 1);
    tail.path = rest.substr(0, mark);
    return tail;
}

Result<> take_query_and_fragment(Url& url, const Tail& tail) {
    url.has_query = tail.has_query;
    url.query = TRY(canonical_part(tail.query, UrlPart::query));
    url.fragment = TRY(canonical_part(tail.fragment, UrlPart::fragment));
    return {};
}

enum class DotSegments : std::uint8_t { refuse, remove };

Result<Url> parse_absolute(std::string_view text, DotSegments dots) {
    TRY(check_length(text));
    Url url;
    url.scheme = TRY(take_scheme(text));
    const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
    TRY(take_authority(url, text.substr(0, end)));
    const Tail tail = split_tail(text.substr(end));
    url.path = tail.path.empty() ? "/" : TRY(canonical_part(tail.path, UrlPart::path));
    if (dots == DotSegments::remove) url.path = remove_dot_segments(url.path);
    TRY(refuse_dot_segments(url.path));
    TRY(take_query_and_fragment(url, tail));
    TRY(check_length(url.text()));
    return url;
}

// RFC 3986 section 4.1: a reference with a colon before any of "/?#" names its own scheme.
bool has_scheme(std::string_view reference) {
    const std::size_t colon = reference.find(':');
    return colon != std::string_view::npos && reference.find_first_of("/?#") > colon;
}

}  // namespace

std::string Url::authority() const {
    std::string out = host_kind == HostKind::ipv6 ? '[' + host + ']' : host;
    if (!has_default_port()) out += ':' + std::to_string(port);
    return out;
}

Result<Url> parse_url(std::string_view text) {
    return parse_absolute(text, DotSegments::refuse);
}

Result<Url> resolve_url(const Url& from, std::string_view reference) {
    TRY(check_length(reference));
    if (reference.starts_with("//")) {
        return parse_absolute(fmt::format("{}:{}", from.scheme_text(), reference),
                              DotSegments::remove);
    }
    if (has_scheme(reference)) return parse_absolute(reference, DotSegments::remove);
    Url url = from;
    Tail tail = split_tail(reference);
    const std::string path = TRY(canonical_part(tail.path, UrlPart::path));
    if (path.empty() && !tail.has_query) {
        tail.has_query = from.has_query;
        tail.query = from.query;
    } else if (path.starts_with('/')) {
        url.path = remove_dot_segments(path);
    } else if (!path.empty()) {
        url.path = remove_dot_segments(from.path.substr(0, from.path.rfind('/') + 1) + path);
    }
    TRY(take_query_and_fragment(url, tail));
    TRY(check_length(url.text()));
    return url;
}

}  // namespace hs::wire
