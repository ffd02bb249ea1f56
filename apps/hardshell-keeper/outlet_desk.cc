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

void OutletDesk::send_fingerprints(const Vault& vault) {
    if (!egress_) return;
    const auto table = egress::FingerprintTable::of(vault.values(), random_);
    base::Bytes packed = table.pack();
    send(ActorFrameKind::fingerprints, packed);
    crypto::wipe(packed);
}

}  // namespace hs::keeping
