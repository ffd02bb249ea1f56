#include "egress/credential_place.h"

#include <functional>

#include "crypto/secret.h"
#include "gate/launch_plan.h"
#include "net/http_message.h"

namespace hs::egress {

using base::ByteView;

namespace {

constexpr std::string_view digits = "0123456789ABCDEF";

bool name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '/';
}

bool unreserved(char c) {
    return name_character(c) ? c != '/' : c == '~';
}

void append_percent(std::string& to, ByteView value) {
    for (const char c : base::text_of(value)) {
        if (unreserved(c)) {
            to += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        to += '%';
        to += digits[byte >> 4U];
        to += digits[byte & 15U];
    }
}

// A value is one line without control characters, so two characters need an escape (RFC 8259).
void append_json(std::string& to, ByteView value) {
    for (const char c : base::text_of(value)) {
        if (c == '"' || c == '\\') to += '\\';
        to += c;
    }
}

void append_plain(std::string& to, ByteView value) {
    to += base::text_of(value);
}

using Append = void (*)(std::string& to, ByteView value);

// Grown once, so that no copy of the value is left behind by a string that grows.
std::string replaced(std::string_view text, const CredentialUse& use, ByteView value,
                     Append append) {
    const std::string placeholder = gate::placeholder_of(use.name);
    std::size_t count = 0;
    for (std::size_t at = text.find(placeholder); at != std::string_view::npos;
         at = text.find(placeholder, at + 1)) {
        ++count;
    }
    std::string made;
    made.reserve(text.size() + count * value.size() * 3);
    std::size_t from = 0;
    for (std::size_t at = text.find(placeholder); at != std::string_view::npos;
         at = text.find(placeholder, from)) {
        made += text.substr(from, at - from);
        if (begins_with_name(text.substr(at + gate::placeholder_mark.size()), use.name)) {
            append(made, value);
        } else {
            made += placeholder;
        }
        from = at + placeholder.size();
    }
    made += text.substr(from);
    return made;
}

}  // namespace

bool begins_with_name(std::string_view text, std::string_view name) {
    if (!text.starts_with(name)) return false;
    // In a path a slash ends the name, in a sentence a dot: what follows them decides.
    const std::string_view rest = text.substr(name.size());
    if (rest.empty() || !name_character(rest[0])) return true;
    return rest[0] == '/' || (rest[0] == '.' && (rest.size() == 1 || !name_character(rest[1])));
}

std::string credential_line(const CredentialUse& use, ByteView value) {
    std::string line = use.header + ": ";
    if (use.form != CredentialForm::basic) {
        line.reserve(line.size() + use.prefix.size() + value.size());
        line += use.prefix;
        line += base::text_of(value);
        return line;
    }
    std::string pair;
    pair.reserve(use.user.size() + 1 + value.size());
    pair.append(use.user).append(":").append(base::text_of(value));
    std::string encoded = base::to_base64(base::bytes_of(pair));
    line.reserve(line.size() + 6 + encoded.size());
    line.append("Basic ").append(encoded);
    for (std::string* used : {&pair, &encoded}) {
        crypto::wipe({reinterpret_cast<std::uint8_t*>(used->data()), used->size()});
    }
    return line;
}

void place_in_target(std::string& target, const CredentialUse& use, ByteView value) {
    const std::size_t mark = target.find('?');
    const std::string_view whole = target;
    const std::string_view path = whole.substr(0, mark);
    const std::string_view query =
        mark == std::string::npos ? std::string_view() : whole.substr(mark + 1);
    if (use.form == CredentialForm::path) {
        std::string placed = replaced(path, use, value, append_percent);
        placed += mark == std::string::npos ? std::string_view() : whole.substr(mark);
        target = std::move(placed);
        return;
    }
    if (use.form != CredentialForm::query) return;
    std::string made;
    made.reserve(target.size() + use.header.size() + value.size() * 4 + 2);
    made.append(path).append("?");
    if (query.find(gate::placeholder_of(use.name)) != std::string_view::npos) {
        std::string placed = replaced(query, use, value, append_percent);
        made += placed;
        crypto::wipe({reinterpret_cast<std::uint8_t*>(placed.data()), placed.size()});
    } else {
        made.append(query).append(query.empty() || use.header.empty() ? "" : "&");
        if (!use.header.empty()) {
            made.append(use.header).append("=");
            append_percent(made, value);
        }
    }
    target = std::move(made);
}

std::string body_with(std::string_view body, std::string_view content_type,
                      const CredentialUse& use, ByteView value) {
    const std::string_view type = content_type.substr(0, content_type.find(';'));
    Append append = append_plain;
    if (net::same_text(type, "application/json") || type.ends_with("+json")) append = append_json;
    if (net::same_text(type, "application/x-www-form-urlencoded")) append = append_percent;
    return replaced(body, use, value, append);
}

}  // namespace hs::egress
