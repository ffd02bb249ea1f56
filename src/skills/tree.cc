#include "skills/tree.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "crypto/hash.h"
#include "os/folder.h"
#include "os/staged_folder.h"
#include "policy/canonical_path.h"
#include "policy/unicode.h"
#include "wire/utf8.h"

namespace hs::skills {

using base::Code;
using base::fail;
using base::Result;
using Kind = os::FileFacts::Kind;

namespace {

// What is wrong with a name, or empty.
std::string name_fault(std::string_view name) {
    if (name.empty() || name == "." || name == "..") return "is no name of a file";
    if (name.size() > policy::path_name_bytes_max) return "is longer than 255 bytes";
    if (!wire::is_utf8(name)) return "is not UTF-8";
    for (const char32_t point : policy::code_points(name)) {
        if (point == '\\' || point == ':' || point < 0x20) return "has a character no name needs";
        if (policy::is_hidden(point)) return "has an invisible character";
        if (policy::looks_like_separator(point)) return "has a character that looks like '/'";
    }
    if (name.ends_with(' ') || name.ends_with('.')) return "ends in a space or a dot";
    return {};
}

class Reader {
  public:
    Reader(const TreeLimits& limits, Tree& tree) : limits_(limits), tree_(tree) {}

    Result<> enter(const os::Fd& folder, const std::string& prefix, std::size_t depth) {
        if (depth > limits_.depth_max) {
            return fail(Code::exhausted, fmt::format("{} lies deeper than {} folders; a skill is "
                                                     "flat",
                                                     prefix, limits_.depth_max));
        }
        std::vector<os::FolderEntry> entries;
        const auto listed =
            TRY(os::read_entries(folder.get(), limits_.files_max - seen_ + 1, entries));
        seen_ += entries.size();
        if (listed == os::Listed::cut || seen_ > limits_.files_max) {
            return fail(Code::exhausted, fmt::format("the folder holds more than {} files; a "
                                                     "skill is small",
                                                     limits_.files_max));
        }
        for (const auto& entry : entries) TRY(take(folder, entry, prefix, depth));
        return {};
    }

  private:
    Result<> take(const os::Fd& folder, const os::FolderEntry& entry, const std::string& prefix,
                  std::size_t depth) {
        const std::string path = prefix + entry.name;
        const std::string fault = name_fault(entry.name);
        if (!fault.empty()) {
            odd(Oddity::Kind::name, path, "the name " + fault);
        }
        if (entry.kind == Kind::directory) {
            if (entry.name == ".git" && prefix.empty()) return {};
            const os::Fd below =
                TRY(os::open_exact(folder.get(), entry.name, O_RDONLY | O_DIRECTORY));
            return enter(below, path + "/", depth + 1);
        }
        if (entry.kind == Kind::link) {
            odd(Oddity::Kind::link, path, "a symbolic link, which can lead out of the skill");
            return {};
        }
        if (entry.kind != Kind::regular) {
            odd(Oddity::Kind::device, path,
                "neither a file nor a folder (a device, pipe or socket)");
            return {};
        }
        return read(folder, entry.name, path);
    }

    Result<> read(const os::Fd& folder, const std::string& name, const std::string& path) {
        const os::Fd file = TRY(os::open_exact(folder.get(), name, O_RDONLY | O_NONBLOCK));
        const auto facts = TRY(os::facts_of(file.get()));
        if (facts.kind != Kind::regular) {
            return fail(Code::conflict, path + " changed while it was read; try again");
        }
        if (facts.size_bytes > limits_.file_bytes_max ||
            bytes_ + facts.size_bytes > limits_.bytes_max) {
            return fail(Code::exhausted,
                        fmt::format("{} makes the skill larger than {} MB (a file: {} MB)", path,
                                    limits_.bytes_max >> 20U, limits_.file_bytes_max >> 20U));
        }
        TreeFile taken;
        taken.path = path;
        taken.bytes = TRY(os::read_all(file.get(), limits_.file_bytes_max));
        taken.is_executable = (facts.mode & 0111U) != 0;
        bytes_ += taken.bytes.size();
        tree_.files.push_back(std::move(taken));
        return {};
    }

    void odd(Oddity::Kind kind, const std::string& path, std::string what) {
        tree_.oddities.push_back({kind, path, std::move(what)});
    }

