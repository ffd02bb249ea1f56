#include "hardshell/doctor_proof.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "control/command_frames.h"
#include "hardshell/lines.h"
#include "os/file.h"
#include "os/folder.h"
#include "os/pipe.h"
#include "os/socket.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using control::CommandFrame;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::int64_t connect_ms = 5'000;
constexpr std::int64_t proof_ms = 90'000;
constexpr std::size_t output_bytes_max = std::size_t{64} << 10U;

// `fails NAME COMMAND…` holds when the command fails; `works` when it succeeds. $state is the state
// folder, $outside a file outside, $process one of the host: they are set before.
constexpr std::string_view script =
    R"(fails() { name=$1; shift; if "$@" >/dev/null 2>&1; then echo "$name broken"; else echo "$name held"; fi; }
works() { name=$1; shift; if "$@" >/dev/null 2>&1; then echo "$name held"; else echo "$name broken"; fi; }
write() { echo x >> "$1"; }
page() {
    exec 3<>"/dev/tcp/$1/80" || return 1
    printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$1" >&3
    read -t 30 -r line <&3 || return 1
    case $line in *" 2"[0-9][0-9]*|*" 3"[0-9][0-9]*) return 0 ;; *) return 1 ;; esac
}
port() { : <"/dev/tcp/$1/$2"; }
set_id() { cp /bin/sh ./set-id && chmod u+s ./set-id; }
stands() { case $(getent hosts example.com) in 198.1[89].*) return 0 ;; *) return 1 ;; esac; }
fails system_is_read_only write /usr/hardshell-proof
fails state_is_hidden ls "$state/audit"
fails record_cannot_be_written write "$state/audit/proof"
fails outside_is_not_there cat "$outside"
fails masked_file_is_unreadable cat masked.pem
fails host_processes_are_unseen test -d "/proc/$process"
hooks() { write .git/hooks/pre-commit || mv .git moved; }
fails hooks_are_read_only hooks
fails no_new_namespaces unshare --user true
fails no_mounts mount -t tmpfs none /tmp
fails no_set_user_id set_id
fails metadata_is_unreachable page 169.254.169.254
fails private_network_is_unreachable page 10.0.0.1
fails other_ports_refuse port 192.0.2.1 25
works project_can_be_written write proof.txt
works system_can_be_read cat /etc/passwd
works names_are_answered_here stands
)";

constexpr std::pair<std::string_view, std::string_view> meanings[] = {
    {"system_is_read_only", "write below /usr"},
    {"state_is_hidden", "look into Hardshell's own state"},
    {"record_cannot_be_written", "write into the record"},
    {"outside_is_not_there", "read a file outside the project"},
    {"masked_file_is_unreadable", "read a file that holds credentials"},
    {"host_processes_are_unseen", "see a process of the host"},
    {"hooks_are_read_only", "write a file that others execute later"},
    {"no_new_namespaces", "make a user namespace"},
    {"no_mounts", "mount a file system"},
    {"no_set_user_id", "make a set-user-ID program"},
    {"metadata_is_unreachable", "fetch from the cloud's metadata address"},
    {"private_network_is_unreachable", "fetch from a private network"},
    {"other_ports_refuse", "connect to a port without an outlet"},
    {"project_can_be_written", "write in the project"},
    {"system_can_be_read", "read the system's files"},
    {"names_are_answered_here", "look a name up"},
};

// One word of the shell, whatever the path holds.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

// A project of its own, beside it a file that no sandbox of it may see.
struct Place {
    std::string folder;
    std::string project;
    std::string outside;

    static Result<Place> make(const Desk& desk) {
        Place place;
        TRY(os::make_private_folder(desk.places.cache));
        place.folder =
            fmt::format("{}/doctor-{}", TRY(os::resolve_path(desk.places.cache)), ::getpid());
        place.project = place.folder + "/project";
        place.outside = place.folder + "/outside.txt";
        TRY(os::make_private_folder(place.folder));
        TRY(os::make_private_folder(place.project));
        const base::ByteView planted = base::bytes_of("planted\n");
        TRY(os::write_file_atomic(place.outside, planted));
        TRY(os::write_file_atomic(place.project + "/masked.pem", planted));
        // Open to everybody, so that the mount alone protects it.
        TRY(os::make_folders(place.project + "/.git/hooks", 0777));
        ::chmod((place.project + "/.git/hooks").c_str(), 0777);
        const std::string text =
            fmt::format("state={}\noutside={}\nprocess={}\n{}", quoted(desk.places.state),
                        quoted(place.outside), ::getpid(), script);
        TRY(os::write_file_atomic(place.project + "/proof.sh", base::bytes_of(text)));
        return place;
    }
    void remove() const {
        for (const char* name :
             {"masked.pem", "proof.sh", "proof.txt", "set-id", ".git/hooks/pre-commit"}) {
            static_cast<void>(os::remove_file(project + "/" + name).ok());
        }
        static_cast<void>(os::remove_file(outside).ok());
        for (const char* name : {"/.git/hooks", "/.git", ""}) {
            static_cast<void>(os::remove_folder(project + name).ok());
        }
        static_cast<void>(os::remove_folder(folder).ok());
    }
};

