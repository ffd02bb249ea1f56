#include "skills/card.h"

#include <fmt/format.h>

#include <algorithm>

#include "skills/front_matter.h"
#include "wire/utf8.h"

namespace hs::skills {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::string_view standard_keys[] = {"name",          "description", "license",
                                              "compatibility", "metadata",    "allowed-tools"};
// Known from OpenClaw; read or ignored, never an error.
constexpr std::string_view other_keys[] = {
    "version",      "author",   "homepage",         "user-invocable", "disable-model-invocation",
    "tags",         "triggers", "command-dispatch", "command-tool",   "command-arg-mode",
    "allowed_tools"};

std::size_t characters_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

class CardReader {
  public:
    CardReader(const Json& json, Reading reading) : json_(json), reading_(reading) {}

    Result<Card> read() {
        TRY(keys());
        card_.name = TRY(text("name", 64, true));
        if (!is_skill_name(card_.name)) {
            return fail(Code::invalid_input,
                        fmt::format("name \"{}\" must be 1 to 64 of a-z, 0-9 and single '-' inside",
                                    wire::cut_utf8(card_.name, 80)));
        }
        card_.description = TRY(text("description", 1024, true));
        card_.license = TRY(text("license", 256, false));
        card_.compatibility = TRY(text("compatibility", 500, false));
        card_.homepage = TRY(text("homepage", 500, false));
        card_.version = TRY(text("version", 64, false));
        TRY(allowed_tools());
        TRY(metadata());
        return std::move(card_);
    }

  private:
    Result<> formal(std::string what) {
        if (reading_ == Reading::strict) return fail(Code::invalid_input, std::move(what));
        if (card_.notes.size() < 32) card_.notes.push_back(std::move(what));
        return {};
    }

    Result<> keys() {
        for (const auto& [key, value] : *json_.object()) {
            const auto is = [&key](std::string_view known) { return known == key; };
            if (std::any_of(std::begin(standard_keys), std::end(standard_keys), is)) continue;
            if (std::any_of(std::begin(other_keys), std::end(other_keys), is) &&
                reading_ == Reading::lenient) {
                continue;
            }
            TRY(formal(fmt::format("the key \"{}\" is not of the SKILL.md standard",
                                   wire::cut_utf8(key, 80))));
        }
        return {};
    }

    Result<std::string> text(std::string_view key, std::size_t characters_max, bool is_needed) {
        const Json* found = json_.find(key);
        if (found == nullptr) {
            if (!is_needed) return std::string();
            return fail(Code::invalid_input, fmt::format("\"{}\" is missing", key));
        }
        if (found->text() == nullptr || (is_needed && found->text()->empty())) {
            if (is_needed)
                return fail(Code::invalid_input, fmt::format("\"{}\" must be text", key));
            TRY(formal(fmt::format("\"{}\" must be text", key)));
            return std::string();
        }
        std::string value = *found->text();
        if (characters_of(value) > characters_max) {
            TRY(formal(fmt::format("\"{}\" is longer than {} characters", key, characters_max)));
            value = std::string(wire::cut_utf8(value, characters_max));
        }
        return value;
    }

    Result<> allowed_tools() {
        const Json* found = json_.find("allowed-tools");
        if (found == nullptr) return {};
        if (found->text() == nullptr) return formal("\"allowed-tools\" must be text");
        std::string item;
        int depth = 0;  // Bash(git log:*) is one item
        for (const char c : *found->text() + " ") {
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            const bool ends = depth <= 0 && (c == ' ' || c == ',' || c == '\n');
            if (!ends) item += c;
            if (ends && !item.empty()) card_.allowed_tools.push_back(std::exchange(item, {}));
            if (card_.allowed_tools.size() > 64)
                return formal("\"allowed-tools\" has over 64 items");
        }
        return {};
    }

    Result<> metadata() {
        const Json* found = json_.find("metadata");
        if (found == nullptr) return {};
        if (found->object() == nullptr) return formal("\"metadata\" must be a mapping");
        if (const Json* ours = found->find("hardshell")) {
            card_.manifest = TRY(manifest_from_json(*ours));
        }
        for (const auto& [key, value] : *found->object()) {
            if (key == "openclaw" || key == "clawdbot" || key == "moltbot") take_openclaw(value);
            if (key == "version" && value.text() != nullptr && card_.version.empty()) {
                card_.version = *value.text();
            }
        }
        return {};
    }

    static void take_texts(const Json* list, std::vector<std::string>& out) {
        if (list == nullptr || list->array() == nullptr) return;
        for (const Json& item : *list->array()) {
            if (item.text() != nullptr && out.size() < 64) out.push_back(*item.text());
        }
    }

    // Lenient by intent: another program's format, of which nothing is granted.
    void take_openclaw(const Json& json) {
        if (json.object() == nullptr) return;
        const Json* always = json.find("always");
        card_.wants_always =
            always != nullptr && always->boolean() != nullptr && *always->boolean();
        if (const Json* needs = json.find("requires")) {
            if (needs->object() != nullptr) {
                take_texts(needs->find("bins"), card_.needs_programs);
                take_texts(needs->find("anyBins"), card_.needs_programs);
                take_texts(needs->find("env"), card_.needs_variables);
            }
        }
        const Json* installs = json.find("install");
        if (installs == nullptr || installs->array() == nullptr) return;
        for (const Json& item : *installs->array()) {
            if (item.object() == nullptr || card_.installs.size() >= 16) continue;
            std::string line = wire::text_at_or(item, "kind", "?").ok()
                                   ? *wire::text_at_or(item, "kind", "?")
                                   : "?";
            for (const std::string_view key : {"formula", "package", "module", "url"}) {
                const auto value = wire::text_at_or(item, key, "");
                if (value && !value->empty()) line += ": " + *value;
            }
            card_.installs.push_back(std::move(line));
        }
    }

    const Json& json_;
    Reading reading_;
    Card card_;
};

}  // namespace

bool is_skill_name(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() == '-' || name.back() == '-') return false;
    if (name.find("--") != std::string_view::npos) return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

Result<Card> parse_card(std::string_view skill_md, Reading reading) {
    if (skill_md.size() > skill_text_bytes_max) {
        return fail(Code::exhausted, "SKILL.md is larger than 1 MiB; move material to references/");
    }
    if (!wire::is_utf8(skill_md)) return fail(Code::invalid_input, "SKILL.md is not UTF-8 text");
    const FrontMatter front = TRY(split_front_matter(skill_md));
    Card card = TRY(CardReader(front.value, reading).read());
    card.body = std::string(front.body);
    card.body_line = front.body_line;
    return card;
}

}  // namespace hs::skills
