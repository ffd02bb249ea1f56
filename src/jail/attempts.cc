#include "jail/attempts.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <vector>

namespace hs::jail {
namespace {

constexpr std::size_t query_bytes_max = 512;
constexpr std::size_t messages_max = 4;

// The memory of a process that waits.
class Memory {
  public:
    explicit Memory(int process) : process_(process) {}

    std::size_t read(std::uint64_t address, void* into, std::size_t size) const {
        const iovec to{into, size};
        const iovec from{reinterpret_cast<void*>(address), size};
        const ssize_t count = ::process_vm_readv(process_, &to, 1, &from, 1, 0);
        return count < 0 ? 0 : static_cast<std::size_t>(count);
    }
    template <class Value>
    std::optional<Value> value(std::uint64_t address) const {
        Value value{};
        if (read(address, &value, sizeof value) != sizeof value) return {};
        return value;
    }
    // A text that ends in a zero byte, page by page, as the one after it may not be there.
    std::optional<std::string> text(std::uint64_t address) const {
        constexpr std::uint64_t page = 4096;
        std::string text;
        while (address != 0 && text.size() < PATH_MAX) {
            std::array<char, page> piece;
            const std::size_t wanted = page - address % page;
            const std::size_t count = read(address, piece.data(), wanted);
            const auto end = std::find(piece.begin(), piece.begin() + count, '\0');
            text.append(piece.begin(), end);
            if (end != piece.begin() + count) return text;
            if (count < wanted) return {};
            address += count;
        }
        return {};
    }

  private:
    int process_;
};

std::string link_of(int process, const std::string& name) {
    std::array<char, PATH_MAX> target;
    const std::string path = "/proc/" + std::to_string(process) + "/" + name;
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    return size <= 0 ? std::string("/")
                     : std::string(target.data(), static_cast<std::size_t>(size));
}

constexpr int working_folder = AT_FDCWD;

struct Call {
    int process;
    Memory memory;
    const std::uint64_t (&arguments)[6];
    const std::vector<os::Mount>& mounts;

    std::optional<std::string> path(unsigned argument, int folder = working_folder) const {
        const auto text = memory.text(arguments[argument]);
        if (!text || text->empty()) return {};
        if (text->front() == '/') return plain_path("/", *text);
        return plain_path(
            link_of(process, folder == working_folder ? "cwd" : "fd/" + std::to_string(folder)),
            *text);
    }
    int folder(unsigned argument) const { return static_cast<int>(arguments[argument]); }
};

bool lies_below(std::string_view path, std::string_view folder) {
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

// What every sandbox shows, and its own scratch space: nothing to be permitted.
bool is_common(AttemptKind kind, std::string_view path) {
    constexpr std::array<std::string_view, 3> scratch = {"/tmp", "/dev", "/proc"};
    constexpr std::array<std::string_view, 11> shown = {
        "/usr", "/lib", "/lib64", "/bin", "/sbin", "/opt", "/etc", "/sys", "/run", "/var", "/"};
    const auto covers = [&](std::string_view folder) {
        return folder == "/" ? path == folder : lies_below(path, folder);
    };
    return std::any_of(scratch.begin(), scratch.end(), covers) ||
           (kind == AttemptKind::read && std::any_of(shown.begin(), shown.end(), covers));
}

std::optional<Attempt> of_path(const Call& call, AttemptKind kind,
                               const std::optional<std::string>& path) {
    if (!path) return {};
    const bool personal = std::any_of(call.mounts.begin(), call.mounts.end(), [&](const auto& one) {
        return one.content == os::MountContent::personal && lies_below(*path, one.target);
    });
    if (kind != AttemptKind::run && !personal && is_common(kind, *path)) return {};
    return Attempt{kind, path->substr(0, Outcome::attempt_bytes_max)};
}

AttemptKind kind_of_open(std::uint64_t flags) {
    const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
    return writes ? AttemptKind::write : AttemptKind::read;
}

std::optional<Attempt> of_address(const Call& call) {
    sockaddr_storage address{};
    const std::size_t size = std::min<std::size_t>(call.arguments[2], sizeof address);
    if (call.memory.read(call.arguments[1], &address, size) != size) return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    std::uint16_t port = 0;
    std::string what;
    if (address.ss_family == AF_INET) {
        const auto& four = reinterpret_cast<const sockaddr_in&>(address);
        port = ntohs(four.sin_port);
        what = ::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
    } else if (address.ss_family == AF_INET6) {
        const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
        port = ntohs(six.sin6_port);
        what = std::string("[") + ::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size()) +
               "]";
    } else if (address.ss_family == AF_UNIX) {
        const auto& local = reinterpret_cast<const sockaddr_un&>(address);
        const std::string path(local.sun_path, ::strnlen(local.sun_path, sizeof local.sun_path));
        // The C library asks for its name service cache each time.
        if (path.empty() || path.find("nscd") != std::string::npos) return {};
        return Attempt{AttemptKind::connect, "unix:" + path};
    }
    // Port 53 is the question for a name, which is told apart; 0 only asks for a route.
    if (what.empty() || port == 53 || port == 0) return {};
    return Attempt{AttemptKind::connect, what + ":" + std::to_string(port)};
}

std::optional<Attempt> of_bytes(const Memory& memory, std::uint64_t address, std::uint64_t size) {
    if (size > query_bytes_max) return {};
    std::array<std::uint8_t, query_bytes_max> bytes;
    const auto name = name_asked({bytes.data(), memory.read(address, bytes.data(), size)});
    if (!name) return {};
    return Attempt{AttemptKind::resolve, name->substr(0, Outcome::attempt_bytes_max)};
}

std::optional<Attempt> of_message(const Memory& memory, std::uint64_t address) {
    const auto header = memory.value<msghdr>(address);
    if (!header || header->msg_iovlen == 0) return {};
    const auto piece = memory.value<iovec>(reinterpret_cast<std::uint64_t>(header->msg_iov));
    if (!piece) return {};
    return of_bytes(memory, reinterpret_cast<std::uint64_t>(piece->iov_base), piece->iov_len);
}

std::optional<Attempt> of_messages(const Call& call) {
    const std::uint64_t count = std::min<std::uint64_t>(call.arguments[2], messages_max);
    for (std::uint64_t i = 0; i < count; ++i) {
        auto found = of_message(call.memory, call.arguments[1] + i * sizeof(mmsghdr));
        if (found) return found;
    }
    return {};
}

}  // namespace

std::string plain_path(std::string_view folder, std::string_view path) {
    std::vector<std::string_view> parts;
    for (std::string_view text : {folder, path}) {
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('/'), text.size());
            const std::string_view part = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
            if (part == ".." && !parts.empty()) parts.pop_back();
            if (!part.empty() && part != "." && part != "..") parts.push_back(part);
        }
    }
    std::string plain;
    for (const std::string_view part : parts) plain.append("/").append(part);
    return plain.empty() ? "/" : plain;
}

