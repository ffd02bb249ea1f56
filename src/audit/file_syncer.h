// FileSyncer: makes files durable beside whoever writes them.
//
// What it is for: a full tile need not be durable before the journal forgets its records, and
// waiting for it would hold up everybody whose record comes next.
// What it does not protect from: nothing is durable before finish() has returned. The name of a
// file is the folder's matter (Storage::sync_folders).
// Threads: add and finish have one caller; one thread of its own from the first add on.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"

namespace hs::audit {

class FileSyncer {
  public:
    static constexpr std::size_t waiting_max = 4096;

    FileSyncer() = default;
    ~FileSyncer();
    FileSyncer(const FileSyncer&) = delete;
    FileSyncer& operator=(const FileSyncer&) = delete;

    // Begins with a file that is written and closed. Waits where too many wait.
    void add(std::string path);
    // Once every file that was added is durable; the first failure since the last time.
    base::Result<> finish();

  private:
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> waiting_;  // the first is being worked on
    base::Result<> outcome_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace hs::audit
