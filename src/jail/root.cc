#include "jail/root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "jail/masks.h"
#include "jail/walls.h"
#include "os/error.h"
#include "os/file.h"
#include "os/staged_folder.h"

namespace hs::jail {
namespace {

using base::Code;
using base::fail;
using base::Result;
using os::Fd;

constexpr std::uint64_t never_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
constexpr std::uint64_t no_links = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

constexpr const char* mask_file = "run/hardshell/mask/file";
constexpr const char* mask_folder = "run/hardshell/mask/folder";

// Entries of /proc that tell about the host and that no ordinary program needs.
constexpr const char* hidden_proc[] = {"kcore",   "keys",    "key-users",  "kallsyms",
                                       "modules", "cmdline", "timer_list", "acpi",
                                       "bus",     "fs",      "irq",        "scsi"};

std::uint64_t read_only_flag() {
    return stands(Wall::read_only) ? MOUNT_ATTR_RDONLY : 0;
}

Result<struct stat> facts(int fd) {
    struct stat found {};
    if (::fstat(fd, &found) != 0) return os::fail_errno("looking at a file", errno);
    return found;
}

Result<> make_folder(int folder, const char* path, mode_t mode) {
    if (::mkdirat(folder, path, 0700) != 0) {
        return os::fail_errno(std::string("making /") + path, errno);
    }
    // Not subject to the umask.
    if (::fchmodat(folder, path, mode, 0) != 0) {
        return os::fail_errno(std::string("setting the mode of /") + path, errno);
    }
    return {};
}

Result<> make_link(int folder, const char* text, const char* path) {
    if (::symlinkat(text, folder, path) == 0 || errno == EEXIST) return {};
    return os::fail_errno(std::string("making the link /") + path, errno);
}

std::string link_text(int link) {
    std::array<char, 4096> text{};
    const ssize_t size = ::readlinkat(link, "", text.data(), text.size());
    return size < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace

Result<NewRoot> NewRoot::begin() {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return os::fail_errno("making the mounts private", errno);
    }
    NewRoot root(TRY(
        MountTree::fresh("tmpfs", {{"size", "33554432"}, {"nr_inodes", "16384"}, {"mode", "0755"}},
                         MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)));
    const Fd top(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!top) return os::fail_errno("opening the root", errno);
    TRY(root.tree_.attach(top.get()));
    for (const char* path : {"etc", "dev", "proc", "tmp", "home", "home/user", "var", "run",
                             "run/hardshell", "run/hardshell/mask", "run/hardshell/staged",
                             "run/hardshell/pinned", "run/hardshell/scratch", "dev/shm"}) {
        TRY(make_folder(root.fd(), path, 0755));
    }
    TRY(make_folder(root.fd(), mask_folder, 0));
    TRY(root.write_file(mask_file, {}, 0));
    root.mask_file_ = TRY(root.make_mask(mask_file));
    root.mask_folder_ = TRY(root.make_mask(mask_folder));
    return root;
}

// A mount of its own over the place, so that every copy of it is restricted already.
Result<Fd> NewRoot::make_mask(const char* path) {
    const Fd place(::openat(fd(), path, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!place) return os::fail_errno("opening the mask", errno);
    MountTree tree = TRY(MountTree::copy_of(place.get()));
    TRY(tree.restrict({never_set | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY}));
    TRY(tree.attach(place.get()));
    Fd mask(::openat(fd(), path, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!mask) return os::fail_errno("opening the mask", errno);
    return mask;
}

Result<Fd> NewRoot::write_file(const char* path, base::ByteView bytes, unsigned mode) {
    const std::string action = std::string("writing /") + path;
    Fd file(::openat(fd(), path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return os::fail_errno(action, errno);
    TRY(os::write_all(file.get(), bytes));
    if (::fchmod(file.get(), mode) != 0) return os::fail_errno(action, errno);
    Fd shown(::openat(fd(), path, O_PATH | O_CLOEXEC | O_NOFOLLOW));
    if (!shown) return os::fail_errno(action, errno);
    return shown;
}

Result<> NewRoot::furnish_common() {
    TRY(write_common_etc());
    TRY(make_devices());
    return make_proc();
}

Result<> NewRoot::furnish(const os::LaunchSpec& spec, const Identity& identity) {
    TRY(write_etc(spec));
    return make_scratch(spec, identity);
}

Result<> NewRoot::write_common_etc() {
    constexpr std::pair<const char*, std::string_view> files[] = {
        {"etc/passwd",
         "root:x:0:0:root:/root:/usr/sbin/nologin\nuser:x:1000:1000:user:/home/user:/bin/sh\n"
         "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"},
        {"etc/group", "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n"},
        {"etc/nsswitch.conf",
         "passwd: files\ngroup: files\nhosts: files dns\nprotocols: files\nservices: files\n"},
        {"etc/shells", "/bin/sh\n/bin/bash\n"},
    };
    for (const auto& [path, text] : files) TRY(write_file(path, base::bytes_of(text), 0444));
    return {};
}

Result<> NewRoot::write_etc(const os::LaunchSpec& spec) {
    const std::string& hostname = spec.hostname;
    const bool network = spec.network == os::NetworkMode::egress;
    const std::pair<const char*, std::string> files[] = {
        {"etc/hosts", "127.0.0.1 localhost " + hostname + "\n::1 localhost\n"},
        {"etc/hostname", hostname + "\n"},
        {"etc/resolv.conf", network ? "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n"
                                    : "# This sandbox has no network.\n"},
    };
    for (const auto& [path, text] : files) TRY(write_file(path, base::bytes_of(text), 0444));
    return {};
}

Result<> NewRoot::make_devices() {
    for (const char* name : {"null", "zero", "full", "random", "urandom"}) {
        const std::string path = std::string("/dev/") + name;
        const Fd source(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (!source) return os::fail_errno("opening " + path, errno);
        const auto found = TRY(facts(source.get()));
        if (!S_ISCHR(found.st_mode)) return fail(Code::denied, path + " is no device here");
        MountTree device = TRY(MountTree::copy_of(source.get()));
        TRY(device.restrict({MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC}));
        const Fd place = TRY(write_file(path.c_str() + 1, {}, 0444));
        TRY(device.attach(place.get()));
    }
    TRY(make_link(fd(), "/proc/self/fd", "dev/fd"));
    TRY(make_link(fd(), "/proc/self/fd/0", "dev/stdin"));
    TRY(make_link(fd(), "/proc/self/fd/1", "dev/stdout"));
    return make_link(fd(), "/proc/self/fd/2", "dev/stderr");
}

Result<> NewRoot::make_proc() {
    const Fd place = TRY(open_place("/proc", Place::folder));
    if (!stands(Wall::processes)) {
        const Fd host(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
        return TRY(MountTree::copy_of(host.get())).attach(place.get());
    }
    const MountTree proc = TRY(MountTree::fresh("proc", {{"hidepid", "invisible"}},
                                                never_set | MOUNT_ATTR_NOEXEC | read_only_flag()));
    TRY(proc.attach(place.get()));
    for (const char* name : hidden_proc) {
        const int target = open_resolved(proc.fd(), name, O_PATH | O_NOFOLLOW, no_links);
        if (target == -ENOENT) continue;
        if (target < 0) return os::fail_errno(std::string("opening /proc/") + name, -target);
        const Fd held(target);
        TRY(cover(target));
    }
    return {};
}

Result<> NewRoot::make_scratch(const os::LaunchSpec& spec, const Identity& identity) {
    std::vector<std::pair<std::string, std::string>> options = {{"mode", "0755"}};
    if (stands(Wall::scratch_limit)) {
        options.emplace_back("size", std::to_string(spec.limits.scratch_bytes_max));
        options.emplace_back("nr_inodes", "262144");
    }
    const MountTree scratch = TRY(MountTree::fresh("tmpfs", options, never_set));
    const Fd place = TRY(open_place("/run/hardshell/scratch", Place::folder));
    TRY(scratch.attach(place.get()));
    scratch_device_ = TRY(facts(scratch.fd())).st_dev;
    struct Part {
        const char* name;
        const char* target;
        mode_t mode;
    };
    for (const Part& part : {Part{"tmp", "/tmp", 01777}, Part{"home", sandbox_home, 0700},
                             Part{"shm", "/dev/shm", 01777}}) {
        TRY(make_folder(scratch.fd(), part.name, part.mode));
        const Fd folder(::openat(scratch.fd(), part.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!folder) return os::fail_errno("opening the scratch space", errno);
        if (identity.powers == Powers::root &&
            ::fchown(folder.get(), identity.host.user, identity.host.group) != 0) {
            return os::fail_errno("handing over the scratch space", errno);
        }
        const Fd target = TRY(open_place(part.target, Place::folder));
        TRY(TRY(MountTree::copy_of(folder.get())).attach(target.get()));
    }
    return {};
}

Result<Fd> NewRoot::open_place(const std::string& path, Place place) {
    const int found = open_resolved(fd(), path.c_str() + 1, O_PATH | O_NOFOLLOW, no_links);
    if (found >= 0) return Fd(found);
    if (found == -ENOENT) return make_place(path, place);
    return os::fail_errno("opening " + path + " in the sandbox", -found);
}

Result<Fd> NewRoot::make_place(const std::string& path, Place place) {
    Fd folder(::openat(fd(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    std::size_t start = 1;
    while (true) {
        const std::size_t end = path.find('/', start);
        const std::string name = path.substr(start, end - start);
        const bool last = end == std::string::npos;
        folder = TRY(step_into(folder.get(), name, last ? place : Place::folder));
        if (last) return folder;
        start = end + 1;
    }
}

// Opens one component, and makes it where the folder is ours: the host's trees are never changed.
Result<Fd> NewRoot::step_into(int folder, const std::string& name, Place place) {
    const int found = open_resolved(folder, name.c_str(), O_PATH | O_NOFOLLOW, no_links);
    if (found >= 0) return Fd(found);
    const std::uint64_t device = TRY(facts(folder)).st_dev;
    const bool ours = device == TRY(facts(fd())).st_dev || device == scratch_device_;
    if (found != -ENOENT || !ours) {
        return os::fail_errno("finding \"" + name + "\" in the sandbox", -found);
    }
    if (place == Place::folder) {
        TRY(make_folder(folder, name.c_str(), 0755));
    } else if (::mknodat(folder, name.c_str(), S_IFREG | 0444, 0) != 0) {
        return os::fail_errno("making \"" + name + "\" in the sandbox", errno);
    }
    const int made = open_resolved(folder, name.c_str(), O_PATH | O_NOFOLLOW, no_links);
    if (made < 0) return os::fail_errno("opening \"" + name + "\" in the sandbox", -made);
    return Fd(made);
}

Result<> NewRoot::mount_grants(const os::LaunchSpec& spec, const Identity& identity) {
    std::vector<std::size_t> order(spec.mounts.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto depth = [&](std::size_t i) {
        return std::ranges::count(spec.mounts[i].target, '/');
    };
    std::ranges::stable_sort(order, {}, depth);
    for (const std::size_t i : order) {
        const os::Mount& mount = spec.mounts[i];
        const bool read_only =
            mount.access == os::MountAccess::read_only || identity.forced_read_only[i] != 0;
        const auto done = mount_grant(mount, identity.id_maps[i], read_only);
        if (!done) return fail(done.error().code, mount.target + ": " + done.error().what);
    }
    return {};
}

Result<> NewRoot::mount_grant(const os::Mount& mount, int id_map, bool read_only) {
    const int opened =
        open_resolved(AT_FDCWD, mount.source.c_str(), O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
    if (opened == -ENOENT && mount.presence == os::MountPresence::optional) return {};
    if (opened == -ELOOP) {
        return fail(Code::denied, "the way to " + mount.source +
                                      " goes over a symbolic link; name the folder itself");
    }
    if (opened < 0) return os::fail_errno("opening " + mount.source, -opened);
    const Fd source(opened);
    const mode_t mode = TRY(facts(opened)).st_mode;
    if (S_ISLNK(mode)) {
        const std::size_t slash = mount.target.rfind('/');
        const Fd folder =
            TRY(open_place(slash == 0 ? "/." : mount.target.substr(0, slash), Place::folder));
        return make_link(folder.get(), link_text(opened).c_str(), mount.target.c_str() + slash + 1);
    }
    if (!S_ISDIR(mode) && !S_ISREG(mode)) {
        return fail(Code::denied, mount.source + " is neither a folder nor a regular file");
    }
    MountTree tree = TRY(MountTree::copy_of(opened));
    TRY(tree.restrict({never_set | (read_only ? read_only_flag() : 0), id_map}));
    const Fd target = TRY(open_place(mount.target, S_ISDIR(mode) ? Place::folder : Place::file));
    return tree.attach(target.get());
}

Result<> NewRoot::mask(const os::LaunchSpec& spec, const std::vector<std::string>& hidden) {
    if (!stands(Wall::masks)) return {};
    for (const std::string& path : spec.masks.paths) {
        TRY(hold_in_place(spec, path));
        TRY(mask_path(path));
    }
    for (const os::Mount& mount : spec.mounts) {
        for (const std::string& path : hidden) {
            if (mount.source == path || mount.source.starts_with(path + "/")) {
                return fail(Code::denied, "no sandbox is ever shown Hardshell's own state");
            }
            if (!path.starts_with(mount.source + "/")) continue;
            const std::string shown = mount.target + path.substr(mount.source.size());
            TRY(hold_in_place(spec, shown));
            TRY(mask_path(shown));
        }
    }
    for (const os::Mount& mount : spec.mounts) {
        if (mount.content != os::MountContent::personal) continue;
        const int top =
            open_resolved(fd(), mount.target.c_str() + 1, O_PATH | O_NOFOLLOW, no_links);
        if (top == -ENOENT) continue;
        if (top < 0) return os::fail_errno("opening " + mount.target, -top);
        const Fd held(top);
        TRY(find_by_name(top, spec.masks.name_patterns, [this](int folder, const char* name) {
            return mask_entry(folder, name);
        }));
    }
    return {};
}

Result<> NewRoot::mask_path(const std::string& path) {
    // A link is followed inside the sandbox's root, so that what it shows is masked, not the link.
    const int target =
        open_resolved(fd(), path.c_str() + 1, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    if (target == -ENOENT || target == -ENOTDIR || target == -ELOOP) return {};
    if (target < 0) return os::fail_errno("opening " + path + " to mask it", -target);
    const Fd held(target);
    return cover(target);
}

// Every folder between a writable mount and a path that is masked by name becomes a mount of its
// own. The kernel renames no mount point, so the next sandbox finds the path where it was.
Result<> NewRoot::hold_in_place(const os::LaunchSpec& spec, const std::string& path) {
    for (const os::Mount& mount : spec.mounts) {
        if (mount.access != os::MountAccess::read_write || !path.starts_with(mount.target + "/")) {
            continue;
        }
        for (std::size_t end = path.find('/', mount.target.size() + 1); end != std::string::npos;
             end = path.find('/', end + 1)) {
            const std::string folder = path.substr(0, end);
            if (!held_.insert(folder).second) continue;
            const int opened =
                open_resolved(fd(), folder.c_str() + 1, O_PATH | O_DIRECTORY, no_links);
            if (opened < 0) break;  // not there, or a link: then there is nothing to hold below it
            const Fd held(opened);
            TRY(TRY(MountTree::copy_of(opened)).attach(opened));
        }
    }
    return {};
}

Result<> NewRoot::mask_entry(int folder, const char* name) {
    const Fd entry(::openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!entry) return os::fail_errno(std::string("opening ") + name + " to mask it", errno);
    if (!S_ISLNK(TRY(facts(entry.get())).st_mode)) return cover(entry.get());
    // The walk is not rooted in the sandbox, so the link is resolved through the folder's path.
    std::array<char, 4096> where{};
    const std::string own = "/proc/self/fd/" + std::to_string(folder);
    const ssize_t size = ::readlink(own.c_str(), where.data(), where.size() - 1);
    if (size <= 0) return os::fail_errno("finding the place of a masked link", errno);
    return mask_path(std::string(where.data()) + "/" + name);
}

Result<> NewRoot::cover(int target) {
    const mode_t mode = TRY(facts(target)).st_mode;
    const Fd& mask = S_ISDIR(mode) ? mask_folder_ : mask_file_;
    return TRY(MountTree::copy_of(mask.get())).attach(target);
}

Result<> NewRoot::enter() {
    if (::fchdir(fd()) != 0) return os::fail_errno("entering the new root", errno);
    // The old root ends up on top of the new one and is taken away at once (pivot_root(2), NOTES).
    if (::syscall(SYS_pivot_root, ".", ".") != 0) return os::fail_errno("pivot_root", errno);
    if (::umount2(".", MNT_DETACH) != 0) return os::fail_errno("leaving the old root", errno);
    if (::chdir("/") != 0) return os::fail_errno("entering the new root", errno);
    return {};
}

Result<> NewRoot::pin(int target, base::ByteView bytes) {
    const std::string path = "run/hardshell/pinned/" + std::to_string(pinned_++);
    const Fd copy = TRY(write_file(path.c_str(), bytes, 0555));
    MountTree tree = TRY(MountTree::copy_of(copy.get()));
    TRY(tree.restrict({never_set | MOUNT_ATTR_RDONLY}));
    return tree.attach(target);
}

Result<> NewRoot::stage(const std::string& path, base::ByteView bytes) {
    if (path.starts_with(std::string(staged_folder) + "/")) {
        if (path.find('/', std::string_view(staged_folder).size() + 1) != std::string::npos) {
            return fail(Code::invalid_input,
                        "a staged file lies directly in " + std::string(staged_folder));
        }
        TRY(write_file(path.c_str() + 1, bytes, 0555));
        return {};
    }
    const int target = open_resolved(fd(), path.c_str() + 1, O_PATH | O_NOFOLLOW, no_links);
    if (target < 0) return os::fail_errno("finding " + path + " to put its approved form", -target);
    const Fd held(target);
    if (!S_ISREG(TRY(facts(target)).st_mode)) {
        return fail(Code::denied, path + " is no regular file");
    }
    return pin(target, bytes);
}

Result<> NewRoot::stage_folder(const std::string& path, base::ByteView packed) {
    const std::string_view name = std::string_view(path).substr(
        std::min(path.size(), std::string_view(staged_folder).size() + 1));
    if (!path.starts_with(std::string(staged_folder) + "/") || name.empty() ||
        name.find('/') != std::string_view::npos) {
        return fail(Code::invalid_input,
                    "a staged folder lies directly in " + std::string(staged_folder));
    }
    const std::string top = path.substr(1);
    TRY(make_folder(fd(), top.c_str(), 0755));
    std::set<std::string> made;
    for (const os::FolderFile& file : TRY(os::unpack_folder(packed))) {
        const std::string place = top + "/" + file.path;
        for (std::size_t end = place.find('/', top.size() + 1); end != std::string::npos;
             end = place.find('/', end + 1)) {
            const std::string folder = place.substr(0, end);
            if (made.insert(folder).second) TRY(make_folder(fd(), folder.c_str(), 0755));
        }
        TRY(write_file(place.c_str(), file.bytes, file.is_executable ? 0555 : 0444));
    }
    return {};
}

Result<base::Bytes> NewRoot::read(const std::string& path, std::size_t bytes_max) {
    const int opened =
        open_resolved(fd(), path.c_str() + 1, O_RDONLY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    if (opened < 0) return os::fail_errno("reading " + path, -opened);
    const Fd held(opened);
    return os::read_all(opened, bytes_max);
}

Result<Fd> NewRoot::open_folder(const std::string& path) {
    return open_place(path, Place::folder);
}

Result<> NewRoot::seal() {
    // Last, because a grant below /var/tmp makes that folder itself.
    TRY(make_link(fd(), "../tmp", "var/tmp"));
    return tree_.restrict_top(read_only_flag());
}

}  // namespace hs::jail
