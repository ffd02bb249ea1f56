#include "egress/outlets.h"

#include <fmt/format.h>

#include "egress/walls.h"

namespace hs::egress {

namespace {
constexpr const char* authority_name = "Hardshell egress, one sandbox's connections";
}

Outlets::~Outlets() {
    const auto open =
        tables_.with([](Tables& tables) { return std::exchange(tables.outlets, {}); });
    closers_.close();
    closers_.wait_until_idle(os::Deadline::never());
}

void Outlets::prepare() {
    make_authorities(authorities_ready);
}

void Outlets::make_authorities(std::size_t count) {
    wire::Json list{wire::JsonArray{}};
    for (std::size_t i = 0; i < count; ++i) {
        auto made = net::Authority::make(authority_name);
        if (!made) break;  // the keeper refuses runs with a network while it has none
        const std::string pem = (*made)->certificate_pem();
        const std::string id = tables_.with([&](Tables& tables) {
            if (tables.ready.size() >= authorities_max) tables.ready.pop_front();
            const std::string number = fmt::format("a{}", tables.next_id++);
            tables.ready.push_back({number, std::move(*made)});
            return number;
        });
        list.push(wire::JsonObject{{"id", id}, {"pem", pem}});
    }
    const wire::Json told = wire::JsonObject{{"authorities", std::move(list)}};
    static_cast<void>(parts_.keeper.send_authorities(told).ok());  // a keeper that is gone ends us
}

void Outlets::more_authorities() {
    make_authorities(1);
}

void Outlets::open(const gate::SandboxOrder& order, std::vector<os::Fd> listeners) {
    auto authority = tables_.with([&](Tables& tables) -> std::shared_ptr<net::Authority> {
        const auto found =
            std::find_if(tables.ready.begin(), tables.ready.end(),
                         [&](const Ready& one) { return one.id == order.authority; });
        if (found == tables.ready.end() || tables.outlets.size() >= outlets_max) return nullptr;
        auto taken = std::move(found->authority);
        tables.ready.erase(found);
        return taken;
    });
    // Without one the listeners close here, and the sandbox finds every port refused.
    if (!authority) return;
    auto made = Outlet::open(order, std::move(authority), std::move(listeners), parts_);
    if (!made) return;
    std::shared_ptr<Outlet> outlet = std::move(*made);
    tables_.with([&](Tables& tables) { tables.outlets.insert_or_assign(order.sandbox, outlet); });
}

void Outlets::close(const std::string& sandbox) {
    auto closed = tables_.with([&](Tables& tables) {
        const auto node = tables.outlets.extract(sandbox);
        return node ? node.mapped() : nullptr;
    });
    if (!closed) return;
    // Where no thread is to be had, it is destroyed here.
    static_cast<void>(closers_.start([held = std::move(closed)]() mutable { held.reset(); }).ok());
}

void Outlets::cut() {
    const auto all = tables_.with([](Tables& tables) { return tables.outlets; });
    for (const auto& [id, outlet] : all) outlet->cut();
}

void Outlets::take_fingerprints(base::ByteView packed) {
    auto table = FingerprintTable::unpack(packed);
    if (table && stands(Wall::leaks)) shelf_.replace(std::move(*table));
}

std::size_t Outlets::size() const {
    return tables_.with([](const Tables& tables) { return tables.outlets.size(); });
}

}  // namespace hs::egress
