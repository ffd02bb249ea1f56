// ControlGroups: memory and process limits for all processes of a sandbox together, where the
// kernel's control groups can be written: version 2 below our own group or its parent, else version
// 1's memory hierarchy. Where neither can be had, the launcher watches memory itself and says so.
//
// What it does not protect from: a group that somebody with more rights changes meanwhile.
// Threads: for the launcher's single thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "os/launch.h"

namespace hs::jail {

enum class GroupKind : std::uint8_t { none, version_1, version_2 };

// One sandbox's group; the folder is removed by ControlGroups::remove() once it is empty.
struct ControlGroup {
    GroupKind kind = GroupKind::none;
    std::string folder;
    os::Fd join;  // version 2: the folder, for CLONE_INTO_CGROUP; version 1: cgroup.procs to write
};

class ControlGroups {
  public:
    static constexpr std::size_t leftover_max = 256;

    // Looks once at what there is; never fails, `kind()` and `reason()` tell.
    static ControlGroups discover();
    GroupKind kind() const { return kind_; }
    const std::string& reason() const { return reason_; }  // why there is none

    // A new group; kind none where there is no control group.
    base::Result<ControlGroup> make();
    // Sets its limits, before anything that is not ours runs in it.
    static base::Result<> limit(const ControlGroup& group, const os::Limits& limits);
    // Processes of the group that the kernel killed for memory.
    static std::uint64_t memory_kills(const ControlGroup& group);
    static std::uint64_t memory_peak_bytes(const ControlGroup& group);
    // Removes the empty group, now or with a later one.
    void remove(ControlGroup group);

  private:
    bool use_version_2(const std::string& folder);
    bool use_version_1(const std::string& folder);

    GroupKind kind_ = GroupKind::none;
    std::string parent_;
    std::string reason_ = "no control group can be written here";
    std::uint64_t next_ = 0;
    std::vector<std::string> leftover_;
};

// Memory of a process and all below it, from /proc: what a watchdog compares with the limit.
std::uint64_t memory_of_tree(int root_process);

}  // namespace hs::jail
