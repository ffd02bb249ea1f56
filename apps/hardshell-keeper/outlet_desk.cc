#include "hardshell-keeper/outlet_desk.h"

#include "egress/leak_scan.h"
#include "wire/json.h"

namespace hs::keeping {

using base::Code;
using base::fail;
using base::Result;
using gate::ActorFrameKind;
using wire::Json;

void OutletDesk::open(gate::Keeper& keeper, std::shared_ptr<os::Channel> egress) {
    keeper.add_verb("secrets.find", gate::Keeper::Access::daemon_or_person,
                    [this](const gate::Sender&, const wire::Json& arguments) {
                        return find_secret(arguments);
                    });
    keeper_ = &keeper;
    egress_ = std::move(egress);
    keeper_->set_egress(egress_);
}

void OutletDesk::send(ActorFrameKind kind, base::ByteView payload,
                      const std::vector<int>& descriptors) {
    // An egress that is gone is seen by the main loop.
    static_cast<void>(
        egress_->send(0, static_cast<std::uint16_t>(kind), payload, descriptors).ok());
}

Result<gate::SandboxAuthority> OutletDesk::take_authority() {
    if (authorities_.empty()) {
        return fail(Code::denied,
                    "egress is not ready for a sandbox with a network yet; try again");
    }
    gate::SandboxAuthority taken = std::move(authorities_.front());
    authorities_.pop_front();
    send(ActorFrameKind::more_authorities, {});
    return taken;
}

void OutletDesk::hand_over(os::Frame& frame) {
    const auto order = keeper_->open_sandbox(frame.payload);
    // Listeners that belong to no permitted run close with the frame: every port then refuses.
    if (!order) return;
    std::vector<int> numbers;
    for (const os::Fd& one : frame.descriptors) numbers.push_back(one.get());
    const std::string text = wire::canonical_json(gate::to_json(*order));
    send(ActorFrameKind::sandbox_open, base::bytes_of(text), numbers);
}

void OutletDesk::close(base::ByteView nonce) {
    const std::string sandbox = keeper_->close_sandbox(nonce);
    if (sandbox.empty()) return;
    if (ended_) ended_(base::to_hex(nonce));
    const std::string text = wire::canonical_json(wire::JsonObject{{"sandbox", sandbox}});
    send(ActorFrameKind::sandbox_close, base::bytes_of(text));
}

bool OutletDesk::take_launcher_frame(os::Frame& frame) {
    if (frame.kind == static_cast<std::uint16_t>(ActorFrameKind::outlets)) {
        hand_over(frame);
        return true;
    }
    if (frame.kind == static_cast<std::uint16_t>(ActorFrameKind::outlets_end)) {
        close(frame.payload);
        return true;
    }
    return false;
}

void OutletDesk::take_authorities(const os::Frame& frame) {
    const auto json = wire::parse_json(base::text_of(frame.payload));
    if (!json) return;
    const auto list = wire::array_at(*json, "authorities");
    if (!list) return;
    for (const Json& item : **list) {
        const auto id = wire::text_at(item, "id");
        const auto pem = wire::text_at(item, "pem");
        const bool fits = id && pem && authorities_.size() < authorities_max;
        if (fits) authorities_.push_back({*id, *pem});
    }
}

bool OutletDesk::take_egress_frame(const os::Frame& frame) {
    if (frame.kind == static_cast<std::uint16_t>(ActorFrameKind::authorities)) {
        take_authorities(frame);
        return true;
    }
    if (frame.kind == static_cast<std::uint16_t>(ActorFrameKind::ask)) {
        keeper_->handle_connection({gate::Sender::Kind::egress, "hardshell-egress", egress_},
                                   frame);
        return true;
    }
    return false;
}

// {text}: {secret} where the value of one stands in it, in any form that egress looks for. Who asks
// has the text; it learns a name, and only of a value that it already has.
Result<wire::Json> OutletDesk::find_secret(const wire::Json& arguments) const {
    constexpr std::size_t text_bytes_max = std::size_t{64} << 10U;
    const std::string text = TRY(wire::text_at(arguments, "text"));
    if (text.size() > text_bytes_max) {
        return base::fail(base::Code::exhausted, "the text is longer than 64 KiB");
    }
    wire::Json answer{wire::JsonObject{}};
    if (!fingerprints_) return answer;
    const auto name = egress::LeakScan::find(fingerprints_, base::bytes_of(text));
    if (name) answer["secret"] = *name;
    return answer;
}

Result<> OutletDesk::send_name_servers(const std::vector<std::string>& servers) {
    std::string list;
    for (const auto& server : servers) list += (list.empty() ? "" : ",") + server;
    return egress_->send(0, static_cast<std::uint16_t>(egress::EgressFrameKind::name_servers),
                         base::bytes_of(list));
}

void OutletDesk::send_fingerprints(const Vault& vault) {
    fingerprints_ = std::make_shared<const egress::FingerprintTable>(
        egress::FingerprintTable::of(vault.values(), random_));
    if (!egress_) return;
    base::Bytes packed = fingerprints_->pack();
    send(ActorFrameKind::fingerprints, packed);
    crypto::wipe(packed);
}

}  // namespace hs::keeping
