#include "egress/pins.h"

#include <fmt/format.h>

#include "egress/walls.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

Result<std::vector<net::Address>> Pins::look_up(const std::string& host, const os::WakeUp& stop) {
    const auto pinned = pins_.with([&](auto& pins) -> std::optional<std::vector<net::Address>> {
        const auto found = pins.find(host);
        if (found == pins.end() || found->second.until.passed()) return std::nullopt;
        return found->second.addresses;
    });
    if (pinned) return *pinned;
    auto found = TRY(resolver_.resolve(host, os::Deadline::after_ms(resolve_ms_), &stop));
    pins_.with([&](auto& pins) {
        if (pins.size() >= pins_max) pins.clear();
        pins.insert_or_assign(host, Pin{found, os::Deadline::after_ms(life_ms)});
    });
    return found;
}

std::optional<Trouble> Pins::settle(gate::ConnectionAsk ask, const os::WakeUp& stop) {
    if (net::Address::parse(ask.host)) return std::nullopt;
    const auto addresses = look_up(ask.host, stop);
    if (!addresses) {
        const bool unknown = addresses.error().code == Code::not_found;
        return trouble_of(addresses.error(), unknown ? Reason::name_unknown : Reason::name_failed);
    }
    if (!stands(Wall::addresses)) return std::nullopt;
    ask.kind = gate::ConnectionAsk::Kind::addresses;
    ask.method = ask.target = ask.content_type = ask.body_sha256 = ask.operation = ask.approval =
        "";
    ask.body_bytes = 0;
    for (const net::Address& address : *addresses) ask.addresses.push_back(address.text());
    std::sort(ask.addresses.begin(), ask.addresses.end());
    auto verdict = verdicts_.decide(ask, stop);
    auto* trouble = std::get_if<Trouble>(&verdict);
    if (trouble == nullptr) return std::nullopt;
    // Where it leads is what is wrong, and may be another place the next time.
    pins_.with([&](auto& pins) { pins.erase(ask.host); });
    if (trouble->reason == Reason::refused_by_policy) trouble->reason = Reason::address_refused;
    return *trouble;
}

Result<std::vector<net::Address>> Pins::resolve(const std::string& host, os::Deadline,
                                                const os::WakeUp*) {
    return pins_.with([&](auto& pins) -> Result<std::vector<net::Address>> {
        const auto found = pins.find(host);
        if (found == pins.end()) return fail(Code::not_found, "the name was not decided about");
        return found->second.addresses;
    });
}

Result<std::vector<std::string>> Pins::texts(const std::string& name, os::Deadline,
                                             const os::WakeUp*) {
    return fail(Code::not_found, fmt::format("the texts of {} are not for a sandbox", name));
}

void Pins::forget() {
    pins_.with([](auto& pins) { pins.clear(); });
}

}  // namespace hs::egress
