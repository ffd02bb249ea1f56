#include "audit/log.h"

#include <fmt/format.h>

#include <algorithm>

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;
using std::chrono::milliseconds;

namespace {

// Those whose waits just ended come back with their next records; a writer thread that takes only
// the first of them would make two half batches by turns. It waits for as many as usual, but no
// longer than this part of a write and this long. The usual falls slowly, so that one batch that
// was short does not make the next ones short.
constexpr int gather_part = 2;
constexpr std::chrono::microseconds gather_max{500};
constexpr std::size_t usual_kept_of_8 = 7;
constexpr std::size_t batch_max = 1024;
// Below this the wall clock is taken to be slewed, not set.
constexpr std::int64_t clock_jump_ms = 2000;
constexpr milliseconds rest{60'000};

}  // namespace

Result<std::unique_ptr<Log>> Log::open(const std::string& folder, LogKeys keys,
                                       const LogOptions& options, Seams seams) {
    return open(TRY(FolderStorage::open(folder)), std::move(keys), options, seams);
}

Result<std::unique_ptr<Log>> Log::open(std::unique_ptr<Storage> storage, LogKeys keys,
                                       const LogOptions& options, Seams seams) {
    std::unique_ptr<Log> log(new Log(std::move(storage), std::move(keys), options, seams));
    const base::WallTime_ms now_ms = seams.clock.wall_ms();
    log->core_ =
        TRY(LogCore::open(*log->storage_, log->keys_, log->options_, seams.random, now_ms));
    log->log_key_ = {options.origin, log->keys_.signing.public_key()};
    log->genesis_key_ = log->core_->genesis();
    const Instant now = std::chrono::steady_clock::now();
    log->last_record_ = log->last_checkpoint_ = log->epoch_began_ = now;
    // The time of the last signature stands in for a clock that ran while we did not: going back
    // behind it is a jump, any time later is not.
    log->seen_wall_ms_ = std::max(now_ms, log->core_->last_signed_ms());
    log->seen_steady_ = seams.clock.steady();
    log->refresh_status();
    log->thread_ = std::thread([raw = log.get()] { raw->run(); });
    return log;
}

Log::~Log() {
    stop();
}

void Log::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    ready_.notify_all();
    if (thread_.joinable()) thread_.join();
}

Result<std::uint64_t> Log::put(Item item) {
    std::uint64_t number = 0;
    {
        const std::scoped_lock lock(mutex_);
        if (status_.failure) return fail(status_.failure->code, status_.failure->what);
        if (stopping_) return fail(Code::cancelled, "the log has stopped; start the keeper again");
        if (items_.size() >= waiting_max || item_bytes_ + item.leaf.size() > waiting_bytes_max) {
            return fail(Code::exhausted,
                        "too many records wait for the disk; try again in a moment");
        }
        number = item.number = ++last_number_;
        item_bytes_ += item.leaf.size();
        const bool is_awaited = item.is_awaited();
        if (is_awaited) ++awaited_;
        items_.push_back(std::move(item));
        const bool wakes = is_awaited ? awaited_ == wanted_
                                      : std::chrono::steady_clock::now() +
                                                milliseconds(options_.checkpoint_idle_ms) <
                                            wakes_at_;
        if (!wakes) return number;
        if (!is_awaited) {
            wakes_at_ =
                std::chrono::steady_clock::now() + milliseconds(options_.checkpoint_idle_ms);
        }
    }
    ready_.notify_one();
    return number;
}

Result<std::uint64_t> Log::put_and_wait(Item item) {
    Answer answer;
    item.answer = &answer;
    const std::uint64_t number = TRY(put(std::move(item)));
    for (std::uint64_t settled = settled_.load(); settled < number; settled = settled_.load()) {
        settled_.wait(settled);
    }
    return std::move(answer.index);
}

void Log::answer(Item& item, Result<std::uint64_t> index) {
    if (item.answer != nullptr) {
        item.answer->index = std::move(index);
    } else if (item.done) {
        item.done(std::move(index));
    }
}