    const TreeLimits& limits_;
    Tree& tree_;
    std::size_t seen_ = 0;
    std::size_t bytes_ = 0;
};

// Names that some file system, or an eye, takes for the same.
void find_duplicates(Tree& tree) {
    std::map<std::string, std::string> seen;
    for (const TreeFile& file : tree.files) {
        std::string folded = policy::folded_name(file.path);
        if (folded.empty()) folded = file.path;
        const auto [place, is_new] = seen.emplace(folded, file.path);
        if (!is_new) {
            tree.oddities.push_back({Oddity::Kind::duplicate, file.path,
                                     "the same name as " + place->second +
                                         " where letter case or form does not count"});
        }
    }
}

}  // namespace

const TreeFile* Tree::find(std::string_view path) const {
    const auto place = std::lower_bound(
        files.begin(), files.end(), path,
        [](const TreeFile& file, std::string_view wanted) { return file.path < wanted; });
    return place != files.end() && place->path == path ? &*place : nullptr;
}

std::string Tree::digest() const {
    crypto::Sha256 hash;
    hash.update(base::bytes_of("hardshell skill tree 1\n"));
    for (const TreeFile& file : files) {
        // A path holds no line end (name_fault), so lines cannot be confused.
        hash.update(base::bytes_of(
            fmt::format("{} {} {}\n", file.sha256, file.is_executable ? "x" : "-", file.path)));
    }
    return base::to_hex(hash.finish());
}

void settle_tree(Tree& tree) {
    for (TreeFile& file : tree.files) file.sha256 = base::to_hex(crypto::sha256(file.bytes));
    std::sort(tree.files.begin(), tree.files.end(),
              [](const TreeFile& left, const TreeFile& right) { return left.path < right.path; });
    find_duplicates(tree);
}

Result<Tree> read_tree(const std::string& folder, const TreeLimits& limits) {
    Tree tree;
    const os::Fd opened = TRY(os::open_file(folder, O_RDONLY | O_DIRECTORY));
    TRY(Reader(limits, tree).enter(opened, "", 0));
    settle_tree(tree);
    return tree;
}

Result<Tree> read_tree_below(const std::string& folder, const std::string& path) {
    TRY(check_tree_path(path));
    if (path == ".git" || path.starts_with(".git/")) {
        return fail(Code::denied, "what git keeps for itself is no skill");
    }
    Tree tree;
    const os::Fd top = TRY(os::open_file(folder, O_RDONLY | O_DIRECTORY));
    const auto opened = os::open_exact(top.get(), path, O_RDONLY | O_DIRECTORY);
    if (!opened) {
        return fail(Code::denied,
                    fmt::format("{} is no folder of its own: it is not there, or a link", path));
    }
    TRY(Reader({}, tree).enter(*opened, "", 0));
    settle_tree(tree);
    return tree;
}

Result<> check_tree_path(std::string_view path) {
    if (path.empty() || path.size() > policy::path_bytes_max || path.front() == '/') {
        return fail(Code::denied, fmt::format("\"{}\" is not a relative path", path));
    }
    while (true) {
        const std::size_t slash = path.find('/');
        const std::string fault = name_fault(path.substr(0, slash));
        if (!fault.empty()) {
            return fail(Code::denied, fmt::format("the name in \"{}\" {}", path, fault));
        }
        if (slash == std::string_view::npos) return {};
        path.remove_prefix(slash + 1);
    }
}

Result<base::Bytes> packed_for_sandbox(const Tree& tree) {
    std::vector<os::FolderFile> files;
    for (const TreeFile& file : tree.files) {
        files.push_back({file.path, file.bytes, file.is_executable});
    }
    return os::pack_folder(std::move(files));
}

Result<Tree> tree_from_packed(base::ByteView bytes) {
    Tree tree;
    for (const os::FolderFile& file : TRY(os::unpack_folder(bytes))) {
        TRY(check_tree_path(file.path));
        tree.files.push_back({file.path, base::copy_bytes(file.bytes), "", file.is_executable});
    }
    settle_tree(tree);
    return tree;
}

Result<> check_installable(const Tree& tree) {
    if (!tree.oddities.empty()) {
        const Oddity& first = tree.oddities.front();
        return fail(Code::denied,
                    fmt::format("{}: {}. Such a folder is not installed.", first.path, first.what));
    }
    if (tree.find("SKILL.md") == nullptr) {
        return fail(Code::not_found, "the folder has no SKILL.md at its top");
    }
    return {};
}

}  // namespace hs::skills
