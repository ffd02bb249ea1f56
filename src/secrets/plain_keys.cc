#include "secrets/plain_keys.h"

#include <algorithm>
#include <array>

namespace hs::secrets {
namespace {

constexpr std::size_t line_bytes_max = 32'768;
constexpr std::size_t value_bytes_min = 8;
constexpr std::size_t value_bytes_max = 16'384;
constexpr std::size_t name_bytes_max = 100;

bool word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

std::string upper(std::string_view text) {
    std::string made(text);
    for (char& c : made) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    }
    return made;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' ||
                             text.back() == ',' || text.back() == ';')) {
        text.remove_suffix(1);
    }
    return text;
}

std::string_view unquoted(std::string_view text) {
    if (text.empty() || (text.front() != '"' && text.front() != '\'')) {
        return text.substr(0, text.find_first_of(" \t#"));
    }
    const std::size_t end = text.find(text.front(), 1);
    return end == std::string_view::npos ? text.substr(1) : text.substr(1, end - 1);
}

// A value that another place gives, or that stands for one, is no credential.
bool is_value(std::string_view value) {
    if (value.size() < value_bytes_min || value.size() > value_bytes_max) return false;
    if (value.find_first_of("$<>{}()` ") != std::string_view::npos) return false;
    if (value.starts_with("hs_placeholder_") || value.starts_with('/')) return false;
    return std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

struct Pair {
    std::string_view name;
    std::string_view value;
};

// "set -gx NAME value" of fish, "NAME=value", "\"name\": \"value\"", "//host/:_authToken=value".
Pair pair_in(std::string_view line) {
    line = trim(line);
    if (line.empty() || line.front() == '#' || line.starts_with("//")) {
        if (!line.starts_with("//") || line.find(":_") == std::string_view::npos) return {};
    }
    if (line.starts_with("set -")) {
        line.remove_prefix(std::min(line.size(), line.find(' ', 4)));
        line = trim(line);
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos) return {};
        return {line.substr(0, space), unquoted(trim(line.substr(space)))};
    }
    std::size_t sign = line.find('=');
    if (sign == std::string_view::npos) sign = line.find(':');
    const bool quoted_name = line.front() == '"' || line.front() == '\'';
    if (quoted_name) {
        const std::size_t end = line.find(line.front(), 1);
        if (end != std::string_view::npos) sign = line.find_first_of(":=", end);
    }
    if (sign == std::string_view::npos) return {};
    std::string_view name = trim(line.substr(0, sign));
    while (!name.empty() && !word_character(name.back())) name.remove_suffix(1);
    std::size_t from = name.size();
    while (from > 0 && word_character(name[from - 1])) --from;
    return {name.substr(from), unquoted(trim(line.substr(sign + 1)))};
}

struct Known {
    std::string_view variable;
    std::string_view name;
    std::string_view host;
    std::string_view header;
    std::string_view prefix;
};

// Where each service takes its key, as its own documentation says.
constexpr std::array<Known, 12> known_places{{
    {"ANTHROPIC_API_KEY", "anthropic", "api.anthropic.com", "x-api-key", ""},
    {"OPENAI_API_KEY", "openai", "api.openai.com", "Authorization", "Bearer "},
    {"OPENROUTER_API_KEY", "openrouter", "openrouter.ai", "Authorization", "Bearer "},
    {"GEMINI_API_KEY", "gemini", "generativelanguage.googleapis.com", "x-goog-api-key", ""},
    {"GOOGLE_API_KEY", "google", "generativelanguage.googleapis.com", "x-goog-api-key", ""},
    {"MISTRAL_API_KEY", "mistral", "api.mistral.ai", "Authorization", "Bearer "},
    {"GROQ_API_KEY", "groq", "api.groq.com", "Authorization", "Bearer "},
    {"HF_TOKEN", "huggingface", "huggingface.co", "Authorization", "Bearer "},
    {"GITHUB_TOKEN", "github", "api.github.com", "Authorization", "Bearer "},
    {"GH_TOKEN", "github", "api.github.com", "Authorization", "Bearer "},
    {"GITLAB_TOKEN", "gitlab", "gitlab.com", "PRIVATE-TOKEN", ""},
    {"SLACK_BOT_TOKEN", "slack", "slack.com", "Authorization", "Bearer "},
}};

}  // namespace

bool names_a_credential(std::string_view variable) {
    const std::string name = upper(variable);
    if (name.empty() || name.size() > name_bytes_max) return false;
    for (const std::string_view other : {"PUBLIC", "KEYBOARD", "KEYMAP", "KEYRING", "TOKENIZER",
                                         "MAX_TOKEN", "MAXTOKEN", "MONKEY", "KEYCODE"}) {
        if (name.find(other) != std::string::npos) return false;
    }
    for (const std::string_view end :
         {"KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "PAT"}) {
        if (name.ends_with(end)) return end != "PAT" || name == "PAT" || name.ends_with("_PAT");
    }
    return false;
}

std::vector<PlainKey> plain_keys_in(std::string_view text) {
    std::vector<PlainKey> found;
    text = text.substr(0, plain_text_bytes_max);
    std::size_t number = 0;
    while (!text.empty() && found.size() < plain_keys_max) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (line.size() > line_bytes_max) continue;
        const Pair pair = pair_in(line);
        if (!names_a_credential(pair.name) || !is_value(pair.value)) continue;
        found.push_back({std::string(pair.name), std::string(pair.value), number});
    }
    return found;
}

KnownPlace place_of(std::string_view variable) {
    const std::string name = upper(variable);
    KnownPlace place;
    for (const Known& known : known_places) {
        if (known.variable != name) continue;
        place.name = known.name;
        place.binding.hosts = {std::string(known.host)};
        place.binding.header = known.header;
        place.binding.prefix = known.prefix;
        return place;
    }
    for (const char c : variable) {
        place.name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return place;
}

}  // namespace hs::secrets
