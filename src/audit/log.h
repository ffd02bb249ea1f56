// Log: the record that many threads append to and one thread writes.
//
// What it is for: an effect waits until its record is durable. All records that wait are made
// durable together (group commit), then join the Merkle tree; a checkpoint is signed at most once
// a second under load, and shortly after the last record.
// What it does not protect from: a disk that hangs; then appends wait. After any failure to write
// the log refuses every append until it is opened anew: no record, no effect.
// Threads: every function from any thread, except that stop() and the destructor have one caller.
// OnDurable runs on the log's own thread and must be quick.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "audit/event.h"
#include "audit/log_core.h"

namespace hs::audit {

struct LogStatus {
    std::uint64_t size = 0;  // durable records
    Head signed_head;        // the last checkpoint's
    std::uint64_t epoch = 0;
    std::size_t waiting = 0;             // records that wait to be written
    std::optional<base::Error> failure;  // why the log refuses, if it does
};

class Log {
  public:
    using OnDurable = std::move_only_function<void(base::Result<std::uint64_t> index)>;

    static constexpr std::size_t waiting_max = 8192;
    static constexpr std::size_t waiting_bytes_max = std::size_t{32} << 20U;

    // The clock and the random source must outlive the log.
    struct Seams {
        const base::Clock& clock;
        base::Random& random;
    };
    // Opens or begins the log in a folder and starts its thread. See LogCore::open and
    // FolderStorage::open for what is refused.
    static base::Result<std::unique_ptr<Log>> open(const std::string& folder, LogKeys keys,
                                                   const LogOptions& options, Seams seams);
    static base::Result<std::unique_ptr<Log>> open(std::unique_ptr<Storage> storage, LogKeys keys,
                                                   const LogOptions& options, Seams seams);
    // Stops as stop() does.
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    // Queues the event with the present time. A failure here (too large, queue full, log failed
    // or stopped) means that on_durable will not be called.
    base::Result<> append(const Event& event, OnDurable on_durable);
    // For an event on which nothing waits: it becomes durable with the next one on which something
    // does, never after it, and at the latest after checkpoint_idle_ms. A log that failed later
    // tells whoever asks next.
    base::Result<> append_later(const Event& event);
    // Returns its index once the event is durable; on a failure it must count as not recorded.
    base::Result<std::uint64_t> append_and_wait(const Event& event);

    // Returns once everything appended before is in a signed checkpoint on disk.
    base::Result<> checkpoint_and_wait();
    // Ends the present epoch, as happens by itself every epoch_ms while records come in.
    base::Result<> advance_epoch_and_wait();

    // Signs and takes nothing any more, as after a failed write; the text says why and what to do.
    void refuse(base::Code code, const std::string& what);

    LogStatus status() const;
    // What witnesses and verifiers are given; the genesis key belongs off this machine.
    VerifierKey log_key() const { return log_key_; }
    VerifierKey genesis_key() const { return genesis_key_; }

    // Writes what waits, signs, makes all of it durable in tiles, ends the thread.
    void stop();

  private:
    enum class Task : std::uint8_t { record, checkpoint, epoch };
    // On the stack of a thread that waits; written before settled_ reaches its item's number.
    struct Answer {
        base::Result<std::uint64_t> index = std::uint64_t{0};
    };
    struct Item {
        Task task = Task::record;
        base::Bytes leaf;
        OnDurable done;
        Answer* answer = nullptr;
        std::uint64_t number = 0;  // in the order of the queue, from 1

        bool is_awaited() const { return task != Task::record || answer != nullptr || done; }
    };
    using Instant = std::chrono::steady_clock::time_point;

    Log(std::unique_ptr<Storage> storage, LogKeys keys, const LogOptions& options, Seams seams)
        : storage_(std::move(storage)), keys_(std::move(keys)), options_(options), seams_(seams) {}

    base::Result<std::uint64_t> put(Item item);
    base::Result<std::uint64_t> put_and_wait(Item item);
    // The writer's side.
    void run();
    std::deque<Item> take();
    Instant due() const;
    void process(std::deque<Item>& items);
    void write_records(std::span<Item> records);
    base::Result<std::uint64_t> commit_records(std::span<Item> records);
    static void answer(Item& item, base::Result<std::uint64_t> index);
    void settle_up_to(std::uint64_t number);
    base::Result<> run_task(Task task);
    base::Result<> sign_if_due();
    base::Result<> record_own(const Event& event);
    base::Result<> watch_clock();
    void fail_with(const base::Error& error);
    void refresh_status();

    std::unique_ptr<Storage> storage_;
    LogKeys keys_;
    LogOptions options_;
    Seams seams_;
    std::unique_ptr<LogCore> core_;
    VerifierKey log_key_;
    VerifierKey genesis_key_;

    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<Item> items_;
    std::size_t item_bytes_ = 0;
    std::size_t awaited_ = 0;  // of the items: those that somebody waits for
    std::size_t wanted_ = 1;   // the writer sleeps until so many of them are there
    Instant wakes_at_{};       // or until then
    std::uint64_t last_number_ = 0;
    bool stopping_ = false;
    LogStatus status_;
    std::atomic<bool> failed_{false};  // whether status_ has a failure: to look without the lock
    // Every item up to this number has its answer; one wake-up serves a whole batch, and whoever
    // wakes takes no lock.
    std::atomic<std::uint64_t> settled_{0};

    // The writer thread's own.
    std::size_t usual_batch_ = 1;  // how many come back together
    std::chrono::nanoseconds last_write_{0};
    Instant last_record_{};
    Instant last_checkpoint_{};
    Instant epoch_began_{};
    base::WallTime_ms seen_wall_ms_ = 0;
    Instant seen_steady_{};
    std::thread thread_;
};

}  // namespace hs::audit
