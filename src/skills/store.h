// Store: the installed skills of a person: folders by their digest, and one lock file that says
// which of them is installed under which name, with the hash of every file.
//
// What it is for: nothing is half-installed (a folder is complete before the lock names it), an
// update leaves the version before it, and a byte that changes on disk is seen: such a skill is
// suspended. Installing runs nothing. What it does not protect from: who can write to the state
// folder can also write the lock; a tier comes from signatures (review.h), not from the lock.
// Threads: one owner; every call reads the lock anew, so several processes may hold a Store.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "skills/card.h"
#include "skills/review.h"
#include "skills/tree.h"
#include "skills/trial.h"

namespace hs::skills {

struct Installed {
    std::string name;
    std::string digest;
    std::string source;  // a folder, an address, "builtin"
    std::string commit;  // of a source in git: what it was at that time
    std::string scan;    // the scanner's verdict when it was installed
    base::WallTime_ms installed_ms = 0;
    bool is_enabled = false;
    bool is_builtin = false;
    std::string before;                // digest of the version before, or empty
    std::optional<Manifest> declared;  // what SKILL.md declared when it was installed
    std::optional<Manifest> accepted;  // a proposed manifest that a person has accepted
    std::optional<Trial> trial;        // of this version
};

struct Loaded {
    Installed entry;
    Tree tree;
    Card card;  // of Reading text only
    Standing standing;
    // The declared manifest, or the accepted one, or none.
    Manifest manifest() const;
};

class Store {
  public:
    static constexpr std::size_t skills_max = 500;

    // `folder` is made (0700) with the first installation. `reviewers_files`: the first that is
    // there counts (the organisation's before the person's).
    Store(std::string folder, std::vector<std::string> reviewers_files);

    // The built-in ones and the installed ones, by name.
    base::Result<std::vector<Installed>> list() const;
    // What is read: the hashes and our own lock alone, or SKILL.md as well.
    enum class Depth : std::uint8_t { hashes, text };
    // Whole and unchanged. denied, and "suspended", when a byte differs from what was installed.
    base::Result<Loaded> load(std::string_view name, base::WallTime_ms now_ms, Depth depth) const;

    struct Wish {
        std::string source;
        std::string scan;
        base::WallTime_ms now_ms = 0;
        std::string commit = {};
    };
    // conflict for a name that install() would refuse.
    base::Result<> check_name(const std::string& name) const;
    // Takes a tree that check_installable admits. conflict for the name of a built-in skill and for
    // a name that looks like one that is installed; an update arrives disabled.
    base::Result<Installed> install(const Tree& tree, const Wish& wish);
    base::Result<> set_enabled(std::string_view name, bool enabled);
    base::Result<> accept(std::string_view name, const Manifest& manifest);
    base::Result<> note_trial(std::string_view name, const Trial& trial);
    base::Result<> remove(std::string_view name);
    // Takes the place of what the same reviewer has signed before, never of what is newer.
    base::Result<> add_review(const Review& review);
    // When the newest index of this library was made that was taken from; 0 for none.
    base::Result<base::WallTime_ms> library_seen_ms(const std::string& place) const;
    base::Result<> note_library(const std::string& place, base::WallTime_ms at_ms);
    base::Result<std::vector<Review>> reviews_of(std::string_view digest) const;
    base::Result<std::vector<Reviewer>> reviewers() const;
    // Where a version's files lie; for mounts. A built-in skill has none.
    std::string folder_of(std::string_view digest) const;
    // The tree of a version that is kept, such as the one before.
    base::Result<Tree> version(std::string_view digest) const;

  private:
    base::Result<std::vector<Installed>> read_lock() const;
    base::Result<> write_lock(const std::vector<Installed>& entries) const;
    template <class Change>
    base::Result<> change(std::string_view name, Change apply);

    std::string folder_;
    std::vector<std::string> reviewers_files_;
};

// A folder with all that is in it, however it is nested; ok when it is not there.
base::Result<> remove_whole(const std::string& folder);

// Those that are part of the program.
std::vector<std::pair<Installed, Tree>> builtin_skills();

}  // namespace hs::skills
