#include "hardshelld/daemon.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "agent/assistant.h"
#include "control/api.h"
#include "control/command_desk.h"
#include "control/sealed.h"
#include "hardshelld/actors.h"
#include "hardshelld/channel_house.h"
#include "hardshelld/daily_proof.h"
#include "hardshelld/family.h"
#include "hardshelld/locked_door.h"
#include "hardshelld/providers.h"
#include "hardshelld/text_look.h"
#include "hardshelld/workbench.h"
#include "net/http_server.h"
#include "os/environment.h"
#include "os/error.h"
#include "os/file.h"
#include "os/socket.h"
#include "os/system.h"

namespace hs::daemon {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::size_t config_bytes_max = std::size_t{1} << 20U;
constexpr std::int64_t stop_grace_ms = 3000;
// At the lockdown's beginning everything has lost its Permit; nothing is worth waiting for.
constexpr std::int64_t lockdown_grace_ms = 300;
constexpr std::int64_t restart_pause_ms = 200;
constexpr int restarts_in_a_row_max = 5;

class Daemon {
  public:
    explicit Daemon(control::Places places) : places_(std::move(places)) {}

    Result<> run() {
        TRY(open_state());
        TRY(start_family());
        connect_gate();
        if (!TRY(wait_until_unlocked({places_.daemon_socket, *gate_, signals_.get(), *stop_}))) {
            return leave_locked();
        }
        TRY(watch_lockdown());
        if (sealed_) {
            TRY(open_sealed_door());
        } else {
            TRY(open_sessions());
            TRY(open_assistant());
            TRY(open_channels());
            TRY(open_doors());
        }
        watch_family();
        wait_for_stop();
        return sealed_ ? close_sealed() : close();
    }
    // The lockdown has begun or was lifted: another daemon takes over, with or without the keys.
    bool begins_anew() const { return begins_anew_; }

  private:
    Result<> open_state();
    Result<> start_family();
    void connect_gate();
    Result<> leave_locked();
    Result<> watch_lockdown();
    Result<> open_sessions();
    void open_memory();
    Result<> open_assistant();
    Result<> open_channels();
    Result<> open_doors();
    Result<> open_sealed_door();
    Result<> close_sealed();
    Result<bool> locked_down();
    void begin_anew();
    Result<std::uint16_t> open_loopback();
    void watch_family();
    void family_loop();
    void wait_for_stop();
    Result<> close();
    Json processes() const;
    void publish_members();
    void resume_answered(const std::string& approval, const std::string& outcome);
    void record_process(std::string_view kind, const std::string& process,
                        const std::string& reason);

    // In the order in which they are opened; closed the other way round.
    control::Places places_;
    os::SystemClock clock_;
    os::SystemRandom random_;
    os::Fd lock_;
    os::Fd signals_;
    std::unique_ptr<os::WakeUp> stop_;
    gate::Settings settings_ = gate::Settings::defaults();
    std::unique_ptr<Family> family_;
    FamilySockets sockets_;
    Actors actors_;
    std::unique_ptr<gate::Gate> gate_;
    std::unique_ptr<agent::SessionStore> store_;
    Routes routes_;
    std::unique_ptr<models::Router> router_;
    std::unique_ptr<memory::Memory> memory_;  // none: memory.db could not be opened
    std::string memory_problem_;
    std::unique_ptr<Workbench> workbench_;
    std::unique_ptr<agent::Assistant> assistant_;
    std::unique_ptr<control::Turns> turns_;
    std::unique_ptr<control::MemoryDesk> memory_desk_;
    std::unique_ptr<ChannelHouse> channels_;
    std::unique_ptr<control::Api> api_;
    std::unique_ptr<control::CommandDesk> commands_;
    std::unique_ptr<control::Sealed> sealed_api_;
    std::unique_ptr<net::HttpServer> server_;
    std::unique_ptr<DailyProof> proof_;
    std::thread watcher_;
    std::atomic<bool> ready_ = false;
    bool sealed_ = false;
    std::atomic<bool> begins_anew_ = false;
    mutable base::Guarded<Json> members_;
};

Result<> Daemon::open_state() {
    TRY(os::make_private_folder(places_.state));
    TRY(os::make_private_folder(places_.run));
    auto lock = os::lock_file(places_.lock_file, std::to_string(::getpid()));
    if (!lock && lock.error().code == Code::conflict) {
        return fail(Code::conflict,
                    fmt::format("another hardshelld runs already, as process {}; stop it with: "
                                "hardshell stop",
                                lock.error().what));
    }
    lock_ = TRY(std::move(lock));
    const auto text = os::read_text(places_.config_file, config_bytes_max);
    if (text) {
        settings_ = TRY(gate::Settings::parse(*text, places_.config_file));
    } else if (text.error().code != Code::not_found) {
        return text.failure();
    }
    // Signals are taken as descriptors; every thread made from here on inherits the mask.
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&wanted, number);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    signals_ = os::Fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) return os::fail_errno("watching signals", errno);
    stop_ = std::make_unique<os::WakeUp>(TRY(os::WakeUp::make()));
    return {};
}

