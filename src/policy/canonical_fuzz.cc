// Whatever bytes come in: what is accepted is canonical already, and no address hides in a name.
#include <string_view>

#include "policy/canonical_host.h"
#include "policy/canonical_path.h"
#include "policy/canonical_time.h"

namespace {

using namespace hs::policy;

void check_path(std::string_view text) {
    const auto path = CanonicalPath::from_text(text);
    if (!path) return;
    CHECK(CanonicalPath::from_resolved(path->text()).ok());
    for (const std::string_view segment : path->segments())
        CHECK(segment != "." && segment != "..");
    for (const std::string_view folder : path->ancestors()) {
        CHECK(path->lies_in(CanonicalPath::from_resolved(folder).value()));
    }
}

void check_host(std::string_view text) {
    const auto at = canonical_host_port(text, 443);
    if (!at) return;
    const auto again = canonical_host_port(at->text(), 443);
    CHECK(again.ok() && again->host == at->host && again->port == at->port);
    CHECK(at->host.address.has_value() == parse_address(at->host.name).ok());
}

void check_punycode(std::string_view text) {
    const auto label = punycode_decode(text);
    if (!label) return;
    const auto encoded = punycode_encode(*label);
    if (encoded) CHECK(punycode_decode(*encoded).value() == *label);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_path(text);
    check_host(text);
    check_punycode(text);
    static_cast<void>(parse_time(text));
    static_cast<void>(parse_duration_ms(text));
    static_cast<void>(parse_address_range(text));
    return 0;
}
