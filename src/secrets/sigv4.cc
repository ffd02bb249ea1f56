#include "secrets/sigv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "crypto/hash.h"
#include "crypto/mac.h"

namespace hs::secrets {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

std::string lower(std::string_view text) {
    std::string made(text);
    for (char& c : made) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return made;
}

bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

std::string encoded(std::string_view text, std::string_view kept) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string made;
    for (const char c : text) {
        if (unreserved(c) || kept.find(c) != std::string_view::npos) {
            made += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        made += '%';
        made += digits[byte >> 4U];
        made += digits[byte & 15U];
    }
    return made;
}

// RFC 3986 section 5.2.4, and empty parts taken out.
std::string normalized(std::string_view path) {
    std::vector<std::string_view> parts;
    const bool ends = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        const std::string_view part = path.substr(0, slash);
        path.remove_prefix(std::min(slash + 1, path.size()));
        if (part == "..") {
            if (!parts.empty()) parts.pop_back();
        } else if (!part.empty() && part != ".") {
            parts.push_back(part);
        }
    }
    std::string made;
    for (const std::string_view part : parts) made.append("/").append(part);
    if (made.empty() || ends) made += '/';
    return made;
}

// White space at the ends goes, and runs of it inside become one space.
std::string trimmed(std::string_view value) {
    std::string made;
    for (const char c : value) {
        const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!space) {
            made += c;
        } else if (!made.empty() && made.back() != ' ') {
            made += ' ';
        }
    }
    if (!made.empty() && made.back() == ' ') made.pop_back();
    return made;
}

// Values of one name stand in one line, in their order.
std::map<std::string, std::string> canonical_headers(const AwsRequest& request) {
    std::map<std::string, std::string> fields;
    for (const auto& [name, value] : request.headers) {
        const auto [field, fresh] = fields.emplace(lower(name), "");
        if (!fresh) field->second += ',';
        field->second += trimmed(value);
    }
    return fields;
}

// Parameters are given as they are to be sent; what is escaped already is not escaped twice.
std::string canonical_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> parameters;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view one = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        const std::size_t sign = std::min(one.find('='), one.size());
        parameters.emplace_back(encoded(one.substr(0, sign), "%"),
                                encoded(one.substr(std::min(sign + 1, one.size())), "%"));
    }
    std::sort(parameters.begin(), parameters.end());
    std::string made;
    for (const auto& [name, value] : parameters) {
        made += fmt::format("{}{}={}", made.empty() ? "" : "&", name, value);
    }
    return made;
}

std::string scope_text(const AwsScope& scope) {
    return fmt::format("{}/{}/{}/aws4_request", scope.date_time.substr(0, 8), scope.region,
                       scope.service);
}

}  // namespace

std::string aws_percent(std::string_view text) {
    return encoded(text, "");
}

std::string aws_date_time(base::WallTime_ms time_ms) {
    std::string text;
    for (const char c : base::format_time(time_ms).substr(0, 19)) {
        if (c != '-' && c != ':') text += c;
    }
    return text + "Z";
}

std::string signed_headers(const AwsRequest& request) {
    std::string names;
    for (const auto& [name, value] : canonical_headers(request)) {
        names += (names.empty() ? "" : ";") + name;
    }
    return names;
}

std::string canonical_request(const AwsRequest& request) {
    const std::string path =
        request.path_form == PathForm::normalized ? normalized(request.path) : request.path;
    std::string made = fmt::format("{}\n{}\n{}\n", request.method, encoded(path, "/"),
                                   canonical_query(request.query));
    for (const auto& [name, value] : canonical_headers(request)) {
        made += fmt::format("{}:{}\n", name, value);
    }
    return made + fmt::format("\n{}\n{}", signed_headers(request), request.body_sha256);
}

std::string string_to_sign(const AwsScope& scope, const std::string& canonical) {
    return fmt::format("{}\n{}\n{}\n{}", algorithm, scope.date_time, scope_text(scope),
                       base::to_hex(crypto::sha256(base::bytes_of(canonical))));
}

std::string signature(const AwsCredentials& credentials, const AwsScope& scope,
                      const std::string& text) {
    std::string first = "AWS4";
    first.reserve(4 + credentials.secret_access_key.size());
    first += base::text_of(credentials.secret_access_key.view());
    crypto::Mac key =
        crypto::hmac_sha256(base::bytes_of(first), base::bytes_of(scope.date_time.substr(0, 8)));
    crypto::wipe({reinterpret_cast<std::uint8_t*>(first.data()), first.size()});
    for (const std::string_view part :
         {std::string_view(scope.region), std::string_view(scope.service),
          std::string_view("aws4_request")}) {
        key = crypto::hmac_sha256(key, base::bytes_of(part));
    }
    const std::string made = base::to_hex(crypto::hmac_sha256(key, base::bytes_of(text)));
    crypto::wipe(key);
    return made;
}

std::string authorization(const AwsRequest& request, const AwsCredentials& credentials,
                          const AwsScope& scope) {
    const std::string text = string_to_sign(scope, canonical_request(request));
    return fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", algorithm,
                       credentials.access_key_id, scope_text(scope), signed_headers(request),
                       signature(credentials, scope, text));
}

}  // namespace hs::secrets
