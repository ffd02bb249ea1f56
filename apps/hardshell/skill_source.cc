#include "hardshell/skill_source.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "hardshell/incoming.h"
#include "hardshell/sandboxed.h"
#include "hardshell/settings_file.h"
#include "hardshell/skill_desk.h"
#include "os/file.h"
#include "skills/library.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using skills::Tree;

namespace {

constexpr std::int64_t fetch_ms = 5 * 60'000;

bool is_address(std::string_view text) {
    return text.starts_with("https://") || text.starts_with("http://");
}

// The path of a repository's address, or of a library's, that names no host twice and no options.
Result<std::string> checked_address(std::string_view text) {
    const bool plain = is_address(text) && text.size() <= 1'000 &&
                       std::all_of(text.begin(), text.end(), [](char c) {
                           return c > ' ' && c < 0x7f && c != '\\' && c != '"' && c != '\'';
                       });
    if (plain && text.find('@') == std::string_view::npos) return std::string(text);
    return fail(Code::invalid_input,
                fmt::format("\"{}\" is no address that is fetched: https://HOST/PATH, without a "
                            "name or password in it",
                            clean(std::string(text))));
}

// ---- archives ----

// Most archives hold one folder, and the skill in it.
void enter_only_folder(Tree& tree, std::string& folder) {
    if (tree.find("SKILL.md") != nullptr || tree.files.empty()) return;
    const std::string first = tree.files.front().path;
    const std::string top = first.substr(0, first.find('/') + 1);
    const auto lies_there = [&](const skills::TreeFile& file) {
        return file.path.starts_with(top);
    };
    if (top.empty() || !std::all_of(tree.files.begin(), tree.files.end(), lies_there)) return;
    for (auto& file : tree.files) file.path.erase(0, top.size());
    folder = top.substr(0, top.size() - 1);
    skills::settle_tree(tree);
}

// What lies below a path of it.
Result<> enter_folder(Tree& tree, const std::string& path, std::string& folder) {
    if (path.empty()) return {};
    TRY(skills::check_tree_path(path));
    std::erase_if(tree.files,
                  [&](const skills::TreeFile& file) { return !file.path.starts_with(path + "/"); });
    if (tree.files.empty()) return fail(Code::not_found, "there is no folder " + path + " in it");
    for (auto& file : tree.files) file.path.erase(0, path.size() + 1);
    folder = path.substr(path.rfind('/') + 1);
    skills::settle_tree(tree);
    return {};
}

Result<SkillSource> from_archive(const Desk& desk, const std::string& path) {
    const os::Fd file = TRY(os::open_file(path, O_RDONLY | O_NONBLOCK));
    SandboxedWish wish;
    wish.executable = desk.places.programs + "/hardshell-reader";
    wish.argv = {wish.executable, "--unpack", "archive"};
    wish.working_directory = "/tmp";
    wish.profile = "confined";
    wish.input = file.get();
    auto opened = run_in_sandbox(desk, wish);
    if (!opened) {
        return fail(opened.error().code, fmt::format("{}: {}", path, clean(opened.error().what)));
    }
    SkillSource source;
    source.tree = TRY(skills::tree_from_packed(opened->output));
    source.place = path;
    enter_only_folder(source.tree, source.folder);
    TRY(enter_folder(source.tree, desk.options.skill.path, source.folder));
    return source;
}

// ---- git ----

Result<std::string> git(const Desk& desk, const Incoming& incoming,
                        std::vector<std::string> arguments) {
    SandboxedWish wish;
    wish.executable = TRY(system_program("git"));
    wish.argv = {"git",
                 "-c",
                 "core.hooksPath=/dev/null",
                 "-c",
                 "protocol.allow=never",
                 "-c",
                 "protocol.https.allow=always",
                 "-c",
                 "protocol.http.allow=always"};
    wish.argv.insert(wish.argv.end(), arguments.begin(), arguments.end());
    wish.working_directory = incoming.path();
    wish.project = incoming.path();
    wish.wall_ms = fetch_ms;
    auto done = run_in_sandbox(desk, wish);
    if (!done) {
        return fail(done.error().code,
                    fmt::format("git {}: {}", arguments.front(), clean(done.error().what)));
    }
    std::string text(base::text_of(done->output));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

bool is_commit(std::string_view text) {
    return (text.size() == 40 || text.size() == 64) &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<SkillSource> from_git(const Desk& desk, std::string_view text) {
    const std::string address = TRY(checked_address(text));
    const std::string& wanted = desk.options.skill.commit;
    if (!wanted.empty() && !is_commit(wanted)) {
        return fail(Code::invalid_input, "--commit takes the whole hash, 40 or 64 digits");
    }
    const Incoming incoming = TRY(Incoming::make(desk.places));
    TRY(git(desk, incoming, {"init", "--quiet", "."}));
    TRY(git(desk, incoming,
            {"fetch", "--quiet", "--depth", "1", "--no-tags", "--", address,
             wanted.empty() ? "HEAD" : wanted}));
    TRY(git(desk, incoming, {"checkout", "--quiet", "--detach", "FETCH_HEAD"}));
    SkillSource source;
    source.commit = TRY(git(desk, incoming, {"rev-parse", "HEAD"}));
    if (!is_commit(source.commit) || (!wanted.empty() && source.commit != wanted)) {
        return fail(Code::denied, "what came is not the commit that was asked for");
    }
    const std::string& path = desk.options.skill.path;
    source.tree = path.empty() ? TRY(skills::read_tree(incoming.path()))
                               : TRY(skills::read_tree_below(incoming.path(), path));
    source.place = path.empty() ? address : address + " " + path;
    if (!path.empty()) source.folder = path.substr(path.rfind('/') + 1);
    return source;
}

// ---- the library ----

Result<base::Bytes> library_file(const Desk& desk, const std::string& place,
                                 const std::string& name, std::size_t bytes_max) {
    if (!is_address(place)) {
        return os::read_file(TRY(os::resolve_path(place)) + "/" + name, bytes_max);
    }
    SandboxedWish wish;
    wish.executable = TRY(system_program("curl"));
    wish.argv = {"curl",    "--disable",   "--silent", "--show-error",    "--fail",
                 "--proto", "=https,http", "--",       place + "/" + name};
    wish.working_directory = "/tmp";
    wish.wall_ms = fetch_ms;
    wish.output_bytes_max = bytes_max;
    auto done = TRY(run_in_sandbox(desk, wish));
    return std::move(done.output);
}

Result<SkillSource> from_library(const Desk& desk, std::string place, const std::string& name) {
    while (place.size() > 1 && place.ends_with('/')) place.pop_back();
    if (is_address(place)) place = TRY(checked_address(place));
    if (!is_address(place)) place = TRY(os::resolve_path(place));
    skills::Store store = TRY(open_skills(desk));
    const base::Bytes text = TRY(library_file(desk, place, std::string(skills::library_index_file),
                                              skills::LibraryIndex::bytes_max));
    const auto index = TRY(skills::open_index(base::text_of(text), TRY(store.reviewers()), now_ms(),
                                              TRY(store.library_seen_ms(place))));
    TRY(store.note_library(place, index.at_ms));
    const skills::LibraryEntry* entry = index.find(name);
    if (entry == nullptr) {
        return fail(Code::not_found, fmt::format("the library {} has no skill {}", place, name));
    }
    SkillSource source;
    source.tree = TRY(skills::open_library_file(
        *entry, TRY(library_file(desk, place, entry->file, std::size_t{17} << 20U))));
    source.place = fmt::format("library {} {}", place, name);
    source.folder = name;
    source.reviews = entry->reviews;
    return source;
}

bool is_git_address(std::string_view text) {
    return text.starts_with("git+https://") || text.starts_with("git+http://") ||
           (is_address(text) && text.ends_with(".git"));
}

}  // namespace

Result<std::string> library_of(const Desk& desk) {
    const std::string& given = desk.options.skill.library;
    return given.empty() ? TRY(settings_of(desk)).text("skills.library") : given;
}

Result<SkillSource> fetch_skill(const Desk& desk, const std::string& text) {
    if (!desk.options.skill.library.empty())
        return from_library(desk, desk.options.skill.library, text);
    if (is_git_address(text)) {
        return from_git(desk, text.starts_with("git+") ? std::string_view(text).substr(4) : text);
    }
    if (is_address(text)) {
        return fail(Code::invalid_input,
                    "an address is that of a git repository (git+https://… or ending in .git), or "
                    "of the team's library (--library)");
    }
    // A name that no file here has is one of the team's library.
    if (skills::is_skill_name(text) && !os::facts_of_path(text)) {
        const std::string library = TRY(library_of(desk));
        if (!library.empty()) return from_library(desk, library, text);
        return fail(Code::not_found,
                    fmt::format("there is no file or folder {} here, and no library of your team "
                                "is set (hardshell config set skills.library PLACE)",
                                text));
    }
    const std::string path = TRY(os::resolve_path(text));
    const auto facts = TRY(os::facts_of_path(path));
    if (facts.kind == os::FileFacts::Kind::regular) return from_archive(desk, path);
    SkillSource source;
    source.tree = TRY(skills::read_tree(path));
    source.place = path;
    source.folder = path.substr(path.rfind('/') + 1);
    return source;
}

}  // namespace hs::cli
