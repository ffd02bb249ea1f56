#include "jail/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "os/error.h"

namespace hs::jail {

using base::Result;
using os::Fd;

Result<TerminalEnds> make_terminal(NewRoot& root, const Identity& identity) {
    const MountTree tree = TRY(MountTree::fresh("devpts", {{"ptmxmode", "0666"}, {"mode", "0600"}},
                                                MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
    const Fd place = TRY(root.open_folder("/dev/pts"));
    TRY(tree.attach(place.get()));
    TerminalEnds ends;
    ends.outer = Fd(::open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!ends.outer) return os::fail_errno("making a terminal", errno);
    const int unlock = 0;
    if (::ioctl(ends.outer.get(), TIOCSPTLCK, &unlock) != 0) {
        return os::fail_errno("unlocking the terminal", errno);
    }
    ends.inner = Fd(::ioctl(ends.outer.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!ends.inner) return os::fail_errno("opening the terminal", errno);
    if (identity.powers == Powers::root &&
        ::fchown(ends.inner.get(), identity.host.user, identity.host.group) != 0) {
        return os::fail_errno("handing over the terminal", errno);
    }
    return ends;
}

}  // namespace hs::jail
