#include "egress/tunnel.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "egress/walls.h"
#include "net/address.h"

namespace hs::egress {
namespace {

using base::Bytes;
using base::ByteView;

constexpr std::size_t buffer_bytes = std::size_t{64} << 10U;

// One direction: what was read and not yet written.
struct Direction {
    int from = -1;
    int to = -1;
    Bytes waiting;
    std::size_t at = 0;
    bool ended = false;    // nothing more comes
    bool shut = false;     // and the other side has been told
    bool holding = false;  // nothing is written before the first bytes are checked

    bool wants_read() const { return !ended && waiting.size() - at < buffer_bytes; }
    bool wants_write() const { return !holding && at < waiting.size(); }
};

class Relay {
  public:
    Relay(TunnelEnds ends, const TunnelRules& rules, TrafficBudget& budget,
          std::shared_ptr<const FingerprintTable> fingerprints)
        : rules_(rules), budget_(budget), scan_(std::move(fingerprints)) {
        up_.from = down_.to = ends.client;
        up_.to = down_.from = ends.server;
        up_.holding = true;
        if (!ends.first.empty()) take_from_client(ends.first);
    }

    Traffic run(const os::WakeUp& stop) {
        while (!traffic_.trouble && !(up_.shut && down_.shut)) {
            if (!wait(stop)) break;
        }
        return std::move(traffic_);
    }

  private:
    bool wait(const os::WakeUp& stop) {
        pollfd items[3] = {{up_.from, 0, 0}, {up_.to, 0, 0}, {stop.fd(), POLLIN, 0}};
        if (up_.wants_read()) items[0].events |= POLLIN;
        if (down_.wants_write()) items[0].events |= POLLOUT;
        if (down_.wants_read()) items[1].events |= POLLIN;
        if (up_.wants_write()) items[1].events |= POLLOUT;
        // A side that is not waited for must not report its hang-up for ever.
        for (pollfd& item : {std::ref(items[0]), std::ref(items[1])}) {
            if (item.events == 0) item.fd = -1;
        }
        const int ready = ::poll(items, 3, static_cast<int>(rules_.idle_ms));
        if (ready < 0) return errno == EINTR;
        if (ready == 0) return fail(Reason::server_timeout, "nothing was said for a long time");
        if (items[2].revents != 0) return fail(Reason::stopped, "the sandbox or its permit ended");
        if ((items[0].revents & POLLOUT) != 0 && !write(down_)) return false;
        if ((items[1].revents & POLLOUT) != 0 && !write(up_)) return false;
        if ((items[0].revents & ~POLLOUT) != 0 && up_.wants_read() && !read(up_)) return false;
        if ((items[1].revents & ~POLLOUT) != 0 && down_.wants_read() && !read(down_)) return false;
        return true;
    }

    bool fail(Reason reason, std::string what) {
        traffic_.trouble = Trouble{reason, std::move(what)};
        return false;
    }

    bool read(Direction& way) {
        std::array<std::uint8_t, 16384> piece;
        const ssize_t count = ::recv(way.from, piece.data(), piece.size(), MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
        if (count < 0) return fail(Reason::server_broken, "one side broke off");
        if (count == 0) {
            way.ended = true;
            // What was held is no whole hello, and the client has nothing to add.
            if (&way == &up_ && way.holding && !way.waiting.empty()) {
                return fail(Reason::host_disagrees, "the TLS hello broke off");
            }
            return finish(way);
        }
        const ByteView bytes(piece.data(), static_cast<std::size_t>(count));
        if (&way == &up_) return take_from_client(bytes);
        down_.waiting.insert(down_.waiting.end(), bytes.begin(), bytes.end());
        traffic_.received_bytes += bytes.size();
        if (!budget_.receive(bytes.size())) return fail(Reason::over_budget, over_text);
        return true;
    }

    bool take_from_client(ByteView bytes) {
        up_.waiting.insert(up_.waiting.end(), bytes.begin(), bytes.end());
        if (!budget_.send(bytes.size())) return fail(Reason::over_budget, over_text);
        traffic_.sent_bytes += bytes.size();
        if (up_.holding) return check_first();
        if (is_tls_) return true;
        return scan(bytes);
    }

    bool scan(ByteView bytes) {
        const auto found = scan_.feed(bytes);
        if (!found) return true;
        return fail(Reason::secret_leaves, "the connection holds the secret " + *found);
    }

    bool check_first() {
        is_tls_ = may_be_tls(up_.waiting.front());
        if (!is_tls_) {
            up_.holding = false;
            if (rules_.must_be_tls && stands(Wall::tls_only)) {
                return fail(Reason::host_disagrees, "only TLS may pass on this port");
            }
            return scan(up_.waiting);
        }
        const auto hello = parse_client_hello(up_.waiting);
        if (!hello) return fail(Reason::host_disagrees, hello.error().what);
        if (!*hello) return true;  // more is to come
        if (auto trouble = check_hello(**hello, rules_.host)) {
            traffic_.trouble = std::move(trouble);
            return false;
        }
        up_.holding = false;
        return true;
    }

    bool write(Direction& way) {
        const ssize_t count = ::send(way.to, way.waiting.data() + way.at,
                                     way.waiting.size() - way.at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
        if (count < 0) return fail(Reason::server_broken, "one side broke off");
        way.at += static_cast<std::size_t>(count);
        if (way.at < way.waiting.size()) return true;
        way.waiting.clear();
        way.at = 0;
        return finish(way);
    }

    // Once all that came has been passed on, the other side learns of the end.
    bool finish(Direction& way) {
        if (!way.ended || way.shut || way.at < way.waiting.size()) return true;
        ::shutdown(way.to, SHUT_WR);
        way.shut = true;
        return true;
    }

    static constexpr const char* over_text =
        "the sandbox has sent or received as much as its profile gives it; see [connections] in "
        "hardshell sandbox show";

    const TunnelRules& rules_;
    TrafficBudget& budget_;
    LeakScan scan_;
    Direction up_;
    Direction down_;
    bool is_tls_ = false;
    Traffic traffic_;
};

}  // namespace

std::optional<Trouble> check_hello(const ClientHello& hello, const std::string& host) {
    if (!stands(Wall::hello)) return std::nullopt;
    if (hello.has_encrypted_hello) {
        return Trouble{Reason::host_disagrees,
                       "the TLS hello is encrypted, so it cannot be seen which host it is for"};
    }
    const bool is_name = !net::Address::parse(host).ok();
    if (is_name && hello.server_name != host) {
        return Trouble{Reason::host_disagrees,
                       fmt::format("the connection is for {}, and its TLS hello for \"{}\"", host,
                                   hello.server_name)};
    }
    // For an address there is no name to prove; a name would be somebody else's decision.
    if (!is_name && !hello.server_name.empty()) {
        return Trouble{Reason::host_disagrees,
                       fmt::format("the connection is for the address {}, and its TLS hello for {}",
                                   host, hello.server_name)};
    }
    return std::nullopt;
}

Traffic run_tunnel(TunnelEnds ends, const TunnelRules& rules, TrafficBudget& budget,
                   std::shared_ptr<const FingerprintTable> fingerprints, const os::WakeUp& stop) {
    Relay relay(std::move(ends), rules, budget, std::move(fingerprints));
    return relay.run(stop);
}

}  // namespace hs::egress
