#include "models/trouble.h"

#include <fmt/format.h>

#include "wire/utf8.h"

namespace hs::models {
namespace {

// What the person can do, a sentence a kind.
std::string fix_for(TroubleKind kind, std::string_view provider) {
    switch (kind) {
        case TroubleKind::auth:
            return fmt::format(
                "its key is missing, wrong or expired. Set a valid one: hardshell secret set NAME, "
                "with the name that provider.{}.credential has",
                provider);
        case TroubleKind::forbidden:
            return "the key may not use this. Check the model, the project and the region that "
                   "the key is for";
        case TroubleKind::quota:
            return "the account has no credit left. Add credit at the provider, or choose another "
                   "provider: hardshell config set model.default NAME";
        case TroubleKind::rate_limit:
            return "too many requests. Wait, or ask for a higher limit";
        case TroubleKind::overloaded:
            return "the provider is overloaded. Try again later";
        case TroubleKind::server:
            return "the provider failed. Try again later";
        case TroubleKind::bad_request:
            return "the provider refused the request";
        case TroubleKind::context_too_long:
            return "the conversation exceeds the model's window. It must be folded, or begun anew "
                   "with /new";
        case TroubleKind::no_model:
            return fmt::format(
                "the model or the address does not exist. Check provider.{0}.model and "
                "provider.{0}.url: hardshell config get",
                provider);
        case TroubleKind::network:
            return "no connection. Check the network and the provider's URL";
        case TroubleKind::timed_out:
            return "no answer in time. Try again, or raise its deadlines";
        case TroubleKind::cancelled:
            return "the call was cancelled";
        case TroubleKind::nonsense:
            return "the answer does not follow the provider's protocol. Check that its URL and "
                   "kind belong together";
        case TroubleKind::cut:
            return "the answer was cut off before its end. Try again";
        case TroubleKind::budget:
            return "the budget is spent";
    }
    return "";
}

TroubleKind kind_of_code(base::Code code) {
    switch (code) {
        case base::Code::timed_out:
            return TroubleKind::timed_out;
        case base::Code::cancelled:
            return TroubleKind::cancelled;
        case base::Code::denied:
            return TroubleKind::forbidden;
        case base::Code::corrupt:
        case base::Code::exhausted:
            return TroubleKind::nonsense;
        case base::Code::invalid_input:
            return TroubleKind::bad_request;
        case base::Code::not_found:
        case base::Code::conflict:
        case base::Code::io:
            break;
    }
    return TroubleKind::network;
}

}  // namespace

std::string_view trouble_name(TroubleKind kind) {
    switch (kind) {
        case TroubleKind::auth:
            return "auth";
        case TroubleKind::forbidden:
            return "forbidden";
        case TroubleKind::quota:
            return "quota";
        case TroubleKind::rate_limit:
            return "rate_limit";
        case TroubleKind::overloaded:
            return "overloaded";
        case TroubleKind::server:
            return "server";
        case TroubleKind::bad_request:
            return "bad_request";
        case TroubleKind::context_too_long:
            return "context_too_long";
        case TroubleKind::no_model:
            return "no_model";
        case TroubleKind::network:
            return "network";
        case TroubleKind::timed_out:
            return "timed_out";
        case TroubleKind::cancelled:
            return "cancelled";
        case TroubleKind::nonsense:
            return "nonsense";
        case TroubleKind::cut:
            return "cut";
        case TroubleKind::budget:
            break;
    }
    return "budget";
}

bool may_retry(TroubleKind kind) {
    switch (kind) {
        case TroubleKind::rate_limit:
        case TroubleKind::overloaded:
        case TroubleKind::server:
        case TroubleKind::network:
        case TroubleKind::timed_out:
        case TroubleKind::nonsense:
        case TroubleKind::cut:
            return true;
        case TroubleKind::auth:
        case TroubleKind::forbidden:
        case TroubleKind::quota:
        case TroubleKind::bad_request:
        case TroubleKind::context_too_long:
        case TroubleKind::no_model:
        case TroubleKind::cancelled:
        case TroubleKind::budget:
            break;
    }
    return false;
}

bool may_fail_over(TroubleKind kind) {
    switch (kind) {
        case TroubleKind::auth:
        case TroubleKind::forbidden:
        case TroubleKind::quota:
        case TroubleKind::no_model:
            return true;
        case TroubleKind::bad_request:
        case TroubleKind::context_too_long:
        case TroubleKind::cancelled:
        case TroubleKind::budget:
            return false;
        case TroubleKind::rate_limit:
        case TroubleKind::overloaded:
        case TroubleKind::server:
        case TroubleKind::network:
        case TroubleKind::timed_out:
        case TroubleKind::nonsense:
        case TroubleKind::cut:
            break;
    }
    return may_retry(kind);
}

TroubleKind kind_of_status(int status) {
    switch (status) {
        case 401:
            return TroubleKind::auth;
        case 402:
            return TroubleKind::quota;
        case 403:
            return TroubleKind::forbidden;
        case 404:
            return TroubleKind::no_model;
        case 408:
            return TroubleKind::timed_out;
        case 413:
            return TroubleKind::context_too_long;
        case 429:
            return TroubleKind::rate_limit;
        case 503:
        case 529:
            return TroubleKind::overloaded;
        default:
            break;
    }
    if (status == 409 || status >= 500) return TroubleKind::server;
    if (status >= 400) return TroubleKind::bad_request;
    return TroubleKind::nonsense;
}

bool names_long_context(std::string_view message) {
    std::string lower;
    for (const char c : message.substr(0, 2000)) {
        lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    for (const std::string_view sign :
         {"context length", "context_length", "maximum context", "context window",
          "available context size", "prompt is too long", "exceed context limit",
          "input is too long", "too many input tokens", "exceed_context_size"}) {
        if (lower.find(sign) != std::string::npos) return true;
    }
    return false;
}

Trouble transport_trouble(std::string_view provider, const base::Error& error) {
    Trouble trouble;
    trouble.kind = kind_of_code(error.code);
    if (trouble.kind == TroubleKind::forbidden) {
        trouble.what = fmt::format("{}: the connection was refused here: {}", provider, error.what);
        return trouble;
    }
    trouble.what = fmt::format("{}: {}", provider, fix_for(trouble.kind, provider));
    if (trouble.kind != TroubleKind::cancelled) {
        trouble.what += fmt::format(" ({})", excerpt(error.what));
    }
    return trouble;
}

Trouble provider_trouble(std::string_view provider, const ProviderError& error,
                         const HttpResponse* response, base::WallTime_ms now) {
    Trouble trouble;
    trouble.kind = error.kind;
    trouble.what = fmt::format("{}: {}", provider, fix_for(error.kind, provider));
    const bool quote = error.kind != TroubleKind::auth && !error.message.empty();
    if (quote) trouble.what += fmt::format(" (it says: {})", excerpt(error.message));
    if (response == nullptr) return trouble;
    trouble.status = response->status;
    trouble.retry_after_ms = retry_after_ms(response->headers, now);
    for (const std::string_view name : {"request-id", "x-request-id"}) {
        const std::string* id = find_header(response->headers, name);
        if (id != nullptr && trouble.request_id.empty()) trouble.request_id = excerpt(*id, 100);
    }
    return trouble;
}

std::string excerpt(std::string_view text, std::size_t bytes_max) {
    // Mending may treble the size, so it is cut before as well as after.
    const std::string mended = wire::mend_utf8(text.substr(0, bytes_max));
    std::string_view rest = wire::cut_utf8(mended, bytes_max);
    std::string out;
    while (!rest.empty()) {
        const char32_t point = wire::take_code_point(rest);
        // C0, C1, line and paragraph separators, and what turns the direction of writing.
        const bool hidden = point < 0x20 || (point >= 0x7f && point < 0xa0) ||
                            (point >= 0x2028 && point <= 0x202e) ||
                            (point >= 0x2066 && point <= 0x2069);
        wire::append_utf8(out, hidden ? U' ' : point);
    }
    if (text.size() > bytes_max) out += "…";
    return out;
}

}  // namespace hs::models
