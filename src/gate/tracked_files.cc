#include "gate/tracked_files.h"

#include <fcntl.h>

#include "wire/git_index.h"

namespace hs::gate {

using policy::CanonicalPath;

// Opened without following a link and without waiting, so that nothing in the project's place of an
// index can hold the keeper up.
const TrackedFiles::Known* TrackedFiles::repository(const std::string& folder) {
    const auto git = os::facts_of_path(folder + "/.git");
    if (!git || git->kind != os::FileFacts::Kind::directory) return nullptr;
    const auto file = os::open_file(folder + "/.git/index", O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!file) return nullptr;
    const auto facts = os::facts_of(file->get());
    if (!facts || facts->kind != os::FileFacts::Kind::regular) return nullptr;
    const auto found = repositories_.find(folder);
    if (found != repositories_.end() && found->second.facts == *facts) return &found->second;
    const auto bytes = os::read_all(file->get(), index_bytes_max);
    if (!bytes) return nullptr;
    auto files = wire::tracked_in_git_index(*bytes);
    if (!files) return nullptr;
    if (repositories_.size() >= repositories_max) repositories_.clear();
    Known& known = repositories_[folder];
    known = {*facts, std::move(files).value()};
    return &known;
}

TrackedFiles::Standing TrackedFiles::look(const CanonicalPath& project, const CanonicalPath& path) {
    if (!path.lies_in(project)) return Standing::no_repository;
    std::string folder = path.text();
    while (folder.size() > project.text().size()) {
        folder.resize(folder.rfind('/'));
        if (folder.size() < project.text().size()) break;
        if (!os::facts_of_path(folder + "/.git")) continue;
        const Known* known = repository(folder);
        const bool has =
            known != nullptr && known->files.contains(path.text().substr(folder.size() + 1));
        return has ? Standing::tracked : Standing::untracked;
    }
    return Standing::no_repository;
}

}  // namespace hs::gate
