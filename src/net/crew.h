// Crew: threads that each take one job at a time; made when needed, up to a maximum, and ended
// after a pause without work, so that an idle process holds none.
//
// What it does not protect from: a job that never ends. Jobs watch a wake-up of their own.
// Threads: start() from any thread; close() once.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "base/result.h"
#include "os/wait.h"

namespace hs::net {

class Crew {
  public:
    Crew(std::size_t threads_max, std::int64_t linger_ms)
        : threads_max_(threads_max), linger_ms_(linger_ms) {}
    ~Crew();  // waits for every job

    // Runs the job on a thread of its own, at once. exhausted when all threads are busy or the
    // system has none to give; cancelled after close().
    base::Result<> start(std::function<void()> job);
    // Takes no more jobs.
    void close();
    // Whether all jobs ended by the deadline.
    bool wait_until_idle(os::Deadline deadline);
    std::size_t busy() const;

  private:
    void work(std::list<std::thread>::iterator self);
    void reap_ended();

    const std::size_t threads_max_;
    const std::int64_t linger_ms_;
    mutable std::mutex mutex_;
    std::condition_variable job_ready_;
    std::condition_variable job_done_;
    std::deque<std::function<void()>> jobs_;
    std::list<std::thread> threads_;
    std::list<std::thread> ended_;
    std::size_t idle_ = 0;
    std::size_t busy_ = 0;
    bool closed_ = false;
};

}  // namespace hs::net
