#include "policy/canonical_host.h"

#include <fmt/format.h>

#include <charconv>

#include "policy/unicode.h"
#include "wire/utf8.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;

std::vector<std::string_view> split_labels(std::string_view text) {
    std::vector<std::string_view> labels;
    while (true) {
        const std::size_t dot = text.find('.');
        labels.push_back(text.substr(0, dot));
        if (dot == std::string_view::npos) return labels;
        text.remove_prefix(dot + 1);
    }
}

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// WHATWG "IPv4 number parser": decimal, 0x hexadecimal, 0 octal; "0x" alone is zero.
std::optional<std::uint64_t> parse_ipv4_number(std::string_view text) {
    int radix = 10;
    if (text.size() >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text.remove_prefix(2);
        radix = 16;
    } else if (text.size() >= 2 && text[0] == '0') {
        text.remove_prefix(1);
        radix = 8;
    }
    if (text.empty()) return radix == 16 ? std::optional<std::uint64_t>(0) : std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, radix);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// WHATWG "ends in a number checker".
bool ends_in_number(const std::vector<std::string_view>& labels) {
    const std::string_view last = labels.back();
    if (is_digits(last)) return true;
    return last.size() >= 2 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X') &&
           parse_ipv4_number(last).has_value();
}

// WHATWG "IPv4 parser", after which every numeric form of one address is equal.
Result<Address> parse_numeric_host(const std::vector<std::string_view>& labels) {
    const auto refused = [] {
        return fail(Code::invalid_input,
                    "a host whose last label is a number must be an IPv4 address");
    };
    if (labels.size() > 4) return refused();
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const std::optional<std::uint64_t> number = parse_ipv4_number(labels[i]);
        if (!number) return refused();
        const bool is_last = i + 1 == labels.size();
        const unsigned bytes = is_last ? static_cast<unsigned>(5 - labels.size()) : 1;
        if (*number >> (8 * bytes) != 0) return refused();
        value = value << (8 * bytes) | *number;
    }
    Address address;
    for (std::size_t i = 0; i < 4; ++i) {
        address.bytes[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
    }
    return address;
}

Result<> check_characters(std::string_view text) {
    if (!wire::is_utf8(text)) return fail(Code::invalid_input, "expected a host in UTF-8");
    for (const char32_t c : code_points(text)) {
        const bool is_forbidden =
            c < 0x80 && std::string_view(" #%/<>?@[\\]^|:\"`{}").find(static_cast<char>(c)) !=
                            std::string_view::npos;
        if (is_forbidden || is_hidden(c) || looks_like_separator(c)) {
            return fail(Code::invalid_input,
                        fmt::format("a host may not hold the character U+{:04X}",
                                    static_cast<std::uint32_t>(c)));
        }
    }
    return {};
}

// Letters of any script, digits, marks and inner hyphens; the text is NFKC and folded already.
Result<> check_unicode_label(const std::vector<char32_t>& label) {
    if (label.empty() || is_combining_mark(label.front())) {
        return fail(Code::invalid_input, "a label of the host begins with a combining mark");
    }
    for (const char32_t c : label) {
        const bool is_letter = script_of(c) != Script::common || is_combining_mark(c);
        const bool is_ascii_rest = (c >= '0' && c <= '9') || c == '-';
        const bool is_joining = c == 0x00B7 || c == 0x30FB || c == 0x30FC;
        if (is_letter || is_ascii_rest || is_joining) continue;
        return fail(Code::invalid_input, fmt::format("a host label may not hold U+{:04X}",
                                                     static_cast<std::uint32_t>(c)));
    }
    return {};
}

Result<> check_ascii_label(std::string_view label) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    if (label.empty()) return fail(Code::invalid_input, "a label of the host is empty");
    if (label.size() > host_label_bytes_max) {
        return fail(Code::invalid_input,
                    fmt::format("a label of a host has at most {} bytes", host_label_bytes_max));
    }
    if (!std::all_of(label.begin(), label.end(), is_allowed) || label.front() == '-' ||
        label.back() == '-') {
        return fail(Code::invalid_input,
                    "a host label holds letters, digits and inner hyphens only");
    }
    return {};
}

struct Label {
    std::string ascii;
    std::string shown;
    bool is_confusable = false;
};

Result<Label> label_from_unicode(std::string_view text) {
    const std::vector<char32_t> points = code_points(text);
    TRY(check_unicode_label(points));
    Label label;
    label.ascii = "xn--" + TRY(punycode_encode(std::u32string(points.begin(), points.end())));
    label.shown = text;
    label.is_confusable = is_confusable(points);
    TRY(check_ascii_label(label.ascii));
    return label;
}

