// Any target, method and field against a fixed Envelope: what is let through stays at the approved
// place however it is written.
#include "egress/request_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    egress::Envelope envelope;
    envelope.methods = {"GET"};
    envelope.host = "api.example.com";
    envelope.target = "/repo/a";
    envelope.match = egress::TargetMatch::path_prefix;
    envelope.addresses = {net::AddressClass::public_net};
    const std::string_view text = base::text_of({data, size});
    const std::size_t line = std::min(text.find('\n'), text.size());
    net::RequestHead request;
    request.method = "GET";
    request.target = std::string(text.substr(0, line));
    request.headers.add("Host", envelope.host_field());
    const std::string_view rest = text.substr(std::min(line + 1, text.size()));
    if (!net::is_target(request.target) || !net::is_field_value(rest)) return 0;
    request.headers.add("X-Any", std::string(rest));
    request.headers.add("Connection", std::string(rest));
    if (!egress::check_request(request, 0, envelope)) return 0;
    const net::RequestHead head = egress::upstream_head(request, envelope);
    CHECK(head.target.starts_with("/repo/a"));
    const std::string_view path = std::string_view(head.target).substr(0, head.target.find('?'));
    CHECK(path.find("/../") == std::string_view::npos && !path.ends_with("/.."));
    CHECK(head.headers.count("Host") == 1 && head.headers.count("Connection") == 0);
    static_cast<void>(net::format_head(head));
    return 0;
}
