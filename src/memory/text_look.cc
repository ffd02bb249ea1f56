#include "memory/text_look.h"

#include <algorithm>

namespace hs::memory {
namespace {

using flow::DataClass;

struct Shape {
    std::string_view prefix;
    std::size_t rest_min;  // characters of a token that must follow
    std::string_view what;
};

// The prefixes that the issuers publish for their own tokens.
constexpr Shape shapes[] = {
    {"AKIA", 16, "an AWS access key"},
    {"ASIA", 16, "an AWS access key"},
    {"ghp_", 30, "a GitHub token"},
    {"gho_", 30, "a GitHub token"},
    {"ghs_", 30, "a GitHub token"},
    {"ghu_", 30, "a GitHub token"},
    {"github_pat_", 30, "a GitHub token"},
    {"glpat-", 16, "a GitLab token"},
    {"xoxb-", 16, "a Slack token"},
    {"xoxp-", 16, "a Slack token"},
    {"xapp-", 16, "a Slack token"},
    {"AIza", 30, "a Google API key"},
    {"ya29.", 20, "a Google access token"},
    {"sk-ant-", 16, "an Anthropic key"},
    {"sk-", 20, "an API key"},
    {"sk_live_", 16, "a Stripe key"},
    {"rk_live_", 16, "a Stripe key"},
    {"npm_", 30, "an npm token"},
    {"hf_", 30, "a Hugging Face token"},
    {"dop_v1_", 30, "a DigitalOcean token"},
    {"SG.", 30, "a SendGrid key"},
    {"eyJ", 40, "a JSON web token"},
};

// Words behind which, after ":", "=" or "is", a value follows that is a credential.
constexpr std::string_view naming_words[] = {
    "password", "passwd",      "passphrase",    "passwort",      "kennwort",
    "pwd",      "secret",      "api key",       "api-key",       "api_key",
    "apikey",   "private key", "access token",  "access_token",  "auth token",
    "bearer",   "token",       "client secret", "client_secret", "pin code"};

bool is_token_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("-_.~+/=").find(c) != std::string_view::npos;
}

bool is_word_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

std::size_t token_end(std::string_view text, std::size_t at) {
    while (at < text.size() && is_token_character(text[at])) ++at;
    return at;
}

void find_shapes(std::string_view text, std::vector<Finding>& found) {
    for (const Shape& shape : shapes) {
        for (std::size_t at = text.find(shape.prefix); at != std::string_view::npos;
             at = text.find(shape.prefix, at + 1)) {
            if (at > 0 && is_word_character(text[at - 1])) continue;
            const std::size_t end = token_end(text, at);
            if (end - at < shape.prefix.size() + shape.rest_min) continue;
            found.push_back({DataClass::secret, std::string(shape.what), at, end});
        }
    }
}

// RFC 7468: "-----BEGIN … PRIVATE KEY-----".
void find_private_keys(std::string_view text, std::vector<Finding>& found) {
    const std::size_t begin = text.find("-----BEGIN ");
    const std::size_t end = text.find("PRIVATE KEY");
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return;
    found.push_back({DataClass::secret, "a private key", begin, text.size()});
}

// RFC 3986 section 3.2.1: scheme://user:password@host.
void find_url_passwords(std::string_view text, std::vector<Finding>& found) {
    for (std::size_t at = text.find("://"); at != std::string_view::npos;
         at = text.find("://", at + 3)) {
        const std::size_t end = std::min(text.find_first_of(" /\"'<>", at + 3), text.size());
        const std::string_view authority = text.substr(at + 3, end - at - 3);
        const std::size_t sign = authority.rfind('@');
        const std::size_t colon = authority.find(':');
        if (sign == std::string_view::npos || colon == std::string_view::npos || colon >= sign ||
            colon + 1 == sign) {
            continue;
        }
        found.push_back({DataClass::secret, "a password in an address", at + 3, at + 3 + sign});
    }
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
}

// What follows must look like a value: with a digit or a sign in it, or standing behind ":" or "=".
void find_named(std::string_view text, std::vector<Finding>& found) {
    const std::string low = lower(text);
    for (const std::string_view word : naming_words) {
        for (std::size_t at = low.find(word); at != std::string::npos;
             at = low.find(word, at + 1)) {
            std::size_t behind = at + word.size();
            if (at > 0 && is_word_character(low[at - 1]) && low[at - 1] != '_') continue;
            if (behind < low.size() && is_word_character(low[behind])) continue;
            while (behind < low.size() && (low[behind] == ' ' || low[behind] == '"')) ++behind;
            const bool by_sign = behind < low.size() && (low[behind] == ':' || low[behind] == '=');
            const bool by_word = low.compare(behind, 3, "is ") == 0;
            if (!by_sign && !by_word && word != "bearer") continue;
            if (by_sign) ++behind;
            if (by_word) behind += 3;
            while (behind < low.size() && (low[behind] == ' ' || low[behind] == '"')) ++behind;
            std::size_t end = behind;
            while (end < low.size() && low[end] != ' ' && low[end] != '"') ++end;
            const std::string_view value = text.substr(behind, end - behind);
            const bool mixed = value.find_first_of("0123456789!@#$%^&*+=/_") != value.npos;
            if (value.size() < 4 || (!mixed && !by_sign)) continue;
            found.push_back({DataClass::secret, "a " + std::string(word), behind, end});
        }
    }
}

}  // namespace

std::vector<Finding> CredentialLook::look(std::string_view text) const {
    std::vector<Finding> found;
    find_shapes(text, found);
    find_private_keys(text, found);
    find_url_passwords(text, found);
    find_named(text, found);
    return found;
}

}  // namespace hs::memory
