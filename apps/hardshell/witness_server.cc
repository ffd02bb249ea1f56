// audit witness: a tiny server that remembers one head for each log and cosigns what extends it.
// Plain HTTP: what it receives and gives is public and signed.

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <charconv>

#include "audit/witness.h"
#include "crypto/secret.h"
#include "hardshell/commands.h"
#include "net/address.h"
#include "net/http_server.h"
#include "os/file.h"
#include "os/socket.h"
#include "os/system.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t seed_bytes = 32;
constexpr std::string_view default_place = "127.0.0.1:7484";

Result<crypto::SigningKey> open_key(const std::string& folder) {
    const std::string path = folder + "/key";
    auto seed = os::read_file(path, seed_bytes);
    if (!seed && seed.error().code == Code::not_found) {
        os::SystemRandom random;
        const auto fresh = crypto::SecretBytes::random(seed_bytes, random);
        TRY(os::write_file_atomic(path, fresh.view()));
        return crypto::SigningKey::from_seed(fresh.view());
    }
    if (!seed) return seed.failure();
    auto key = crypto::SigningKey::from_seed(*seed);
    crypto::wipe(*seed);
    return key;
}

Result<os::Fd> listen_at(std::string_view place) {
    const std::size_t colon = place.rfind(':');
    const auto bad = [&] {
        return fail(
            Code::invalid_input,
            fmt::format("ADDRESS:PORT was expected, such as {}; not {}", default_place, place));
    };
    if (colon == std::string_view::npos) return bad();
    std::string_view host = place.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto address = net::Address::parse(host);
    const std::string_view digits = place.substr(colon + 1);
    std::uint16_t port = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (!address || parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) {
        return bad();
    }
    const bool v4 = address->family() == net::Address::Family::ipv4;
    return os::listen_tcp(base::ByteView(address->bytes()).first(v4 ? 4 : 16), port);
}

// POST /add-checkpoint, GET /<hex of origin>/checkpoint, GET /key.
void serve(audit::Witness& witness, net::HttpExchange& exchange) {
    const std::string& target = exchange.request().target;
    const std::string& method = exchange.request().method;
    const auto answer = [&](int status, const std::string& type, const std::string& body) {
        static_cast<void>(exchange.answer(status, type, body).ok());
    };
    const std::string plain = "text/plain; charset=utf-8";
    if (method == "POST" && target == "/add-checkpoint") {
        const auto body = exchange.whole_body(audit::witness_request_bytes_max);
        if (!body) return answer(400, plain, body.error().what + "\n");
        const auto judged = witness.add_checkpoint(*body);
        return answer(judged.status, judged.content_type, judged.body);
    }
    if (method != "GET") return answer(405, plain, "only GET, and POST /add-checkpoint\n");
    if (target == "/key") return answer(200, plain, witness.public_key().text() + "\n");
    constexpr std::string_view ending = "/checkpoint";
    if (!target.ends_with(ending)) return answer(404, plain, "there is no such page\n");
    const auto latest =
        witness.latest(std::string_view(target).substr(1, target.size() - 1 - ending.size()));
    if (!latest) return answer(404, plain, latest.error().what + "\n");
    answer(200, plain, *latest);
}

void wait_for_signal() {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int number : {SIGTERM, SIGINT}) sigaddset(&wanted, number);
    int taken = 0;
    ::sigwait(&wanted, &taken);
}

}  // namespace

Result<int> run_audit_witness(const Desk& desk) {
    const Options& options = desk.options;
    TRY(os::make_private_folder(options.text));
    audit::Witness::Parts parts{options.text,
                                options.name.empty() ? "hardshell.local/witness" : options.name,
                                TRY(open_key(options.text)),
                                {}};
    for (const std::string& log : options.words) {
        parts.logs.push_back(TRY(audit::parse_verifier_key(log)));
    }
    if (parts.logs.empty()) {
        return fail(Code::invalid_input,
                    "name at least one log with --log KEY; a machine's key: hardshell audit keys");
    }
    // Every thread made from here on inherits the mask.
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int number : {SIGTERM, SIGINT}) sigaddset(&blocked, number);
    ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
    const os::SystemClock clock;
    const auto witness = TRY(audit::Witness::open(std::move(parts), clock));
    net::ServerLimits limits;
    limits.connections_max = 64;
    limits.http.body_bytes_max = audit::witness_request_bytes_max;
    const auto server = TRY(net::HttpServer::make(
        limits, [&](net::HttpExchange& exchange) { serve(*witness, exchange); }));
    os::Fd listener =
        TRY(listen_at(options.listen.empty() ? default_place : std::string_view(options.listen)));
    const std::uint16_t port = TRY(os::port_of(listener.get()));
    TRY(server->serve(std::move(listener), net::Peer::Kind::loopback));
    desk.screen.line(
        fmt::format("witness {}\nlistening on port {}", witness->public_key().text(), port));
    std::fflush(stdout);
    wait_for_signal();
    server->stop(os::Deadline::after_ms(1000));
    return exit_done;
}

}  // namespace hs::cli
