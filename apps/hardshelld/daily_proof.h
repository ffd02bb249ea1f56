// DailyProof: runs `hardshell doctor` by the clock, so that the record says each day whether the
// walls of this machine hold. It is the same proof that a person asks for, by the same program.
//
// What it does not protect from: a wall that falls between two proofs. What the doctor finds
// missing is in the record and at the sinks; it closes nothing by itself.
// Threads: one of its own.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "gate/settings.h"
#include "os/wait.h"

namespace hs::daemon {

class DailyProof {
  public:
    struct Parts {
        std::string program;  // hardshell
        std::string state;    // the folder; its file "proof" says when it was done last
        const gate::Settings& settings;
    };
    static base::Result<std::unique_ptr<DailyProof>> start(Parts parts);
    // Ends a proof that runs.
    ~DailyProof();
    DailyProof(const DailyProof&) = delete;
    DailyProof& operator=(const DailyProof&) = delete;

  private:
    DailyProof(Parts parts, os::WakeUp stop) : parts_(std::move(parts)), stop_(std::move(stop)) {}
    void run() const;
    bool is_due() const;
    base::Result<> prove() const;

    Parts parts_;
    os::WakeUp stop_;
    std::thread thread_;
};

}  // namespace hs::daemon