Result<os::Fd> connect(const Desk& desk) {
    auto connected =
        os::connect_unix(desk.places.commands_socket, os::Deadline::after_ms(connect_ms));
    if (connected) return connected;
    TRY(start_daemon(desk.places));
    return os::connect_unix(desk.places.commands_socket, os::Deadline::after_ms(connect_ms));
}

Json request_for(const Place& place) {
    Json argv{wire::JsonArray{}};
    argv.push("bash");
    argv.push("proof.sh");
    return JsonObject{{"argv", std::move(argv)},
                      {"executable", "/bin/bash"},
                      {"working_directory", place.project},
                      {"project", place.project},
                      {"profile", ""},
                      {"terminal", false},
                      {"wall_ms", proof_ms}};
}

// What the sandbox prints, until it has ended.
Result<std::string> output_of(os::Channel& channel, const os::Fd& output) {
    std::string text;
    bool open = true;
    const os::Deadline deadline = os::Deadline::after_ms(proof_ms + connect_ms);
    while (open || channel.fd() >= 0) {
        pollfd items[2] = {{open ? output.get() : -1, POLLIN, 0}, {channel.fd(), POLLIN, 0}};
        const int ready = ::poll(items, 2, deadline.left_ms());
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return fail(Code::timed_out, "the sandbox did not end in time");
        if (items[0].revents != 0) {
            std::array<char, 4096> piece;
            const ssize_t count = ::read(output.get(), piece.data(), piece.size());
            if (count == 0) open = false;
            if (count > 0 && text.size() < output_bytes_max) {
                text.append(piece.data(), static_cast<std::size_t>(count));
            }
            continue;
        }
        const os::Frame frame = TRY(channel.receive(deadline));
        const Json payload = TRY(wire::parse_json(base::text_of(frame.payload)));
        const auto kind = static_cast<CommandFrame>(frame.kind);
        if (kind == CommandFrame::refused) {
            return fail(Code::denied, TRY(wire::text_at(payload, "what")));
        }
        if (kind == CommandFrame::asked) {
            return fail(Code::denied,
                        "policy wants consent for a command of your own; see: "
                        "hardshell why " +
                            text_in(payload, "decision"));
        }
        if (kind != CommandFrame::ended) continue;
        if (text_in(payload, "ending") == "exited") return text;
        return fail(Code::io, clean(text_in(payload, "text")));
    }
    return text;
}

std::vector<ProofLine> lines_of(const std::string& text) {
    std::vector<ProofLine> lines;
    for (const auto& [name, meaning] : meanings) {
        // What was not tried is not proven.
        const bool held = text.find(std::string(name) + " held\n") != std::string::npos;
        lines.push_back({std::string(name), held, std::string(meaning)});
    }
    return lines;
}

Result<std::string> run_proof(const Desk& desk, const Place& place) {
    os::Channel channel(TRY(connect(desk)));
    auto output = TRY(os::make_pipe());
    const os::Fd null = TRY(os::open_null());
    const std::string text = wire::canonical_json(request_for(place));
    TRY(channel.send(0, static_cast<std::uint16_t>(CommandFrame::run), base::bytes_of(text),
                     {null.get(), output.writing.get(), null.get()}));
    output.writing.close();
    return output_of(channel, output.reading);
}

}  // namespace

Result<std::vector<ProofLine>> prove_in_sandbox(const Desk& desk) {
    const Place place = TRY(Place::make(desk));
    const auto text = run_proof(desk, place);
    place.remove();
    return lines_of(TRY(text));
}

}  // namespace hs::cli
