#include "store/commit_queue.h"

#include <algorithm>
#include <future>
#include <utility>

namespace hs::store {

using base::Code;
using base::fail;
using base::Result;

CommitQueue::CommitQueue(std::unique_ptr<Database> database)
    : database_(std::move(database)), thread_([this] { run(); }) {
    CHECK(database_ != nullptr);
}

CommitQueue::~CommitQueue() {
    stop();
}

void CommitQueue::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopped_ = true;
    }
    ready_.notify_one();
    if (thread_.joinable()) thread_.join();
}

Result<> CommitQueue::submit(Change change, Done done, When when) {
    const Instant due = when == When::now
                            ? Instant::min()
                            : std::chrono::steady_clock::now() + std::chrono::milliseconds(soon_ms);
    {
        const std::scoped_lock lock(mutex_);
        if (stopped_) return fail(Code::cancelled, "the receiver has stopped");
        if (items_.size() >= waiting_max) return fail(Code::exhausted, "the queue is full");
        items_.push_back({std::move(change), std::move(done), {}});
        if (due >= due_) return {};  // the thread wakes early enough as it is
        due_ = due;
    }
    ready_.notify_one();
    return {};
}

Result<> CommitQueue::commit(Change change) {
    std::promise<Result<>> promise;
    auto outcome = promise.get_future();
    TRY(submit(std::move(change),
               [&promise](Result<> done) { promise.set_value(std::move(done)); }));
    return outcome.get();
}

std::vector<CommitQueue::Item> CommitQueue::take() {
    std::unique_lock lock(mutex_);
    while (!stopped_ && due_ > std::chrono::steady_clock::now()) {
        if (due_ == Instant::max()) {
            ready_.wait(lock);
        } else {
            ready_.wait_until(lock, due_);
        }
    }
    due_ = Instant::max();
    return std::exchange(items_, {});
}

void CommitQueue::run() {
    while (true) {
        auto items = take();
        if (items.empty()) return;
        for (std::size_t first = 0; first < items.size(); first += batch_max) {
            const std::size_t count = std::min(batch_max, items.size() - first);
            commit_batch(std::span(items).subspan(first, count));
        }
    }
}

void CommitQueue::commit_batch(std::span<Item> batch) {
    Result<> committed = database_->in_transaction([&] { return run_all(batch); });
    if (!committed && batch.size() > 1) {
        committed = database_->in_transaction([&] { return run_each(batch); });
    }
    for (Item& item : batch) {
        if (item.outcome && !committed) item.outcome = committed.failure();
        item.done(std::move(item.outcome));
    }
}

// Nearly always nothing fails, and savepoints would be a good part of the work.
Result<> CommitQueue::run_all(std::span<Item> batch) {
    for (Item& item : batch) {
        item.outcome = item.change(*database_);
        if (!item.outcome) return item.outcome;
    }
    return {};
}

Result<> CommitQueue::run_each(std::span<Item> batch) {
    for (Item& item : batch) {
        item.outcome = run_in_savepoint(item.change);
        // Without this a later change would begin, and commit, a transaction of its own.
        if (!database_->transaction_open()) return item.outcome;
    }
    return {};
}

Result<> CommitQueue::run_in_savepoint(Change& change) {
    TRY(database_->execute("SAVEPOINT hs_change"));
    const Result<> changed = change(*database_);
    if (changed) {
        TRY(database_->execute("RELEASE hs_change"));
        return {};
    }
    TRY(database_->execute("ROLLBACK TO hs_change"));
    TRY(database_->execute("RELEASE hs_change"));
    return changed;
}

}  // namespace hs::store
