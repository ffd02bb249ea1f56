#include "models/router.h"

#include <fmt/format.h>

#include "gate/action.h"
#include "wire/utf8.h"

namespace hs::models {

struct Router::Call {
    const ChatRequest& request;
    EventSink& sink;
    const Stop& stop;
    RoutedReply routed = {};
    std::vector<Trouble> troubles = {};    // one for each route that was given up
    bool over = false;                     // answered, visible or not worth another route
    std::vector<std::string> passed = {};  // a sentence for each route that was passed over
};

Router::Router(std::vector<Route> routes, const base::Clock& clock, base::Random& random)
    : routes_(std::move(routes)), clock_(clock), random_(random) {
    CHECK(!routes_.empty());
    rests_until_.with([this](auto& until) { until.resize(routes_.size()); });
}

namespace {

// One trouble out of several: a kind that no other route can help decides (the caller folds the
// conversation, say), else the first route's, which is the one that the person prefers.
Trouble joined(const std::vector<Trouble>& troubles) {
    Trouble all = may_fail_over(troubles.back().kind) ? troubles.front() : troubles.back();
    all.what = troubles.front().what;
    for (std::size_t i = 1; i < troubles.size(); ++i) {
        all.what += fmt::format(". Then {}", troubles[i].what);
    }
    return all;
}

}  // namespace

RoutedReply Router::complete(const ChatRequest& request, EventSink& sink, const Stop& stop) {
    Call call{request, sink, stop};
    std::vector<std::size_t> routes = order(request.route);
    hold_to_classes(routes, call);
    for (const std::size_t index : routes) {
        try_route(index, call);
        if (call.over) break;
    }
    Reply& reply = call.routed.reply;
    if (!reply.ok() && !reply.visible && call.troubles.size() > 1) {
        reply.trouble = joined(call.troubles);
    } else if (reply.ok()) {
        for (const std::string& sentence : call.passed) {
            reply.answer.notices.push_back(
                fmt::format("Answered by {}: {}", reply.answer.provider, sentence));
        }
        for (const Trouble& trouble : call.troubles) {
            reply.answer.notices.push_back(
                fmt::format("Answered by {} because of {}", reply.answer.provider, trouble.what));
        }
    }
    return std::move(call.routed);
}

bool Router::admits(const Route& route, const flow::DataClasses& held) const {
    return (route.accepts | route.accepts_redacted).holds_all(held);
}

void Router::hold_to_classes(std::vector<std::size_t>& order, Call& call) const {
    if (call.request.caller == nullptr) return;
    const flow::DataClasses& held = call.request.caller->label.classes;
    std::vector<std::size_t> left;
    for (const std::size_t index : order) {
        const Route& route = routes_[index];
        if (admits(route, held)) {
            left.push_back(index);
        } else if (left.empty()) {
            const auto refused =
                flow::without(flow::without(held, route.accepts), route.accepts_redacted);
            call.passed.push_back(
                fmt::format("{} does not accept {} data, which this conversation holds.",
                            route.provider->name(), flow::names_of(refused)));
        }
    }
    if (left.empty()) {
        order.resize(std::min<std::size_t>(order.size(), 1));
        return;
    }
    order = std::move(left);
}

void Router::try_route(std::size_t index, Call& call) {
    const RetryRules& rules = routes_[index].retry;
    for (std::uint32_t made = 1;; ++made) {
        Reply& reply = call.routed.reply = attempt(index, call);
        if (reply.ok() || reply.visible) {
            call.over = true;
            return;
        }
        const Trouble trouble = *reply.trouble;
        const std::int64_t asked_ms = trouble.retry_after_ms.value_or(0);
        const bool again = may_retry(trouble.kind) && made < rules.attempts_max &&
                           asked_ms <= rules.retry_after_max_ms;
        if (!again) {
            set_rest(index, trouble.kind);
            call.troubles.push_back(trouble);
            call.over = !may_fail_over(trouble.kind);
            return;
        }
        // Retry-After is a lower bound; the jitter on top keeps clients from coming all at once.
        if (call.stop.wait_ms(asked_ms + backoff_ms(rules, made))) {
            reply.trouble =
                transport_trouble(routes_[index].provider->name(), {base::Code::cancelled, "", {}});
            call.over = true;
            return;
        }
    }
}

Reply Router::attempt(std::size_t index, Call& call) {
    const Route& route = routes_[index];
    ++call.routed.attempts;
    Reply reply;
    if (route.model.empty() || route.model == call.request.model) {
        reply = route.provider->complete(call.request, call.sink, call.stop);
    } else {
        ChatRequest request = call.request;
        request.model = route.model;
        reply = route.provider->complete(request, call.sink, call.stop);
    }
    const Usage& usage = reply.answer.usage;
    if (usage.total() > 0) {
        const std::string& model = route.model.empty() ? call.request.model : route.model;
        call.routed.charges.push_back({std::string(route.provider->name()), model, usage});
    }
    return reply;
}

// "Full jitter": evenly from [0, min(max, base * 2^(attempt-1))].
std::int64_t Router::backoff_ms(const RetryRules& rules, std::uint32_t attempt) {
    const std::uint32_t doublings = std::min<std::uint32_t>(attempt - 1, 20);
    const std::int64_t ceiling_ms =
        std::min(rules.backoff_max_ms, rules.backoff_base_ms << doublings);
    std::array<std::uint8_t, 8> bytes{};
    random_.fill(bytes);
    std::uint64_t drawn = 0;
    for (const std::uint8_t byte : bytes) drawn = drawn << 8U | byte;
    const auto choices = static_cast<std::uint64_t>(std::max<std::int64_t>(ceiling_ms, 0)) + 1;
    return static_cast<std::int64_t>(drawn % choices);
}

base::Result<std::string> Router::route_named(std::string_view wanted) const {
    std::string names;
    for (const Route& route : routes_) {
        const std::string name(route.provider->name());
        const std::string whole = route.model.empty() ? name : name + "/" + route.model;
        if (wanted == name || wanted == whole) return name;
        names += (names.empty() ? "" : ", ") + whole;
    }
    return base::fail(base::Code::not_found, fmt::format("there is no model \"{}\"; there are: {}",
                                                         wire::cut_utf8(wanted, 200), names));
}

// The route that was asked for, then those that do not rest; all of them when every one rests.
std::vector<std::size_t> Router::order(std::string_view wanted) {
    const auto now = clock_.steady();
    std::vector<std::size_t> asked;
    std::vector<std::size_t> awake;
    std::vector<std::size_t> resting;
    rests_until_.with([&](const auto& until) {
        for (std::size_t i = 0; i < until.size(); ++i) {
            if (!wanted.empty() && routes_[i].provider->name() == wanted) {
                asked.push_back(i);
            } else if (routes_[i].use == Route::Use::in_turn) {
                (until[i] > now ? resting : awake).push_back(i);
            }
        }
    });
    asked.insert(asked.end(), awake.begin(), awake.end());
    asked.insert(asked.end(), resting.begin(), resting.end());
    return asked;
}

void Router::set_rest(std::size_t index, TroubleKind kind) {
    if (!may_fail_over(kind)) return;
    const auto until = clock_.steady() + std::chrono::milliseconds(routes_[index].retry.rest_ms);
    rests_until_.with([&](auto& all) { all[index] = until; });
}

}  // namespace hs::models
