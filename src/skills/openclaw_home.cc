#include "skills/openclaw_home.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/file.h"
#include "skills/card.h"
#include "skills/openclaw_schedules.h"
#include "skills/scan/expression.h"
#include "skills/scan/scanner.h"
#include "wire/url.h"
#include "wire/utf8.h"

namespace hs::skills {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;
using Fate = ImportItem::Fate;

namespace {

constexpr std::size_t config_bytes_max = std::size_t{1} << 20U;
constexpr std::size_t text_bytes_max = std::size_t{256} << 10U;
constexpr std::size_t memories_max = 2'000;
constexpr std::size_t memory_bytes_max = 2'000;
constexpr std::size_t names_max = 500;
constexpr int depth_max = 12;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return out;
}

std::string plain_name(std::string_view path) {
    std::string out;
    for (const char c : lower(path)) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (is_plain) out += c;
        if (!is_plain && !out.empty() && out.back() != '-') out += '-';
    }
    while (!out.empty() && out.back() == '-') out.pop_back();
    return out.substr(0, 60);
}

// Where a key of that name is used.
std::string host_for(std::string_view path) {
    const std::string name = lower(path);
    for (const auto& [word, host] : std::initializer_list<std::pair<std::string_view, const char*>>{
             {"anthropic", "api.anthropic.com"},
             {"openai", "api.openai.com"},
             {"openrouter", "openrouter.ai"},
             {"gemini", "generativelanguage.googleapis.com"},
             {"groq", "api.groq.com"},
             {"mistral", "api.mistral.ai"},
             {"telegram", "api.telegram.org"},
             {"discord", "discord.com"},
             {"slack", "slack.com"},
             {"github", "api.github.com"},
             {"notion", "api.notion.com"},
             {"brave", "api.search.brave.com"}}) {
        if (name.find(word) != std::string::npos) return host;
    }
    return {};
}

class HomeReader {
  public:
    explicit HomeReader(const std::string& folder) : folder_(folder) {}

    Result<OpenClawHome> read() {
        TRY(config());
        dotenv();
        profiles();
        const std::string workspace = workspace_folder();
        texts(workspace);
        for (const std::string& place : {workspace + "/skills", folder_ + "/skills"})
            TRY(skills(place));
        schedules();
        return std::move(home_);
    }

  private:
    void add(std::string kind, std::string name, Fate fate, std::string reason,
             std::string command = "") {
        home_.items.push_back(
            {std::move(kind), std::move(name), fate, std::move(reason), std::move(command)});
    }

    Result<> config() {
        for (const char* name : {"openclaw.json", "clawdbot.json", "moltbot.json"}) {
            const auto text = os::read_text(folder_ + "/" + name, config_bytes_max);
            if (!text && text.error().code == Code::not_found) continue;
            const auto json = wire::parse_json(plain_json(TRY(text)));
            if (!json) {
                return fail(Code::invalid_input,
                            fmt::format("{} cannot be read: {}", name, json.error().what));
            }
            config_ = *json;
            settings();
            walk(config_, "", 0);
            return {};
        }
        return fail(Code::not_found,
                    folder_ +
                        " holds no openclaw.json, clawdbot.json or moltbot.json; name the "
                        "home folder, such as ~/.openclaw");
    }

    const Json* at(std::initializer_list<std::string_view> path) const {
        const Json* json = &config_;
        for (const auto& key : path) {
            if (json == nullptr || json->object() == nullptr) return nullptr;
            json = json->find(key);
        }
        return json;
    }

    void settings() {
        const Json* model = at({"agents", "defaults", "model", "primary"});
        if (model == nullptr) model = at({"agents", "defaults", "model"});
        if (model == nullptr) model = at({"agent", "model"});
        if (model != nullptr && model->text() != nullptr) {
            const std::string& name = *model->text();
            const std::size_t slash = name.find('/');
            const std::string provider = plain_name(name.substr(0, slash));
            add("setting", "model " + name, Fate::by_hand,
                "name the provider with its address, then the model",
                fmt::format("hardshell config set provider.{}.model {}", provider,
                            slash == std::string::npos ? name : name.substr(slash + 1)));
        }
        if (const Json* channels = at({"channels"});
            channels != nullptr && channels->object() != nullptr) {
            for (const auto& [name, value] : *channels->object()) {
                add("channel", name, Fate::by_hand,
                    "who may write to the assistant is decided anew, not copied");
            }
        }
        providers();
        person();
        if (at({"tools", "exec"}) != nullptr) {
            add("setting", "tools.exec", Fate::refused, "what may run is decided by policy here");
        }
        if (at({"plugins"}) != nullptr) {
            add("setting", "plugins", Fate::refused,
                "nothing runs inside Hardshell's own processes");
        }
    }

