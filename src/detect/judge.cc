#include "detect/judge.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "detect/shape.h"

namespace hs::detect {

namespace {

constexpr std::string_view password_words[] = {
    "password", "passwd", "pwd",    "passphrase", "passwort",   "passw",
    "userpass", "pass",   "pw",     "contraseña", "motdepasse", "psk",
    "kennwort", "bindpw", "rootpw", "storepass",  "keypass"};
constexpr std::string_view key_words[] = {
    "secret",           "token",      "apikey",        "credential",
    "credentials",      "secretkey",  "accesskey",     "authtoken",
    "accesstoken",      "privatekey", "clientsecret",  "apitoken",
    "signature_secret", "secrets",    "appkey",        "creds",
    "authkey",          "masterkey",  "encryptionkey", "signingkey",
    "refreshtoken",     "bearer",     "pat",           "webhooksecret"};
// Before "key" these make it a secret one.
constexpr std::string_view key_makers[] = {
    "api",      "access",      "secret",    "encryption", "signing",     "master",
    "private",  "account",     "storage",   "shared",     "auth",        "subscription",
    "license",  "session",     "service",   "app",        "application", "admin",
    "client",   "consumer",    "crypt",     "hmac",       "jwt",         "ssh",
    "security", "deploy",      "functions", "host",       "server",      "encrypt",
    "sign",     "integration", "write",     "webhook",    "partner",     "authorization",
    "aes",      "cipher",      "vault",     "db",         "psk",         "user"};
// What may follow without changing that the value is the secret.
constexpr std::string_view neutral_words[] = {
    "value",   "prod",   "production", "dev",    "development", "staging", "stage",   "test",
    "testing", "live",   "local",      "old",    "new",         "current", "default", "plain",
    "text",    "string", "str",        "base64", "b64",         "raw",     "primary", "secondary",
    "backup",  "1",      "2",          "3",      "data",        "v1",      "v2",      "env",
    "key",     "a",      "b",          "is",     "my",          "the",     "qa",      "uat",
    "master",  "main",   "user",       "root",   "admin",       "legacy",  "temp",    "tmp",
    "literal", "const",  "base",       "hex"};

template <class Words>
bool holds(const Words& words, std::string_view word) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// The words of an identifier, in lower case: dbPassword, DB_PASSWORD, db-password, db.password.
std::vector<std::string> words_of(std::string_view name) {
    std::vector<std::string> words(1);
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char byte = name[i];
        if (byte == '_' || byte == '-' || byte == '.') {
            if (!words.back().empty()) words.emplace_back();
            continue;
        }
        const bool begins =
            is_upper(byte) && i > 0 &&
            (!is_upper(name[i - 1]) ||
             (i + 1 < name.size() && is_lower(name[i + 1]) && is_letter(name[i - 1])));
        if (begins && !words.back().empty()) words.emplace_back();
        words.back() += to_lower(byte);
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

bool ends_with_any(std::string_view word, std::span<const std::string_view> endings) {
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view end) {
        return end.size() >= 4 && word.ends_with(end);
    });
}

struct Classes {
    std::size_t digits = 0;
    std::size_t lowers = 0;
    std::size_t uppers = 0;
    std::size_t signs = 0;  // not - _ . /
    std::size_t joints = 0;
    std::size_t spaces = 0;
    std::size_t others = 0;
};

Classes classes_of(std::string_view value) {
    Classes found;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char byte = value[i];
        if (is_digit(byte)) {
            ++found.digits;
        } else if (is_lower(byte)) {
            ++found.lowers;
        } else if (is_upper(byte)) {
            ++found.uppers;
        } else if (byte == '-' || byte == '_' || byte == '.' || byte == '/' || byte == ':') {
            ++found.joints;
        } else if (byte > ' ' && byte < 0x7F) {
            ++found.signs;
        } else if (is_space(byte)) {
            ++found.spaces;
        } else {
            ++found.others;
        }
    }
    return found;
}

// An identifier or an expression of a program, not text: config.password1, make_token(x), Foo::bar.
bool is_expression(std::string_view value) {
    if (value.find('(') != std::string_view::npos || value.find("::") != std::string_view::npos ||
        value.find("->") != std::string_view::npos || value.find('[') != std::string_view::npos) {
        return true;
    }
    // None): or password]: the end of an expression. @name: an argument that is a file.
    const bool closes = value.find_first_of(")]}") != std::string_view::npos;
    if (value[0] == '@' || (closes && (wordiness(value) > 0.3 || value.size() < 12))) {
        return true;
    }
    const bool name = std::all_of(value.begin(), value.end(),
                                  [](char byte) { return is_word(byte) || byte == '.'; });
    if (!name || value.empty() || is_digit(value[0])) return false;
    const Classes classes = classes_of(value);
    if (value.find('.') != std::string_view::npos && value.find('.') + 1 < value.size() &&
        wordiness(value) > 0.3) {
        return true;
    }
    return classes.digits == 0 ? wordiness(value) > 0.3 || value.size() < 12
                               : classes.digits <= 1 && is_digit(value.back());
}

bool is_path(std::string_view value) {
    if (value.find("://") != std::string_view::npos) return true;
    const bool rooted = value[0] == '/' || value.starts_with("C:\\");
    if (rooted && std::count(value.begin(), value.end(), '/') >= 2 && wordiness(value) > 0.35)
        return true;
    for (const std::string_view ending :
         {".pem", ".key", ".json", ".txt", ".yml", ".yaml", ".crt", ".js", ".ts", ".py", ".html",
          ".env", ".php", ".xml", ".com", ".local", ".jks", ".p12"}) {
        if (value.ends_with(ending)) return true;
    }
    return false;
}

