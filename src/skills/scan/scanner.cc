#include "skills/scan/scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "policy/canonical_path.h"
#include "skills/card.h"
#include "skills/front_matter.h"
#include "skills/lookalike.h"
#include "skills/scan/decode.h"
#include "skills/scan/file_checks.h"
#include "skills/scan/view.h"
#include "wire/utf8.h"

namespace hs::skills {

using base::Result;

namespace {

constexpr std::size_t per_rule_and_file_max = 4;
constexpr std::size_t text_bytes_max = std::size_t{2} << 20U;
constexpr int layers_max = 3;

using Signals = std::map<std::string, std::size_t, std::less<>>;  // name → first line

Severity lowered(Severity severity) {
    if (severity >= Severity::high) return Severity::medium;
    return severity == Severity::medium ? Severity::low : Severity::note;
}
Severity raised(Severity severity) {
    return severity >= Severity::high     ? Severity::critical
           : severity == Severity::medium ? Severity::high
                                          : severity;
}

bool in_quotes(std::string_view text, std::size_t offset, std::size_t size) {
    const auto count = [text](std::size_t end, char mark) {
        return std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), mark);
    };
    const std::size_t end = std::min(offset + size, text.size());
    for (const char mark : {'"', '`', '\''}) {
        if (count(offset, mark) % 2 == 1 &&
            text.find(mark, end == 0 ? 0 : end - 1) != std::string_view::npos) {
            return true;
        }
    }
    // “…” and «…»
    const std::size_t curly = text.substr(0, offset).rfind("\xe2\x80\x9c");
    return curly != std::string_view::npos &&
           text.substr(curly, offset - curly).find("\xe2\x80\x9d") == std::string_view::npos;
}

