#include "policy/evidence.h"

#include <fmt/format.h>

#include "policy/canonical_path.h"
#include "policy/embedded.h"
#include "policy/projects.h"
#include "policy/table_reader.h"

namespace hs::policy {
namespace {

using base::Result;

std::vector<std::string> folded_names(std::string_view path) {
    std::vector<std::string> names;
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        names.push_back(folded_name(path.substr(0, slash)));
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return names;
}

Result<std::vector<NamePattern>> parse_pattern(std::string_view text) {
    std::vector<NamePattern> segments;
    for (const std::string& name : folded_names(text)) {
        segments.push_back(TRY(NamePattern::parse(name)));
    }
    if (segments.empty()) return base::fail(base::Code::invalid_input, "expected a name");
    return segments;
}

// The host of a remote's address: "https://host/…", "ssh://git@host:22/…", "git@host:…".
std::string host_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
    const std::size_t end = url.find_first_of(scheme == std::string_view::npos ? ":" : ":/");
    if (end == std::string_view::npos) return "";  // a path of this machine
    url = url.substr(0, end);
    const std::size_t at = url.rfind('@');
    return std::string(at == std::string_view::npos ? url : url.substr(at + 1));
}

}  // namespace

const EvidenceTable& EvidenceTable::builtin() {
    static const EvidenceTable table = [] {
        const auto text = embedded_file("evidence.toml");
        CHECK(text.has_value());
        return parse(wire::parse_toml(*text).value(), "policies/evidence.toml").value();
    }();
    return table;
}

Result<EvidenceTable> EvidenceTable::parse(const wire::TomlDocument& document,
                                           std::string_view file) {
    EvidenceTable result;
    TableReader root(document, file);
    for (TableReader& table : TRY(root.tables("evidence"))) {
        Kind kind;
        const auto suggests = word_from_name<UseCase>(TRY(table.text("suggests")));
        if (!suggests) return table.refuse("suggests", "is no class of projects");
        kind.suggests = *suggests;
        kind.because = TRY(table.text("because"));
        for (const std::string& text : TRY(table.texts("patterns"))) {
            auto pattern = parse_pattern(text);
            if (!pattern) return table.refuse("patterns", text + ": " + pattern.error().what);
            kind.patterns.push_back(*std::move(pattern));
        }
        TRY(table.finish());
        if (result.kinds_.size() >= kinds_max) return table.refuse("because", "too much evidence");
        result.kinds_.push_back(std::move(kind));
    }
    TRY(root.finish());
    return result;
}

bool EvidenceTable::matches(const std::vector<NamePattern>& pattern,
                            const std::vector<std::string>& names) {
    if (pattern.size() > names.size()) return false;
    const std::size_t offset = names.size() - pattern.size();
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (!pattern[i].matches(names[offset + i])) return false;
    }
    return true;
}

std::vector<Finding> EvidenceTable::look(const std::vector<std::string>& paths) const {
    std::vector<Finding> findings(kinds_.size());
    for (const std::string& path : paths) {
        const std::vector<std::string> names = folded_names(path);
        for (std::size_t i = 0; i < kinds_.size(); ++i) {
            if (findings[i].seen.size() >= seen_max) continue;
            for (const auto& pattern : kinds_[i].patterns) {
                if (!matches(pattern, names)) continue;
                findings[i].seen.push_back(path);
                break;
            }
        }
    }
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
        findings[i].suggests = kinds_[i].suggests;
        findings[i].because = kinds_[i].because;
    }
    std::erase_if(findings, [](const Finding& finding) { return finding.seen.empty(); });
    std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
        return risk_of(a.suggests) > risk_of(b.suggests);
    });
    return findings;
}

std::vector<Finding> look_at_remotes(std::string_view git_config) {
    static constexpr std::string_view public_forges[] = {"github.com", "gitlab.com", "codeberg.org",
                                                         "bitbucket.org", "git.sr.ht"};
    std::vector<Finding> findings;
    while (!git_config.empty() && findings.size() < EvidenceTable::seen_max) {
        const std::size_t end = std::min(git_config.find('\n'), git_config.size());
        std::string_view line = git_config.substr(0, end);
        git_config.remove_prefix(std::min(end + 1, git_config.size()));
        const std::size_t key = line.find_first_not_of(" \t");
        if (key == std::string_view::npos || !line.substr(key).starts_with("url")) continue;
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        line.remove_prefix(equals + 1);
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        const std::string host = host_of(line);
        if (host.empty()) continue;
        const bool is_public = std::find(std::begin(public_forges), std::end(public_forges),
                                         host) != std::end(public_forges);
        findings.push_back({is_public ? UseCase::open_source : UseCase::internal_repository,
                            is_public ? "the repository's remote is a public forge"
                                      : "the repository's remote is a host of its own",
                            {".git/config"}});
    }
    return findings;
}

}  // namespace hs::policy
