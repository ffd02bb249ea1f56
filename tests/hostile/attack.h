// What the hostile programs share. One attack a file; the first line of each says what must become
// of it, which walls stop it, and how it is shown that they do (tests/hostile/README.md).
//
// Exit code 0 means that the attack did its harm, 10 that it was stopped.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

inline int harm(const char* what) {
    std::printf("HARM: %s\n", what);
    return 0;
}
inline int blocked() {
    return 10;
}

inline std::string given(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string("/nothing") : std::string(value);
}

// Opens and reads at least one byte.
inline bool can_read(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    char byte = 0;
    const bool read = file >= 0 && ::read(file, &byte, 1) == 1;
    if (file >= 0) ::close(file);
    return read;
}

inline bool can_write(const std::string& path, const char* text = "x") {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const std::string bytes = text;
    const bool wrote = file >= 0 && ::write(file, bytes.data(), bytes.size()) > 0;
    if (file >= 0) ::close(file);
    return wrote;
}

inline bool can_fill(const std::string& path, std::size_t bytes) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    const std::vector<char> piece(std::size_t{1} << 20U, 'x');
    std::size_t wrote = 0;
    while (file >= 0 && wrote < bytes) {
        const ssize_t part = ::write(file, piece.data(), piece.size());
        if (part <= 0) break;
        wrote += static_cast<std::size_t>(part);
    }
    if (file >= 0) ::close(file);
    return wrote >= bytes;
}

inline bool can_connect(int family, int port) {
    const int out = ::socket(family, SOCK_STREAM, 0);
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(static_cast<std::uint16_t>(port));
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = four.sin_port;
    six.sin6_addr = in6addr_loopback;
    const auto* to = family == AF_INET ? reinterpret_cast<const sockaddr*>(&four)
                                       : reinterpret_cast<const sockaddr*>(&six);
    const socklen_t size = family == AF_INET ? sizeof four : sizeof six;
    return out >= 0 && ::connect(out, to, size) == 0;
}
