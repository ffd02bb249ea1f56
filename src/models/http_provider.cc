#include "models/http_provider.h"

#include <fmt/format.h>

#include "models/lenient_json.h"

namespace hs::models {
namespace {

using base::Code;
using base::fail;
using base::Result;

std::int64_t ms_between(std::chrono::steady_clock::time_point from,
                        std::chrono::steady_clock::time_point to) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

bool is_event_stream(const HttpResponse& response) {
    const std::string* type = find_header(response.headers, "content-type");
    return type != nullptr && type->find("text/event-stream") != std::string::npos;
}

}  // namespace

// What one call carries along.
struct HttpProvider::Exchange {
    Assembly& assembly;
    const Stop& stop;
    std::chrono::steady_clock::time_point began;
    std::chrono::steady_clock::time_point progressed;
    HttpResponse response = {};
    wire::SseParser parser;
    std::unique_ptr<StreamReader> reader = nullptr;
    std::uint64_t progress = 0;
    std::size_t bytes = 0;
};

HttpProvider::HttpProvider(HttpProviderConfig config, std::unique_ptr<Dialect> dialect,
                           Transport& transport, const base::Clock& clock)
    : config_(std::move(config)),
      dialect_(std::move(dialect)),
      transport_(transport),
      clock_(clock) {}

Reply HttpProvider::complete(const ChatRequest& request, EventSink& sink, const Stop& stop) {
    Assembly assembly(request, sink, config_.limits.answer);
    const auto now = clock_.steady();
    Exchange exchange{assembly, stop, now, now, {}, wire::SseParser(config_.limits.event)};
    HttpRequest http = dialect_->request(request, config_.delivery);
    http.model = request.model;
    http.caller = request.caller;
    http.redacted = request.redacted;
    http.carried = request.carried;
    http.deadlines = config_.deadlines;
    Reply reply;
    reply.trouble = run(http, exchange);
    reply.answer =
        assembly.take(reply.trouble ? Assembly::Ending::cut : Assembly::Ending::complete);
    reply.answer.provider = config_.name;
    reply.visible = assembly.visible();
    return reply;
}

std::optional<Trouble> HttpProvider::run(const HttpRequest& request, Exchange& exchange) const {
    if (exchange.stop.requested()) {
        return transport_trouble(config_.name, {Code::cancelled, "", {}});
    }
    auto response = transport_.send(request, exchange.stop);
    if (!response) return transport_trouble(config_.name, response.error());
    exchange.response = *std::move(response);
    CHECK(exchange.response.body != nullptr);
    const int status = exchange.response.status;
    if (status >= 300 && status < 400) {
        return provider_said(
            {TroubleKind::no_model, "it redirects; set the URL that it redirects to"}, exchange);
    }
    if (status != 200) return read_error(exchange);
    return is_event_stream(exchange.response) ? read_stream(exchange) : read_whole(exchange);
}

std::optional<Trouble> HttpProvider::read_stream(Exchange& exchange) const {
    exchange.reader = dialect_->reader(exchange.assembly);
    while (!exchange.reader->done() && !exchange.assembly.full()) {
        const auto chunk = next_chunk(exchange);
        // Some servers neither say the end nor close; the answer is whole all the same.
        const bool broke = !chunk && chunk.error().code != Code::cancelled;
        if (broke && exchange.reader->ended_whole()) return {};
        if (!chunk) return transport_trouble(config_.name, chunk.error());
        if (chunk->empty()) {
            if (exchange.reader->ended_whole()) return {};
            return provider_said({TroubleKind::cut, ""}, exchange);
        }
        exchange.bytes += chunk->size();
        if (exchange.bytes > config_.limits.stream_bytes_max) {
            return provider_said(
                {TroubleKind::nonsense,
                 fmt::format("its stream exceeds {} bytes", config_.limits.stream_bytes_max)},
                exchange);
        }
        if (auto trouble = take_events(exchange, *chunk)) return trouble;
    }
    return {};
}

std::optional<Trouble> HttpProvider::take_events(Exchange& exchange, std::string_view chunk) const {
    while (!exchange.reader->done() && !exchange.assembly.full()) {
        const auto event = exchange.parser.next(chunk);
        if (!event) return provider_said({TroubleKind::nonsense, event.error().what}, exchange);
        if (!*event) break;
        if (auto error = exchange.reader->take(**event)) return provider_said(*error, exchange);
    }
    if (exchange.reader->progress() != exchange.progress) {
        exchange.progress = exchange.reader->progress();
        exchange.progressed = clock_.steady();
    }
    return {};
}

std::optional<Trouble> HttpProvider::read_whole(Exchange& exchange) const {
    const auto body = collect(exchange, config_.limits.whole_bytes_max);
    if (!body) return transport_trouble(config_.name, body.error());
    const auto json = parse_lenient_json(*body);
    if (!json || json->object() == nullptr) {
        return provider_said(
            {TroubleKind::nonsense, "the answer is not a JSON object: " + excerpt(*body, 80)},
            exchange);
    }
    const auto error = dialect_->read_whole(*json, exchange.assembly);
    if (error) return provider_said(*error, exchange);
    return {};
}

std::optional<Trouble> HttpProvider::read_error(Exchange& exchange) const {
    const auto body = collect(exchange, config_.limits.error_bytes_max);
    if (!body && body.error().code == Code::cancelled) {
        return transport_trouble(config_.name, body.error());
    }
    // An error whose body cannot be read is still an error of that status.
    const std::string text = body ? *body : std::string();
    return provider_said(dialect_->read_error(exchange.response.status, text), exchange);
}

// The transport keeps the deadlines within a chunk; stop, stall and the total are checked here too
// because pings and slow drips never let the transport's idle time pass.
Result<std::string_view> HttpProvider::next_chunk(Exchange& exchange) const {
    if (exchange.stop.requested()) return fail(Code::cancelled, "stop was requested");
    const auto now = clock_.steady();
    if (ms_between(exchange.began, now) >= config_.deadlines.total_ms) {
        return fail(Code::timed_out,
                    fmt::format("the answer took longer than {} ms", config_.deadlines.total_ms));
    }
    if (ms_between(exchange.progressed, now) >= config_.deadlines.stall_ms) {
        return fail(Code::timed_out,
                    fmt::format("nothing but pings came for {} ms", config_.deadlines.stall_ms));
    }
    return exchange.response.body->next_chunk();
}

Result<std::string> HttpProvider::collect(Exchange& exchange, std::size_t bytes_max) const {
    std::string out;
    while (true) {
        const std::string_view chunk = TRY(next_chunk(exchange));
        if (chunk.empty()) return out;
        exchange.progressed = clock_.steady();
        if (chunk.size() > bytes_max - out.size()) {
            return fail(Code::exhausted, fmt::format("the answer exceeds {} bytes", bytes_max));
        }
        out += chunk;
    }
}

Trouble HttpProvider::provider_said(const ProviderError& error, const Exchange& exchange) const {
    return provider_trouble(config_.name, error, &exchange.response, clock_.wall_ms());
}

}  // namespace hs::models
