#include "detect/shape.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

namespace hs::detect {

namespace {

// The first digit from `at` on, or the text's end; eight bytes a step (each byte's high bit tells
// that it is none: after the exclusive or, digits alone are below ten).
std::size_t next_digit(std::string_view text, std::size_t at) {
    constexpr std::uint64_t each = 0x0101010101010101;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, text.data() + at, 8);
        bytes ^= '0' * each;
        const std::uint64_t others = ((bytes & 0x7F * each) + 0x76 * each) | bytes;
        const std::uint64_t digits = ~others & 0x80 * each;
        if (digits != 0) return at + static_cast<std::size_t>(std::countr_zero(digits)) / 8;
    }
    while (at < text.size() && !is_digit(text.data()[at])) ++at;
    return at;
}

bool fits(char byte, Alphabet alphabet) {
    switch (alphabet) {
        case Alphabet::digits:
            return is_digit(byte);
        case Alphabet::hex:
        case Alphabet::uuid:
            return is_hex(byte);
        case Alphabet::lower_alnum:
            return is_lower(byte) || is_digit(byte);
        case Alphabet::alnum:
            return is_alnum(byte);
        case Alphabet::word:
            return is_word(byte) || byte == '-';
        case Alphabet::base64:
            return is_word(byte) || byte == '-' || byte == '+' || byte == '/' || byte == '=';
        case Alphabet::printable:
            return byte > ' ' && byte < 0x7F;
    }
    return false;
}

// The pairs of letters that make up about two thirds of English text and identifiers.
constexpr std::string_view common_pairs =
    "th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se "
    "le sa si ar ve ra ld ur ro ri io ic ne me li ch ma om el ta us co ce ec ns ll so no la ho tr "
    "ac ss un ni ot ut be pe ca wo rd pa sw di us do ge ke ey ck ap pi do lo mo po ad ab ct id il "
    "im ly mp nc ol op ow pl pr sh ts wh wi ex am ay em ee ad ai ag fo fr up ul mi em";

struct PairTable {
    std::array<bool, 26 * 26> common{};
    constexpr PairTable() {
        for (std::size_t at = 0; at + 1 < common_pairs.size(); at += 3) {
            common[static_cast<std::size_t>(common_pairs[at] - 'a') * 26 +
                   static_cast<std::size_t>(common_pairs[at + 1] - 'a')] = true;
        }
    }
};
constexpr PairTable pair_table;

constexpr std::string_view placeholder_words[] = {
    "example",     "changeme",    "change_me",  "change-me",   "placeholder", "redacted",
    "your_",       "your-",       "yourapikey", "yoursecret",  "yourtoken",   "yourpass",
    "yourkey",     "xxxx",        "****",       "....",        "dummy",       "sample",
    "insert_",     "insert-",     "replace_",   "replace-",    "replaceme",   "todo",
    "fixme",       "foobar",      "not-a-real", "notareal",    "not_a_real",  "fakekey",
    "fake_",       "fake-",       "fakesecret", "faketoken",   "testtest",    "1234567890",
    "abcdefgh",    "abcdef0123",  "0123456789", "deadbeef",    "00000000",    "ffffffff",
    "cafebabe",    "aaaaaaaa",    "my-secret",  "my_secret",   "mysecret",    "mypassword",
    "my-password", "my_password", "my-token",   "my_token",    "mytoken",     "my-api-key",
    "my_api_key",  "myapikey",    "somesecret", "some-secret", "some_secret", "supersecret",
    "topsecret",   "letmein_",    "test-key",   "test_key",    "test-token",  "test_token",
    "test-secret", "test_secret", "testing123", "lorem",       "ipsum",       "<your",
    "here>",       "_here",       "-here",      "generateme",  "undefined",   "xyzxyz",
    "xxx-",        "-xxx",        "xxx_",       "_xxx",
};

constexpr std::string_view placeholder_wholes[] = {
    "password", "passwd",    "pass",        "secret",    "token",     "none",     "null",
    "nil",      "true",      "false",       "admin",     "root",      "user",     "username",
    "test",     "test123",   "string",      "required",  "optional",  "hidden",   "default",
    "empty",    "value",     "key",         "apikey",    "api_key",   "pwd",      "foo",
    "bar",      "baz",       "postgres",    "mysql",     "guest",     "demo",     "n/a",
    "abc123",   "password1", "password123", "secret123", "admin123",  "test1234", "pass123",
    "pass1234", "p@ssw0rd",  "passw0rd",    "12345678",  "123456789", "changeit", "s3cr3t",
    "bearer",   "basic",     "notset",      "unset",     "unknown",   "private",  "hunter",
    "qwerty",   "tbd",       "disabled",    "enabled",   "disable",   "require",  "prefer",
};

constexpr std::string_view reference_starts[] = {
    "$",           "{{",       "<",        "%(",      "%{",          "@{",      "#{",
    "[[",          "env:",     "vault:",   "arn:",    "op://",       "ENC[",    "ENC(",
    "file:",       "http://",  "https://", "!vault",  "ref+",        "ssm:",    "secret:",
    "keychain:",   "keyring:", "aws:",     "gcp:",    "projects/",   "sm://",   "!Ref",
    "!Sub",        "%env(",    "__",       "../",     "./",          "~/",      "{cipher}",
    "@Microsoft.", "data:",    "sha256:",  "sha512:", "sha1:",       "sha256-", "sha512-",
    "sha384-",     "h1:",      "age1",     "ssh-rsa", "ssh-ed25519", "$argon2", "$2a$",
    "$2b$",        "$2y$",     "pbkdf2",   "{ssha}",  "{SSHA}",
};

