#include "skills/propose.h"

#include <algorithm>
#include <map>
#include <set>

#include "policy/canonical_host.h"
#include "skills/scan/expression.h"
#include "skills/scan/file_checks.h"
#include "skills/scan/view.h"

namespace hs::skills {

namespace {

constexpr std::size_t items_max = 32;

// Programs that skills call; others are named by the card's requirements.
constexpr std::string_view programs[] = {
    "git",    "gh",      "jq",    "curl",   "wget",      "python3", "python", "node",  "npm",
    "npx",    "pip",     "uv",    "rg",     "fd",        "grep",    "awk",    "sed",   "ffmpeg",
    "docker", "kubectl", "aws",   "gcloud", "psql",      "sqlite3", "tar",    "zip",   "unzip",
    "bash",   "make",    "cargo", "go",     "terraform", "pandoc",  "tmux",   "rsync", "ssh"};

struct Seen {
    std::set<std::string> programs;
    std::map<std::string, std::set<std::string>> hosts;
    bool writes = false;
    std::set<std::string> read_folders;  // "~/FOLDER"
    std::set<std::string> written_folders;
};

bool is_plain_name(std::string_view program) {
    constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+";
    return !program.empty() && program.front() != '-' && program.front() != '.' &&
           program.find_first_not_of(letters) == std::string_view::npos;
}

// "~/notes" of "~/notes/2026/a.md"; empty for the home itself, for what is hidden in it, and for a
// file that lies directly there.
std::string home_folder_of(std::string_view path) {
    if (!path.starts_with("~/") || path.size() < 3 || path[2] == '.') return {};
    const std::size_t end = path.find('/', 2);
    return end == std::string_view::npos ? std::string() : std::string(path.substr(0, end));
}

void add_trial(const Trial& trial, Seen& seen) {
    for (const auto& program : trial.programs) {
        if (is_plain_name(program)) seen.programs.insert(program);
    }
    for (const auto& name : trial.hosts) {
        const auto host = policy::canonical_host(name);
        if (!host || host->is_confusable || host->address || seen.hosts.size() >= items_max)
            continue;
        seen.hosts[host->name].insert({"GET", "HEAD"});
    }
    for (const auto& path : trial.writes) {
        seen.writes = seen.writes || path.starts_with("project/");
        const std::string folder = home_folder_of(path);
        if (!folder.empty() && seen.written_folders.size() < items_max)
            seen.written_folders.insert(folder);
    }
    for (const auto& path : trial.reads) {
        const std::string folder = home_folder_of(path);
        if (!folder.empty() && seen.read_folders.size() < items_max)
            seen.read_folders.insert(folder);
    }
}

void look_at(const Passage& passage, Seen& seen) {
    static const Expression url(R"(https?://([A-Za-z0-9.-]+\.[A-Za-z]{2,}))");
    static const Expression sends(
        R"((?i)-X\s*["']?(POST|PUT|PATCH|DELETE)|requests\.(post|put|patch|delete)\(|method["']?\s*[:=]\s*["'](POST|PUT|PATCH|DELETE)|\s-d\s|--data|\s-F\s)");
    static const Expression writes(
        R"((?i)open\([^)]*["'][wa]|writeFile|write_text|>\s*[\w./]+\.\w|\.save\()");
    if (passage.place != Place::code || passage.is_warned || passage.is_definition) return;
    for (const std::string_view program : programs) {
        const Expression call("(?:^|[\\s;&|(`\"'\\[])" + std::string(program) + "(?:[\\s\"',]|$)");
        if (call.matches(passage.text)) seen.programs.insert(std::string(program));
    }
    seen.writes = seen.writes || writes.matches(passage.text);
    for (std::size_t at = 0; seen.hosts.size() < items_max;) {
        const auto found = url.find(passage.text, at);
        if (found.empty()) return;
        const auto host = policy::canonical_host(found[1]);
        if (host && !host->is_confusable && !host->address) {
            auto& methods = seen.hosts[host->name];
            methods.insert({"GET", "HEAD"});
            if (sends.matches(passage.text)) methods.insert("POST");
        }
        at = static_cast<std::size_t>(found[0].data() - passage.text.data()) + found[0].size();
    }
}

}  // namespace

Manifest propose_manifest(const Card& card, const Tree& tree, const Trial* trial) {
    Seen seen;
    for (const TreeFile& file : tree.files) {
        if (!is_text_file(file.text())) continue;
        if (file.path.ends_with(".py")) seen.programs.insert("python3");
        if (file.path.ends_with(".sh")) seen.programs.insert("bash");
        if (file.path.ends_with(".js") || file.path.ends_with(".mjs")) seen.programs.insert("node");
        for (const Passage& passage : view_file(file.path, file.text())) look_at(passage, seen);
    }
    for (const std::string& program : card.needs_programs) {
        if (is_plain_name(program)) seen.programs.insert(program);
    }
    if (trial != nullptr) add_trial(*trial, seen);
    Manifest manifest;
    Permissions& made = manifest.permissions;
    made.read = {"project"};
    if (seen.writes) made.write = {"project"};
    made.read.insert(made.read.end(), seen.read_folders.begin(), seen.read_folders.end());
    made.write.insert(made.write.end(), seen.written_folders.begin(), seen.written_folders.end());
    for (const auto& program : seen.programs) {
        if (made.executables.size() < items_max) made.executables.push_back(program);
    }
    for (const auto& [host, methods] : seen.hosts) {
        made.hosts.push_back({host, 443, {methods.begin(), methods.end()}});
    }
    return manifest;
}

}  // namespace hs::skills
