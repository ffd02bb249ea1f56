// Transport: one HTTP exchange with a model provider, as the models room sees it.
//
// What it is for: this room opens no connection. The daemon implements Transport over egress with
// a permit; tests script it.
// What it does not protect from: what the peer sends. Readers of the body keep their own maxima.
// Threads: a Transport serves many threads; an exchange belongs to the thread that opened it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/chat.h"
#include "models/stop.h"
#include "wire/url.h"

namespace hs::gate {
struct Circumstances;
}

namespace hs::models {

struct Header {
    std::string name;  // lower case
    std::string value;
    bool operator==(const Header&) const = default;
};

// The value of the first header of that lower-case name, or null.
inline const std::string* find_header(const std::vector<Header>& headers, std::string_view name) {
    for (const Header& header : headers) {
        if (header.name == name) return &header.value;
    }
    return nullptr;
}

// Each counts from its own beginning; none is unlimited.
struct Deadlines {
    std::int64_t connect_ms = 10'000;
    std::int64_t first_byte_ms = 120'000;  // from the request sent to the status line
    std::int64_t idle_ms = 60'000;         // between two chunks of the body
    std::int64_t stall_ms = 180'000;       // between two events that carry something (not pings)
    std::int64_t total_ms = 600'000;       // from the beginning to the end of the exchange
};

// Which secret egress places and where. This room names it and never sees it.
struct Credential {
    std::string name;    // the binding's name; empty means that none is placed
    std::string header;  // lower case, such as x-api-key or authorization
    std::string prefix;  // what stands before the secret in the header, such as "Bearer "
    bool operator==(const Credential&) const = default;
};

struct HttpRequest {
    std::string method = "POST";
    wire::Url url;
    std::vector<Header> headers;
    Credential credential;
    std::string body;
    Deadlines deadlines;
    std::string model;  // for the permit and the record
    // On whose behalf, for the permit. Outlives the exchange; null in tests.
    const gate::Circumstances* caller = nullptr;
    Redacted redacted = {};
    std::shared_ptr<const CarriedParts> carried = {};
};

// The body of a response, pulled. Destroying it ends the exchange.
class Body {
  public:
    virtual ~Body() = default;
    // The next part of the body, valid until the next call; empty means the end. timed_out after
    // idle_ms or total_ms, cancelled as soon as stop is requested, io when the connection breaks
    // (also before a declared length or a last chunk). Never blocks beyond the deadlines.
    virtual base::Result<std::string_view> next_chunk() = 0;
};

struct HttpResponse {
    int status = 0;
    std::vector<Header> headers;  // names in lower case
    std::unique_ptr<Body> body;   // never null
};

class Transport {
  public:
    virtual ~Transport() = default;
    // Sends the request and returns at the end of the response's headers. Redirects are not
    // followed. denied when policy or egress refuses, timed_out, cancelled, io. `stop` outlives
    // the body.
    virtual base::Result<HttpResponse> send(const HttpRequest& request, const Stop& stop) = 0;
};

}  // namespace hs::models
