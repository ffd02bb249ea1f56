#include "hardshelld/locked_door.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "control/api.h"
#include "net/http_server.h"
#include "os/file.h"
#include "os/socket.h"

namespace hs::daemon {

using base::Code;
using base::Result;
using wire::Json;

namespace {

constexpr int look_every_ms = 200;

struct KeyState {
    bool is_locked = false;
    std::string reason;
};

Result<KeyState> key_state(gate::Gate& gate) {
    auto shown = gate.question("key.show", Json(wire::JsonObject{}));
    if (!shown) {
        return base::fail(shown.error().code,
                          fmt::format("the keeper did not open the state: {} (its reason is above "
                                      "in the log)",
                                      shown.error().what));
    }
    return KeyState{TRY(wire::boolean_at(*shown, "locked")),
                    TRY(wire::text_at_or(*shown, "reason", ""))};
}

void answer(net::HttpExchange& exchange, const LockedDoor& door, const std::string& reason) {
    const auto& request = exchange.request();
    const bool own =
        exchange.peer().kind == net::Peer::Kind::unix_socket && exchange.peer().uid == ::geteuid();
    Result<> done;
    if (own && request.method == "POST" && request.target == "/v1/stop") {
        done = control::answer_json(exchange, wire::JsonObject{{"stopping", true}});
        door.stop.raise();
    } else {
        Json body;
        body["error"]["code"] = base::code_name(Code::denied);
        body["error"]["message"] = reason;
        body["error"]["type"] = "locked";
        done = control::answer_json(exchange, body, 503);
    }
    if (!done) exchange.close_after();
}

}  // namespace

Result<bool> wait_until_unlocked(const LockedDoor& door) {
    KeyState state = TRY(key_state(door.gate));
    if (!state.is_locked) return true;
    std::fprintf(stderr, "hardshelld: %s\n", state.reason.c_str());
    const auto server =
        TRY(net::HttpServer::make({}, [&door, reason = state.reason](net::HttpExchange& exchange) {
            answer(exchange, door, reason);
        }));
    TRY(server->serve(TRY(os::listen_unix(door.socket)), net::Peer::Kind::unix_socket));
    bool stopping = false;
    while (state.is_locked && !stopping) {
        pollfd items[2] = {{door.signals, POLLIN, 0}, {door.stop.fd(), POLLIN, 0}};
        stopping = ::poll(items, 2, look_every_ms) > 0;
        if (stopping) continue;
        auto now = key_state(door.gate);
        // The keeper is deaf while a person types into the keyring's window.
        if (!now && now.error().code == Code::timed_out) continue;
        state = TRY(std::move(now));
    }
    server->stop(os::Deadline::after_ms(500));
    static_cast<void>(os::remove_file(door.socket).ok());
    return !stopping;
}

}  // namespace hs::daemon
