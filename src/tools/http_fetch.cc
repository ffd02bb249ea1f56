// http_fetch: one page or one call of an HTTP interface; redirects are decided one by one.
#include <fmt/format.h>

#include <algorithm>

#include "egress/http.h"
#include "files/write.h"
#include "tools/command_steps.h"
#include "tools/default_tools.h"
#include "tools/registry.h"
#include "tools/result_label.h"
#include "tools/schema.h"
#include "wire/url.h"

namespace hs::tools {
namespace {

using base::Code;
using base::fail;
using base::Result;
using gate::SendHttp;
using wire::Json;

constexpr int redirects_max = 5;
constexpr std::size_t page_bytes_max = std::size_t{8} << 20U;
constexpr std::size_t body_bytes_max = std::size_t{1} << 20U;
constexpr std::size_t text_bytes_max = 48 * 1024;
constexpr std::size_t header_bytes_max = 200;
constexpr std::int64_t first_byte_ms = 30'000;
constexpr std::int64_t whole_ms = 120'000;
constexpr std::int64_t reader_ms = 15'000;

struct Request {
    std::string method;
    wire::Url url;
    net::Headers headers;
    std::string content_type;
    std::string body;
};

struct Page {
    int status = 0;
    std::string content_type;
    std::string location;
    std::string address;
    std::string body;
    bool cut = false;  // longer than is read
};

// Only what asks for a form of the answer: other fields could carry data or act for the person, and
// they are not part of what is approved.
Result<> take_header(Request& request, const std::string& name, const std::string& value) {
    const bool known = net::same_text(name, "Accept") || net::same_text(name, "Accept-Language");
    if (net::same_text(name, "Content-Type")) {
        request.content_type = value;
    } else if (!known) {
        return fail(Code::invalid_input,
                    fmt::format("the header \"{}\" cannot be set; possible are Accept, "
                                "Accept-Language and Content-Type. Credentials are placed by "
                                "Hardshell itself",
                                name.substr(0, 100)));
    }
    if (value.size() > header_bytes_max || !net::is_field_value(value)) {
        return fail(Code::invalid_input,
                    fmt::format("the header {} must be one line of at most {} bytes", name,
                                header_bytes_max));
    }
    if (known) request.headers.set(name, value);
    return {};
}

Result<Request> request_from(const Json& arguments) {
    Request request;
    const std::string url = TRY(wire::text_at(arguments, "url"));
    request.url = TRY(wire::parse_url(url));
    request.method = TRY(wire::text_at_or(arguments, "method", "GET"));
    request.body = TRY(wire::text_at_or(arguments, "body", ""));
    if (request.body.size() > body_bytes_max) {
        return fail(Code::exhausted,
                    fmt::format("a body of at most {} KiB can be sent", body_bytes_max >> 10U));
    }
    const bool bodiless = request.method == "GET" || request.method == "HEAD";
    if (bodiless && !request.body.empty()) {
        return fail(Code::invalid_input, request.method + " takes no body");
    }
    if (const Json* headers = arguments.find("headers")) {
        for (const auto& [name, value] : *headers->object()) {
            TRY(take_header(request, name, *value.text()));
        }
    }
    if (!request.body.empty() && request.content_type.empty()) {
        request.content_type =
            wire::parse_json(request.body) ? "application/json" : "text/plain; charset=utf-8";
    }
    return request;
}

SendHttp action_of(const Request& request) {
    SendHttp action;
    action.method = request.method;
    action.scheme = std::string(request.url.scheme_text());
    action.host = request.url.host;
    action.port = request.url.port;
    action.target = request.url.target();
    if (!request.body.empty()) {
        action.content_type = request.content_type;
        action.body_sha256 = files::hex_sha256(base::bytes_of(request.body));
        action.body_bytes = request.body.size();
        action.operation = gate::graphql_operation(action.method, action.target,
                                                   action.content_type, request.body);
    }
    return action;
}

Result<Page> read_page(egress::HttpAnswer answer) {
    Page page;
    page.status = answer.head().status;
    page.address = answer.address();
    page.content_type = answer.head().headers.find("Content-Type").value_or("");
    page.location = answer.head().headers.find("Location").value_or("");
    const os::Deadline deadline = os::Deadline::after_ms(whole_ms);
    for (;;) {
        const base::ByteView piece = TRY(answer.next_body(deadline));
        if (piece.empty()) return page;
        const std::size_t room = page_bytes_max - page.body.size();
        page.body += base::text_of(piece.subspan(0, std::min(room, piece.size())));
        if (piece.size() <= room) continue;
        page.cut = true;
        return page;
    }
}

// One exchange under one Permit.
Result<Page> exchange(ToolContext& context, const Request& request) {
    std::string preview;
    if (!request.body.empty()) {
        preview = "  the body:\n" + bounded_text(request.body, 4096) + "\n";
    }
    const auto permit = TRY(obtain(context, action_of(request), preview));
    TRY(permit.check(context.clock.wall_ms()));
    if (context.egress == nullptr) {
        return fail(Code::io, "egress is not running, so nothing can be fetched");
    }
    egress::OutgoingRequest outgoing;
    outgoing.method = permit.action().method;
    outgoing.target = permit.action().target;
    outgoing.headers = request.headers;
    outgoing.headers.set("User-Agent", "Hardshell");
    if (!request.body.empty()) outgoing.headers.set("Content-Type", permit.action().content_type);
    outgoing.body = base::bytes_of(request.body);
    const egress::Timing timing{os::Deadline::after_ms(first_byte_ms), context.cancel};
    auto answer =
        egress::exchange(*context.egress, permit.ticket(), permit.envelope(), outgoing, timing);
    auto page = answer ? read_page(std::move(*answer)) : Result<Page>(std::move(answer).failure());
    Json details;
    if (page) {
        details["status"] = page->status;
        details["bytes"] = static_cast<std::int64_t>(page->body.size());
        details["address"] = page->address;
    } else {
        details["error"] = page.error().what;
    }
    report(context, permit.id(), page ? "done" : "failed", std::move(details));
    return page;
}

bool redirects(const Page& page) {
    const bool status = page.status == 301 || page.status == 302 || page.status == 303 ||
                        page.status == 307 || page.status == 308;
    return status && !page.location.empty();
}

// RFC 9110 section 15.4: 303 always becomes a GET, 301 and 302 do for POST, as browsers do.
Result<> follow(Request& request, const Page& page) {
    const wire::Url next = TRY(wire::resolve_url(request.url, page.location));
    if (next.origin() != request.url.origin()) request.headers = {};
    request.url = next;
    const bool becomes_get = page.status == 303 ? request.method != "HEAD"
                                                : page.status < 303 && request.method == "POST";
    if (becomes_get) {
        request.method = "GET";
        request.body.clear();
        request.content_type.clear();
    }
    return {};
}

// What was traced for the address that was asked for says nothing about one that a server names.
void led_elsewhere(gate::Circumstances& circumstances) {
    circumstances.flow.destination_endorsed = false;
    circumstances.flow.destination = static_cast<std::int64_t>(flow::Voucher::nobody);
    circumstances.findings.push_back(
        {"destination", "another address", flow::Voucher::nobody, "a redirect of the server"});
}

std::string charset_of(const std::string& content_type) {
    const std::size_t at = content_type.find("charset=");
    if (at == std::string::npos) return {};
    std::string name = content_type.substr(at + 8, 40);
    std::erase(name, '"');
    name.resize(std::min(name.find_first_of("; "), name.size()));
    return net::is_token(name) ? name : std::string();
}

// HTML is parsed by our own program in a sandbox, never in this process.
Result<std::string> readable(ToolContext& context, const Page& page, const wire::Url& url) {
    if (context.reader_program.empty()) return fail(Code::io, "hardshell-reader is not installed");
    gate::RunCommand action;
    action.executable = context.reader_program;
    action.argv = {context.reader_program, "--url", url.text()};
    const std::string charset = charset_of(page.content_type);
    if (!charset.empty()) action.argv.insert(action.argv.end(), {"--charset", charset});
    action.working_directory = "/tmp";
    action.wall_ms = reader_ms;
    auto permit = TRY(obtain_unasked(context, action));
    const auto completed = TRY(
        run_permitted(context, std::move(permit), base::copy_bytes(base::bytes_of(page.body)), {}));
    if (completed.outcome.ending != jail::Ending::exited || completed.outcome.code != 0) {
        return fail(Code::io, jail::describe(completed.outcome));
    }
    return completed.standard_output;
}

enum class Form : std::uint8_t { html, text, other };

Form form_of(const Page& page) {
    std::string type = page.content_type.substr(0, page.content_type.find(';'));
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char one) { return one >= 'A' && one <= 'Z' ? char(one + 32) : one; });
    if (type == "text/html" || type == "application/xhtml+xml") return Form::html;
    const bool text = type.starts_with("text/") || type.ends_with("json") ||
                      type.ends_with("xml") || type.ends_with("yaml") ||
                      type.ends_with("javascript") ||
                      (type.empty() && page.body.find('\0') == std::string::npos);
    return text ? Form::text : Form::other;
}

