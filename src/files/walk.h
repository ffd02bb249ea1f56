// Walk: the regular files and folders below an open folder, by descriptors, in sorted order.
// Threads: one owner.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "files/search.h"
#include "os/fd.h"
#include "os/folder.h"

namespace hs::files {

enum class Step : std::uint8_t { on, stop };

class Walk {
  public:
    struct Item {
        const os::Fd& folder;  // the folder that holds it
        const std::string& name;
        const std::string& relative;  // path below the walk's folder
        os::FileFacts::Kind kind = os::FileFacts::Kind::other;
    };
    using Visit = std::function<base::Result<Step>(const Item&)>;

    Walk(History history, const Watch& watch, Coverage& coverage)
        : history_(history), watch_(watch), coverage_(coverage) {}
    base::Result<> run(const os::Fd& folder, const Visit& visit);

  private:
    base::Result<Step> enter(const os::Fd& folder, const std::string& relative, std::size_t depth,
                             const Visit& visit);
    base::Result<Step> descend(const Item& item, std::size_t depth, const Visit& visit);
    bool skipped(const os::FolderEntry& entry) const;

    History history_;
    const Watch& watch_;  // outlives the walk
    Coverage& coverage_;  // outlives the walk
    std::size_t entries_ = 0;
};

}  // namespace hs::files
