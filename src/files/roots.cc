#include "files/roots.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "os/folder.h"
#include "policy/canonical_path.h"

namespace hs::files {

using base::Code;
using base::fail;
using base::Result;
using policy::CanonicalPath;

namespace {

bool lies_in(std::string_view path, std::string_view folder) {
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string below(std::string_view path, std::string_view folder) {
    if (path.size() == folder.size()) return ".";
    return std::string(path.substr(folder.size() + 1));
}

// The folder's part and the last segment of a relative path.
std::pair<std::string, std::string> split(const std::string& relative) {
    const std::size_t slash = relative.rfind('/');
    if (slash == std::string::npos) return {".", relative};
    return {relative.substr(0, slash), relative.substr(slash + 1)};
}

}  // namespace

Result<Roots::Root> Roots::open_root(const std::string& folder) {
    const CanonicalPath given = TRY(CanonicalPath::from_text(folder));
    Root root;
    root.folder = TRY(os::open_file(given.text(), O_PATH | O_DIRECTORY));
    root.path = TRY(CanonicalPath::from_resolved(TRY(os::path_of(root.folder.get())))).text();
    root.given = given.text();
    if (root.path == "/") {
        return fail(Code::denied, "the whole file system cannot be granted; name a folder in it");
    }
    if (TRY(os::lies_on_kernel_filesystem(root.folder.get()))) {
        return fail(Code::denied,
                    fmt::format("{} belongs to the kernel; name another folder", root.path));
    }
    return root;
}

Result<Roots> Roots::open(const Grant& grant) {
    if (grant.folders.empty() || grant.folders.size() > folders_max) {
        return fail(Code::invalid_input, fmt::format("1 to {} folders can be granted, not {}",
                                                     folders_max, grant.folders.size()));
    }
    Roots roots;
    for (const std::string& folder : grant.folders) {
        roots.roots_.push_back(TRY(open_root(folder)));
    }
    if (!grant.home.empty()) roots.home_ = TRY(CanonicalPath::from_text(grant.home)).text();
    return roots;
}

bool Roots::lies_in_project(std::string_view path) const {
    return lies_in(path, project());
}

Result<std::string> Roots::absolute(std::string_view text) const {
    if (text.empty()) return fail(Code::invalid_input, "a path was expected, not an empty text");
    std::string whole;
    if (text == "~" || text.starts_with("~/")) {
        if (home_.empty()) {
            return fail(Code::invalid_input, "there is no home folder; write the whole path");
        }
        whole = home_ + std::string(text.substr(1));
    } else if (text.front() == '~') {
        return fail(Code::invalid_input,
                    "another person's home cannot be named with ~; write the whole path, or begin "
                    "with ./ when the name has a ~");
    } else {
        whole = text.front() == '/' ? std::string(text) : project() + "/" + std::string(text);
    }
    return TRY(CanonicalPath::from_text(whole)).text();
}

Result<Roots::Beneath> Roots::beneath(const std::string& lexical) const {
    const Root* nearest = nullptr;
    std::string relative;
    for (const Root& root : roots_) {
        for (const std::string* name : {&root.path, &root.given}) {
            if (!lies_in(lexical, *name)) continue;
            std::string rest = below(lexical, *name);
            if (nearest != nullptr && rest.size() >= relative.size()) continue;
            nearest = &root;
            relative = std::move(rest);
        }
    }
    if (nearest == nullptr) {
        return fail(Code::denied, fmt::format("{} lies outside the folders that were granted ({}); "
                                              "name a path inside one of them, or grant its "
                                              "folder (hardshell config set files.roots FOLDER, "
                                              "then hardshell stop)",
                                              lexical, list()));
    }
    if (TRY(os::path_of(nearest->folder.get())) != nearest->path) {
        return fail(
            Code::conflict,
            fmt::format("the folder {} was moved; start again in its new place", nearest->path));
    }
    return Beneath{nearest, std::move(relative)};
}

Result<Spot> Roots::resolve(std::string_view text, MissingFolders missing) const {
    const std::string lexical = TRY(absolute(text));
    const Beneath spot = TRY(beneath(lexical));
    auto opened = os::find_beneath(spot.root->folder.get(), spot.relative);
    if (!opened) {
        if (opened.error().code == Code::not_found) return resolve_missing(spot, missing);
        return fail(opened.error().code, opened.error().what);
    }
    const std::string path = TRY(os::path_of(opened->get()));
    if (!lies_in(path, spot.root->path)) {
        return fail(Code::denied, fmt::format("{} leads out of {}", lexical, spot.root->path));
    }
    if (TRY(os::lies_on_kernel_filesystem(opened->get()))) {
        return fail(Code::denied, fmt::format("{} belongs to the kernel", lexical));
    }
    return Spot{TRY(CanonicalPath::from_resolved(path)).text(), TRY(os::facts_of(opened->get()))};
}

// The nearest folder that exists is resolved by the kernel; what is missing below it has no links.
Result<Spot> Roots::resolve_missing(const Beneath& spot, MissingFolders missing) const {
    std::string folder = spot.relative;
    std::string rest;
    for (;;) {
        if (folder == ".") {
            return fail(Code::not_found, fmt::format("{} was removed", spot.root->path));
        }
        auto [above, name] = split(folder);
        rest = rest.empty() ? name : name + "/" + rest;
        folder = above;
        auto opened = os::find_beneath(spot.root->folder.get(), folder);
        if (opened) {
            if (TRY(os::facts_of(opened->get())).kind != os::FileFacts::Kind::directory) {
                return fail(Code::invalid_input,
                            fmt::format("{} is no folder", TRY(os::path_of(opened->get()))));
            }
            if (os::facts_in(opened->get(), name).ok()) {
                return fail(Code::invalid_input,
                            fmt::format("{}/{} is a link that leads nowhere",
                                        TRY(os::path_of(opened->get())), name));
            }
            if (missing == MissingFolders::refuse && rest != name) {
                return fail(Code::not_found, fmt::format("there is no {} in {}", name,
                                                         TRY(os::path_of(opened->get()))));
            }
            const std::string path = TRY(os::path_of(opened->get())) + "/" + rest;
            return Spot{TRY(CanonicalPath::from_resolved(path)).text(), std::nullopt};
        }
        if (opened.error().code != Code::not_found) return std::move(opened).failure();
    }
}

Result<Held> Roots::hold(const std::string& path) const {
    const Beneath spot = TRY(beneath(path));
    Held held;
    held.fd = TRY(os::open_exact(spot.root->folder.get(), spot.relative, O_PATH));
    if (TRY(os::path_of(held.fd.get())) != path) {
        return fail(Code::conflict, fmt::format("{} was moved meanwhile; ask again", path));
    }
    if (TRY(os::lies_on_kernel_filesystem(held.fd.get()))) {
        return fail(Code::denied, fmt::format("{} belongs to the kernel", path));
    }
    held.facts = TRY(os::facts_of(held.fd.get()));
    return held;
}

Result<HeldFolder> Roots::hold_folder(const std::string& path, MissingFolders missing) const {
    const Beneath spot = TRY(beneath(path));
    if (spot.relative == ".") {
        return fail(Code::denied, fmt::format("{} is a granted folder itself", path));
    }
    const auto [folder, name] = split(spot.relative);
    os::Fd at = TRY(os::open_exact(spot.root->folder.get(), ".", O_PATH | O_DIRECTORY));
    std::size_t from = folder == "." ? folder.size() : 0;
    while (from < folder.size()) {
        const std::size_t slash = std::min(folder.find('/', from), folder.size());
        const std::string segment = folder.substr(from, slash - from);
        auto next = os::open_exact(at.get(), segment, O_PATH | O_DIRECTORY);
        if (!next && next.error().code == Code::not_found && missing == MissingFolders::make) {
            TRY(os::make_folder_in(at.get(), segment, 0777));
            next = os::open_exact(at.get(), segment, O_PATH | O_DIRECTORY);
        }
        at = TRY(std::move(next));
        from = slash + 1;
    }
    if (TRY(os::path_of(at.get())) + "/" + name != path) {
        return fail(Code::conflict, fmt::format("{} was moved meanwhile; ask again", path));
    }
    return HeldFolder{std::move(at), name};
}

std::string Roots::shown(std::string_view path) const {
    return lies_in_project(path) ? below(path, project()) : std::string(path);
}

std::string Roots::list() const {
    std::string text;
    for (const Root& root : roots_) {
        if (!text.empty()) text += ", ";
        text += root.path;
    }
    return text;
}

}  // namespace hs::files
