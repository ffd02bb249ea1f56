#include "os/pipe.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "os/error.h"
#include "os/file.h"

namespace hs::os {

namespace {

base::Result<PipeEnds> pipe_with(Fd PipeEnds::*ours) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("making a pipe", errno);
    PipeEnds pipe{Fd(ends[0]), Fd(ends[1])};
    const int end = (pipe.*ours).get();
    const int flags = ::fcntl(end, F_GETFL);
    if (flags < 0 || ::fcntl(end, F_SETFL, flags | O_NONBLOCK) != 0) {
        return fail_errno("preparing a pipe", errno);
    }
    return pipe;
}

}  // namespace

base::Result<PipeEnds> make_pipe() {
    return pipe_with(&PipeEnds::reading);
}

base::Result<PipeEnds> make_input_pipe() {
    return pipe_with(&PipeEnds::writing);
}

base::Result<Fd> memory_file(base::ByteView bytes) {
    constexpr unsigned noexec_seal = 8;  // MFD_NOEXEC_SEAL, Linux 6.3
    const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int number = ::memfd_create("hardshell", flags | noexec_seal);
    if (number < 0 && errno == EINVAL) number = ::memfd_create("hardshell", flags);
    if (number < 0) return fail_errno("making a file in memory", errno);
    Fd file(number);
    TRY(write_all(number, bytes));
    if (::lseek(number, 0, SEEK_SET) != 0) return fail_errno("preparing a file in memory", errno);
    const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    if (::fcntl(number, F_ADD_SEALS, seals) != 0) return fail_errno("sealing a file", errno);
    return file;
}

base::Result<Fd> open_null() {
    return open_file("/dev/null", O_RDWR);
}

}  // namespace hs::os
