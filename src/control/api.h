// Api: every request that the CLI, a console or an API client may make, and who may make it.
//
// One handler for both doors: the unix socket, where the kernel says who asks, and loopback HTTP,
// where a token does. docs/api.md lists the requests.
// What it does not protect from: another program of the same user on the unix socket; to the
// kernel it is that user. Approvals are not answered here but by the keeper.
// Threads: handle() from many threads at once.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "control/memory_desk.h"
#include "control/turns.h"
#include "gate/gate.h"
#include "gate/settings.h"
#include "gate/tokens.h"
#include "net/http_server.h"
#include "net/origin.h"

namespace hs::control {

using gate::Scope;
using gate::Scopes;
using gate::Tokens;

// Who asks, as far as it was proven.
struct Caller {
    std::string name;  // "uid 1000" or the token's name
    Scopes scopes;
    std::string token;   // as given, for the keeper to check; empty on the unix socket
    std::string origin;  // "cli" or "api"
};

struct ApiPlaces {
    std::string state;  // the state folder
    std::string tokens_file;
    std::string config_file;
    std::string project;  // the daemon's own default: empty
};

class Api {
  public:
    static constexpr std::uint64_t request_bytes_max = std::uint64_t{16} << 20U;

    struct Parts {
        gate::Gate& gate;
        agent::Assistant& assistant;
        Turns& turns;
        const gate::Settings& settings;
        const base::Clock& clock;
        base::Random& random;
        ApiPlaces places;
        net::LocalNames names;
        std::function<bool()> ready;
        std::function<wire::Json()> processes;  // for status
        std::function<void()> stop;             // begins the clean stop
        // Restores a checkpoint: id or empty for the newest; the path that was restored.
        std::function<base::Result<wire::Json>(const Caller&, const std::string&)> undo;
        MemoryDesk* memory = nullptr;          // outlives the Api
        std::function<wire::Json()> channels;  // their health, for status
        // Asks a channel's platform who we are.
        std::function<base::Result<std::string>(const std::string&)> probe_channel;
        // What runs by the clock: "list", "add" or "stop".
        std::function<base::Result<wire::Json>(const Caller&, std::string_view, const wire::Json&)>
            schedules;
    };
    explicit Api(Parts parts) : parts_(std::move(parts)), token_file_(parts_.places.tokens_file) {}

    void handle(net::HttpExchange& exchange);
    // The names under which the loopback door may be addressed, once its port is known.
    void set_names(net::LocalNames names) { parts_.names = std::move(names); }

  private:
    using Answer = base::Result<wire::Json>;
    static constexpr std::int64_t unknown_token_pause_ms = 60'000;

    base::Result<Caller> caller_of(const net::HttpExchange& exchange);
    void note_unknown_token();
    base::Result<> route(net::HttpExchange& exchange, const Caller& caller);
    base::Result<> route_get(net::HttpExchange& exchange, const Caller& caller,
                             const std::string& path);
    base::Result<> route_post(net::HttpExchange& exchange, const Caller& caller,
                              const std::string& path);

    // openai.cc
    base::Result<> chat_completions(net::HttpExchange& exchange, const Caller& caller);
    base::Result<> whole_answer(net::HttpExchange& exchange, agent::TurnRequest& request);
    base::Result<> stream_answer(net::HttpExchange& exchange, agent::TurnRequest& request,
                                 bool usage);
    base::Result<> models(net::HttpExchange& exchange);
    // native.cc
    base::Result<> messages(net::HttpExchange& exchange, const Caller& caller);
    base::Result<> memory(net::HttpExchange& exchange, const Caller& caller,
                          const std::string& verb);
    Answer status(const Caller& caller);
    Answer sessions(const Caller& caller);
    Answer session(const Caller& caller, const std::string& id);
    Answer spaces();
    Answer approvals();
    Answer decision(const std::string& id);
    Answer config(const std::string& key);
    Answer set_config(const Caller& caller, const wire::Json& body);
    std::string metrics();

    Parts parts_;
    gate::TokenFile token_file_;
    std::atomic<std::uint64_t> requests_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;
    std::atomic<std::uint64_t> unknown_tokens_ = 0;  // since the last record of them
    std::atomic<std::int64_t> unknown_token_due_ms_ = 0;
};

// Reads the body as JSON, whatever is wrong with it said in one sentence.
base::Result<wire::Json> json_body(net::HttpExchange& exchange, std::uint64_t bytes_max);
// {"error": {"code", "message"}} with the status that fits.
base::Result<> answer_error(net::HttpExchange& exchange, const base::Error& error);
base::Result<> answer_json(net::HttpExchange& exchange, const wire::Json& json, int status = 200);
base::Result<> require(const Caller& caller, Scope scope);

}  // namespace hs::control