double judge_password(std::string_view value, const Assignment& assignment) {
    if (value.size() < 5 || value.size() > 128) return 0;
    const Classes classes = classes_of(value);
    if (classes.spaces > 0) return 0;
    const bool plain_words =
        classes.digits == 0 && classes.signs == 0 &&
        (classes.uppers <= 1 || classes.lowers == 0 || wordiness(value) > 0.45);
    if (plain_words) return 0;
    if (classes.digits == 0 && classes.signs == 1 && classes.joints == 0 &&
        !is_letter(value.back()) && wordiness(value) > 0.5 && value.size() < 8) {
        return 0;
    }
    // 2024-01-01, 30000, 1.2.3: numbers are no passwords of this kind.
    if (classes.lowers + classes.uppers == 0 && classes.signs == 0) {
        return assignment.quoted && classes.joints == 0 && value.size() >= 6 ? 0.5 : 0;
    }
    if (assignment.quoted) return classes.digits > 0 && classes.signs > 0 ? 0.85 : 0.7;
    if (is_expression(value)) return 0;
    if (!assignment.whole_line && assignment.giving != Giving::element &&
        assignment.giving != Giving::option && classes.signs == 0 && !looks_random(value)) {
        // user=x password=hunter22, Server=…;Password=…
        return assignment.giving == Giving::equals && classes.digits > 0 && value.size() >= 7 ? 0.55
                                                                                              : 0;
    }
    return 0.65;
}

double judge_key(std::string_view value, const Assignment& assignment) {
    if (value.size() < 12 || value.size() > 2000) return 0;
    const Classes classes = classes_of(value);
    if (classes.spaces > 0 || classes.others > 0) return 0;
    if (is_uuid(value)) {
        const bool placed = assignment.quoted || assignment.whole_line ||
                            assignment.giving == Giving::option || assignment.in_query;
        return placed ? 0.55 : 0;
    }
    // Made by a generator that uses every sign, as web frameworks' own keys are.
    const bool pattern = value.find("(?") != std::string_view::npos ||
                         value.find('\\') != std::string_view::npos ||
                         value.find("{{") != std::string_view::npos;
    if (assignment.quoted && value.size() >= 40 && !pattern && classes.signs >= 6 &&
        classes.digits >= 2 && entropy(value) >= 4.3 && wordiness(value) < 0.45) {
        return 0.7;
    }
    if (classes.signs > value.size() / 3) return 0;
    // A pattern that finds keys is none.
    if (value.find_first_of("[{(\\") != std::string_view::npos) return 0;
    if (!assignment.quoted && is_expression(value)) return 0;
    const bool strong = looks_random(value) && entropy(value) >= (value.size() >= 20 ? 3.0 : 2.9);
    if (strong && value.size() >= 16) return assignment.quoted ? 0.8 : 0.7;
    if (strong) return classes.digits > 0 ? 0.6 : 0;
    // s3cr3t-value-of-2024!: chosen by a person.
    const bool chosen = classes.digits >= 2 && classes.lowers > 0 &&
                        (classes.signs > 0 || classes.uppers > 0 || classes.digits >= 4);
    return chosen && assignment.quoted && wordiness(value) < 0.6 ? 0.5 : 0;
}

}  // namespace

NameKind kind_of_name(std::string_view name) {
    std::vector<std::string> words = words_of(name);
    while (words.size() > 1 && (holds(neutral_words, words.back()) ||
                                std::all_of(words.back().begin(), words.back().end(), is_digit))) {
        if (words.back() == "key") {
            const std::string& before = words[words.size() - 2];
            if (before == "public" || before == "pub") return NameKind::none;
            if (holds(key_makers, before) || holds(key_words, before)) return NameKind::key;
        }
        words.pop_back();
    }
    if (words.empty()) return NameKind::none;
    const std::string& last = words.back();
    for (const std::string& word : words) {
        if (word == "public" || word == "csrf" || word == "placeholder" || word == "encrypted" ||
            word == "hashed" || word == "has" || word == "label" || word == "checksum") {
            return NameKind::none;
        }
    }
    if (holds(password_words, last) || last.ends_with("password") || last.ends_with("passwd") ||
        last.ends_with("passphrase") || last.ends_with("pwd")) {
        return NameKind::password;
    }
    if (holds(key_words, last)) return NameKind::key;
    static constexpr std::string_view endings[] = {"secret",    "token",     "apikey",
                                                   "secretkey", "accesskey", "privatekey",
                                                   "authkey",   "signingkey"};
    return ends_with_any(last, endings) ? NameKind::key : NameKind::none;
}

double judge_value(NameKind kind, std::string_view text, const Assignment& assignment) {
    if (kind == NameKind::none) return 0;
    const std::string_view value = text.substr(assignment.begin, assignment.end - assignment.begin);
    if (value.size() < (kind == NameKind::password ? 5U : 12U)) return 0;
    if (!assignment.quoted && is_expression(value)) return 0;
    if (is_placeholder(value) || is_reference(value) || is_path(value)) return 0;
    return kind == NameKind::password ? judge_password(value, assignment)
                                      : judge_key(value, assignment);
}

bool is_plausible_password(std::string_view value) {
    if (value.size() < 3 || value.size() > 256 || is_reference(value)) return false;
    return !is_placeholder(value) && value.find('<') == std::string_view::npos &&
           value.find('{') == std::string_view::npos && value.find('*') == std::string_view::npos;
}

}  // namespace hs::detect
