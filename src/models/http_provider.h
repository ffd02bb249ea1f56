// HttpProvider: one model provider over a Transport, in a Dialect.
//
// What it is for: the exchange itself: sends the request, reads the stream or the whole answer
// within deadlines and maxima, sorts every failure into a Trouble.
// What it does not protect from: a Transport that ignores its deadlines. The clock is also checked
// here, but only between chunks.
// Threads: complete() may run on many threads at once.
#pragma once

#include "base/clock.h"
#include "models/dialect.h"
#include "models/provider.h"

namespace hs::models {

struct HttpProviderLimits {
    AssemblyLimits answer = {};
    std::size_t stream_bytes_max = std::size_t{64} << 20U;  // of one answer, pings and all
    std::size_t whole_bytes_max = std::size_t{16} << 20U;   // of one answer that is not streamed
    std::size_t error_bytes_max = std::size_t{64} << 10U;   // of an error's body that is looked at
    wire::SseLimits event = {};
};

struct HttpProviderConfig {
    std::string name;  // the route's name in the configuration
    Delivery delivery = Delivery::stream;
    Deadlines deadlines;
    HttpProviderLimits limits;
};

class HttpProvider : public Provider {
  public:
    // The transport and the clock outlive this.
    HttpProvider(HttpProviderConfig config, std::unique_ptr<Dialect> dialect, Transport& transport,
                 const base::Clock& clock);

    std::string_view name() const override { return config_.name; }
    Reply complete(const ChatRequest& request, EventSink& sink, const Stop& stop) override;

  private:
    struct Exchange;
    std::optional<Trouble> run(const HttpRequest& request, Exchange& exchange) const;
    std::optional<Trouble> read_stream(Exchange& exchange) const;
    std::optional<Trouble> read_whole(Exchange& exchange) const;
    std::optional<Trouble> read_error(Exchange& exchange) const;
    std::optional<Trouble> take_events(Exchange& exchange, std::string_view chunk) const;
    base::Result<std::string_view> next_chunk(Exchange& exchange) const;
    base::Result<std::string> collect(Exchange& exchange, std::size_t bytes_max) const;
    Trouble provider_said(const ProviderError& error, const Exchange& exchange) const;

    HttpProviderConfig config_;
    std::unique_ptr<Dialect> dialect_;
    Transport& transport_;
    const base::Clock& clock_;
};

}  // namespace hs::models
