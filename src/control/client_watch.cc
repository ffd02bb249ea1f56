#include "control/client_watch.h"

#include <poll.h>

#include <chrono>
#include <vector>

namespace hs::control {

namespace {
// So many rounds after the last client it still looks, so that the next need not wake it.
constexpr int empty_rounds_max = 20;
}  // namespace

ClientWatch::Watched::Watched(ClientWatch& watch, int descriptor, const os::WakeUp& cancel)
    : watch_(watch), cancel_(cancel) {
    const std::scoped_lock lock(watch_.mutex_);
    watch_.clients_.push_back({descriptor, &cancel_});
    if (!watch_.thread_.joinable()) watch_.thread_ = std::thread([&watch] { watch.run(); });
    if (watch_.asleep_) watch_.came_.notify_one();
}

void ClientWatch::Watched::end() {
    if (std::exchange(ended_, true)) return;
    const std::scoped_lock lock(watch_.mutex_);
    watch_.clients_.remove_if([this](const Client& client) { return client.cancel == &cancel_; });
}

ClientWatch::~ClientWatch() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    came_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void ClientWatch::run() {
    std::unique_lock lock(mutex_);
    for (int empty_rounds = 0; !stopping_;) {
        empty_rounds = clients_.empty() ? empty_rounds + 1 : 0;
        if (empty_rounds > empty_rounds_max) {
            asleep_ = true;
            came_.wait(lock, [this] { return stopping_ || !clients_.empty(); });
            asleep_ = false;
            empty_rounds = 0;
        }
        came_.wait_until(lock, os::Deadline::after_ms(period_ms).at(),
                         [this] { return stopping_; });
        look();
    }
}

// Called with the lock held, so that no descriptor is closed meanwhile.
void ClientWatch::look() const {
    std::vector<pollfd> items;
    items.reserve(clients_.size());
    for (const Client& client : clients_) items.push_back({client.descriptor, POLLRDHUP, 0});
    if (items.empty() || ::poll(items.data(), items.size(), 0) <= 0) return;
    auto item = items.begin();
    for (const Client& client : clients_) {
        if ((item++)->revents != 0) client.cancel->raise();
    }
}

}  // namespace hs::control
