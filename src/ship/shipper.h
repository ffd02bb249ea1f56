// Shipper: one thread for each sink that hands the log's records over, in order, until the receiver
// has confirmed them.
//
// What it is for: a receiver that is away, slow or broken holds up its own stream and nothing
// else. Nothing is dropped: what cannot be delivered stays in the log and is tried again, with
// pauses that grow to a minute. What may have arrived already is marked.
// What it does not protect from: a receiver that refuses a record for good (400, or a collector's
// partial success); that one is counted as lost, recorded, and passed over.
// Threads: start, stop and the destructor have one caller; status from any thread. `record` is
// called from the sinks' threads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "ship/outlet.h"
#include "ship/position.h"
#include "ship/sink_setting.h"

namespace hs::ship {

struct SinkStatus {
    std::string name;
    SinkKind kind = SinkKind::file;
    enum class State : std::uint8_t { starting, working, failing, stopped };
    State state = State::starting;
    Position position;
    std::uint64_t log_size = 0;
    std::int64_t lag_ms = 0;          // age of the oldest record that was not handed over
    Fault fault = Fault::none;        // by name; `slow` also while it works
    std::string problem;              // the last one, empty while it works
    base::WallTime_ms worked_ms = 0;  // when it last took something

    std::uint64_t lag() const;  // records that were not handed over
    wire::Json to_json() const;
};

struct ShipTimes {
    std::int64_t look_ms = 500;     // between two looks for new records
    std::int64_t pause_ms = 1'000;  // after a failure, doubled up to pause_max_ms
    std::int64_t pause_max_ms = 60'000;
    std::int64_t counters_ms = 3'600'000;  // between two records of the counters
    std::int64_t slow_ms = 5'000;          // a delivery that takes longer is slow
};

class Shipper {
  public:
    // Makes an event durable some time; not waited for.
    using Record = std::function<void(audit::Event)>;
    struct Parts {
        std::string log_folder;
        std::string state_folder;  // for the positions; made 0700
        Outlet& outlet;
        const base::Clock& clock;
        base::Random& random;  // used by start() alone
        Machine machine;
        // A key of its own for each sink's hashes.
        std::function<crypto::SecretBytes(const std::string& sink)> key_for;
        Record record;
        ShipTimes times = {};
    };
    explicit Shipper(Parts parts);
    ~Shipper();
    Shipper(const Shipper&) = delete;
    Shipper& operator=(const Shipper&) = delete;

    base::Result<> start(const std::vector<SinkSetting>& sinks);
    // Ends each thread after what it is doing, at most a write.
    void stop();
    std::vector<SinkStatus> status() const;

  private:
    class Stream;
    Parts parts_;
    std::unique_ptr<os::WakeUp> stop_;
    std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace hs::ship
