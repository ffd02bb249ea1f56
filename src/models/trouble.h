// Trouble: why a model call did not give a whole answer, sorted by what can be done about it.
//
// What it is for: router decides on the kind (try again, go to the next provider, stop); the
// sentence is for the person and names the fix.
// What it does not protect from: a provider that reports the wrong kind.
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "models/transport.h"

namespace hs::models {

enum class TroubleKind : std::uint8_t {
    auth,              // the key is missing, wrong or expired
    forbidden,         // the key may not do this, or policy refused the connection
    quota,             // no money left at the provider
    rate_limit,        // too many requests; later works
    overloaded,        // the provider is too busy
    server,            // the provider failed
    bad_request,       // the provider refused the request itself
    context_too_long,  // the conversation exceeds the model's window
    no_model,          // the model or endpoint does not exist
    network,           // no connection, or it broke
    timed_out,
    cancelled,
    nonsense,  // the provider answered what its protocol does not allow
    cut,       // the stream ended before the answer did
    budget,    // our own budget refused the call
};

std::string_view trouble_name(TroubleKind kind);

struct Trouble {
    TroubleKind kind = TroubleKind::server;
    std::string what;  // one or two sentences: what happened and what to do
    int status = 0;    // the HTTP status, where there was one
    std::optional<std::int64_t> retry_after_ms;
    std::string request_id;  // the provider's, for its support
};

// Whether the same request to the same provider may succeed a little later.
bool may_retry(TroubleKind kind);
// Whether another provider may succeed where this one did not.
bool may_fail_over(TroubleKind kind);

// A failure of the Transport. `provider` is the route's name.
Trouble transport_trouble(std::string_view provider, const base::Error& error);

// What a provider's error says, once its dialect has read it.
struct ProviderError {
    TroubleKind kind = TroubleKind::server;
    std::string message;  // the provider's own words
};

// Makes the sentence: the provider's words cut, without control characters, and never repeated
// for auth (some providers echo a part of the key).
Trouble provider_trouble(std::string_view provider, const ProviderError& error,
                         const HttpResponse* response, base::WallTime_ms now);

// What an HTTP status says where the body says nothing better (RFC 9110 section 15; 529 is in use
// for overload).
TroubleKind kind_of_status(int status);
// True where an error's words say that the conversation exceeds the model's window.
bool names_long_context(std::string_view message);

// Retry-After as seconds or HTTP-date (RFC 9110 sections 10.2.3 and 5.6.7), or retry-after-ms as
// providers send it besides. nullopt where absent or malformed; never negative, at most a day.
std::optional<std::int64_t> retry_after_ms(const std::vector<Header>& headers,
                                           base::WallTime_ms now);

// At most bytes_max of text from outside, without control characters, for a message to a person.
std::string excerpt(std::string_view text, std::size_t bytes_max = 300);

}  // namespace hs::models
