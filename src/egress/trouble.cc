#include "egress/trouble.h"

#include <array>

#include "wire/json.h"

namespace hs::egress {

using base::Code;

namespace {

struct Row {
    Reason reason;
    std::string_view name;
    int status;
    Code code;
};

constexpr std::array rows = {
    Row{Reason::permit_missing, "permit_missing", 403, Code::denied},
    Row{Reason::permit_refused, "permit_refused", 403, Code::denied},
    Row{Reason::request_refused, "request_refused", 403, Code::denied},
    Row{Reason::request_broken, "request_broken", 400, Code::invalid_input},
    Row{Reason::address_refused, "address_refused", 403, Code::denied},
    Row{Reason::name_unknown, "name_unknown", 502, Code::not_found},
    Row{Reason::name_failed, "name_failed", 502, Code::io},
    Row{Reason::connect_refused, "connect_refused", 502, Code::io},
    Row{Reason::connect_failed, "connect_failed", 502, Code::io},
    Row{Reason::connect_timeout, "connect_timeout", 504, Code::timed_out},
    Row{Reason::tls_failed, "tls_failed", 502, Code::denied},
    Row{Reason::secret_refused, "secret_refused", 403, Code::denied},
    Row{Reason::server_broken, "server_broken", 502, Code::io},
    Row{Reason::server_nonsense, "server_nonsense", 502, Code::io},
    Row{Reason::server_timeout, "server_timeout", 504, Code::timed_out},
    Row{Reason::response_refused, "response_refused", 502, Code::denied},
    Row{Reason::response_too_large, "response_too_large", 502, Code::exhausted},
    Row{Reason::refused_by_policy, "refused_by_policy", 403, Code::denied},
    Row{Reason::consent_missing, "consent_missing", 403, Code::denied},
    Row{Reason::secret_leaves, "secret_leaves", 403, Code::denied},
    Row{Reason::host_disagrees, "host_disagrees", 421, Code::denied},
    Row{Reason::over_budget, "over_budget", 429, Code::exhausted},
    Row{Reason::busy, "busy", 503, Code::exhausted},
    Row{Reason::stopped, "stopped", 503, Code::cancelled},
};

const Row& row_of(Reason reason) {
    for (const Row& row : rows) {
        if (row.reason == reason) return row;
    }
    CHECK(false);
    return rows[0];
}

}  // namespace

std::string_view reason_name(Reason reason) {
    return row_of(reason).name;
}
int status_of(Reason reason) {
    return row_of(reason).status;
}
Code code_of(Reason reason) {
    return row_of(reason).code;
}

std::optional<Reason> reason_from_name(std::string_view name) {
    for (const Row& row : rows) {
        if (row.name == name) return row.reason;
    }
    return std::nullopt;
}

Trouble trouble_of(const base::Error& error, Reason usual) {
    if (error.code == Code::cancelled) {
        return {Reason::stopped,
                "the connection was stopped because its permit was revoked or its "
                "requester left"};
    }
    return {usual, error.what};
}

std::string to_json_text(const Trouble& trouble) {
    wire::Json json;
    json["code"] = reason_name(trouble.reason);
    json["what"] = trouble.what;
    return wire::canonical_json(json);
}

base::Error error_of(std::string_view reason, std::string_view body) {
    const auto known = reason_from_name(reason);
    const auto json = wire::parse_json(body);
    base::Error error;
    error.code = known ? code_of(*known) : Code::io;
    error.what = "the egress process refused the request without saying why";
    if (!json) return error;
    const auto what = wire::text_at(*json, "what");
    if (what) error.what = *what;
    return error;
}

}  // namespace hs::egress
