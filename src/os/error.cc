#include "os/error.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "os/fd.h"

namespace hs::os {
namespace {

std::string_view advice(int number) {
    switch (number) {
        case ENOSPC:
        case EDQUOT:
            return "; free some space on that disk and try again";
        case EACCES:
        case EPERM:
            return "; check the owner and mode of the file and its folders";
        case EMFILE:
        case ENFILE:
            return "; raise the limit of open files (ulimit -n)";
        case EROFS:
            return "; the file system is mounted read-only";
        default:
            return "";
    }
}

}  // namespace

base::Code code_of_errno(int number) {
    switch (number) {
        case ENOENT:
        case ENOTDIR:
            return base::Code::not_found;
        case EACCES:
        case EPERM:
        case EROFS:
        case ELOOP:
        case EXDEV:
            return base::Code::denied;
        case EEXIST:
        case EADDRINUSE:
        case EBUSY:
            return base::Code::conflict;
        case ENOSPC:
        case EDQUOT:
        case ENOMEM:
        case EMFILE:
        case ENFILE:
            return base::Code::exhausted;
        case ETIMEDOUT:
            return base::Code::timed_out;
        case EINVAL:
        case ENAMETOOLONG:
            return base::Code::invalid_input;
        default:
            return base::Code::io;
    }
}

base::Failure fail_errno(std::string_view action, int number, base::Place where) {
    return base::fail(
        code_of_errno(number),
        fmt::format("{}: {}{}", action, std::generic_category().message(number), advice(number)),
        where);
}

void Fd::close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
}

}  // namespace hs::os