std::string text_of_page(ToolContext& context, const Page& page, const wire::Url& url) {
    std::string text = fmt::format("HTTP {} {} {}\n", page.status,
                                   bounded_text(page.content_type, 200), url.text());
    if (page.cut) text += fmt::format("[only the first {} MiB were read]\n", page_bytes_max >> 20U);
    if (page.body.empty()) return text + "(no body)\n";
    text += '\n';
    switch (form_of(page)) {
        case Form::text:
            return text + bounded_text(page.body, text_bytes_max);
        case Form::other:
            return text + fmt::format("({} bytes that are no text)\n", page.body.size());
        case Form::html:
            break;
    }
    const auto read = readable(context, page, url);
    if (read) return text + bounded_text(*read, text_bytes_max);
    return text + fmt::format("[shown as it came, because the reader did not run: {}]\n{}",
                              read.error().what, bounded_text(page.body, text_bytes_max / 2));
}

// A server chose where this failed, so what is said about it are partly its words: they carry its
// label, else a server could speak through our errors.
Result<Reply> led_into(const base::Error& error, const flow::Label& label) {
    if (error.code == Code::cancelled) return fail(Code::cancelled, "the fetch was cancelled");
    Reply reply{error.what, label, "led to an address that failed"};
    reply.is_error = true;
    return reply;
}

