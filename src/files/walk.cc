#include "files/walk.h"

#include <fcntl.h>

#include <algorithm>

namespace hs::files {

using base::Result;
using Kind = os::FileFacts::Kind;

bool Walk::skipped(const os::FolderEntry& entry) const {
    if (history_ == History::searched) return false;
    return entry.name == ".git" || entry.name == ".hg" || entry.name == ".svn";
}

Result<> Walk::run(const os::Fd& folder, const Visit& visit) {
    const Step last = TRY(enter(folder, "", 0, visit));
    if (last == Step::stop) coverage_.cut = true;
    return {};
}

Result<Step> Walk::enter(const os::Fd& folder, const std::string& relative, std::size_t depth,
                         const Visit& visit) {
    std::vector<os::FolderEntry> entries;
    const auto listed =
        os::read_entries(folder.get(), FindRequest::entries_max - entries_, entries);
    if (!listed) {
        ++coverage_.folders_unreadable;
        return Step::on;
    }
    entries_ += entries.size();
    std::sort(entries.begin(), entries.end(),
              [](const auto& left, const auto& right) { return left.name < right.name; });
    for (const os::FolderEntry& entry : entries) {
        TRY(watch_.go_on());
        if (skipped(entry)) continue;
        const std::string path = relative.empty() ? entry.name : relative + "/" + entry.name;
        const Item item{folder, entry.name, path, entry.kind};
        if (TRY(visit(item)) == Step::stop) return Step::stop;
        if (entry.kind == Kind::directory && TRY(descend(item, depth, visit)) == Step::stop) {
            return Step::stop;
        }
    }
    return *listed == os::Listed::whole ? Step::on : Step::stop;
}

Result<Step> Walk::descend(const Item& item, std::size_t depth, const Visit& visit) {
    if (depth + 1 >= FindRequest::depth_max) {
        coverage_.cut = true;
        return Step::on;
    }
    auto inner = os::open_exact(item.folder.get(), item.name, O_PATH | O_DIRECTORY);
    if (!inner) {
        ++coverage_.folders_unreadable;
        return Step::on;
    }
    const auto kernel = os::lies_on_kernel_filesystem(inner->get());
    if (!kernel || *kernel) return Step::on;
    return enter(*inner, item.relative, depth + 1, visit);
}

}  // namespace hs::files