// Before any thread of this process exists.
Result<> Daemon::start_family() {
    family_ = std::make_unique<Family>(
        FamilyPlaces{places_.programs, places_.state, places_.config_file, TRY(os::home_folder())});
    sockets_ = TRY(family_->start());
    publish_members();
    return {};
}

// What `hardshell status` shows; the family itself belongs to one thread.
void Daemon::publish_members() {
    Json list{wire::JsonArray{}};
    list.push(wire::JsonObject{{"name", "hardshelld"}, {"pid", ::getpid()}});
    for (const auto& [name, pid] : family_->members()) {
        list.push(wire::JsonObject{{"name", name}, {"pid", pid}});
    }
    members_.with([&](Json& held) { held = std::move(list); });
}

void Daemon::connect_gate() {
    actors_.replace(std::move(sockets_.egress), std::move(sockets_.launcher));
    gate_ = std::make_unique<gate::Gate>(std::move(sockets_.keeper), clock_);
}

// Asked to stop before anybody unlocked the state: nothing has been opened yet.
Result<> Daemon::leave_locked() {
    gate_.reset();
    family_->stop(stop_grace_ms);
    return {};
}

Result<> Daemon::watch_lockdown() {
    const auto locked = locked_down();
    if (!locked) {
        return fail(locked.error().code, fmt::format("the keeper does not answer: {} (see {})",
                                                     locked.error().what, places_.daemon_log));
    }
    sealed_ = *locked;
    gate_->on_lockdown([this](bool on) {
        if (on != sealed_) begin_anew();
    });
    return {};
}

Result<bool> Daemon::locked_down() {
    const Json held = TRY(gate_->question("lockdown.status", Json(wire::JsonObject{})));
    return wire::boolean_at(held, "lockdown");
}

void Daemon::begin_anew() {
    begins_anew_ = true;
    stop_->raise();
}

Result<> Daemon::open_sessions() {
    Json arguments;
    arguments["compartment"] = "sessions";
    const auto opened = gate_->question("compartment.open", arguments);
    if (!opened) {
        return fail(opened.error().code,
                    fmt::format("the keeper did not open the state: {} (see {})",
                                opened.error().what, places_.daemon_log));
    }
    auto key = TRY(base::from_base64(TRY(wire::text_at(*opened, "key"))));
    const std::string warning = TRY(wire::text_at_or(*opened, "warning", ""));
    if (!warning.empty()) std::fprintf(stderr, "hardshelld: %s\n", warning.c_str());
    store_ = TRY(agent::SessionStore::open(places_.sessions_file, crypto::SecretBytes::copy_of(key),
                                           random_));
    crypto::wipe(key);
    return {};
}

// A memory that does not open is refused by name; everything else goes on without it.
void Daemon::open_memory() {
    auto opened = memory::Memory::open(places_.memory_file, clock_, random_);
    if (opened) {
        memory_ = *std::move(opened);
        memory_->set_look(std::make_shared<const DetectLook>(*gate_));
        return;
    }
    memory_problem_ = opened.error().what;
    std::fprintf(stderr, "hardshelld: no memory: %s\n", memory_problem_.c_str());
}

Result<> Daemon::open_assistant() {
    routes_ = TRY(make_routes(
        settings_, *gate_, [this] { return actors_.egress(); }, clock_, random_));
    for (const auto& notice : routes_.notices)
        std::fprintf(stderr, "hardshelld: %s\n", notice.c_str());
    router_ = std::make_unique<models::Router>(routes_.routes, clock_, random_);
    open_memory();
    workbench_ =
        TRY(Workbench::open(places_, settings_, *gate_, actors_, clock_, random_, memory_.get()));
    agent::Assistant::Parts parts{
        *gate_,
        *store_,
        *router_,
        workbench_->registry(),
        [this](const gate::Circumstances& circumstances, const std::string& project) {
            return workbench_->context(circumstances, project);
        },
        settings_,
        clock_,
        random_,
        routes_.context_tokens,
        memory_.get(),
        workbench_->connectors()};
    assistant_ = std::make_unique<agent::Assistant>(std::move(parts));
    const std::size_t interrupted = TRY(assistant_->recover());
    if (interrupted > 0) {
        std::fprintf(stderr, "hardshelld: %zu turns were interrupted by the last stop\n",
                     interrupted);
    }
    turns_ = std::make_unique<control::Turns>(*assistant_, clock_, random_);
    gate_->on_answered([this](const std::string& approval, const std::string& outcome) {
        resume_answered(approval, outcome);
    });
    return {};
}

