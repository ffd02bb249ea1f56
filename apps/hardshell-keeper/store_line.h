// StoreDesk::Line: one store, its thread and what waits for it.
//
// What it does not protect from: see store_desk.h. Threads: run() on its own; queue() and the rest
// from the desk's owner.
#pragma once

#include <condition_variable>
#include <deque>
#include <thread>

#include "hardshell-keeper/store_desk.h"

namespace hs::keeping {

struct StoreDesk::Job {
    std::uint64_t id = 0;
    Work work = Work::fetch;
    Question question = {};
    Login login = {};
    crypto::SecretBytes value = {};
    os::Deadline deadline = os::Deadline::never();
};

struct StoreDesk::Line {
    struct Parts {
        StoreSetting setting;
        const gate::Settings& settings;
        const base::Clock& clock;
        base::Random& random;
        KeeperOutlet& outlet;
        std::string state;
        crypto::SecretBytes file_key;  // of a sealed file
        std::function<void(Finished)> post;
    };
    struct Seen {
        std::string trouble;  // of the last answer; empty: none
        base::WallTime_ms at_ms = 0;
        std::size_t leases = 0;
    };
    Line(Parts given, os::WakeUp wake) : parts(std::move(given)), stop(std::move(wake)) {}

    base::Result<> queue(Job job);
    // Ends the thread when what waits is done; true when it has ended by the deadline.
    void begin_stop();
    void await_stop(os::Deadline deadline);
    Seen seen() const;
    void run();

    Parts parts;
    std::thread thread;

  private:
    void work(Job job);
    base::Result<crypto::SecretBytes> act(Job& job);
    base::Result<secrets::SecretStore*> store_for(Login login);
    std::unique_ptr<secrets::SecretStore> make(Login login) const;
    base::Result<> close(const secrets::StoreWait& wait);
    void release_idle();
    void note(Work kind, const base::Result<crypto::SecretBytes>& value);

    os::WakeUp stop;
    mutable std::mutex mutex;  // guards all below
    std::condition_variable news;
    std::deque<Job> jobs;
    bool stopping = false;
    bool stopped = false;
    Seen last;
    // The thread's own.
    std::unique_ptr<secrets::SecretStore> store;
    Login used;
    std::chrono::steady_clock::time_point used_at;
};

}  // namespace hs::keeping
