#include "audit/file_syncer.h"

#include <fcntl.h>

#include "os/file.h"

namespace hs::audit {

using base::Result;

namespace {

Result<> sync_file(const std::string& path) {
    const os::Fd file = TRY(os::open_file(path, O_RDONLY));
    return os::sync_data(file.get());
}

}  // namespace

FileSyncer::~FileSyncer() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void FileSyncer::add(std::string path) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < waiting_max; });
    waiting_.push_back(std::move(path));
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    lock.unlock();
    changed_.notify_all();
}

Result<> FileSyncer::finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.empty(); });
    return std::exchange(outcome_, Result<>());
}

void FileSyncer::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;  // nobody has been told that the rest is durable
        const std::string path = waiting_.front();
        lock.unlock();
        auto synced = sync_file(path);
        lock.lock();
        if (!synced && outcome_) outcome_ = std::move(synced);
        waiting_.pop_front();
        changed_.notify_all();
    }
}

}  // namespace hs::audit
