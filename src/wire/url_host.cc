#include <arpa/inet.h>
#include <fmt/format.h>
#include <utf8proc.h>

#include "wire/url_text.h"
#include "wire/utf8.h"

namespace hs::wire {
namespace {

using base::Code;
using base::fail;
using base::Result;

// RFC 1035 section 2.3.4, without the root's dot.
constexpr std::size_t name_bytes_max = 253;
constexpr std::size_t label_bytes_max = 63;

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

Result<UrlHost> ipv6_host(std::string_view text) {
    if (!text.ends_with(']')) {
        return fail(Code::invalid_input, "the URL's IPv6 address must end with ']'");
    }
    const std::string inside(text.substr(1, text.size() - 2));
    in6_addr address{};
    std::array<char, INET6_ADDRSTRLEN> canonical{};
    if (inside.find('\0') != std::string::npos ||
        inet_pton(AF_INET6, inside.c_str(), &address) != 1 ||
        inet_ntop(AF_INET6, &address, canonical.data(), canonical.size()) == nullptr) {
        return fail(Code::invalid_input,
                    "the URL's host in brackets must be an IPv6 address without a zone");
    }
    return UrlHost{HostKind::ipv6, canonical.data()};
}

// WHATWG URL, "ends in a number": such hosts are addresses to many programs, so they must be
// exactly four decimal numbers here.
bool ends_in_number(std::string_view host) {
    const std::string_view last = host.substr(host.rfind('.') + 1);
    if (last.empty()) return false;
    if (last.find_first_not_of("0123456789") == std::string_view::npos) return true;
    return last.starts_with("0x") &&
           last.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

Result<UrlHost> ipv4_host(std::string_view text) {
    const std::string host(text);
    in_addr address{};
    if (inet_pton(AF_INET, host.c_str(), &address) != 1) {
        return fail(Code::invalid_input,
                    "the URL's host looks like an IPv4 address; write it as four decimal numbers "
                    "without leading zeros, as in 192.0.2.1");
    }
    return UrlHost{HostKind::ipv4, host};
}

Result<> check_label(std::string_view label) {
    if (label.empty()) {
        return fail(Code::invalid_input,
                    "the URL's host has an empty label; write it without a doubled or final dot");
    }
    if (label.size() > label_bytes_max) {
        return fail(Code::invalid_input,
                    fmt::format("a label of the URL's host exceeds {} bytes", label_bytes_max));
    }
    if (label.front() == '-' || label.back() == '-') {
        return fail(Code::invalid_input,
                    "a label of the URL's host must not begin or end with a hyphen");
    }
    return {};
}

bool is_letter_mark_or_digit(char32_t point) {
    constexpr utf8proc_category_t accepted[] = {UTF8PROC_CATEGORY_LL, UTF8PROC_CATEGORY_LO,
                                                UTF8PROC_CATEGORY_LM, UTF8PROC_CATEGORY_MN,
                                                UTF8PROC_CATEGORY_MC, UTF8PROC_CATEGORY_ND};
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(point));
    return std::find(std::begin(accepted), std::end(accepted), category) != std::end(accepted);
}

// Outside ASCII a name must already be what NFKC with case folding makes of it, so no character
// turns into another one (a full stop, a slash, an ASCII letter) when a resolver converts it.
Result<> check_unicode_name(const std::string& name) {
    if (!is_utf8(name)) return fail(Code::invalid_input, "the URL's host is not valid UTF-8");
    std::string_view rest = name;
    while (!rest.empty()) {
        const char32_t point = take_code_point(rest);
        if (point >= 0x80 && !is_letter_mark_or_digit(point)) {
            return fail(Code::invalid_input,
                        fmt::format("the URL's host contains U+{:04X}; only letters, marks, digits "
                                    "and hyphens are accepted",
                                    static_cast<std::uint32_t>(point)));
        }
    }
    utf8proc_uint8_t* folded =
        utf8proc_NFKC_Casefold(reinterpret_cast<const utf8proc_uint8_t*>(name.c_str()));
    const bool same = folded != nullptr && name == reinterpret_cast<const char*>(folded);
    std::free(folded);  // utf8proc allocates with malloc
    if (same) return {};
    return fail(Code::invalid_input,
                "the URL's host is not in canonical form (lower case, NFC, no compatibility "
                "characters); write it so or in its xn-- form");
}

Result<> check_name(const std::string& name) {
    if (name.size() > name_bytes_max) {
        return fail(Code::invalid_input,
                    fmt::format("the URL's host exceeds {} bytes", name_bytes_max));
    }
    bool ascii = true;
    for (const char c : name) {
        const bool plain = is_lower(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
        const bool beyond = (static_cast<unsigned char>(c) & 0x80U) != 0;
        if (!plain && !beyond) {
            return fail(Code::invalid_input,
                        "the URL's host may hold only letters, digits, '-', '_' and '.'");
        }
        ascii = ascii && !beyond;
    }
    std::string_view rest = name;
    while (true) {
        const std::size_t dot = rest.find('.');
        TRY(check_label(rest.substr(0, dot)));
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    return ascii ? Result<>() : check_unicode_name(name);
}

}  // namespace

Result<UrlHost> canonical_host(std::string_view text) {
    if (text.empty()) return fail(Code::invalid_input, "the URL has no host");
    if (text.front() == '[') return ipv6_host(text);
    std::string host(text);
    for (char& c : host) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    TRY(check_name(host));
    if (ends_in_number(host)) return ipv4_host(host);
    return UrlHost{HostKind::name, std::move(host)};
}

}  // namespace hs::wire