std::string excerpt_of(std::string_view text, std::size_t offset) {
    const std::size_t begin = offset > 40 ? offset - 40 : 0;
    std::string out;
    std::string mended = wire::mend_utf8(text.substr(begin, 160));
    for (const char c : wire::cut_utf8(mended, 160)) {
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
    return out;
}

// One skill's scan.
class Scan {
  public:
    Scan(const Tree& tree, std::string_view folder_name, const Rules& rules)
        : tree_(tree), folder_name_(folder_name), rules_(rules) {}

    ScanReport run() {
        report_.files = tree_.files.size();
        report_.digest = tree_.digest();
        oddities();
        read_card();
        for (const TreeFile& file : tree_.files) take(file);
        combine(Together::Scope::skill, skill_signals_, "SKILL.md");
        finish();
        return std::move(report_);
    }

  private:
    void add(Finding finding) {
        if (report_.findings.size() >= findings_max) {
            report_.is_whole = false;
            return;
        }
        report_.findings.push_back(std::move(finding));
    }
    void add(std::string_view rule, Severity severity, std::string_view file, std::size_t line,
             std::string message, std::string fix) {
        Finding made;
        made.rule = rule;
        made.severity = severity;
        made.file = file;
        made.line = line;
        made.message = std::move(message);
        made.fix = std::move(fix);
        add(std::move(made));
    }

    void oddities() {
        for (const Oddity& odd : tree_.oddities) {
            const bool is_serious =
                odd.kind == Oddity::Kind::link || odd.kind == Oddity::Kind::device;
            add(is_serious ? "tree.link-or-device" : "tree.name",
                is_serious ? Severity::high : Severity::medium, odd.path, 0, odd.what, "remove it");
        }
    }

    void read_card() {
        const TreeFile* file = tree_.find("SKILL.md");
        if (file == nullptr) {
            add("format.no-skill-md", Severity::low, "SKILL.md", 0, "the folder has no SKILL.md",
                "hardshell skill new NAME writes one");
            return;
        }
        const auto card = parse_card(file->text(), Reading::lenient);
        if (!card) {
            add("format.front-matter", Severity::low, "SKILL.md", 1, card.error().what,
                "mend the front matter; such a skill is not installed");
            about_ = std::string(file->text().substr(0, 2000));
            return;
        }
        report_.name = card->name;
        about_ = card->name + " " + card->description;
        body_line_ = card->body_line;
        if (!folder_name_.empty() && folder_name_ != card->name) {
            add("format.name", Severity::note, "SKILL.md", 1,
                fmt::format("the folder is called {} and the skill {}", folder_name_, card->name),
                "give both the same name");
        }
        card_findings(*card);
        tell_hosts(*card);
        Passage description;
        description.text = "description: " + card->description;
        description.line = 1;
        front_.push_back(std::move(description));
    }

    void card_findings(const Card& card) {
        if (card.wants_always) {
            add("inject.always-loaded", Severity::low, "SKILL.md", 1,
                "wants to stand in every prompt (always: true)", "it is loaded when it is needed");
        }
        for (const std::string& install : card.installs) {
            const bool is_bare = install.find("http://") != std::string::npos;
            if (install.find("://") != std::string::npos) {
                add("supply.install-url", is_bare ? Severity::high : Severity::low, "SKILL.md", 1,
                    "would install from an address: " + install, "name a package");
            }
        }
        static const std::set<std::string_view> tools = {
            "bash",        "shell",     "sh",         "exec",    "read",
            "write",       "edit",      "system",     "sudo",    "files-read",
            "files-write", "shell-run", "http-fetch", "approve", "memory-search",
            "memory-get"};
        if (tools.contains(card.name)) {
            add("inject.tool-name", Severity::medium, "SKILL.md", 1,
                fmt::format("is called {}, as a tool is", card.name), "choose another name");
        }
        imitation(card.name);
        if (!card.manifest) {
            add("manifest.none", Severity::note, "SKILL.md", 1,
                "declares no permissions, so it gets none",
                "hardshell skill show proposes a manifest");
        }
    }

    void imitation(std::string_view name) {
        static constexpr std::string_view known[] = {"clawhub", "openclaw", "hardshell",
                                                     "moltbot", "clawdbot", "github",
                                                     "gitlab",  "anthropic"};
        if (std::find(std::begin(known), std::end(known), name) != std::end(known)) return;
        for (const std::string_view other : known) {
            if (!looks_like(name, other)) continue;
            add("supply.imitated-name", Severity::high, "SKILL.md", 1,
                fmt::format("the name {} imitates {}", name, other), "choose another name");
        }
    }

    // The hosts that a reader of SKILL.md learns about.
    void tell_hosts(const Card& card) {
        told_ = card.description + " " + card.homepage;
        for (const Passage& passage : view_prose(card.body, 1)) {
            if (passage.place == Place::prose) told_ += " " + passage.text;
        }
        if (card.manifest) {
            for (const auto& host : card.manifest->permissions.hosts) told_ += " " + host.host;
        }
        told_ = policy::folded_name(told_).empty() ? told_ : policy::folded_name(told_);
    }

    void take(const TreeFile& file) {
        const std::size_t before = report_.findings.size();
        check_kind(file, report_.findings);
        for (std::size_t i = before; i < report_.findings.size(); ++i) {
            if (report_.findings[i].rule.ends_with("archive"))
                skill_signals_.emplace("holds-archive", 0);
        }
        if (!is_text_file(file.text())) return;
        signals_.clear();
        pending_.clear();
        counts_.clear();
        const std::string text = wire::mend_utf8(file.text().substr(0, text_bytes_max));
        if (file.bytes.size() > text_bytes_max) report_.is_whole = false;
        for (const Unseen& unseen : check_characters(file, report_.findings)) {
            Passage hidden;
            hidden.place = Place::hidden;
            hidden.text = unseen.text;
            hidden.line = unseen.line;
            hidden.hidden_by = "invisible characters";
            match(file, hidden);
        }
        passages(file, text);
        decoded(file, text, 1, 0);
        packages(file, text);
        settle_definitions();
        // In prose the reader sees the commands themselves.
        if (is_prose_file(file.path) || is_host_told(text)) signals_.emplace("host-told", 1);
        if (!is_prose_file(file.path) && signals_.contains("network"))
            skill_signals_.emplace("script-network", 0);
        combine(Together::Scope::file, signals_, file.path);
        for (const auto& [name, line] : signals_) skill_signals_.emplace(name, line);
    }

    void passages(const TreeFile& file, const std::string& text) {
        std::vector<Passage> all;
        if (file.path == "SKILL.md" && body_line_ > 0) {
            all = front_;
            const auto front = split_front_matter(text);
            if (front) {
                auto body = view_prose(front->body, front->body_line);
                all.insert(all.end(), body.begin(), body.end());
                const std::string_view yaml = std::string_view(text).substr(
                    0, static_cast<std::size_t>(front->body.data() - text.data()));
                auto lines = view_code(yaml, Language::other, 1);
                all.insert(all.end(), lines.begin(), lines.end());
            }
        } else {
            all = view_file(file.path, text);
        }
        if (file.path == "SKILL.md" && body_line_ == 0) broken_front(text, all);
        for (const Passage& passage : all) match(file, passage);
        for (const Passage& passage : fold_strings(all)) match(file, passage);
    }

    // Front matter that is no YAML still says when the skill wants to be used.
    static void broken_front(std::string_view text, std::vector<Passage>& all) {
        constexpr std::size_t lines_max = 30;
        for (std::size_t number = 1; number <= lines_max && !text.empty(); ++number) {
            const std::string_view line = text.substr(0, text.find('\n'));
            if (line.starts_with("description:") || line.starts_with("name:")) {
                Passage told;
                told.text = line;
                told.line = number;
                all.push_back(std::move(told));
            }
            text.remove_prefix(std::min(text.size(), line.size() + 1));
        }
    }

    void decoded(const TreeFile& file, const std::string& text, std::size_t first_line, int layer) {
        auto layers = decode_inside(text);
        if (layer == 0) {
            auto turned = undo_letter_tricks(text);
            layers.insert(layers.end(), turned.begin(), turned.end());
        }
        for (const Decoded& found : layers) {
            const std::size_t line =
                layer > 0
                    ? first_line
                    : first_line +
                          static_cast<std::size_t>(std::count(
                              text.begin(),
                              text.begin() + static_cast<std::ptrdiff_t>(found.offset), '\n'));
            if (found.is_program) {
                add("hidden.program", Severity::critical, file.path, line,
                    fmt::format("a program hidden as {}", found.how), "remove it");
                continue;
            }
            for (const Place place : {Place::code, Place::hidden}) {
                auto inside = view_code(found.text, language_of("x.sh", found.text), line);
                for (Passage& passage : inside) {
                    passage.place = place;
                    passage.line = line;
                    passage.line_begins.clear();
                    passage.is_definition = false;
                    passage.hidden_by = found.how;
                    match(file, passage);
                }
            }
            if (layer + 1 < layers_max) decoded(file, found.text, line, layer + 1);
        }
    }

    bool is_warning(const Passage& passage, const Rules::Hit& hit) const {
        if (hit.rule->unwarned) {
            // The rule's own words begin with "do not": only a quotation is a warning here.
            return in_quotes(passage.text, hit.offset, hit.size) &&
                   (passage.is_warned || warns(passage.text) || teaches(passage.text));
        }
        if (!passage.hidden_by.empty() && passage.hidden_by != "string parts") return false;
        if (passage.is_warned) return true;
        if (passage.place != Place::prose && passage.place != Place::comment) return false;
        const std::string_view sentence = sentence_at(passage.text, hit.offset);
        return warns(sentence) || teaches(sentence);
    }

    // Skills for defenders name what they look for.
    bool teaches(std::string_view sentence) const {
        static const Expression subject(
            R"((?i)\b(?:malware|forensic|triage|threat|incident|security|pentest|vulnerab|defen[cds]|owasp|inject|suspicious|detection|blue team|phishing|attack))");
        static const Expression told(
            R"((?i)\b(?:indicators?|signs? of|signatures?|patterns?|look for|watch for|hunt for|flag|detect|suspicious|typical|such as|e\.g\.|for example|examples? of|classic|attackers?|adversar|lesson))");
        return subject.matches(about_) && told.matches(sentence);
    }

    void match(const TreeFile& file, const Passage& passage) {
        for (const Rules::Hit& hit : rules_.match(passage)) {
            const Rule& rule = *hit.rule;
            const std::size_t line = passage.line_at(hit.offset);
            Severity severity = rule.severity;
            bool counts = true;
            const bool is_decoded =
                !passage.hidden_by.empty() && passage.hidden_by != "string parts";
            if (rule.expected && rule.expected->matches(about_)) severity = lowered(severity);
            if (rule.known_installers && rules_.only_known_installers(passage.text)) {
                severity = *rule.known_installers;
                counts = false;
            }
            if (is_warning(passage, hit)) {
                severity = Severity::note;
                counts = false;
            } else if (is_decoded || passage.place == Place::hidden) {
                severity = raised(severity);
            }
            Finding made;
            made.rule = rule.id;
            made.severity = severity;
            made.file = file.path;
            made.line = line;
            made.message = rule.message;
            if (!passage.hidden_by.empty())
                made.message += " (hidden by " + passage.hidden_by + ")";
            made.fix = rule.fix;
            made.tags = rule.tags;
            made.excerpt = excerpt_of(passage.text, hit.offset);
            if (passage.is_definition && !is_decoded && counts) {
                pending_.push_back({std::move(made), &rule});
                continue;
            }
            keep(std::move(made), rule, counts);
        }
    }

    void keep(Finding finding, const Rule& rule, bool counts) {
        if (counts) {
            for (const std::string& signal : rule.signals) signals_.emplace(signal, finding.line);
        }
        // Notes of plain signals would only be noise; those of warnings tell that they were seen.
        if (rule.severity == Severity::note) return;
        auto& seen = counts_[rule.id];
        const bool is_known = std::any_of(seen.begin(), seen.end(), [&](const auto& one) {
            return one.first == finding.line && one.second >= finding.severity;
        });
        if (is_known) return;
        const auto worse = std::count_if(seen.begin(), seen.end(), [&](const auto& one) {
            return one.second >= finding.severity;
        });
        if (static_cast<std::size_t>(worse) >= per_rule_and_file_max) return;
        seen.emplace_back(finding.line, finding.severity);
        add(std::move(finding));
    }

    // A table of patterns in a file that talks to nobody is a table of patterns.
    void settle_definitions() {
        const bool talks = signals_.contains("network") || signals_.contains("sends") ||
                           signals_.contains("drop") || signals_.contains("downloads-and-runs");
        for (auto& [finding, rule] : pending_) {
            if (!talks) finding.severity = Severity::note;
            keep(std::move(finding), *rule, talks);
        }
        pending_.clear();
    }

    // All hosts that the file names in URLs are told of in SKILL.md (or it names none).
    bool is_host_told(const std::string& text) const {
        static const Expression url(
            R"((?:https?://|\bhost(?:name)?["']?\s*[:=]\s*["']|Connection\(["'])([A-Za-z0-9.-]+\.[A-Za-z]{2,}))");
        for (std::size_t at = 0;;) {
            const auto found = url.find(text, at);
            if (found.empty()) return true;
            std::string_view host = found[1];
            // The last two labels: api.example.com is told of by example.com.
            const std::size_t dot = host.rfind('.');
            const std::size_t second = dot == 0 ? std::string_view::npos : host.rfind('.', dot - 1);
            if (second != std::string_view::npos) host.remove_prefix(second + 1);
            if (told_.find(policy::folded_name(host)) == std::string::npos && !is_service(host))
                return false;
            at = static_cast<std::size_t>(found[0].data() - text.data()) + found[0].size();
        }
    }

    // "Notify through your Telegram bot" tells of api.telegram.org.
    bool is_service(std::string_view host) const {
        static constexpr std::string_view services[] = {
            "telegram.org",  "slack.com",   "discord.com", "github.com",    "gitlab.com",
            "notion.com",    "stripe.com",  "linear.app",  "todoist.com",   "spotify.com",
            "openai.com",    "trello.com",  "twilio.com",  "sendgrid.com",  "anthropic.com",
            "atlassian.net", "zendesk.com", "deepl.com",   "googleapis.com"};
        if (std::find(std::begin(services), std::end(services), host) == std::end(services))
            return false;
        return told_.find(policy::folded_name(host.substr(0, host.find('.')))) != std::string::npos;
    }

    void packages(const TreeFile& file, const std::string& text) {
        static const Expression installs(
            R"((?i)\b(?:pip[\d.]*|uv pip|npm|pnpm|yarn|bun|uv)\s+(?:install|add|i)\s+([^\n;&|`'")]+))");
        for (std::size_t at = 0;;) {
            const auto found = installs.find(text, at);
            if (found.empty()) break;
            const auto offset = static_cast<std::size_t>(found[0].data() - text.data());
            const auto line =
                1 + static_cast<std::size_t>(std::count(
                        text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
            each_word(found[1], [&](std::string_view word) { package(file, word, line); });
            at = offset + found[0].size();
        }
        if (!file.path.ends_with("requirements.txt")) return;
        std::size_t line = 1;
        for (std::size_t at = 0; at < text.size(); ++line) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            package(file, std::string_view(text).substr(at, end - at), line);
            at = end + 1;
        }
    }

    template <class Take>
    static void each_word(std::string_view text, Take take) {
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find(' ', at), text.size());
            if (end > at && text[at] != '-') take(text.substr(at, end - at));
            at = end + 1;
        }
    }

    void package(const TreeFile& file, std::string_view word, std::size_t line) {
        const std::size_t end = word.find_first_of("=<>[@~!; #\r", word.starts_with('@') ? 1 : 0);
        const std::string name = policy::folded_name(word.substr(0, end));
        if (name.size() < 4 || name.find('/') != std::string::npos) return;
        const std::string_view known = imitated_package(name);
        if (known.empty()) return;
        add("supply.imitated-package", Severity::high, file.path, line,
            fmt::format("the package {} imitates {}", name, known),
            fmt::format("install {}", known));
    }

    void combine(Together::Scope scope, const Signals& signals, std::string_view file) {
        for (const Together& together : rules_.together()) {
            if (together.scope != scope) continue;
            const auto has = [&signals](const std::string& name) { return signals.contains(name); };
            if (!std::all_of(together.all.begin(), together.all.end(), has) ||
                std::any_of(together.unless.begin(), together.unless.end(), has)) {
                continue;
            }
            std::size_t line = 0;
            for (const auto& name : together.all) line = std::max(line, signals.find(name)->second);
            add(together.id, together.severity, file, line, together.message, together.fix);
            report_.findings.back().tags = together.tags;
        }
    }

    void finish() {
        std::stable_sort(report_.findings.begin(), report_.findings.end(),
                         [](const Finding& left, const Finding& right) {
                             return left.severity > right.severity;
                         });
        report_.verdict = verdict_of(report_.findings);
    }

    const Tree& tree_;
    std::string_view folder_name_;
    const Rules& rules_;
    ScanReport report_;
    std::string about_;
    std::string told_;
    std::size_t body_line_ = 0;
    std::vector<Passage> front_;
    Signals signals_;
    Signals skill_signals_;
    std::vector<std::pair<Finding, const Rule*>> pending_;
    std::map<std::string, std::vector<std::pair<std::size_t, Severity>>> counts_;
};

}  // namespace

ScanReport scan(const Tree& tree, std::string_view folder_name, const Rules& rules) {
    return Scan(tree, folder_name, rules).run();
}

Result<ScanReport> scan(const Tree& tree, std::string_view folder_name) {
    static const auto rules = Rules::builtin();
    if (!rules) return rules.failure();
    return scan(tree, folder_name, **rules);
}

}  // namespace hs::skills
