#include "turn/talk.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace hs::bench {
namespace {

os::Fd connect_to(std::uint16_t port) {
    os::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        give_up("nobody listens on port " + std::to_string(port));
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

std::size_t number_after(std::string_view head, std::string_view name) {
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) return 0;
    std::size_t begin = at + name.size();
    while (begin < head.size() && head[begin] == ' ') ++begin;
    std::size_t number = 0;
    std::from_chars(head.data() + begin, head.data() + head.size(), number);
    return number;
}

}  // namespace

void give_up(const std::string& why) {
    std::fprintf(stderr, "bench_turn: %s\n", why.c_str());
    std::exit(2);
}

void write_whole(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // the reader sees that the peer is gone
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool MessageReader::fill() {
    std::array<char, 16384> buffer;
    const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
    if (count <= 0) return false;
    held_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

bool MessageReader::next(std::string& head, std::string& body) {
    std::size_t end = 0;
    while ((end = held_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) return false;
    }
    head = held_.substr(0, end + 4);
    held_.erase(0, end + 4);
    for (char& c : head) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    body.clear();
    if (head.find("transfer-encoding: chunked") != std::string::npos) return read_chunks(body);
    const std::size_t size = number_after(head, "content-length:");
    while (held_.size() < size) {
        if (!fill()) return false;
    }
    body = held_.substr(0, size);
    held_.erase(0, size);
    return true;
}

bool MessageReader::read_chunks(std::string& body) {
    for (;;) {
        std::size_t line = 0;
        while ((line = held_.find("\r\n")) == std::string::npos) {
            if (!fill()) return false;
        }
        std::size_t size = 0;
        std::from_chars(held_.data(), held_.data() + line, size, 16);
        while (held_.size() < line + 2 + size + 2) {
            if (!fill()) return false;
        }
        body.append(held_, line + 2, size);
        held_.erase(0, line + 2 + size + 2);
        if (size == 0) return true;
    }
}

Talk::Talk(std::uint16_t port) : socket_(connect_to(port)), reader_(socket_.get()) {}

std::string Talk::ask(std::string_view request) {
    write_whole(socket_.get(), request);
    std::string head;
    std::string body;
    if (!reader_.next(head, body)) give_up("the connection ended without an answer");
    if (head.find(" 200 ") == std::string::npos) give_up("refused: " + head + body);
    return body;
}

}  // namespace hs::bench
