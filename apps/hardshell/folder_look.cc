#include "hardshell/folder_look.h"

#include <algorithm>
#include <deque>

#include "os/file.h"
#include "policy/projects.h"

namespace hs::cli {

using base::Result;

namespace {

constexpr std::size_t git_config_bytes_max = 65'536;

// Made by tools, large, and of other people.
bool is_skipped(std::string_view name) {
    static constexpr std::string_view skipped[] = {
        ".git", "node_modules", ".venv", "venv", "target", "build", "dist", "__pycache__"};
    return std::find(std::begin(skipped), std::end(skipped), name) != std::end(skipped);
}

struct Place {
    std::string path;  // relative, "" for the folder itself
    std::size_t depth = 0;
};

}  // namespace

Result<FolderLook> look_at_folder(const std::string& folder) {
    FolderLook look;
    std::vector<std::string> paths;
    std::deque<Place> waiting{{"", 0}};
    TRY(os::list_folder(folder, folder_names_max));  // the folder itself must be readable
    while (!waiting.empty()) {
        const Place place = std::move(waiting.front());
        waiting.pop_front();
        const auto names = os::list_folder(folder + "/" + place.path, folder_names_max);
        if (!names) continue;
        for (const std::string& name : *names) {
            if (paths.size() >= folder_names_max) {
                look.is_whole = false;
                waiting.clear();
                break;
            }
            const std::string path = place.path.empty() ? name : place.path + "/" + name;
            paths.push_back(path);
            const auto facts = os::facts_of_path(folder + "/" + path);
            const bool is_below = facts && facts->kind == os::FileFacts::Kind::directory;
            if (!is_below || is_skipped(name)) continue;
            if (place.depth < folder_depth_max) {
                waiting.push_back({path, place.depth + 1});
            } else {
                look.is_whole = false;
            }
        }
    }
    look.names = paths.size();
    look.findings = policy::EvidenceTable::builtin().look(paths);
    const auto config = os::read_text(folder + "/.git/config", git_config_bytes_max);
    if (config) {
        for (auto& finding : policy::look_at_remotes(*config)) {
            look.findings.push_back(std::move(finding));
        }
    }
    std::stable_sort(look.findings.begin(), look.findings.end(),
                     [](const policy::Finding& a, const policy::Finding& b) {
                         return policy::risk_of(a.suggests) > policy::risk_of(b.suggests);
                     });
    return look;
}

}  // namespace hs::cli