Result<> Daemon::open_channels() {
    channels_ = TRY(ChannelHouse::open({places_, settings_, *gate_, *assistant_, *turns_, actors_,
                                        clock_, random_, memory_.get()}));
    return {};
}

// A turn that waited when the last daemon ended goes on once its approval is answered.
void Daemon::resume_answered(const std::string& approval, const std::string& outcome) {
    const auto waiting = store_->turns_with(agent::TurnStatus::running);
    if (!waiting) return;
    for (agent::TurnFacts turn : *waiting) {
        if (!turn.waiting || turn.waiting->approval != approval) continue;
        if (turns_->is_running(turn.id) || channels::is_of_channel(turn)) return;
        if (outcome == "approved") {
            const auto resumed = turns_->resume(turn);
            if (!resumed) std::fprintf(stderr, "hardshelld: %s\n", resumed.error().what.c_str());
            return;
        }
        turn.status = agent::TurnStatus::interrupted;
        turn.waiting.reset();
        const auto kept = store_->set_turn(turn);
        if (!kept) std::fprintf(stderr, "hardshelld: %s\n", kept.error().what.c_str());
    }
}

Result<std::uint16_t> Daemon::open_loopback() {
    const auto wanted = static_cast<std::uint16_t>(settings_.integer("api.port"));
    os::Fd listener = TRY(os::listen_loopback(os::Family::v4, wanted));
    const std::uint16_t port = TRY(os::port_of(listener.get()));
    TRY(os::write_file_atomic(places_.run + "/port", base::bytes_of(std::to_string(port) + "\n")));
    TRY(server_->serve(std::move(listener), net::Peer::Kind::loopback));
    return port;
}

Result<> Daemon::open_doors() {
    const auto port = static_cast<std::uint16_t>(settings_.integer("api.port"));
    memory_desk_ = std::make_unique<control::MemoryDesk>(control::MemoryDesk::Parts{
        *gate_, memory_.get(), memory_problem_, settings_, clock_, random_});
    control::Api::Parts parts{
        *gate_,
        *assistant_,
        *turns_,
        settings_,
        clock_,
        random_,
        {places_.state, places_.tokens_file, places_.config_file, ""},
        net::LocalNames::loopback(port),
        [this] { return ready_.load(); },
        [this] { return processes(); },
        [this] { stop_->raise(); },
        [this](const control::Caller& caller, const std::string& id) {
            return workbench_->undo(caller.name, id);
        },
        memory_desk_.get(),
        [this] { return channels_->health(); },
        [this](const std::string& name) { return channels_->probe(name); },
        [this](const control::Caller& caller, std::string_view what, const Json& body) {
            return channels_->schedules(caller, what, body);
        }};
    api_ = std::make_unique<control::Api>(std::move(parts));
    net::ServerLimits limits;
    limits.http.body_bytes_max = control::Api::request_bytes_max;
    server_ = TRY(net::HttpServer::make(
        limits, [this](net::HttpExchange& exchange) { api_->handle(exchange); }));
    // First what may be taken by somebody else: whoever waits for us at our socket has us then.
    if (settings_.boolean("api.enabled")) {
        const std::uint16_t real = TRY(open_loopback());
        if (real != port) api_->set_names(net::LocalNames::loopback(real));
    }
    TRY(server_->serve(TRY(os::listen_unix(places_.daemon_socket)), net::Peer::Kind::unix_socket));
    commands_ = TRY(control::CommandDesk::open(
        places_.commands_socket,
        {*gate_, settings_, clock_, [this] { return actors_.launcher(); }}));
    ready_ = true;
    record_process("process.start", "hardshelld", "");
    proof_ = TRY(DailyProof::start({places_.programs + "/hardshell", places_.state, settings_}));
    return channels_->start();
}

