#include "ship/redact.h"

#include <algorithm>
#include <array>

namespace hs::ship {

using wire::Json;

namespace {

constexpr std::array<std::string_view, 6> known = {"person",  "path",   "host",
                                                   "command", "reason", "request"};

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace

bool is_redaction(std::string_view name) {
    return std::find(known.begin(), known.end(), name) != known.end();
}

Redaction::Redaction(const std::vector<std::string>& names, crypto::SecretBytes key)
    : names_(names.begin(), names.end()), pseudonyms_(std::move(key)) {
    CHECK(std::all_of(names.begin(), names.end(), is_redaction));
}

// Texts become hashes, also inside lists; anything else stays.
void Redaction::hash(Json& value) const {
    if (const std::string* text = value.text()) {
        if (!text->empty() && !text->starts_with("hmac-sha256:")) value = pseudonyms_.of(*text);
        return;
    }
    if (auto* items = value.array()) {
        for (Json& item : *items) hash(item);
    }
}

void Redaction::walk(Json& value, std::string_view key) const {
    if (has("person") && is_one_of(key, {"person", "by", "principals", "teams"})) {
        return hash(value);
    }
    if (has("path") && is_one_of(key, {"path", "working_directory", "executable", "folder"})) {
        return hash(value);
    }
    if (has("host") && is_one_of(key, {"host", "address", "hosts", "url"})) return hash(value);
    // A request's path is a place on a host; a file's is covered above.
    if (has("host") && is_one_of(key, {"target"}) && value.text() != nullptr) return hash(value);
    if (has("command") && is_one_of(key, {"argv", "scripts", "summary"})) {
        value = "redacted";
        return;
    }
    if (auto* items = value.array()) {
        for (Json& item : *items) walk(item, key);
        return;
    }
    auto* members = value.object();
    if (members == nullptr) return;
    for (auto& [name, member] : *members) {
        // A project's name is the path of its folder.
        const bool folder = key == "project" && name == "name";
        walk(member, folder ? std::string_view("path") : std::string_view(name));
    }
}

audit::RecordedEvent Redaction::apply(const audit::RecordedEvent& event) const {
    audit::RecordedEvent changed = event;
    if (names_.empty()) return changed;
    auto* members = changed.json.object();
    if (members == nullptr) return changed;
    if (has("reason")) members->erase("reason");
    const auto found = members->find("detail");
    if (auto* detail = found != members->end() ? found->second.object() : nullptr) {
        if (has("reason")) {
            for (const char* key : {"explanation", "what", "error", "details"}) detail->erase(key);
        }
        if (has("request")) {
            for (const char* key : {"request", "explanation"}) detail->erase(key);
        }
    }
    walk(changed.json, "");
    return changed;
}

}  // namespace hs::ship
