#include "hardshell/fetch.h"

#include <fmt/format.h>

#include "egress/upstream.h"
#include "wire/url.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;

namespace {
constexpr std::int64_t patience_ms = 20'000;
}

Result<std::string> fetch_text(const std::string& text, std::size_t bytes_max) {
    const wire::Url url = TRY(wire::parse_url(text));
    const bool secure = url.scheme == wire::Scheme::https;
    net::SystemResolver resolver;
    const auto tls = TRY(net::TlsClient::make());
    using net::AddressClass;
    egress::CheckedDialer dialer(
        egress::Outside{resolver, tls},
        {AddressClass::public_net, AddressClass::private_net, AddressClass::unique_local,
         AddressClass::loopback, AddressClass::carrier_nat});
    const os::Deadline deadline = os::Deadline::after_ms(patience_ms);
    auto stream =
        TRY(dialer.dial({url.host, url.port,
                         secure ? net::Endpoint::Security::tls : net::Endpoint::Security::plain},
                        deadline, nullptr));
    stream->set_deadline(deadline);
    net::HttpClient client(std::move(stream));
    net::RequestHead head;
    head.method = "GET";
    head.target = url.target();
    head.headers.add("Host", url.authority());
    TRY(client.send(std::move(head)));
    const auto answer = TRY(client.receive(bytes_max));
    auto body = TRY(client.whole_body());
    if (answer.status == 200) return body;
    return fail(answer.status == 404 ? Code::not_found : Code::io,
                fmt::format("{} answered {}", url.text(), answer.status));
}

}  // namespace hs::cli
