// KeeperLink: egress's own line to the keeper: the ticket key and revocations come in, questions
// for a secret's value and records of connections go out.
//
// What it does not protect from: a keeper that is gone. run() then returns and the process ends:
// without a keeper nothing may leave.
// Threads: run() on one thread; everything else from any thread.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>

#include "egress/admission.h"
#include "egress/frames.h"
#include "os/channel.h"
#include "wire/json.h"

namespace hs::egress {

class KeeperLink {
  public:
    static constexpr std::size_t questions_max = 1'024;

    KeeperLink(os::Channel& channel, Admission& admission)
        : channel_(channel), admission_(admission) {}

    // Receives until the keeper is gone or the wake-up is raised, then stops all that runs.
    void run(const os::WakeUp& stop);

    // The value for one use. denied with the keeper's reason; timed_out; cancelled when the
    // exchange's wake-up is raised.
    base::Result<crypto::SecretBytes> ask_secret(const SecretQuestion& question,
                                                 os::Deadline deadline, const os::WakeUp& stop);
    // Tells what became of a connection.
    void record(const wire::Json& connection);

  private:
    void take(os::Frame frame);
    void take_answer(os::Frame& frame);
    void give_up();

    os::Channel& channel_;
    Admission& admission_;
    std::mutex mutex_;
    std::condition_variable answered_;
    std::map<std::uint64_t, std::optional<SecretAnswer>> questions_;
    std::uint64_t next_id_ = 1;
    bool gone_ = false;
};

}  // namespace hs::egress
