#include "jail/seccomp.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "jail/attempts.h"
#include "jail/call_table.h"
#include "os/error.h"
#include "os/file.h"

namespace hs::jail {
namespace {

using base::Code;
using base::fail;
using base::Result;
using os::Fd;

using Context = std::unique_ptr<void, void (*)(void*)>;

constexpr std::uint64_t new_namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                                         CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
                                         0x80 /* CLONE_NEWTIME */;
constexpr std::uint64_t memfd_noexec_seal = 8;  // MFD_NOEXEC_SEAL, Linux 6.3
constexpr std::uint64_t set_id_bits[] = {S_ISUID, S_ISGID};
// Which argument of a call is the mode that would make a file run as its owner.
constexpr std::pair<const char*, unsigned> set_id_calls[] = {
    {"chmod", 1}, {"fchmod", 1},  {"fchmodat", 2}, {"fchmodat2", 2}, {"creat", 1},
    {"mknod", 1}, {"mknodat", 2}, {"open", 2},     {"openat", 3}};
constexpr int families_max = 16;  // AF_NETLINK is the last one that is looked at by itself

// ioctl(2) requests that reach into a terminal: typing for its user, its console, its discipline.
constexpr std::uint64_t terminal_requests[] = {0x5412 /* TIOCSTI */, 0x541C /* TIOCLINUX */,
                                               0x541D /* TIOCCONS */, 0x5423 /* TIOCSETD */};

class FilterBuilder {
  public:
    explicit FilterBuilder(std::uint32_t default_action)
        : context_(::seccomp_init(default_action), ::seccomp_release) {
        if (!context_) {
            status_ = -ENOMEM;
            return;
        }
        // The kernel's own number of comparisons for each call is halved by a tree.
        ::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
        // The launcher sets no-new-privileges itself, and seccomp_load() is not used.
        ::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_NNP, 0);
    }
    void add(std::uint32_t action, const char* name,
             const std::vector<scmp_arg_cmp>& arguments = {}) {
        if (status_ != 0) return;
        const int number = ::seccomp_syscall_resolve_name(name);
        if (number == __NR_SCMP_ERROR || number < 0) return;
        status_ =
            ::seccomp_rule_add_array(context_.get(), action, number,
                                     static_cast<unsigned>(arguments.size()), arguments.data());
    }
    Result<std::vector<sock_filter>> program() {
        if (status_ != 0) return os::fail_errno("building the filter of system calls", -status_);
        const Fd file(::memfd_create("filter", MFD_CLOEXEC));
        if (!file) return os::fail_errno("making room for the filter of system calls", errno);
        const int exported = ::seccomp_export_bpf(context_.get(), file.get());
        if (exported != 0) return os::fail_errno("writing the filter of system calls", -exported);
        if (::lseek(file.get(), 0, SEEK_SET) != 0) return os::fail_errno("lseek", errno);
        const auto bytes = TRY(os::read_all(file.get(), sizeof(sock_filter) * BPF_MAXINSNS));
        std::vector<sock_filter> filter(bytes.size() / sizeof(sock_filter));
        std::memcpy(filter.data(), bytes.data(), filter.size() * sizeof(sock_filter));
        return filter;
    }

  private:
    Context context_;
    int status_ = 0;
};

// The low 32 bits alone: what the kernel looks at for an `int` or `unsigned int` argument.
scmp_arg_cmp low_equals(unsigned argument, std::uint64_t value) {
    return SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, 0xffffffff, value);
}
scmp_arg_cmp has_bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
    return SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, mask, value);
}

Result<std::vector<sock_filter>> build_allowlist() {
    FilterBuilder filter(SCMP_ACT_ERRNO(ENOSYS));
    for (const char* name : allowed_calls) filter.add(SCMP_ACT_ALLOW, name);
    for (const char* name : dangerous_calls) filter.add(SCMP_ACT_ALLOW, name);
    for (const char* name : violating_calls) filter.add(SCMP_ACT_ALLOW, name);
    for (const char* name : {"clone", "unshare", "socket"}) filter.add(SCMP_ACT_ALLOW, name);
    // A memory file that can be executed would run what nobody has hashed.
    filter.add(SCMP_ACT_ALLOW, "memfd_create", {has_bits(1, memfd_noexec_seal, memfd_noexec_seal)});
    filter.add(SCMP_ACT_ALLOW, "personality", {low_equals(0, 0)});
    filter.add(SCMP_ACT_ALLOW, "personality", {low_equals(0, 0xffffffff)});
    return filter.program();
}

void refuse_sockets(FilterBuilder& filter, std::uint32_t refuse) {
    for (std::uint64_t family = 0; family <= families_max; ++family) {
        if (family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK) {
            continue;
        }
        filter.add(refuse, "socket", {low_equals(0, family)});
    }
    filter.add(refuse, "socket", {SCMP_CMP(0, SCMP_CMP_GT, families_max)});
    for (const std::uint64_t family : {AF_INET, AF_INET6}) {
        for (const std::uint64_t type : {SOCK_RAW, SOCK_RDM, SOCK_DCCP, SOCK_PACKET}) {
            filter.add(refuse, "socket", {low_equals(0, family), has_bits(1, 0xf, type)});
        }
    }
    // Of netlink only the routing family, which shows a program its own interfaces.
    filter.add(refuse, "socket",
               {low_equals(0, AF_NETLINK), SCMP_CMP(2, SCMP_CMP_NE, std::uint64_t{0})});
}

void refuse_set_id(FilterBuilder& filter, std::uint32_t refuse) {
    for (const auto& [name, argument] : set_id_calls) {
        for (const std::uint64_t bit : set_id_bits) {
            filter.add(refuse, name, {has_bits(argument, bit, bit)});
        }
    }
}

