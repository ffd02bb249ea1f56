#include "skills/store.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "os/file.h"
#include "os/folder.h"
#include "policy/embedded.h"
#include "skills/lookalike.h"

namespace hs::skills {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::string_view lock_format = "hardshell skills 1";
constexpr std::size_t lock_bytes_max = std::size_t{8} << 20U;
constexpr std::string_view builtin_prefix = "builtin-skills/";

bool is_digest(std::string_view text) {
    return text.size() == 64 &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Json lock_row(const Installed& entry) {
    JsonObject row{{"digest", entry.digest},      {"source", entry.source},
                   {"scan", entry.scan},          {"installed_ms", entry.installed_ms},
                   {"enabled", entry.is_enabled}, {"before", entry.before}};
    if (!entry.commit.empty()) row["commit"] = entry.commit;
    if (entry.declared) row["declared"] = to_json(*entry.declared);
    if (entry.accepted) row["accepted"] = to_json(*entry.accepted);
    if (entry.trial) row["trial"] = to_json(*entry.trial);
    return row;
}

Result<Installed> entry_from(const std::string& name, const Json& row) {
    Installed entry;
    entry.name = name;
    entry.digest = TRY(wire::text_at(row, "digest"));
    entry.source = TRY(wire::text_at(row, "source"));
    entry.scan = TRY(wire::text_at(row, "scan"));
    entry.commit = TRY(wire::text_at_or(row, "commit", ""));
    entry.installed_ms = TRY(wire::integer_at(row, "installed_ms"));
    entry.is_enabled = TRY(wire::boolean_at(row, "enabled"));
    entry.before = TRY(wire::text_at(row, "before"));
    if (const Json* declared = row.find("declared")) {
        entry.declared = TRY(manifest_from_json(*declared));
    }
    if (const Json* accepted = row.find("accepted")) {
        entry.accepted = TRY(manifest_from_json(*accepted));
    }
    if (const Json* trial = row.find("trial")) entry.trial = TRY(trial_from_json(*trial));
    if (!is_skill_name(name) || !is_digest(entry.digest)) {
        return fail(Code::corrupt, fmt::format("the lock's row \"{}\" is malformed", name));
    }
    return entry;
}

Tree builtin_tree(std::string_view name) {
    Tree tree;
    const std::string prefix = std::string(builtin_prefix) + std::string(name) + "/";
    for (const auto& file : policy::embedded_files()) {
        if (!file.name.starts_with(prefix)) continue;
        TreeFile made;
        made.path = file.name.substr(prefix.size());
        made.bytes = base::copy_bytes(base::bytes_of(file.text));
        tree.files.push_back(std::move(made));
    }
    settle_tree(tree);
    return tree;
}

// Writes the tree into a new folder; files are read-only, so that a slip of the hand is no change.
Result<> write_tree(const Tree& tree, const std::string& folder) {
    for (const TreeFile& file : tree.files) {
        TRY(check_tree_path(file.path));
        const std::string path = folder + "/" + file.path;
        TRY(os::make_folders(path.substr(0, path.rfind('/')), 0700));
        TRY(os::write_file_atomic(path, file.bytes, file.is_executable ? 0500 : 0400));
    }
    return os::sync_folder(folder);
}

constexpr std::size_t removed_depth_max = 64;
constexpr std::size_t removed_names_max = 100'000;  // in one folder

Result<> remove_kept(const std::string& path, std::size_t depth) {
    const auto facts = os::facts_of_path(path);
    if (!facts) return {};
    if (facts->kind != os::FileFacts::Kind::directory) return os::remove_file(path);
    if (depth > removed_depth_max) return fail(Code::exhausted, path + " is too deep");
    for (const auto& name : TRY(os::list_folder(path, removed_names_max))) {
        TRY(remove_kept(path + "/" + name, depth + 1));
    }
    return os::remove_folder(path);
}

}  // namespace

Result<> remove_whole(const std::string& folder) {
    return remove_kept(folder, 0);
}

std::vector<std::pair<Installed, Tree>> builtin_skills() {
    std::vector<std::pair<Installed, Tree>> skills;
    for (const auto& file : policy::embedded_files()) {
        if (!file.name.starts_with(builtin_prefix) || !file.name.ends_with("/SKILL.md")) continue;
        const std::string_view rest = file.name.substr(builtin_prefix.size());
        Installed entry;
        entry.name = rest.substr(0, rest.find('/'));
        Tree tree = builtin_tree(entry.name);
        entry.digest = tree.digest();
        entry.source = "builtin";
        entry.scan = "clean";
        entry.is_enabled = true;
        entry.is_builtin = true;
        skills.emplace_back(std::move(entry), std::move(tree));
    }
    return skills;
}

Manifest Loaded::manifest() const {
    if (entry.declared) return *entry.declared;
    return entry.accepted.value_or(Manifest{});
}

Store::Store(std::string folder, std::vector<std::string> reviewers_files)
    : folder_(std::move(folder)), reviewers_files_(std::move(reviewers_files)) {}

std::string Store::folder_of(std::string_view digest) const {
    return fmt::format("{}/objects/{}", folder_, digest);
}

Result<std::vector<Installed>> Store::read_lock() const {
    std::vector<Installed> entries;
    const auto text = os::read_text(folder_ + "/lock.json", lock_bytes_max);
    if (!text && text.error().code == Code::not_found) return entries;
    const Json json = TRY(wire::parse_json(TRY(text)));
    if (TRY(wire::text_at(json, "format")) != lock_format) {
        return fail(Code::corrupt, "skills/lock.json is of another version; this program reads " +
                                       std::string(lock_format));
    }
    const wire::JsonObject& rows = *TRY(wire::object_at(json, "skills"));
    for (const auto& [name, row] : rows) {
        entries.push_back(TRY(entry_from(name, row)));
    }
    return entries;
}

Result<> Store::write_lock(const std::vector<Installed>& entries) const {
    JsonObject rows;
    for (const Installed& entry : entries) rows[entry.name] = lock_row(entry);
    const Json lock = JsonObject{{"format", lock_format}, {"skills", std::move(rows)}};
    return os::write_file_atomic(folder_ + "/lock.json",
                                 base::bytes_of(wire::pretty_json(lock) + "\n"));
}

Result<std::vector<Installed>> Store::list() const {
    std::vector<Installed> all = TRY(read_lock());
    for (auto& [entry, tree] : builtin_skills()) all.push_back(std::move(entry));
    std::sort(all.begin(), all.end(),
              [](const Installed& left, const Installed& right) { return left.name < right.name; });
    return all;
}

Result<Tree> Store::version(std::string_view digest) const {
    if (!is_digest(digest)) return fail(Code::invalid_input, "no digest of a version");
    return read_tree(folder_of(digest));
}

Result<Loaded> Store::load(std::string_view name, base::WallTime_ms now_ms, Depth depth) const {
    Loaded loaded;
    for (auto& [entry, tree] : builtin_skills()) {
        if (entry.name != name) continue;
        loaded.card = TRY(parse_card(tree.find("SKILL.md")->text(), Reading::strict));
        entry.declared = loaded.card.manifest;
        loaded.entry = std::move(entry);
        loaded.tree = std::move(tree);
        loaded.standing = {policy::TrustTier::builtin, "part of Hardshell"};
        return loaded;
    }
    const auto entries = TRY(read_lock());
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [name](const Installed& one) { return one.name == name; });
    if (found == entries.end()) {
        return fail(Code::not_found, fmt::format("no skill {} is installed; see: hardshell skill "
                                                 "list",
                                                 name));
    }
    loaded.entry = *found;
    auto tree = version(found->digest);
    if (!tree || !tree->oddities.empty() || tree->digest() != found->digest) {
        return fail(Code::denied,
                    fmt::format("the skill {} is suspended: its files differ from what was "
                                "installed; see: hardshell skill verify",
                                name));
    }
    loaded.tree = std::move(*tree);
    loaded.standing = standing_of(loaded.entry.name, loaded.manifest().permissions, found->digest,
                                  TRY(reviews_of(found->digest)), TRY(reviewers()), now_ms);
    if (depth == Depth::hashes) return loaded;
    const TreeFile* text = loaded.tree.find("SKILL.md");
    if (text == nullptr) return fail(Code::corrupt, "the skill has no SKILL.md");
    loaded.card = TRY(parse_card(text->text(), Reading::lenient));
    return loaded;
}