    // Where models are asked: the address as a command; its key is a secret.
    void providers() {
        const Json* named = at({"models", "providers"});
        if (named == nullptr || named->object() == nullptr) return;
        for (const auto& [name, provider] : *named->object()) {
            const Json* address = provider.object() != nullptr ? provider.find("baseUrl") : nullptr;
            if (address == nullptr || address->text() == nullptr) continue;
            const bool plain = wire::parse_url(*address->text()).ok();
            add("setting", "provider " + name, plain ? Fate::by_hand : Fate::refused,
                plain ? "whoever is asked sees what you write; then its kind and credential"
                      : "its address cannot be read",
                plain ? fmt::format("hardshell config set provider.{}.url {}", plain_name(name),
                                    *address->text())
                      : "");
        }
    }

    void person() {
        for (const auto& path : {std::initializer_list<std::string_view>{"user", "name"},
                                 std::initializer_list<std::string_view>{"identity", "user"}}) {
            const Json* name = at(path);
            if (name == nullptr || name->text() == nullptr || name->text()->size() > 100) continue;
            add("setting", "your name", Fate::by_hand, "how the assistant addresses you",
                "hardshell config set person.name \"NAME\"");
            return;
        }
    }

    // Plain keys, wherever they stand.
    void walk(const Json& json, const std::string& path, int depth) {
        static const Expression key(
            R"((?i)(?:api_?key|token|secret|password|passwd|access_?key)$)");
        if (depth > depth_max) return;
        if (json.object() != nullptr) {
            for (const auto& [name, value] : *json.object())
                walk(value, path.empty() ? name : path + "." + name, depth + 1);
        } else if (json.array() != nullptr) {
            for (const Json& item : *json.array()) walk(item, path, depth + 1);
        } else if (json.text() != nullptr && key.matches(path)) {
            secret(path, *json.text());
        }
    }

    void secret(const std::string& path, const std::string& value) {
        if (value.size() < 8 || value.starts_with("${") || value.starts_with("$")) return;
        ImportSecret made{plain_name(path), value, host_for(path)};
        const auto same = [&](const ImportSecret& one) { return one.name == made.name; };
        if (std::any_of(home_.secrets.begin(), home_.secrets.end(), same)) return;
        const bool is_known = !made.host.empty();
        add("secret", made.name, is_known ? Fate::taken : Fate::by_hand,
            is_known ? fmt::format("a plain key at {}: kept sealed, for {} alone", path, made.host)
                     : fmt::format("a plain key at {}; where it may go is not known", path),
            is_known ? "" : fmt::format("hardshell secret set {} --host HOST", made.name));
        home_.secrets.push_back(std::move(made));
    }