Result<std::vector<sock_filter>> build_dangerous(os::AttemptRecord attempts) {
    const std::uint32_t refuse = SCMP_ACT_NOTIFY;
    FilterBuilder filter(SCMP_ACT_ALLOW);
    for (const char* name : dangerous_calls) filter.add(refuse, name);
    for (const char* name : violating_calls) filter.add(refuse, name);
    for (std::uint64_t bit = 1; bit <= new_namespaces; bit <<= 1U) {
        if ((new_namespaces & bit) == 0) continue;
        // 0x80 lies in clone's exit signal, so CLONE_NEWTIME exists for unshare alone.
        if (bit != 0x80) filter.add(refuse, "clone", {has_bits(0, bit, bit)});
        filter.add(refuse, "unshare", {has_bits(0, bit, bit)});
    }
    for (const std::uint64_t request : terminal_requests) {
        filter.add(refuse, "ioctl", {low_equals(1, request)});
    }
    refuse_sockets(filter, refuse);
    refuse_set_id(filter, refuse);
    if (attempts == os::AttemptRecord::kept) {
        for (const char* name : recorded_calls) filter.add(refuse, name);
    }
    return filter.program();
}

int install_one(const std::vector<sock_filter>& filter, unsigned flags) {
    sock_fprog program{static_cast<unsigned short>(filter.size()),
                       const_cast<sock_filter*>(filter.data())};
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

std::string family_name(std::uint64_t family) {
    switch (family) {
        case AF_PACKET:
            return "AF_PACKET";
        case AF_VSOCK:
            return "AF_VSOCK";
        case AF_ALG:
            return "AF_ALG";
        case AF_NETLINK:
            return "AF_NETLINK";
        case AF_INET:
        case AF_INET6:
            return "raw";
        default:
            return "family " + std::to_string(family);
    }
}

bool is_among(const char* name, std::span<const char* const> names) {
    return std::ranges::any_of(names,
                               [&](const char* other) { return std::string_view(other) == name; });
}

}  // namespace

Result<CallFilter> CallFilter::build() {
    CallFilter filter;
    filter.allowed_ = TRY(build_allowlist());
    filter.dangerous_ = TRY(build_dangerous(os::AttemptRecord::none));
    return filter;
}

Result<Fd> CallFilter::install(os::AttemptRecord attempts) const {
    // The listener's filter goes first: the allowlist, which comes later, need not allow seccomp.
    const bool recorded = attempts == os::AttemptRecord::kept;
    const auto watched = recorded ? TRY(build_dangerous(attempts)) : dangerous_;
    const int listener = install_one(watched, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    if (listener < 0) return os::fail_errno("installing the filter of dangerous calls", errno);
    Fd held(listener);
    if (::fcntl(listener, F_SETFD, FD_CLOEXEC) != 0) return os::fail_errno("fcntl", errno);
    if (install_one(allowed_, 0) != 0) {
        return os::fail_errno("installing the list of allowed calls", errno);
    }
    return held;
}

RefusedCall name_call(int number, const std::uint64_t (&arguments)[6]) {
    char* const text = ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    RefusedCall call{text != nullptr ? text : "call " + std::to_string(number)};
    call.violation = text != nullptr && is_among(text, violating_calls);
    std::free(text);
    if (call.name == "clone" || call.name == "unshare") {
        call.name += "(new namespace)";
    } else if (call.name == "socket") {
        call.name += "(" + family_name(arguments[0] & 0xffffffff) + ")";
    } else if (call.name == "ioctl") {
        call.name += (arguments[1] & 0xffffffff) == 0x5412 ? "(TIOCSTI)" : "(terminal)";
    } else if (call.name.find("chmod") != std::string::npos || call.name.starts_with("open") ||
               call.name.starts_with("mknod") || call.name == "creat") {
        if (!call.violation && call.name != "open_tree") call.name += "(set-user-ID)";
    }
    return call;
}

namespace {

// Whether the call is one of a recorded command's ordinary ones, and none that is refused always.
bool is_ordinary(const char* name, const std::uint64_t (&arguments)[6]) {
    if (!is_among(name, recorded_calls)) return false;
    for (const auto& [call, argument] : set_id_calls) {
        if (std::string_view(name) != call) continue;
        for (const std::uint64_t bit : set_id_bits) {
            if ((arguments[argument] & bit) == bit) return false;
        }
    }
    return true;
}

}  // namespace

Result<AnsweredCall> answer_call(int listener, const std::vector<os::Mount>& mounts) {
    AnsweredCall call;
    // The kernel's structures may be larger than those of the headers; libseccomp's are ours.
    struct seccomp_notif request {};
    if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0) {
        // ENOENT: the caller was killed before its call could be read.
        if (errno == EINTR || errno == ENOENT || errno == EAGAIN) return call;
        return os::fail_errno("reading a refused call", errno);
    }
    std::uint64_t arguments[6];
    std::copy(std::begin(request.data.args), std::end(request.data.args), arguments);
    struct seccomp_notif_resp answer {};
    answer.id = request.id;
    char* const name = ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, request.data.nr);
    if (name != nullptr && is_ordinary(name, arguments)) {
        call.attempt = attempt_of(static_cast<int>(request.pid), name, arguments, mounts);
        // The other walls hold for it as for every call; this one only looks.
        answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    } else {
        call.refused = name_call(request.data.nr, arguments);
        answer.error = call.refused->name.starts_with("io_uring") ? -ENOSYS : -EPERM;
    }
    std::free(name);
    // Failure means that the caller is gone.
    (void)::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    return call;
}

}  // namespace hs::jail
