// Roots: the folders that were granted, each opened once, and the only way from a path that
// somebody wrote to a file that is opened.
//
// A path is resolved by the kernel beneath the root's descriptor (openat2, RESOLVE_BENEATH), links
// inside the root are followed, and the path that results is the one that goes into the Action.
// When the Permit is there, that path is opened again with no link allowed in any place: a folder
// that was swapped for a link in the meantime is refused, so what was approved is what is opened.
// What it does not protect from: a file of a root that is a hard link to one outside, and a file
// system mounted inside a root by somebody who may mount.
// Threads: immutable once opened; share it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "os/file.h"

namespace hs::files {

// A path that was resolved, before any Permit.
struct Spot {
    std::string path;                    // canonical and absolute: what goes into the Action
    std::optional<os::FileFacts> facts;  // nothing when there is no such file yet
};

// What was opened for acting: an O_PATH descriptor, without effect on the file.
struct Held {
    os::Fd fd;
    os::FileFacts facts;
};

// The folder in which a name is made or replaced.
struct HeldFolder {
    os::Fd fd;
    std::string name;  // the last segment
};

enum class MissingFolders : std::uint8_t { refuse, make };

class Roots {
  public:
    struct Grant {
        std::vector<std::string> folders;  // absolute; the project first
        std::string home;                  // what "~" stands for; empty refuses "~"
    };
    static constexpr std::size_t folders_max = 32;

    // Opens every folder. Refuses "/", and what lies on proc, sysfs and their kin: denied.
    static base::Result<Roots> open(const Grant& grant);

    // The first folder: relative paths start here.
    const std::string& project() const { return roots_.front().path; }
    std::size_t count() const { return roots_.size(); }
    bool lies_in_project(std::string_view path) const;

    // Resolves a path that is relative to the project, begins with "~/", or is absolute.
    // invalid_input for one that cannot be read in one way, denied for one that leaves the roots,
    // not_found when a folder on the way is missing and `missing` is refuse.
    base::Result<Spot> resolve(std::string_view text, MissingFolders missing) const;

    // Opens exactly this canonical path. conflict or denied when it is no longer what resolve()
    // found there, not_found when it is gone.
    base::Result<Held> hold(const std::string& path) const;
    // The same for the folder above it, made where it is missing and that is wanted.
    base::Result<HeldFolder> hold_folder(const std::string& path, MissingFolders missing) const;

    // The path as a person names it: relative to the project where it lies inside.
    std::string shown(std::string_view path) const;
    // The roots' paths, for a message.
    std::string list() const;

  private:
    struct Root {
        std::string path;   // canonical, as the kernel told when it was opened
        std::string given;  // as it was granted, when a link led to it
        os::Fd folder;
    };
    struct Beneath {
        const Root* root = nullptr;
        std::string relative;  // "." for the root itself
    };
    Roots() = default;
    static base::Result<Root> open_root(const std::string& folder);
    base::Result<std::string> absolute(std::string_view text) const;
    base::Result<Beneath> beneath(const std::string& lexical) const;
    base::Result<Spot> resolve_missing(const Beneath& spot, MissingFolders missing) const;

    std::vector<Root> roots_;
    std::string home_;
};

}  // namespace hs::files
