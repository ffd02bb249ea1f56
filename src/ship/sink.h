// Sink: one receiver's protocol: how a batch is handed over, and what its answer means.
//
// What it is for: the Shipper decides when, in which order and how often; a Sink only speaks.
// What it does not protect from: a receiver that confirms and drops. tools/check_stream.py at the
// receiver's end shows that.
// Threads: one thread at a time.
#pragma once

#include <memory>
#include <span>

#include "ship/outlet.h"
#include "ship/sink_setting.h"

namespace hs::ship {

struct Delivery {
    enum class Fate : std::uint8_t {
        taken,     // handed over; see confirmed
        again,     // try later, from the last confirmed record on
        too_much,  // the batch is too large for the receiver
        rejected,  // the receiver will never take this batch
    };
    Fate fate = Fate::taken;
    std::string why;
    std::int64_t wait_ms = 0;  // at least so long before the next try
    std::uint64_t lost = 0;    // of a batch that was taken: refused for good
    // Up to this sequence nothing need be sent again, whatever breaks.
    std::optional<std::uint64_t> confirmed;
    Fault fault = Fault::none;  // of a batch that was not taken

    static Delivery failed(const base::Error& error, Fault fault) {
        return {Fate::again, error.what, 0, 0, std::nullopt, fault};
    }
};

class Sink {
  public:
    virtual ~Sink() = default;
    virtual Delivery deliver(std::span<const Shipment> batch, const os::WakeUp& stop) = 0;
    // Nothing waits: looks after the connection and confirms what has aged.
    virtual Delivery rest() { return {}; }
};

struct SinkParts {
    Outlet& outlet;
    const Machine& machine;
    std::string channel;  // Splunk's GUID
};
std::unique_ptr<Sink> make_sink(const SinkSetting& setting, const SinkParts& parts);

// What the status of an HTTP answer means for a batch; taken for 2xx.
Delivery judge_status(const HttpReply& reply);

}  // namespace hs::ship
