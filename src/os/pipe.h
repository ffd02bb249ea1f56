// Pipes and files in memory: what is handed to another process as its standard input and output.
// Threads: pure functions over the kernel.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "os/fd.h"

namespace hs::os {

struct PipeEnds {
    Fd reading;  // non-blocking
    Fd writing;  // blocking, as a program that knows nothing of us expects
};
// pipe2(2), close-on-exec on both ends.
base::Result<PipeEnds> make_pipe();
// The same for what we write: `reading` blocks, as a program expects, and `writing` does not.
base::Result<PipeEnds> make_input_pipe();
// A regular file without a name, positioned at its start, that nobody can change any more
// (memfd_create(2) with all seals, not executable where the kernel knows that).
base::Result<Fd> memory_file(base::ByteView bytes);
// /dev/null, for reading and writing.
base::Result<Fd> open_null();

}  // namespace hs::os
