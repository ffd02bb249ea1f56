#include "store/commit_queue.h"

#include <algorithm>
#include <future>
#include <iterator>

namespace hs::store {

using base::Result;

CommitQueue::CommitQueue(std::unique_ptr<Database> database)
    : database_(std::move(database)), thread_([this] { run(); }) {
    CHECK(database_ != nullptr);
}

CommitQueue::~CommitQueue() {
    stop();
}

void CommitQueue::stop() {
    inbox_.close();
    if (thread_.joinable()) thread_.join();
}

Result<> CommitQueue::submit(Change change, Done done) {
    return inbox_.put({std::move(change), std::move(done), {}});
}

Result<> CommitQueue::commit(Change change) {
    std::promise<Result<>> promise;
    auto outcome = promise.get_future();
    TRY(submit(std::move(change),
               [&promise](Result<> done) { promise.set_value(std::move(done)); }));
    return outcome.get();
}

void CommitQueue::run() {
    while (true) {
        auto taken = inbox_.take_all();
        if (taken.empty()) return;
        std::vector<Item> items(std::make_move_iterator(taken.begin()),
                                std::make_move_iterator(taken.end()));
        for (std::size_t first = 0; first < items.size(); first += batch_max) {
            const std::size_t count = std::min(batch_max, items.size() - first);
            commit_batch(std::span(items).subspan(first, count));
        }
    }
}

void CommitQueue::commit_batch(std::span<Item> batch) {
    const Result<> committed = database_->in_transaction([&]() -> Result<> {
        for (Item& item : batch) {
            item.outcome = run_in_savepoint(item.change);
            // Without this a later change would begin, and commit, a transaction of its own.
            if (!database_->transaction_open()) return item.outcome;
        }
        return {};
    });
    for (Item& item : batch) {
        if (item.outcome && !committed) item.outcome = committed.failure();
        item.done(std::move(item.outcome));
    }
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
