// Router: providers in order, with retries and failover, so that a call succeeds where any can.
//
// What it is for: tries a route again where that may help (full jitter, Retry-After honoured), goes
// to the next route where it does not, and never after the person has seen a part of the answer:
// text is never shown twice. A route that just failed rests while another one is there.
// By what the conversation holds: a route that does not declare to accept all classes of data in it
// is passed over, also when others fail. Where none does, the first is asked for, so that the gate
// refuses it and has it on record.
// What it does not protect from: a wrong class, and spending. The gate decides again from the
// settings; budget reserves before and settles after, with the charges that every attempt made.
// Threads: complete() may run on many threads at once.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/guarded.h"
#include "flow/data_classes.h"
#include "models/provider.h"

namespace hs::models {

struct RetryRules {
    std::uint32_t attempts_max = 3;      // on one route, the first one included
    std::int64_t backoff_base_ms = 500;  // doubled for every attempt, then drawn from [0, it]
    std::int64_t backoff_max_ms = 20'000;
    std::int64_t retry_after_max_ms = 60'000;  // longer than this, the route is given up instead
    std::int64_t rest_ms = 30'000;             // how long a failed route is passed over
};

struct Route {
    enum class Use : std::uint8_t {
        in_turn,     // when those before it failed
        when_asked,  // only for a request that names it
    };
    std::shared_ptr<Provider> provider;
    std::string model;  // empty: as the request says
    RetryRules retry;
    Use use = Use::in_turn;
    // Data classes that may go there, and those that may once they were found and replaced.
    flow::DataClasses accepts = flow::every_data_class();
    flow::DataClasses accepts_redacted = {};
};

// What one attempt cost, at whom.
struct Charge {
    std::string provider;
    std::string model;
    Usage usage;
};

struct RoutedReply {
    Reply reply;
    std::vector<Charge> charges;  // of every attempt that reported usage, in order
    std::uint32_t attempts = 0;
};

class Router {
  public:
    // CHECKs that there is a route. clock and random outlive this.
    Router(std::vector<Route> routes, const base::Clock& clock, base::Random& random);

    // Blocks until a route answered, none is left, or stop is requested. Where all fail, the
    // trouble is that of the first route, with one sentence for each other one.
    RoutedReply complete(const ChatRequest& request, EventSink& sink, const Stop& stop);

    const std::vector<Route>& routes() const { return routes_; }
    // The route that a person means by "provider" or "provider/model": its provider's name.
    // not_found lists what there is.
    base::Result<std::string> route_named(std::string_view wanted) const;

  private:
    struct Call;
    void try_route(std::size_t index, Call& call);
    Reply attempt(std::size_t index, Call& call);
    std::int64_t backoff_ms(const RetryRules& rules, std::uint32_t attempt);
    std::vector<std::size_t> order(std::string_view wanted);
    bool admits(const Route& route, const flow::DataClasses& held) const;
    // Takes out what must not be asked, and says so to the person.
    void hold_to_classes(std::vector<std::size_t>& order, Call& call) const;
    void set_rest(std::size_t index, TroubleKind kind);

    std::vector<Route> routes_;
    const base::Clock& clock_;
    base::Random& random_;
    base::Guarded<std::vector<std::chrono::steady_clock::time_point>> rests_until_;
};

}  // namespace hs::models