std::optional<std::string> name_asked(base::ByteView datagram) {
    constexpr std::size_t header = 12;
    if (datagram.size() < header + 6 || (datagram[2] & 0xf8U) != 0) return {};
    // One question, no answer.
    if (datagram[4] != 0 || datagram[5] != 1 || datagram[6] != 0 || datagram[7] != 0) return {};
    std::string name;
    std::size_t at = header;
    while (at < datagram.size() && datagram[at] != 0) {
        const std::size_t size = datagram[at];
        if (size > 63 || at + 1 + size >= datagram.size()) return {};
        if (!name.empty()) name += '.';
        for (const std::uint8_t byte : datagram.subspan(at + 1, size)) {
            if (byte <= ' ' || byte >= 0x7f) return {};
            name += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
        }
        at += 1 + size;
    }
    if (name.empty() || name.size() > 253 || at + 5 > datagram.size()) return {};
    return name;
}

std::optional<Attempt> attempt_of(int process, std::string_view name,
                                  const std::uint64_t (&arguments)[6],
                                  const std::vector<os::Mount>& mounts) {
    const Call call{process, Memory(process), arguments, mounts};
    if (name == "open") return of_path(call, kind_of_open(arguments[1]), call.path(0));
    if (name == "openat")
        return of_path(call, kind_of_open(arguments[2]), call.path(1, call.folder(0)));
    if (name == "openat2") {
        const auto flags = call.memory.value<std::uint64_t>(arguments[2]);
        return of_path(call, kind_of_open(flags.value_or(0)), call.path(1, call.folder(0)));
    }
    if (name == "execve") return of_path(call, AttemptKind::run, call.path(0));
    if (name == "execveat") return of_path(call, AttemptKind::run, call.path(1, call.folder(0)));
    if (name == "connect") return of_address(call);
    if (name == "sendto") return of_bytes(call.memory, arguments[1], arguments[2]);
    if (name == "sendmmsg") return of_messages(call);
    // What is made, moved or removed: of two paths the one that is new.
    if (name == "rename" || name == "link" || name == "symlink")
        return of_path(call, AttemptKind::write, call.path(1));
    if (name == "renameat" || name == "renameat2" || name == "linkat")
        return of_path(call, AttemptKind::write, call.path(3, call.folder(2)));
    if (name == "symlinkat") return of_path(call, AttemptKind::write, call.path(2, call.folder(1)));
    if (name == "mkdirat" || name == "unlinkat")
        return of_path(call, AttemptKind::write, call.path(1, call.folder(0)));
    return of_path(call, AttemptKind::write, call.path(0));
}

}  // namespace hs::jail
