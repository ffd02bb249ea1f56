#include "egress/identities.h"

#include <fmt/format.h>

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

Result<> Identities::take(const NamedIdentity& named) {
    auto made = net::TlsClient::make_with(named.identity);
    return held_.with([&](auto& held) -> Result<> {
        held.erase(named.name);
        if (!made) return made.failure();
        if (held.size() >= names_max) return fail(Code::exhausted, "too many TLS identities");
        held[named.name] = std::make_shared<const net::TlsClient>(std::move(*made));
        return {};
    });
}

Result<std::shared_ptr<const net::TlsClient>> Identities::find(const std::string& name) const {
    if (name.empty()) return std::shared_ptr<const net::TlsClient>();
    return held_.with([&](const auto& held) -> Result<std::shared_ptr<const net::TlsClient>> {
        const auto found = held.find(name);
        if (found != held.end()) return found->second;
        return fail(Code::denied,
                    fmt::format("the TLS identity {} is not usable; check its certificate, key and "
                                "authorities in config.toml",
                                name));
    });
}

}  // namespace hs::egress