void Log::settle_up_to(std::uint64_t number) {
    settled_ = number;
    settled_.notify_all();
}

Result<> Log::append(const Event& event, OnDurable on_durable) {
    Item item;
    item.leaf = TRY(event.encode(seams_.clock.wall_ms()));
    item.done = std::move(on_durable);
    TRY(put(std::move(item)));
    return {};
}

Result<> Log::append_later(const Event& event) {
    Item item;
    item.leaf = TRY(event.encode(seams_.clock.wall_ms()));
    TRY(put(std::move(item)));
    return {};
}

Result<std::uint64_t> Log::append_and_wait(const Event& event) {
    Item item;
    item.leaf = TRY(event.encode(seams_.clock.wall_ms()));
    return put_and_wait(std::move(item));
}

Result<> Log::checkpoint_and_wait() {
    Item item;
    item.task = Task::checkpoint;
    TRY(put_and_wait(std::move(item)));
    return {};
}

Result<> Log::advance_epoch_and_wait() {
    Item item;
    item.task = Task::epoch;
    TRY(put_and_wait(std::move(item)));
    return {};
}

void Log::refuse(Code code, const std::string& what) {
    const std::scoped_lock lock(mutex_);
    if (!status_.failure) status_.failure = base::Error{code, what, base::Place::here()};
    failed_ = true;
}

LogStatus Log::status() const {
    const std::scoped_lock lock(mutex_);
    LogStatus status = status_;
    status.waiting = items_.size();
    return status;
}

void Log::refresh_status() {
    const std::scoped_lock lock(mutex_);
    status_.size = core_->size();
    status_.signed_head = core_->signed_head();
    status_.epoch = core_->epoch().number;
}

Log::Instant Log::due() const {
    const Instant now = std::chrono::steady_clock::now();
    if (core_->size() == core_->signed_head().size || failed_) return now + rest;
    return std::min(last_record_ + milliseconds(options_.checkpoint_idle_ms),
                    last_checkpoint_ + milliseconds(options_.checkpoint_every_ms));
}

std::deque<Log::Item> Log::take() {
    const Instant until = due();
    std::unique_lock lock(mutex_);
    wakes_at_ = until;
    if (usual_batch_ > 1 && awaited_ < usual_batch_) {
        const auto patience =
            std::min<std::chrono::nanoseconds>(last_write_ / gather_part, gather_max);
        wanted_ = usual_batch_;
        ready_.wait_for(lock, patience, [this] { return stopping_ || awaited_ >= usual_batch_; });
    }
    wanted_ = 1;
    while (!stopping_ && awaited_ == 0 && std::chrono::steady_clock::now() < wakes_at_) {
        ready_.wait_until(lock, wakes_at_);  // an item that nobody awaits may bring it forward
    }
    std::deque<Item> taken;
    while (!items_.empty() && taken.size() < batch_max) {
        item_bytes_ -= items_.front().leaf.size();
        if (items_.front().is_awaited()) --awaited_;
        taken.push_back(std::move(items_.front()));
        items_.pop_front();
    }
    return taken;
}

void Log::run() {
    while (true) {
        auto items = take();
        if (items.empty()) {
            const std::scoped_lock lock(mutex_);
            if (stopping_) break;
        }
        process(items);
    }
    if (status().failure) return;
    const auto settled = core_->settle(seams_.clock.wall_ms());
    if (!settled) fail_with(settled.error());
    refresh_status();
}

void Log::process(std::deque<Item>& items) {
    std::vector<Item> records;
    for (Item& item : items) {
        if (item.task == Task::record) {
            records.push_back(std::move(item));
            continue;
        }
        write_records(records);
        records.clear();
        const auto done = run_task(item.task);
        answer(item, done ? Result<std::uint64_t>(core_->size()) : done.failure());
        settle_up_to(item.number);
    }
    write_records(records);
    if (failed_) return;
    const std::uint64_t signed_before = core_->signed_head().size;
    const auto signed_now = sign_if_due();
    if (!signed_now) fail_with(signed_now.error());
    if (!signed_now || core_->signed_head().size != signed_before) refresh_status();
}