constexpr std::string_view reference_parts[] = {
    "${",         "{{",        "#{",           "%s",       "process.env", "os.environ",
    "getenv",     "getpass",   "env(",         "secrets.", "System.get",  "config[",
    "config.get", "settings.", "options.",     "request.", "params[",     "$(",
    "args.",      "this.",     "self.",        "{0}",      "%v",          "import.meta",
    "Deno.env",   "ENV[",      "localStorage", "std::",    "</",          "=>",
};

bool repeats(std::string_view text) {
    if (text.size() < 4) return false;
    std::array<bool, 256> seen{};
    std::size_t distinct = 0;
    for (const char byte : text) {
        bool& mark = seen[static_cast<unsigned char>(byte)];
        if (!mark) ++distinct;
        mark = true;
    }
    return distinct <= 2 || (text.size() >= 16 && distinct <= 4);
}

// Most bytes follow from the one before: 12345678, abcdefgh, 87654321.
bool runs_on(std::string_view text) {
    if (text.size() < 6) return false;
    std::size_t steps = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
        const int step = text[i] - text[i - 1];
        if (step >= -1 && step <= 1) ++steps;
    }
    return steps * 10 >= (text.size() - 1) * 7;
}

}  // namespace

bool contains_any_case(std::string_view text, std::string_view lower_text) {
    if (lower_text.size() > text.size()) return false;
    const char first = lower_text[0];
    for (std::size_t at = 0; at + lower_text.size() <= text.size(); ++at) {
        if (to_lower(text[at]) != first) continue;
        std::size_t i = 1;
        while (i < lower_text.size() && to_lower(text[at + i]) == lower_text[i]) ++i;
        if (i == lower_text.size()) return true;
    }
    return false;
}

bool has_word_with_digit(std::string_view line, std::size_t bytes) {
    std::size_t at = next_digit(line, 0);
    while (at < line.size()) {
        const char* const bytes_of_line = line.data();
        std::size_t begin = at;
        while (begin > 0 && !is_space(bytes_of_line[begin - 1])) --begin;
        while (at < line.size() && !is_space(bytes_of_line[at])) ++at;
        if (at - begin >= bytes) return true;
        at = next_digit(line, at);
    }
    return false;
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
    }
    return true;
}

bool made_of(std::string_view text, Alphabet alphabet) {
    if (alphabet == Alphabet::uuid) return is_uuid(text);
    return std::all_of(text.begin(), text.end(), [&](char byte) { return fits(byte, alphabet); });
}

double entropy(std::string_view text) {
    if (text.empty()) return 0;
    std::array<std::uint32_t, 256> counts{};
    for (const char byte : text) ++counts[static_cast<unsigned char>(byte)];
    double bits = 0;
    const double all = static_cast<double>(text.size());
    for (const std::uint32_t count : counts) {
        if (count == 0) continue;
        const double share = count / all;
        bits -= share * std::log2(share);
    }
    return bits;
}

double wordiness(std::string_view text) {
    std::size_t pairs = 0;
    std::size_t common = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (!is_letter(text[i - 1]) || !is_letter(text[i])) continue;
        ++pairs;
        const auto first = static_cast<std::size_t>(to_lower(text[i - 1]) - 'a');
        const auto second = static_cast<std::size_t>(to_lower(text[i]) - 'a');
        if (pair_table.common[first * 26 + second]) ++common;
    }
    // Few pairs tell nothing: digits between letters are no words.
    if (pairs < 4 || pairs * 3 < text.size()) return 0;
    return static_cast<double>(common) / static_cast<double>(pairs);
}

bool looks_random(std::string_view text) {
    if (text.size() < 10) return false;
    // provider_0123abcd…: a name before digits of base 16, or before a UUID.
    if (text.size() > 36 && is_uuid(text.substr(text.size() - 36))) return true;
    const std::size_t joint = text.find_last_of("_-.:");
    const std::string_view tail = text.substr(joint == std::string_view::npos ? 0 : joint + 1);
    if (joint != std::string_view::npos && tail.size() >= 24 && made_of(tail, Alphabet::hex) &&
        entropy(tail) >= 2.8 && !made_of(tail, Alphabet::digits)) {
        return true;
    }
    const double most = std::log2(static_cast<double>(std::min<std::size_t>(text.size(), 64)));
    const bool hex = made_of(text, Alphabet::hex);
    const double possible = hex ? std::min(most, 4.0) : most;
    if (entropy(text) < possible * (text.size() >= 20 ? 0.7 : 0.75)) return false;
    const bool digit = std::any_of(text.begin(), text.end(), is_digit);
    if (made_of(text, Alphabet::digits)) return false;
    const double words = wordiness(text);
    return digit ? words < 0.5 : words < 0.36 && text.size() >= 16;
}

bool is_placeholder(std::string_view text) {
    if (text.size() < 3) return true;
    if (repeats(text) || runs_on(text)) return true;
    std::array<char, 128> lower{};
    const std::size_t size = std::min(text.size(), lower.size());
    std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), lower.begin(),
                   to_lower);
    const std::string_view head(lower.data(), size);
    if (std::find(std::begin(placeholder_wholes), std::end(placeholder_wholes), head) !=
        std::end(placeholder_wholes)) {
        return true;
    }
    return std::any_of(
        std::begin(placeholder_words), std::end(placeholder_words),
        [&](std::string_view word) { return head.find(word) != std::string_view::npos; });
}

bool is_reference(std::string_view text) {
    for (const std::string_view start : reference_starts) {
        if (text.starts_with(start)) return true;
    }
    for (const std::string_view part : reference_parts) {
        if (text.find(part) != std::string_view::npos) return true;
    }
    return false;
}

}  // namespace hs::detect
