#include "net/resolver.h"

#include <ares.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace hs::net {

using base::Code;
using base::fail;
using base::Failure;
using base::Result;

namespace {

constexpr int try_timeout_ms = 2'000;
constexpr int tries = 3;

struct Answer {
    bool done = false;
    int status = ARES_SUCCESS;
    std::vector<Address> addresses;
    std::vector<std::string> texts;
};

// One TXT record is one or more strings of at most 255 bytes (RFC 1035 section 3.3.14).
void on_texts(void* argument, int status, int, unsigned char* bytes, int size) {
    auto& answer = *static_cast<Answer*>(argument);
    answer.done = true;
    answer.status = status;
    if (status != ARES_SUCCESS || bytes == nullptr) return;
    ares_txt_ext* all = nullptr;
    answer.status = ares_parse_txt_reply_ext(bytes, size, &all);
    for (const auto* part = all; part != nullptr; part = part->next) {
        if (part->record_start != 0) {
            if (answer.texts.size() == Resolver::texts_max) break;
            answer.texts.emplace_back();
        }
        if (answer.texts.empty()) break;
        answer.texts.back().append(reinterpret_cast<const char*>(part->txt), part->length);
    }
    if (all != nullptr) ares_free_data(all);
}

void on_answer(void* argument, int status, int, ares_addrinfo* info) {
    auto& answer = *static_cast<Answer*>(argument);
    answer.done = true;
    answer.status = status;
    if (info == nullptr) return;
    for (const auto* node = info->nodes; node != nullptr; node = node->ai_next) {
        if (answer.addresses.size() == Resolver::addresses_max) break;
        const auto address = Address::from_socket(node->ai_addr);
        if (!address) continue;
        if (std::find(answer.addresses.begin(), answer.addresses.end(), *address) ==
            answer.addresses.end()) {
            answer.addresses.push_back(*address);
        }
    }
    ares_freeaddrinfo(info);
}

Failure fail_lookup(const std::string& host, int status) {
    switch (status) {
        case ARES_ENOTFOUND:
        case ARES_ENODATA:
        case ARES_ENONAME:
        case ARES_EBADNAME:
            return fail(Code::not_found,
                        fmt::format("the name {} has no address; check its spelling", host));
        case ARES_ETIMEOUT:
            return fail(Code::timed_out,
                        fmt::format("no name server answered for {} in time; check the network "
                                    "connection",
                                    host));
        case ARES_ENOMEM:
            return fail(Code::exhausted, "no memory is left to look up a name");
        default:
            return fail(Code::io, fmt::format("looking up {} failed: {}; check the network "
                                              "connection and /etc/resolv.conf",
                                              host, ares_strerror(status)));
    }
}

// Owns one c-ares channel: a channel is used by one thread only, so each lookup has its own.
class Lookup {
  public:
    ~Lookup() {
        if (channel_ != nullptr) ares_destroy(channel_);
    }
    Lookup() = default;
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    Result<> open(const std::string& servers) {
        static const int library = ares_library_init(ARES_LIB_INIT_ALL);
        ares_options options{};
        options.timeout = try_timeout_ms;
        options.tries = tries;
        options.flags = ARES_FLAG_NOALIASES;  // HOSTALIASES would let the environment redirect
        const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS;
        if (library != ARES_SUCCESS || ares_init_options(&channel_, &options, mask) != 0) {
            return fail(Code::io, "name lookup cannot start; check /etc/resolv.conf");
        }
        if (!servers.empty() && ares_set_servers_ports_csv(channel_, servers.c_str()) != 0) {
            return fail(Code::invalid_input,
                        "network.name_servers is malformed; expected addresses, "
                        "or addresses with a port");
        }
        return {};
    }

    // The answer outlives the channel: destroying it calls back a last time.
    void start(const std::string& host, Answer& answer) {
        ares_addrinfo_hints hints{};
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &on_answer, &answer);
    }

    void start_texts(const std::string& name, Answer& answer) {
        constexpr int internet = 1;  // class and type of RFC 1035 section 3.2
        constexpr int txt = 16;
        ares_query(channel_, name.c_str(), internet, txt, &on_texts, &answer);
    }

    Result<> step(os::Deadline deadline, const os::WakeUp* wake_up) {
        std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
        const auto bits =
            static_cast<unsigned>(ares_getsock(channel_, sockets.data(), ARES_GETSOCK_MAXNUM));
        std::array<pollfd, ARES_GETSOCK_MAXNUM + 1> items{};
        std::size_t count = 0;
        for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
            const bool reads = (bits & (1U << i)) != 0;
            const bool writes = (bits & (1U << (i + ARES_GETSOCK_MAXNUM))) != 0;
            if (!reads && !writes) continue;
            const int events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
            items[count++] = {sockets[i], static_cast<short>(events), 0};
        }
        items[count] = {wake_up != nullptr ? wake_up->fd() : -1, POLLIN, 0};
        const int waited = ::poll(items.data(), count + 1, wait_ms(deadline));
        if (items[count].revents != 0) return fail(Code::cancelled, "the lookup was told to stop");
        if (deadline.passed()) {
            return fail(Code::timed_out, "the name was not looked up in time; check the network");
        }
        for (std::size_t i = 0; waited > 0 && i < count; ++i) {
            const bool reads = (items[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
            const bool writes = (items[i].revents & POLLOUT) != 0;
            ares_process_fd(channel_, reads ? items[i].fd : ARES_SOCKET_BAD,
                            writes ? items[i].fd : ARES_SOCKET_BAD);
        }
        if (waited <= 0) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        return {};
    }

  private:
    int wait_ms(os::Deadline deadline) const {
        timeval most{1, 0};
        timeval room{};
        const timeval* next = ares_timeout(channel_, &most, &room);
        const int library_ms = static_cast<int>(next->tv_sec * 1000 + next->tv_usec / 1000) + 1;
        const int left_ms = deadline.left_ms();
        return left_ms < 0 ? library_ms : std::min(left_ms, library_ms);
    }

    ares_channel channel_ = nullptr;
};

struct Wait {
    os::Deadline deadline;
    const os::WakeUp* wake_up;
};

Result<Answer> ask(const std::string& servers, const std::string& name,
                   void (Lookup::*start)(const std::string&, Answer&), const Wait& wait) {
    Answer answer;
    {
        Lookup lookup;
        TRY(lookup.open(servers));
        (lookup.*start)(name, answer);
        while (!answer.done) TRY(lookup.step(wait.deadline, wait.wake_up));
    }
    if (answer.status != ARES_SUCCESS) return fail_lookup(name, answer.status);
    return answer;
}

}  // namespace

Result<std::vector<Address>> SystemResolver::resolve(const std::string& host, os::Deadline deadline,
                                                     const os::WakeUp* wake_up) {
    Answer answer = TRY(ask(servers(), host, &Lookup::start, Wait{deadline, wake_up}));
    if (answer.addresses.empty()) return fail_lookup(host, ARES_ENODATA);
    return std::move(answer.addresses);
}

Result<std::vector<std::string>> SystemResolver::texts(const std::string& name,
                                                       os::Deadline deadline,
                                                       const os::WakeUp* wake_up) {
    Answer answer = TRY(ask(servers(), name, &Lookup::start_texts, Wait{deadline, wake_up}));
    if (answer.texts.empty()) return fail_lookup(name, ARES_ENODATA);
    return std::move(answer.texts);
}

}  // namespace hs::net