Result<> Store::check_name(const std::string& name) const {
    for (const Installed& other : TRY(list())) {
        if (other.is_builtin && other.name == name) {
            return fail(Code::conflict, fmt::format("{} is the name of a built-in skill", name));
        }
        if (looks_like(name, other.name)) {
            return fail(Code::conflict,
                        fmt::format("the name {} can be taken for the installed {}; "
                                    "remove that one or rename this one",
                                    name, other.name));
        }
    }
    return {};
}

Result<Installed> Store::install(const Tree& tree, const Wish& wish) {
    TRY(check_installable(tree));
    const Card card = TRY(parse_card(tree.find("SKILL.md")->text(), Reading::lenient));
    TRY(check_name(card.name));
    TRY(os::make_private_folder(folder_));
    TRY(os::make_private_folder(folder_ + "/objects"));
    const os::Fd held = TRY(os::lock_file(folder_ + "/writing", "hardshell skill"));
    Installed entry;
    entry.name = card.name;
    entry.digest = tree.digest();
    entry.source = wish.source;
    entry.scan = wish.scan;
    entry.commit = wish.commit;
    entry.installed_ms = wish.now_ms;
    entry.declared = card.manifest;
    if (!os::facts_of_path(folder_of(entry.digest))) {
        const std::string incoming = folder_ + "/objects/incoming-" + entry.digest.substr(0, 16);
        TRY(remove_kept(incoming, 0));  // of an installation that was cut short
        TRY(os::make_private_folder(incoming));
        TRY(write_tree(tree, incoming));
        TRY(os::rename_file(incoming, folder_of(entry.digest)));
    }
    auto entries = TRY(read_lock());
    if (entries.size() >= skills_max) {
        return fail(Code::exhausted, fmt::format("at most {} skills are installed", skills_max));
    }
    const auto same = std::find_if(entries.begin(), entries.end(),
                                   [&](const Installed& one) { return one.name == entry.name; });
    if (same != entries.end()) {
        if (same->digest == entry.digest) return *same;
        entry.before = same->digest;
        entries.erase(same);
    }
    entries.push_back(entry);
    TRY(write_lock(entries));
    return entry;
}