// While the lockdown is on: the family, and a door that says so.
Result<> Daemon::open_sealed_door() {
    sealed_api_ = std::make_unique<control::Sealed>(
        control::Sealed::Parts{*gate_, [this] { return processes(); }, [this] { stop_->raise(); }});
    server_ = TRY(net::HttpServer::make(
        {}, [this](net::HttpExchange& exchange) { sealed_api_->handle(exchange); }));
    if (settings_.boolean("api.enabled")) static_cast<void>(TRY(open_loopback()));
    TRY(server_->serve(TRY(os::listen_unix(places_.daemon_socket)), net::Peer::Kind::unix_socket));
    record_process("process.start", "hardshelld", "sealed: the lockdown is on");
    return {};
}

Result<> Daemon::close_sealed() {
    server_->stop(os::Deadline::after_ms(lockdown_grace_ms));
    if (watcher_.joinable()) watcher_.join();
    record_process("process.stop", "hardshelld", begins_anew_ ? "the lockdown was lifted" : "");
    static_cast<void>(gate_->question("stores.release", wire::Json(wire::JsonObject{})).ok());
    gate_.reset();
    family_->stop(stop_grace_ms);
    static_cast<void>(os::remove_file(places_.daemon_socket).ok());
    return {};
}

void Daemon::record_process(std::string_view kind, const std::string& process,
                            const std::string& reason) {
    Json fields;
    fields["process"] = process;
    if (!reason.empty()) fields["reason"] = reason;
    const auto told = gate_->record(kind, std::move(fields), gate::Durable::later);
    static_cast<void>(told.ok());  // without a keeper there is nobody to tell
}

Json Daemon::processes() const {
    return members_.with([](const Json& held) { return held; });
}

void Daemon::watch_family() {
    watcher_ = std::thread([this] { family_loop(); });
}

// One thread owns the family from here on.
void Daemon::family_loop() {
    int in_a_row = 0;
    for (;;) {
        const auto began = clock_.steady();
        const auto ended = family_->await_end(*stop_);
        if (!ended) return;
        ready_ = false;
        in_a_row = clock_.steady() - began > std::chrono::seconds(10) ? 0 : in_a_row + 1;
        std::fprintf(stderr, "hardshelld: %s ended; starting it anew\n", ended->c_str());
        if (in_a_row > restarts_in_a_row_max) {
            std::fprintf(stderr, "hardshelld: it keeps ending; stopping (see %s)\n",
                         places_.daemon_log.c_str());
            stop_->raise();
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(restart_pause_ms * (in_a_row > 1)));
        family_->stop(500);
        auto fresh = family_->start();
        if (!fresh) {
            std::fprintf(stderr, "hardshelld: %s\n", fresh.error().what.c_str());
            continue;
        }
        actors_.replace(std::move(fresh->egress), std::move(fresh->launcher));
        gate_->reconnect(std::move(fresh->keeper));
        publish_members();
        ready_ = true;
        const auto locked = locked_down();
        if (locked && *locked != sealed_) begin_anew();
        record_process("process.crash", *ended, "ended unasked and was started anew");
    }
}

void Daemon::wait_for_stop() {
    pollfd items[2] = {{signals_.get(), POLLIN, 0}, {stop_->fd(), POLLIN, 0}};
    while (::poll(items, 2, -1) < 0) {
    }
    stop_->raise();
}

Result<> Daemon::close() {
    ready_ = false;
    const bool locked = begins_anew_;
    proof_.reset();
    commands_.reset();
    if (channels_) channels_->stop();
    turns_->stop(os::Deadline::after_ms(locked ? lockdown_grace_ms : stop_grace_ms));
    server_->stop(os::Deadline::after_ms(locked ? lockdown_grace_ms : 500));
    if (watcher_.joinable()) watcher_.join();
    record_process("process.stop", "hardshelld", locked ? "the lockdown is on" : "asked to stop");
    assistant_->save_ledger();
    store_->stop();
    if (memory_) memory_->stop();
    workbench_.reset();
    // While egress is there: what secrets managers have leased is given back.
    static_cast<void>(gate_->question("stores.release", wire::Json(wire::JsonObject{})).ok());
    gate_.reset();
    family_->stop(stop_grace_ms);
    static_cast<void>(os::remove_file(places_.commands_socket).ok());
    static_cast<void>(os::remove_file(places_.daemon_socket).ok());
    return {};
}

}  // namespace

Result<> run(const control::Places& places) {
    for (;;) {
        Daemon daemon(places);
        TRY(daemon.run());
        if (!daemon.begins_anew()) return {};
    }
}

}  // namespace hs::daemon
