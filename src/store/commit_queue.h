// CommitQueue: the changes of many threads, grouped into few durable commits.
//
// What it is for: a commit costs one wait for the disk. The queue's thread takes all changes that
// wait, runs them in one transaction, commits once, and then answers all of them. Where one of them
// fails they run again, each in a savepoint of its own, so that only that one is undone.
// What it does not protect from: a change that takes long; it delays those behind it.
// Threads: commit() and submit() from any thread; the queue owns its Database and one thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace hs::store {

class CommitQueue {
  public:
    // Runs on the queue's thread inside a transaction, perhaps twice. A failure undoes this change
    // only.
    using Change = std::move_only_function<base::Result<>(Database&)>;
    // Runs on the queue's thread once the change is durable or has failed. Must be quick.
    using Done = std::move_only_function<void(base::Result<>)>;

    enum class When : std::uint8_t {
        now,
        soon,  // with the next change that is wanted now, at the latest after soon_ms
    };

    static constexpr std::size_t waiting_max = 4096;
    static constexpr std::int64_t soon_ms = 10;
    static constexpr std::size_t batch_max = 512;

    explicit CommitQueue(std::unique_ptr<Database> database);
    // Stops as stop() does.
    ~CommitQueue();
    CommitQueue(const CommitQueue&) = delete;
    CommitQueue& operator=(const CommitQueue&) = delete;

    // Waits until the change is durable. exhausted when too many wait, cancelled after stop(), else
    // what the change or the commit failed with; after a failure nothing of it is stored.
    base::Result<> commit(Change change);
    // The same without waiting. A failure here means that done will not be called.
    base::Result<> submit(Change change, Done done, When when = When::now);

    // Accepts no more, commits what waits, ends the thread. May be called twice.
    void stop();

  private:
    struct Item {
        Change change;
        Done done;
        base::Result<> outcome;
    };
    using Instant = std::chrono::steady_clock::time_point;

    void run();
    // Waits for a change that is due; empty only when the queue has stopped.
    std::vector<Item> take();
    void commit_batch(std::span<Item> batch);
    base::Result<> run_all(std::span<Item> batch);
    base::Result<> run_each(std::span<Item> batch);
    base::Result<> run_in_savepoint(Change& change);

    std::unique_ptr<Database> database_;
    std::mutex mutex_;  // guards all below but thread_
    std::condition_variable ready_;
    std::vector<Item> items_;
    Instant due_ = Instant::max();       // when the first of the items wants to be committed
    Instant wakes_at_ = Instant::min();  // when the thread looks by itself; it may be at work
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace hs::store
