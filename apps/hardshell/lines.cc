#include "hardshell/lines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "gate/frames.h"
#include "os/environment.h"
#include "os/file.h"
#include "os/process.h"
#include "os/socket.h"
#include "wire/sse.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::int64_t answer_patience_ms = 60'000;
constexpr std::int64_t start_patience_ms = 15'000;
constexpr std::uint64_t answer_bytes_max = std::uint64_t{256} << 20U;
constexpr std::size_t log_tail_bytes = 2000;

Code code_from(std::string_view name) {
    for (const Code code : {Code::invalid_input, Code::not_found, Code::denied, Code::conflict,
                            Code::exhausted, Code::timed_out, Code::cancelled, Code::corrupt}) {
        if (base::code_name(code) == name) return code;
    }
    return Code::io;
}

std::string log_tail(const std::string& path) {
    const auto text = os::read_text(path, std::size_t{64} << 20U);
    if (!text) return "";
    const std::size_t start = text->size() > log_tail_bytes ? text->size() - log_tail_bytes : 0;
    return text->substr(start);
}

std::vector<std::string> environment_for_daemon() {
    std::vector<std::string> kept{"PATH=/usr/local/bin:/usr/bin:/bin"};
    for (const char* name :
         {"HOME", "LANG", "TZ", "USER", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
          "DBUS_SESSION_BUS_ADDRESS", "ASAN_OPTIONS", "TSAN_OPTIONS"}) {
        if (const auto value = os::environment(name)) kept.push_back(name + ("=" + *value));
    }
    return kept;
}

}  // namespace

Result<> start_daemon(const control::Places& places) {
    TRY(os::make_private_folder(places.state));
    const os::Fd log = TRY(os::open_file(places.daemon_log, O_WRONLY | O_CREAT | O_APPEND));
    const os::Fd null = TRY(os::open_file("/dev/null", O_RDONLY));
    const std::string before = log_tail(places.daemon_log);
    os::SpawnOptions options;
    // setsid: the daemon outlives this terminal; --fork: so that it is nobody's child.
    options.program = "/usr/bin/setsid";
    options.arguments = {"--fork", places.programs + "/hardshelld"};
    options.environment = environment_for_daemon();
    options.descriptors = {{null.get(), 0}, {log.get(), 1}, {log.get(), 2}};
    auto process = TRY(os::Process::spawn(options));
    TRY(process.wait(os::Deadline::after_ms(start_patience_ms)));
    const os::Deadline deadline = os::Deadline::after_ms(start_patience_ms);
    while (!deadline.passed()) {
        auto line = DaemonLine::open(places, Start::no);
        const auto status =
            line ? line->request("GET", "/v1/status") : Result<Json>(line.failure());
        if (status) return {};
        // It runs, and says that its state is locked.
        if (line && status.error().code == Code::denied) return status.failure();
        const std::string said = log_tail(places.daemon_log);
        if (said != before && said.find("hardshelld: ") != std::string::npos) {
            const auto held = os::lock_file(places.lock_file, "");
            // The lock is free: the daemon has given up and its last words say why.
            if (held) break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return fail(Code::io, fmt::format("hardshelld did not start; its log {} ends with:\n{}",
                                      places.daemon_log, log_tail(places.daemon_log)));
}

Result<DaemonLine> DaemonLine::open(const control::Places& places, Start start) {
    DaemonLine line(places.daemon_socket);
    if (line.connect()) return line;
    if (start == Start::no) {
        return fail(Code::not_found,
                    "hardshelld is not running; start it with: hardshell chat, or "
                    "hardshell send --start TEXT");
    }
    TRY(start_daemon(places));
    return line;
}

Result<std::unique_ptr<net::HttpClient>> DaemonLine::connect() const {
    auto socket = TRY(os::connect_unix(socket_, os::Deadline::after_ms(2000)));
    net::HttpLimits limits;
    limits.body_bytes_max = answer_bytes_max;
    return std::make_unique<net::HttpClient>(std::make_unique<net::SocketStream>(std::move(socket)),
                                             limits);
}

Result<Json> DaemonLine::request(const std::string& method, const std::string& target,
                                 const Json& body) {
    const auto client = TRY(connect());
    client->stream().set_deadline(os::Deadline::after_ms(answer_patience_ms));
    net::RequestHead head;
    head.method = method;
    head.target = target;
    head.headers.add("Host", "localhost");
    const std::string text = body.is_null() && method == "POST" ? "{}" : wire::canonical_json(body);
    TRY(client->send(std::move(head), method == "GET" ? base::ByteView() : base::bytes_of(text)));
    const auto answer = TRY(client->receive(answer_bytes_max));
    const Json json = TRY(wire::parse_json(TRY(client->whole_body()),
                                           {.bytes_max = answer_bytes_max, .depth_max = 128}));
    if (answer.status < 400) return json;
    const Json* error = json.find("error");
    if (error == nullptr) return fail(Code::io, "the daemon refused without a reason");
    return fail(code_from(wire::text_at_or(*error, "code", "io").value()),
                wire::text_at_or(*error, "message", "refused").value());
}

Result<> DaemonLine::turn(const Json& body, const OnEvent& on_event, const os::WakeUp* cancel) {
    const auto client = TRY(connect());
    client->stream().set_wake_up(cancel);
    net::RequestHead head;
    head.method = "POST";
    head.target = "/v1/messages/turn";
    head.headers.add("Host", "localhost");
    TRY(client->send(std::move(head), base::bytes_of(wire::canonical_json(body))));
    const auto answer = TRY(client->receive(answer_bytes_max));
    if (answer.status >= 400) {
        const Json json = TRY(wire::parse_json(TRY(client->whole_body())));
        const Json* error = json.find("error");
        return fail(error ? code_from(wire::text_at_or(*error, "code", "io").value()) : Code::io,
                    error ? wire::text_at_or(*error, "message", "refused").value() : "refused");
    }
    wire::SseParser parser;
    for (;;) {
        const auto piece = TRY(client->next_body());
        if (piece.empty()) return {};
        std::string_view left = base::text_of(piece);
        while (auto event = TRY(parser.next(left))) {
            TRY(on_event(event->type, TRY(wire::parse_json(event->data))));
        }
    }
}

Result<KeeperLine> KeeperLine::open(const control::Places& places) {
    auto socket = os::connect_unix(places.keeper_socket, os::Deadline::after_ms(2000));
    if (!socket) {
        return fail(Code::not_found,
                    "hardshelld is not running: its keeper cannot be reached; start it "
                    "with: hardshell chat");
    }
    return KeeperLine(std::move(*socket));
}

Result<Json> KeeperLine::question(std::string_view verb, Json arguments) {
    Json payload;
    payload["verb"] = verb;
    payload["arguments"] = std::move(arguments);
    const std::uint64_t id = next_id_++;
    TRY(channel_->send(id, static_cast<std::uint16_t>(gate::FrameKind::question),
                       base::bytes_of(wire::canonical_json(payload))));
    const auto frame = TRY(channel_->receive(os::Deadline::after_ms(answer_patience_ms)));
    Json answer = TRY(wire::parse_json(base::text_of(frame.payload)));
    if (frame.kind == static_cast<std::uint16_t>(gate::FrameKind::answer)) return answer;
    return fail(code_from(wire::text_at_or(answer, "code", "io").value()),
                wire::text_at_or(answer, "what", "refused").value());
}

}  // namespace hs::cli