Result<> Log::run_task(Task task) {
    if (const auto failure = status().failure) return fail(failure->code, failure->what);
    const base::WallTime_ms now_ms = seams_.clock.wall_ms();
    auto done = task == Task::epoch ? core_->advance_epoch(now_ms) : core_->checkpoint(now_ms);
    if (done && task == Task::epoch) {
        epoch_began_ = std::chrono::steady_clock::now();
        Event begun(EventKind::epoch_begun);
        begun.detail("number", static_cast<std::int64_t>(core_->epoch().number));
        begun.detail("key", wire::Json(core_->epoch().key.text()));
        done = record_own(begun);
    }
    if (!done) fail_with(done.error());
    refresh_status();
    return done;
}

Result<std::uint64_t> Log::commit_records(std::span<Item> records) {
    if (failed_) {
        const auto failure = status().failure;
        return fail(failure->code, failure->what);
    }
    TRY(watch_clock());
    std::vector<base::Bytes> leaves;
    leaves.reserve(records.size());
    for (Item& record : records) leaves.push_back(std::move(record.leaf));
    return core_->commit(std::move(leaves), seams_.clock.wall_ms());
}

void Log::write_records(std::span<Item> records) {
    if (records.empty()) return;
    const Instant before = std::chrono::steady_clock::now();
    const auto first = commit_records(records);
    last_record_ = std::chrono::steady_clock::now();
    const auto awaited = static_cast<std::size_t>(std::count_if(
        records.begin(), records.end(), [](const Item& item) { return item.is_awaited(); }));
    usual_batch_ = std::max({awaited, usual_batch_ * usual_kept_of_8 / 8, std::size_t{1}});
    last_write_ = last_record_ - before;
    if (!first && !failed_) fail_with(first.error());
    refresh_status();
    std::uint64_t index = first ? *first : 0;
    for (Item& record : records) {
        answer(record, first ? Result<std::uint64_t>(index++) : first.failure());
    }
    settle_up_to(records.back().number);
    if (!first) return;
    // The callers go on; the tree takes up their records meanwhile.
    const auto integrated = core_->integrate();
    if (!integrated) fail_with(integrated.error());
}

Result<> Log::sign_if_due() {
    const Instant now = std::chrono::steady_clock::now();
    if (core_->size() != core_->signed_head().size && now >= due()) {
        TRY(core_->checkpoint(seams_.clock.wall_ms()));
        last_checkpoint_ = now;
    }
    const bool has_news = core_->size() != core_->epoch().head.size;
    if (has_news && now - epoch_began_ >= milliseconds(options_.epoch_ms)) {
        return run_task(Task::epoch);
    }
    return {};
}

Result<> Log::record_own(const Event& event) {
    std::vector<base::Bytes> leaves{TRY(event.encode(seams_.clock.wall_ms()))};
    TRY(core_->commit(std::move(leaves), seams_.clock.wall_ms()));
    return core_->integrate();
}

// The wall clock must move as the steady one does; where it was set, the record says so before the
// next one that carries the new time.
Result<> Log::watch_clock() {
    const base::WallTime_ms wall_ms = seams_.clock.wall_ms();
    const Instant steady = seams_.clock.steady();
    const auto passed = std::chrono::duration_cast<milliseconds>(steady - seen_steady_).count();
    const std::int64_t jump_ms = wall_ms - seen_wall_ms_ - passed;
    seen_wall_ms_ = wall_ms;
    seen_steady_ = steady;
    if (jump_ms > -clock_jump_ms && jump_ms < clock_jump_ms) return {};
    Event jump(EventKind::clock_jump);
    jump.detail("jump_ms", jump_ms);
    return record_own(jump);
}

void Log::fail_with(const base::Error& error) {
    const std::scoped_lock lock(mutex_);
    if (status_.failure) return;
    failed_ = true;
    status_.failure = error;
    status_.failure->what = fmt::format(
        "the log cannot be written, so nothing may be done: {}; mend that and start Hardshell "
        "again",
        error.what);
}

}  // namespace hs::audit
