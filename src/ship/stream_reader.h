// StreamReader: the log as one sink's stream of shipments: what the sink's setting lets through,
// redacted, mapped, each with its place.
//
// What it is for: the log is the queue; reading it again from any record gives the same stream.
// What it does not protect from: records that were changed on disk; those are not shipped, and the
// failure says which.
// Threads: one thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "audit/read.h"
#include "ship/redact.h"
#include "ship/sink_setting.h"

namespace hs::ship {

class StreamReader {
  public:
    struct Parts {
        std::string folder;  // of the log
        const SinkSetting& setting;
        const Machine& machine;
        crypto::SecretBytes key;  // for the redaction's hashes
    };
    explicit StreamReader(Parts parts);

    // Takes up the newest checkpoint. not_found while there is no log.
    base::Result<> refresh();
    std::string log() const { return reader_ ? reader_->checkpoint().origin : std::string(); }
    std::uint64_t size() const { return reader_ ? reader_->size() : 0; }

    // Goes to a record; `before` is the last one of the stream before it.
    base::Result<> seek(std::uint64_t index, std::optional<std::uint64_t> before);
    std::uint64_t next_index() const { return next_; }
    // The next shipments, at most `count` and about bytes_max together; empty at the end. Records
    // below `sent` are marked as sent again.
    base::Result<std::vector<Shipment>> take(std::size_t count, std::uint64_t sent);
    // The time of the record at the place; 0 at the end.
    base::WallTime_ms next_time_ms();

    static constexpr std::size_t batch_bytes_max = std::size_t{1} << 20U;
    // Records that are read again before a seek, so that effects find their decisions.
    static constexpr std::uint64_t story_records = 1000;

  private:
    std::optional<Shipment> shipment(const audit::Record& record, std::uint64_t sent);

    Parts parts_;
    Redaction redaction_;
    std::optional<audit::Reader> reader_;
    audit::Story story_;
    std::uint64_t next_ = 0;
    std::optional<std::uint64_t> before_;
};

}  // namespace hs::ship
