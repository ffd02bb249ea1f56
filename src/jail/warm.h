// WarmCells: keeps one sandbox ready whose namespaces, devices and /proc are made before anybody
// knows what it will run, so that a command waits for the rest alone. It is used once.
//
// What it does not protect from: a prepared sandbox has seen nothing of any run, and nothing of
// this speeds up a second one that comes at the same time. Threads: for the launcher's single
// thread.
#pragma once

#include <functional>
#include <optional>

#include "base/result.h"
#include "jail/cgroup.h"
#include "jail/identity.h"
#include "os/fd.h"

namespace hs::jail {

// The first process of a sandbox.
struct CellProcess {
    int pid = -1;
    os::Fd process;  // its pidfd
    os::Fd reports;
    ControlGroup group;
    bool grouped = false;  // it is in its control group
};

// Clones it into its own namespaces; `child` runs there and does not come back. The group is joined
// by the clone itself where the kernel can, else later by join_group().
base::Result<CellProcess> clone_cell(Powers powers, ControlGroup group,
                                     const std::function<void(int reports)>& child);
void join_group(CellProcess& cell);
// Kills it and waits; its group is empty then.
ControlGroup end_cell(CellProcess cell);

class WarmCells {
  public:
    WarmCells();
    ~WarmCells() { drop(); }
    WarmCells(const WarmCells&) = delete;
    WarmCells& operator=(const WarmCells&) = delete;

    bool ready() const { return held_.has_value(); }
    void keep(CellProcess cell) { held_ = std::move(cell); }
    // Nothing when there is none, when it has ended, or when the host's mounts have changed since
    // it was made: its namespace would not show them. Then it is still there, to be dropped.
    std::optional<CellProcess> take();
    // Ends what is ready and gives back its empty group.
    ControlGroup drop();
    // To be polled for POLLPRI: the host's mounts have changed, and what is ready holds on to those
    // of before, so it should go.
    int mounts_fd() const { return mounts_.get(); }
    // Called before a cell is made: from now on a change of the mounts counts.
    void look_at_mounts();

  private:
    bool mounts_changed() const;

    os::Fd mounts_;  // /proc/self/mountinfo, which poll(2) tells of changes
    std::optional<CellProcess> held_;
};

}  // namespace hs::jail