template <class Change>
Result<> Store::change(std::string_view name, Change apply) {
    TRY(os::make_private_folder(folder_));
    const os::Fd held = TRY(os::lock_file(folder_ + "/writing", "hardshell skill"));
    auto entries = TRY(read_lock());
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [name](const Installed& one) { return one.name == name; });
    if (found == entries.end()) {
        return fail(Code::not_found, fmt::format("no skill {} is installed here; built-in ones do "
                                                 "not change",
                                                 name));
    }
    apply(*found);
    return write_lock(entries);
}

Result<> Store::set_enabled(std::string_view name, bool enabled) {
    return change(name, [enabled](Installed& entry) { entry.is_enabled = enabled; });
}

Result<> Store::accept(std::string_view name, const Manifest& manifest) {
    return change(name, [&](Installed& entry) { entry.accepted = manifest; });
}

Result<> Store::note_trial(std::string_view name, const Trial& trial) {
    return change(name, [&](Installed& entry) { entry.trial = trial; });
}

Result<> Store::remove(std::string_view name) {
    TRY(os::make_private_folder(folder_));
    const os::Fd held = TRY(os::lock_file(folder_ + "/writing", "hardshell skill"));
    auto entries = TRY(read_lock());
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [name](const Installed& one) { return one.name == name; });
    if (found == entries.end()) {
        return fail(Code::not_found, fmt::format("no skill {} is installed here", name));
    }
    const std::string folder = folder_of(found->digest);
    entries.erase(found);
    TRY(write_lock(entries));
    return remove_kept(folder, 0);
}

Result<> Store::add_review(const Review& review) {
    if (!is_digest(review.digest)) return fail(Code::invalid_input, "a review names a digest");
    auto reviews = TRY(reviews_of(review.digest));
    const auto is_newer = [&](const Review& one) {
        return one.reviewer == review.reviewer && one.at_ms > review.at_ms;
    };
    if (std::any_of(reviews.begin(), reviews.end(), is_newer)) return {};
    std::erase_if(reviews, [&](const Review& one) { return one.reviewer == review.reviewer; });
    reviews.push_back(review);
    TRY(os::make_private_folder(folder_));
    TRY(os::make_private_folder(folder_ + "/reviews"));
    Json array{JsonArray{}};
    for (const Review& one : reviews) array.push(to_json(one));
    return os::write_file_atomic(fmt::format("{}/reviews/{}.json", folder_, review.digest),
                                 base::bytes_of(wire::pretty_json(array) + "\n"));
}

Result<std::vector<Review>> Store::reviews_of(std::string_view digest) const {
    std::vector<Review> reviews;
    const auto text = os::read_text(fmt::format("{}/reviews/{}.json", folder_, digest), 1U << 20U);
    if (!text && text.error().code == Code::not_found) return reviews;
    const Json json = TRY(wire::parse_json(TRY(text)));
    if (json.array() == nullptr) return fail(Code::corrupt, "a file of reviews holds a list");
    for (const Json& one : *json.array()) reviews.push_back(TRY(review_from_json(one)));
    return reviews;
}

Result<base::WallTime_ms> Store::library_seen_ms(const std::string& place) const {
    const auto text = os::read_text(folder_ + "/libraries.json", lock_bytes_max);
    if (!text && text.error().code == Code::not_found) return base::WallTime_ms{0};
    return wire::integer_at_or(TRY(wire::parse_json(TRY(text))), place, 0);
}

Result<> Store::note_library(const std::string& place, base::WallTime_ms at_ms) {
    TRY(os::make_private_folder(folder_));
    const std::string path = folder_ + "/libraries.json";
    const auto text = os::read_text(path, lock_bytes_max);
    if (!text && text.error().code != Code::not_found) return text.failure();
    Json json = text ? TRY(wire::parse_json(*text)) : Json(JsonObject{});
    json[place] = at_ms;
    return os::write_file_atomic(path, base::bytes_of(wire::pretty_json(json) + "\n"));
}

Result<std::vector<Reviewer>> Store::reviewers() const {
    for (const std::string& file : reviewers_files_) {
        const auto text = os::read_text(file, 1U << 20U);
        if (!text && text.error().code == Code::not_found) continue;
        return reviewers_from_toml(file, TRY(text));
    }
    return std::vector<Reviewer>();
}

}  // namespace hs::skills
