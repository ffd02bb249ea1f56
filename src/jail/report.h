// Report: what the inside of a sandbox tells the launcher over a socket of whole messages, before
// the command runs and after it has ended. Both ends are one program, so the form is its memory.
//
// What it does not protect from: nothing hostile writes here. The socket is close-on-exec and the
// process that keeps it can be neither traced nor signalled from inside.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "os/launch.h"

namespace hs::jail {

// What identifies one version of a file's content as well as the kernel can tell.
struct FileVersion {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size_bytes = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    auto operator<=>(const FileVersion&) const = default;
};

enum class ReportKind : std::uint32_t {
    map_me,    // the user namespace is made: write its maps and answer as for `grouped`
    grouped,   // answer with one byte once the process is in its control group
    listener,  // carries the descriptor of the call filter's notifications
    hashed,    // `version` has the digest `digest`: worth remembering
    note,      // `text` for the person
    enforced,  // `text` is "what\nby"
    failed,    // `step` and `text`: the sandbox could not be built
    outlets,   // carries the listeners of the sandbox's network, in the order of os::outlets
    terminal,  // carries the other end of the sandbox's own terminal
    ended,     // `wait_status`, `cpu_us`, `memory_peak_bytes`
};

struct Report {
    static constexpr std::size_t descriptors_max = 8;

    ReportKind kind{};
    std::int32_t wait_status = 0;
    std::uint64_t cpu_us = 0;
    std::uint64_t memory_peak_bytes = 0;
    FileVersion version;
    os::Sha256Bytes digest{};
    char step[48] = {};
    char text[512] = {};

    void set_step(std::string_view value) { copy(step, sizeof step, value); }
    void set_text(std::string_view value) { copy(text, sizeof text, value); }

  private:
    static void copy(char* to, std::size_t room, std::string_view value) {
        const std::size_t size = value.size() < room ? value.size() : room - 1;
        std::memcpy(to, value.data(), size);
        to[size] = '\0';
    }
};

}  // namespace hs::jail
