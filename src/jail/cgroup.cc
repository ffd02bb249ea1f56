#include "jail/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/error.h"
#include "os/file.h"

namespace hs::jail {
namespace {

using base::Result;
using os::Fd;

constexpr std::size_t small_file_bytes_max = 64 * 1024;
constexpr std::size_t tree_processes_max = 4096;

// read_text() asks fstat for nothing, so it also reads the kernel's files of unknown size.
std::string read_small(const std::string& path) {
    auto text = os::read_text(path, small_file_bytes_max);
    return text ? std::move(*text) : std::string();
}

bool put(const std::string& path, const std::string& text) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file &&
           ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::size_t start = 0;
    while (start <= text.size()) {
        const std::size_t end = std::min(text.find(at, start), text.size());
        parts.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return parts;
}

bool has_word(const std::string& text, std::string_view word) {
    std::string flat = text;
    std::ranges::replace(flat, '\n', ' ');
    return std::ranges::any_of(split(flat, ' '), [&](const auto& part) { return part == word; });
}

// Where the hierarchies are mounted: "" key for version 2, controller names for version 1.
std::string mount_point(GroupKind kind) {
    for (const std::string& line : split(read_small("/proc/self/mounts"), '\n')) {
        const auto field = split(line, ' ');
        if (field.size() < 4) continue;
        if (kind == GroupKind::version_2 && field[2] == "cgroup2") return field[1];
        std::string options = field[3];
        std::ranges::replace(options, ',', ' ');
        if (kind == GroupKind::version_1 && field[2] == "cgroup" && has_word(options, "memory")) {
            return field[1];
        }
    }
    return {};
}

// Our own group in that hierarchy, from /proc/self/cgroup: "0::/path" or "4:memory:/path".
std::string own_group(GroupKind kind) {
    for (const std::string& line : split(read_small("/proc/self/cgroup"), '\n')) {
        const auto field = split(line, ':');
        if (field.size() < 3) continue;
        std::string controllers = field[1];
        std::ranges::replace(controllers, ',', ' ');
        const bool fits =
            kind == GroupKind::version_2 ? field[0] == "0" : has_word(controllers, "memory");
        if (fits) return field[2];
    }
    return {};
}

std::uint64_t number_after(const std::string& text, std::string_view word) {
    const std::size_t at = text.find(word);
    return at == std::string::npos ? 0
                                   : std::strtoull(text.c_str() + at + word.size(), nullptr, 10);
}

}  // namespace

ControlGroups ControlGroups::discover() {
    ControlGroups groups;
    const std::string two = mount_point(GroupKind::version_2);
    if (!two.empty()) {
        const std::string own = own_group(GroupKind::version_2);
        // A group with processes of its own may not have limited children, so its parent, which
        // systemd hands to the user, is tried as well.
        if (groups.use_version_2(two + own)) return groups;
        const std::size_t slash = own.rfind('/');
        if (slash != std::string::npos && groups.use_version_2(two + own.substr(0, slash))) {
            return groups;
        }
    }
    const std::string one = mount_point(GroupKind::version_1);
    if (!one.empty()) (void)groups.use_version_1(one + own_group(GroupKind::version_1));
    return groups;
}

bool ControlGroups::use_version_2(const std::string& folder) {
    const std::string enabled = read_small(folder + "/cgroup.subtree_control");
    if (!has_word(enabled, "memory") || !has_word(enabled, "pids") ||
        ::access((folder + "/cgroup.procs").c_str(), W_OK) != 0) {
        return false;
    }
    parent_ = folder;
    kind_ = GroupKind::version_2;
    return true;
}

bool ControlGroups::use_version_1(const std::string& folder) {
    const std::string probe = folder + "/hardshell-probe-" + std::to_string(::getpid());
    if (::mkdir(probe.c_str(), 0700) != 0) return false;
    const bool limits = put(probe + "/memory.limit_in_bytes", "1073741824");
    ::rmdir(probe.c_str());
    if (!limits) return false;
    parent_ = folder;
    kind_ = GroupKind::version_1;
    return true;
}

Result<ControlGroup> ControlGroups::make() {
    ControlGroup group;
    if (kind_ == GroupKind::none) return group;
    group.kind = kind_;
    group.folder =
        parent_ + "/hardshell-" + std::to_string(::getpid()) + "-" + std::to_string(next_++);
    if (::mkdir(group.folder.c_str(), 0700) != 0) {
        return os::fail_errno("making a control group", errno);
    }
    group.join = kind_ == GroupKind::version_2
                     ? Fd(::open(group.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
                     : Fd(::open((group.folder + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if (group.join) return group;
    const int number = errno;
    ::rmdir(group.folder.c_str());
    return os::fail_errno("opening a control group", number);
}

Result<> ControlGroups::limit(const ControlGroup& group, const os::Limits& limits) {
    const std::string memory = std::to_string(limits.memory_bytes);
    bool limited = group.kind == GroupKind::none;
    if (group.kind == GroupKind::version_2) {
        limited = put(group.folder + "/memory.max", memory) &&
                  put(group.folder + "/pids.max", std::to_string(limits.processes_max + 2));
        // Absent without swap accounting; the sandbox then may swap what the host lets it.
        (void)put(group.folder + "/memory.swap.max", "0");
    }
    if (group.kind == GroupKind::version_1) {
        limited = put(group.folder + "/memory.limit_in_bytes", memory);
        (void)put(group.folder + "/memory.memsw.limit_in_bytes", memory);
    }
    if (limited) return {};
    return os::fail_errno("limiting a control group", errno);
}

std::uint64_t ControlGroups::memory_kills(const ControlGroup& group) {
    if (group.kind == GroupKind::version_2) {
        return number_after(read_small(group.folder + "/memory.events"), "oom_kill ");
    }
    if (group.kind == GroupKind::version_1) {
        return number_after(read_small(group.folder + "/memory.oom_control"), "oom_kill ");
    }
    return 0;
}

std::uint64_t ControlGroups::memory_peak_bytes(const ControlGroup& group) {
    const char* name =
        group.kind == GroupKind::version_2 ? "/memory.peak" : "/memory.max_usage_in_bytes";
    if (group.kind == GroupKind::none) return 0;
    return std::strtoull(read_small(group.folder + name).c_str(), nullptr, 10);
}

void ControlGroups::remove(ControlGroup group) {
    if (group.kind == GroupKind::none) return;
    group.join.close();
    leftover_.push_back(std::move(group.folder));
    std::erase_if(leftover_, [](const std::string& folder) {
        return ::rmdir(folder.c_str()) == 0 || errno == ENOENT;
    });
    if (leftover_.size() > leftover_max) leftover_.erase(leftover_.begin());
}

std::uint64_t memory_of_tree(int root_process) {
    std::vector<int> waiting = {root_process};
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < waiting.size() && waiting.size() < tree_processes_max; ++i) {
        const std::string folder = "/proc/" + std::to_string(waiting[i]);
        const std::string status = read_small(folder + "/status");
        bytes += (number_after(status, "RssAnon:") + number_after(status, "RssShmem:")) * 1024;
        const std::string task = folder + "/task/" + std::to_string(waiting[i]) + "/children";
        for (const std::string& child : split(read_small(task), ' ')) {
            if (!child.empty()) waiting.push_back(std::atoi(child.c_str()));
        }
    }
    return bytes;
}

}  // namespace hs::jail
