#include "store/commit_queue.h"

#include <algorithm>
#include <future>
#include <utility>

namespace hs::store {

namespace {
constexpr std::chrono::milliseconds soon{CommitQueue::soon_ms};
}

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
    const Instant due =
        when == When::now ? Instant::min() : std::chrono::steady_clock::now() + soon;
    {
        const std::scoped_lock lock(mutex_);
        if (stopped_) return fail(Code::cancelled, "the receiver has stopped");
        if (items_.size() >= waiting_max) return fail(Code::exhausted, "the queue is full");
        items_.push_back({std::move(change), std::move(done), {}});
        const Instant before = std::exchange(due_, std::min(due, due_));
        if (due >= before || due >= wakes_at_) return {};  // it wakes early enough as it is
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
    // After some work it sleeps shortly first, so that those who come next need not wake it.
    bool lately = true;
    for (Instant now; !stopped_ && due_ > (now = std::chrono::steady_clock::now());) {
        wakes_at_ = std::min(due_, std::exchange(lately, false) ? now + soon : Instant::max());
        if (wakes_at_ == Instant::max()) {
            ready_.wait(lock);
        } else {
            ready_.wait_until(lock, wakes_at_);
        }
    }
    wakes_at_ = Instant::min();
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