class HttpFetch : public Tool {
  public:
    HttpFetch()
        : Tool({"http_fetch", "Fetches a URL; HTML comes back as readable text.",
                object_schema(
                    {{"url", text_schema()},
                     {"method", choice_schema({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}),
                      Presence::optional},
                     {"headers", text_map_schema(), Presence::optional},
                     {"body", text_schema(), Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        Request request = TRY(request_from(arguments));
        Page page = TRY(exchange(context, request));
        flow::Label label = label_of_page(page.address);
        for (int hops = 0; redirects(page); ++hops) {
            if (hops == redirects_max) {
                return fail(Code::exhausted,
                            fmt::format("the address led on {} times", redirects_max));
            }
            const std::string before = request.url.origin();
            const auto followed = follow(request, page);
            if (!followed) return led_into(followed.error(), label);
            if (request.url.origin() != before) led_elsewhere(context.circumstances);
            auto next = exchange(context, request);
            if (!next) return led_into(next.error(), label);
            page = *std::move(next);
            label = flow::join(label, label_of_page(page.address));
        }
        Reply reply{text_of_page(context, page, request.url), label,
                    fmt::format("{} {}: {}", request.method, request.url.text(), page.status)};
        reply.sources = {{flow::SourceKind::page, request.url.origin() + request.url.path}};
        reply.details["status"] = page.status;
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_http_fetch() {
    return std::make_unique<HttpFetch>();
}

}  // namespace hs::tools
