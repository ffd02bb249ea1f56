#include "net/http_message.h"

#include <fmt/format.h>

namespace hs::net {

using base::Code;
using base::fail;
using base::Result;

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool token_character(char c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
    return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Calls use(token) for each element of a comma-separated list.
template <class Use>
void each_element(std::string_view list, Use&& use) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        use(trimmed(list.substr(0, comma)));
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

void append_fields(std::string& out, const Headers& headers) {
    for (const Header& field : headers.all()) {
        CHECK(is_token(field.name) && is_field_value(field.value));
        out += field.name;
        out += ": ";
        out += field.value;
        out += "\r\n";
    }
    out += "\r\n";
}

}  // namespace

bool same_text(std::string_view left, std::string_view right) {
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), token_character);
}

bool is_field_value(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
}

bool is_target(std::string_view text) {
    if (text.empty()) return false;
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    for (const Header& field : fields_) {
        if (same_text(field.name, name)) return field.value;
    }
    return std::nullopt;
}

Result<std::optional<std::string_view>> Headers::only(std::string_view name) const {
    if (count(name) > 1) {
        return fail(Code::invalid_input,
                    fmt::format("the header field {} is given more than once; send it once", name));
    }
    return find(name);
}

std::size_t Headers::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(fields_.begin(), fields_.end(),
                      [name](const Header& field) { return same_text(field.name, name); }));
}

void Headers::add(std::string name, std::string value) {
    CHECK(is_token(name) && is_field_value(value));
    fields_.push_back(Header{std::move(name), std::move(value)});
}

void Headers::set(std::string name, std::string value) {
    remove(name);
    add(std::move(name), std::move(value));
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_, [name](const Header& field) { return same_text(field.name, name); });
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
    bool found = false;
    for (const Header& field : fields_) {
        if (!same_text(field.name, name)) continue;
        each_element(field.value,
                     [&](std::string_view element) { found = found || same_text(element, token); });
    }
    return found;
}

std::string_view reason_phrase(int status) {
    struct Row {
        int status;
        std::string_view phrase;
    };
    static constexpr Row rows[] = {
        {100, "Continue"},
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (const Row& row : rows) {
        if (row.status == status) return row.phrase;
    }
    return "Unknown";
}

std::string format_head(const RequestHead& head) {
    CHECK(is_token(head.method) && is_target(head.target));
    std::string out;
    out.reserve(512);
    out += head.method;
    out += ' ';
    out += head.target;
    out += " HTTP/1.1\r\n";
    append_fields(out, head.headers);
    return out;
}

std::string format_head(const ResponseHead& head) {
    CHECK(head.status >= 100 && head.status <= 999 && is_field_value(head.reason));
    std::string out;
    out.reserve(512);
    out += fmt::format("HTTP/1.1 {} ", head.status);
    out += head.reason.empty() ? reason_phrase(head.status) : std::string_view(head.reason);
    out += "\r\n";
    append_fields(out, head.headers);
    return out;
}

void remove_hop_by_hop(Headers& headers) {
    std::vector<std::string> named = {"Connection",
                                      "Keep-Alive",
                                      "Proxy-Connection",
                                      "Proxy-Authorization",
                                      "Proxy-Authenticate",
                                      "TE",
                                      "Trailer",
                                      "Transfer-Encoding",
                                      "Upgrade"};
    for (const Header& field : headers.all()) {
        if (!same_text(field.name, "Connection")) continue;
        each_element(field.value, [&](std::string_view element) { named.emplace_back(element); });
    }
    headers.remove_if([&](const Header& field) {
        return std::any_of(named.begin(), named.end(),
                           [&](const std::string& name) { return same_text(name, field.name); });
    });
}

}  // namespace hs::net