// An A-label must be what encoding its decoded, folded form gives, or it is a forgery.
Result<Label> label_from_ascii(std::string_view text) {
    TRY(check_ascii_label(text));
    if (!text.starts_with("xn--")) return Label{std::string(text), std::string(text), false};
    std::string decoded;
    for (const char32_t c : TRY(punycode_decode(text.substr(4)))) wire::append_utf8(decoded, c);
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    const std::string folded = TRY(fold_compatible(decoded));
    if (folded != decoded || std::all_of(decoded.begin(), decoded.end(), is_ascii)) {
        return fail(Code::invalid_input, "a label of the host is no valid A-label (RFC 5890)");
    }
    TRY(check_characters(decoded));
    Label label = TRY(label_from_unicode(decoded));
    if (label.ascii != text) {
        return fail(Code::invalid_input, "a label of the host is no valid A-label (RFC 5890)");
    }
    return label;
}

Result<Label> canonical_label(std::string_view text) {
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    return std::all_of(text.begin(), text.end(), is_ascii) ? label_from_ascii(text)
                                                           : label_from_unicode(text);
}

// The full stops that IDNA treats as dots (UTS 46): ideographic and half-width ideographic;
// the full-width one becomes "." by NFKC.
std::string unify_dots(std::string_view text) {
    std::string result;
    for (const char32_t c : code_points(text)) {
        wire::append_utf8(result, c == 0x3002 || c == 0xFF61 ? U'.' : c);
    }
    return result;
}

CanonicalHost host_of(const Address& address) {
    const std::string text = to_text(address);
    return CanonicalHost{text, text, address, false};
}

Result<CanonicalHost> canonical_name(std::string_view text) {
    TRY(check_characters(text));
    std::string folded = TRY(fold_compatible(unify_dots(text)));
    TRY(check_characters(folded));
    if (folded.ends_with('.')) folded.pop_back();
    if (folded.empty()) return fail(Code::invalid_input, "expected a host, but it is empty");
    const std::vector<std::string_view> labels = split_labels(folded);
    if (ends_in_number(labels)) return host_of(TRY(parse_numeric_host(labels)));
    CanonicalHost host;
    for (const std::string_view part : labels) {
        const Label label = TRY(canonical_label(part));
        host.name += host.name.empty() ? label.ascii : "." + label.ascii;
        host.shown += host.shown.empty() ? label.shown : "." + label.shown;
        host.is_confusable = host.is_confusable || label.is_confusable;
    }
    if (host.name.size() > host_bytes_max) {
        return fail(Code::invalid_input,
                    fmt::format("a host has at most {} bytes", host_bytes_max));
    }
    if (host.is_confusable) host.shown = host.name;
    return host;
}

Result<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool is_whole = error == std::errc() && end == text.data() + text.size();
    if (!is_digits(text) || !is_whole || port == 0 || text.front() == '0') {
        return fail(Code::invalid_input,
                    "expected a port from 1 to 65535 in decimal without leading zeros");
    }
    return port;
}

}  // namespace

Result<CanonicalHost> canonical_host(std::string_view text) {
    if (text.empty()) return fail(Code::invalid_input, "expected a host, but it is empty");
    if (text.size() > 4 * host_bytes_max) return fail(Code::invalid_input, "the host is too long");
    if (text.front() == '[') {
        if (text.back() != ']') return fail(Code::invalid_input, "expected ']' after an address");
        const Address address = TRY(parse_address(text.substr(1, text.size() - 2)));
        if (!address.is_v6) {
            return fail(Code::invalid_input, "only an IPv6 address stands in brackets");
        }
        return host_of(address);
    }
    if (text.find(':') != std::string_view::npos) return host_of(TRY(parse_address(text)));
    return canonical_name(text);
}

std::string HostPort::text() const {
    const bool is_v6 = host.address && host.address->is_v6;
    return is_v6 ? fmt::format("[{}]:{}", host.name, port) : fmt::format("{}:{}", host.name, port);
}

Result<HostPort> canonical_host_port(std::string_view text, std::uint16_t default_port) {
    const std::size_t bracket = text.rfind(']');
    const std::size_t colon = text.rfind(':');
    const bool has_port =
        colon != std::string_view::npos &&
        (bracket == std::string_view::npos ? text.find(':') == colon : colon > bracket);
    HostPort result;
    result.port = has_port ? TRY(parse_port(text.substr(colon + 1))) : default_port;
    result.host = TRY(canonical_host(has_port ? text.substr(0, colon) : text));
    return result;
}

}  // namespace hs::policy