    void dotenv() {
        const auto text = os::read_text(folder_ + "/.env", text_bytes_max);
        if (!text) return;
        static const Expression row(
            R"re((?m)^\s*(?:export\s+)?([A-Z][A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD))\s*=\s*["']?([^"'\s#]+))re");
        for (std::size_t from = 0;;) {
            const auto found = row.find(*text, from);
            if (found.empty()) return;
            secret(".env." + std::string(found[1]), std::string(found[2]));
            from = static_cast<std::size_t>(found[0].data() - text->data()) + found[0].size();
        }
    }

    void profiles() {
        const auto agents = os::list_folder(folder_ + "/agents", names_max);
        if (!agents) return;
        for (const auto& agent : *agents) {
            const auto text =
                os::read_text(fmt::format("{}/agents/{}/agent/auth-profiles.json", folder_, agent),
                              config_bytes_max);
            const auto json = text ? wire::parse_json(*text) : Result<Json>(text.failure());
            if (!json) continue;
            const Json* profiles = json->find("profiles");
            if (profiles == nullptr || profiles->object() == nullptr) continue;
            for (const auto& [name, profile] : *profiles->object()) {
                for (const char* key : {"key", "apiKey", "token"}) {
                    const Json* value = profile.object() != nullptr ? profile.find(key) : nullptr;
                    if (value != nullptr && value->text() != nullptr)
                        secret("profile." + name, *value->text());
                }
                if (profile.object() != nullptr && profile.find("refresh") != nullptr) {
                    add("secret", plain_name("profile." + name), Fate::refused,
                        "a sign-in with a refresh token belongs to that program; sign in anew");
                }
            }
        }
    }

    std::string workspace_folder() const {
        const Json* named = at({"agents", "defaults", "workspace"});
        if (named != nullptr && named->text() != nullptr && named->text()->starts_with("/"))
            return *named->text();
        return folder_ + "/workspace";
    }

    void texts(const std::string& workspace) {
        for (const char* name : {"USER.md", "MEMORY.md"})
            memories(workspace + "/" + name, name, "fact");
        const auto days = os::list_folder(workspace + "/memory", names_max);
        if (days) {
            for (const auto& name : *days) {
                if (name.ends_with(".md"))
                    memories(workspace + "/memory/" + name, "memory/" + name, "episode");
            }
        }
        for (const char* name : {"SOUL.md", "AGENTS.md", "IDENTITY.md", "TOOLS.md"}) {
            memories(workspace + "/" + name, name, "instruction");
        }
        for (const char* name : {"HEARTBEAT.md", "BOOT.md", "BOOTSTRAP.md"}) {
            if (!os::facts_of_path(workspace + "/" + name)) continue;
            add("schedule", name, Fate::refused, "nothing runs by itself because a text says so");
        }
    }

    // One memory a paragraph or list item; headings and templates' comments are left out.
    void memories(const std::string& path, const std::string& name, const std::string& kind) {
        const auto text = os::read_text(path, text_bytes_max);
        if (!text) return;
        if (!wire::is_utf8(*text)) return add("memory", name, Fate::refused, "not UTF-8 text");
        std::size_t count = 0;
        std::string piece;
        const auto end_piece = [&] {
            if (piece.size() >= 4 && home_.memories.size() < memories_max) {
                home_.memories.push_back(
                    JsonObject{{"text", wire::cut_utf8(piece, memory_bytes_max)}, {"kind", kind}});
                ++count;
            }
            piece.clear();
        };
        for (std::size_t from = 0; from < text->size();) {
            const std::size_t end = std::min(text->find('\n', from), text->size());
            std::string_view line = std::string_view(*text).substr(from, end - from);
            from = end + 1;
            while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
                line.remove_suffix(1);
            const bool is_item = line.starts_with("- ") || line.starts_with("* ");
            if (line.empty() || line.starts_with("#") || line.starts_with("---") || is_item)
                end_piece();
            if (line.empty() || line.starts_with("#") || line.starts_with("---") ||
                line.starts_with("<!--"))
                continue;
            if (is_item) line.remove_prefix(2);
            if (!piece.empty()) piece += ' ';
            piece += line;
        }
        end_piece();
        if (count == 0) return;
        add("memory", name, Fate::taken,
            fmt::format("{} {} entries, which wait for your review", count, kind));
    }

    Result<> skills(const std::string& place) {
        const auto names = os::list_folder(place, names_max);
        if (!names) return {};
        for (const auto& name : *names) {
            const std::string folder = place + "/" + name;
            const auto facts = os::facts_of_path(folder);
            if (!facts || facts->kind != os::FileFacts::Kind::directory) continue;
            TRY(skill(name, folder));
        }
        return {};
    }

    Result<> skill(const std::string& name, const std::string& folder) {
        auto tree = read_tree(folder);
        const auto fits = tree ? check_installable(*tree) : Result<>(tree.failure());
        if (!fits) {
            add("skill", name, Fate::refused, fits.error().what);
            return {};
        }
        const auto card = parse_card(tree->find("SKILL.md")->text(), Reading::lenient);
        if (!card) {
            add("skill", name, Fate::refused, card.error().what);
            return {};
        }
        const auto report = TRY(scan(*tree, name));
        if (report.verdict == ScanVerdict::malicious) {
            add("skill", card->name, Fate::refused,
                fmt::format("the scan calls it malicious: {}", report.findings.front().message));
            return {};
        }
        add("skill", card->name, Fate::taken,
            card->manifest ? "arrives disabled; review it, then enable it"
                           : "arrives disabled and without permissions, because it declares none",
            fmt::format("hardshell skill review {}", card->name));
        home_.skills.push_back({card->name, folder, std::move(*tree), report.verdict});
        return {};
    }

    void schedules() {
        const std::string database = folder_ + "/state/openclaw.sqlite";
        if (os::facts_of_path(database)) home_.jobs_database = database;
        const auto text = os::read_text(folder_ + "/cron/jobs.json", config_bytes_max);
        if (!text) return;
        const auto json = wire::parse_json(plain_json(*text));
        if (!json) {
            return add("schedule", "cron/jobs.json", Fate::refused,
                       "it cannot be read: " + json.error().what);
        }
        for (auto& item : schedules_of(*json)) home_.items.push_back(std::move(item));
    }

    const std::string& folder_;
    Json config_;
    OpenClawHome home_;
};

}  // namespace

std::string_view fate_name(Fate fate) {
    return fate == Fate::taken ? "taken" : fate == Fate::by_hand ? "by hand" : "refused";
}

std::string plain_json(std::string_view text) {
    std::string out;
    bool in_text = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_text) {
            out += c;
            if (c == '\\' && i + 1 < text.size()) out += text[++i];
            in_text = c != '"';
            continue;
        }
        if (text.substr(i).starts_with("//")) {
            while (i < text.size() && text[i] != '\n') ++i;
            out += '\n';
            continue;
        }
        if (text.substr(i).starts_with("/*")) {
            const std::size_t end = text.find("*/", i + 2);
            i = end == std::string_view::npos ? text.size() : end + 1;
            continue;
        }
        if (c == '}' || c == ']') {
            const std::size_t last = out.find_last_not_of(" \t\r\n");
            if (last != std::string::npos && out[last] == ',') out.erase(last, 1);
        }
        in_text = c == '"';
        out += c;
    }
    return out;
}

Result<OpenClawHome> read_openclaw_home(const std::string& folder) {
    return HomeReader(folder).read();
}

}  // namespace hs::skills
