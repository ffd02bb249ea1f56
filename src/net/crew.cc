#include "net/crew.h"

#include <system_error>

namespace hs::net {

using base::Code;
using base::fail;
using base::Result;

Crew::~Crew() {
    close();
    std::unique_lock lock(mutex_);
    job_done_.wait(lock, [this] { return threads_.empty(); });
    std::list<std::thread> ended = std::move(ended_);
    lock.unlock();
    for (std::thread& thread : ended) thread.join();
}

// Called with the lock held. The threads listed have run their last statement that needs it.
void Crew::reap_ended() {
    for (std::thread& thread : ended_) thread.join();
    ended_.clear();
}

Result<> Crew::start(std::function<void()> job) {
    const std::scoped_lock lock(mutex_);
    if (closed_) return fail(Code::cancelled, "the server is stopping");
    reap_ended();
    const bool spare = idle_ > jobs_.size();
    if (!spare && threads_.size() >= threads_max_) {
        return fail(Code::exhausted, "all connections are in use; try again later");
    }
    if (!spare) {
        const auto self = threads_.emplace(threads_.end());
        try {
            *self = std::thread([this, self] { work(self); });
        } catch (const std::system_error&) {
            threads_.erase(self);
            return fail(Code::exhausted, "the system has no thread to give; raise ulimit -u");
        }
    }
    jobs_.push_back(std::move(job));
    ++busy_;
    job_ready_.notify_one();
    return {};
}

void Crew::work(std::list<std::thread>::iterator self) {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        const auto until = os::Deadline::after_ms(linger_ms_).at();
        job_ready_.wait_until(lock, until, [this] { return closed_ || !jobs_.empty(); });
        --idle_;
        if (jobs_.empty()) break;
        std::function<void()> job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
        --busy_;
        job_done_.notify_all();
    }
    ended_.splice(ended_.end(), threads_, self);
    job_done_.notify_all();
}

void Crew::close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    job_ready_.notify_all();
}

bool Crew::wait_until_idle(os::Deadline deadline) {
    std::unique_lock lock(mutex_);
    return job_done_.wait_until(lock, deadline.at(), [this] { return busy_ == 0; });
}

std::size_t Crew::busy() const {
    const std::scoped_lock lock(mutex_);
    return busy_;
}

}  // namespace hs::net
