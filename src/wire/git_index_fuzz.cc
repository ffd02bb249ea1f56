#include "wire/git_index.h"

// No path that is found leaves the tree.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto tracked = hs::wire::tracked_in_git_index({data, size});
    if (!tracked) return 0;
    for (const std::string& path : *tracked) {
        CHECK(!path.empty() && path.front() != '/' && path.find("/../") == path.npos);
    }
    return 0;
}
