// The system calls by name: what programs need, and what is refused with its name.
//
// Chosen from what compilers, interpreters, package tools, version control and browsers call;
// everything else answers ENOSYS. A name that the processor's table does not have is skipped.
#pragma once

namespace hs::jail {

constexpr const char* allowed_calls[] = {
    // files
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
    "pwritev2", "open", "openat", "creat", "close", "close_range", "stat", "fstat", "lstat",
    "newfstatat", "statx", "access", "faccessat", "faccessat2", "lseek", "truncate", "ftruncate",
    "fallocate", "fadvise64", "readahead", "sendfile", "copy_file_range", "splice", "tee",
    "vmsplice", "sync", "fsync", "fdatasync", "sync_file_range", "syncfs", "getdents", "getdents64",
    "readlink", "readlinkat", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat",
    "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "chmod",
    "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes",
    "futimesat", "utimensat", "umask", "statfs", "fstatfs", "ustat", "getcwd", "chdir", "fchdir",
    "dup", "dup2", "dup3", "fcntl", "flock", "ioctl", "pipe", "pipe2", "cachestat", "getxattr",
    "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr", "setxattr", "lsetxattr",
    "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "inotify_init", "inotify_init1",
    "inotify_add_watch", "inotify_rm_watch",
    // waiting and events
    "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl",
    "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4",
    "timerfd_create", "timerfd_settime", "timerfd_gettime", "io_setup", "io_destroy", "io_submit",
    "io_cancel", "io_getevents", "io_pgetevents",
    // memory
    "mmap", "munmap", "mremap", "mprotect", "pkey_mprotect", "pkey_alloc", "pkey_free", "madvise",
    "msync", "mincore", "mlock", "mlock2", "munlock", "mlockall", "munlockall", "brk", "membarrier",
    "get_mempolicy", "set_mempolicy", "mbind", "remap_file_pages", "mseal", "map_shadow_stack",
    "shmget", "shmat", "shmdt", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget",
    "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive",
    "mq_notify", "mq_getsetattr",
    // processes and threads
    "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "kill", "tkill",
    "tgkill", "pidfd_open", "pidfd_send_signal", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
    "sigaltstack", "pause", "alarm", "restart_syscall", "getpid", "getppid", "gettid", "getpgid",
    "getpgrp", "setpgid", "getsid", "setsid", "getuid", "geteuid", "getgid", "getegid", "getresuid",
    "getresgid", "getgroups", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid",
    "setfsuid", "setfsgid", "setgroups", "capget", "capset", "prctl", "arch_prctl", "seccomp",
    "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "futex",
    "futex_waitv", "futex_wake", "futex_wait", "futex_requeue", "set_robust_list",
    "get_robust_list", "set_tid_address", "rseq", "set_thread_area", "get_thread_area", "getrlimit",
    "setrlimit", "prlimit64", "getrusage", "getpriority", "setpriority", "ioprio_get", "ioprio_set",
    "sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_setparam",
    "sched_getscheduler", "sched_setscheduler", "sched_getattr", "sched_setattr",
    "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval", "getcpu",
    "riscv_flush_icache", "cacheflush",
    // time and the machine
    "time", "gettimeofday", "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep",
    "getitimer", "setitimer", "timer_create", "timer_settime", "timer_gettime", "timer_getoverrun",
    "timer_delete", "times", "uname", "sysinfo", "getrandom",
    // sockets; which kinds is decided below
    "socketpair", "bind", "listen", "accept", "accept4", "connect", "getsockname", "getpeername",
    "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown", "setsockopt",
    "getsockopt"};

// Refused with EPERM and named; also allowed by the first filter, else nobody would hear of them.
constexpr const char* dangerous_calls[] = {"ptrace",
                                           "process_vm_readv",
                                           "process_vm_writev",
                                           "process_madvise",
                                           "process_mrelease",
                                           "kcmp",
                                           "pidfd_getfd",
                                           "bpf",
                                           "perf_event_open",
                                           "userfaultfd",
                                           "keyctl",
                                           "add_key",
                                           "request_key",
                                           "mount",
                                           "umount2",
                                           "pivot_root",
                                           "chroot",
                                           "move_mount",
                                           "open_tree",
                                           "fsopen",
                                           "fsconfig",
                                           "fsmount",
                                           "fspick",
                                           "mount_setattr",
                                           "setns",
                                           "io_uring_setup",
                                           "io_uring_enter",
                                           "io_uring_register",
                                           "quotactl",
                                           "quotactl_fd",
                                           "syslog",
                                           "sethostname",
                                           "setdomainname",
                                           "fanotify_init",
                                           "name_to_handle_at",
                                           "vhangup",
                                           "lookup_dcookie",
                                           "move_pages",
                                           "migrate_pages",
                                           "memfd_secret",
                                           "modify_ldt",
                                           "uselib"};

// No honest program without privilege makes one of these: the sandbox ends.
constexpr const char* violating_calls[] = {"kexec_load",
                                           "kexec_file_load",
                                           "init_module",
                                           "finit_module",
                                           "delete_module",
                                           "create_module",
                                           "reboot",
                                           "swapon",
                                           "swapoff",
                                           "iopl",
                                           "ioperm",
                                           "acct",
                                           "open_by_handle_at",
                                           "settimeofday",
                                           "clock_settime",
                                           "nfsservctl",
                                           "_sysctl"};

// What a recorded command is watched at: the calls whose arguments name what it wants. sendmsg is
// not among them: with it the listener itself is passed to the launcher.
constexpr const char* recorded_calls[] = {
    "open",      "openat", "openat2",  "creat",     "mkdir",  "mkdirat", "unlink",
    "unlinkat",  "rename", "renameat", "renameat2", "link",   "linkat",  "symlink",
    "symlinkat", "execve", "execveat", "connect",   "sendto", "sendmmsg"};

}  // namespace hs::jail
