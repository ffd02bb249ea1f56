// WitnessClient: shows our checkpoints to one witness (c2sp.org/tlog-witness) and keeps what it
// cosigned.
//
// What it is for: a restored snapshot and a second history are seen by somebody who remembers.
// A witness that says so must prove it by a checkpoint that the log itself signed: a witness that
// lies can hold nothing up.
// What it does not protect from: a witness in the hands of whoever holds this machine.
// Threads: one thread at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/cosignature.h"
#include "audit/read.h"
#include "gate/settings.h"
#include "ship/outlet.h"

namespace hs::ship {

struct WitnessSetting {
    std::string name;
    std::string scheme;  // "https", "http" (loopback only)
    std::string host;
    std::uint16_t port = 0;
    std::string prefix;  // path before /add-checkpoint, without a slash at its end
    audit::WitnessKey key;
    bool required = false;
    std::int64_t every_ms = 60'000;
    std::string ca;
};
// invalid_input names the key and what was expected.
base::Result<std::vector<WitnessSetting>> witness_settings(const gate::Settings& settings);
// The name under which the Outlet knows it.
std::string witness_place(const std::string& name);

// The witness has a checkpoint of this very log that the present log does not extend.
struct Conflict {
    std::string witness;
    audit::Head seen;
    audit::Head ours;
    std::string note;  // the log's own signature over what was seen

    std::string text() const;  // for a person: what it means and what to do
};

class WitnessClient {
  public:
    struct Parts {
        WitnessSetting setting;
        audit::VerifierKey log_key;
        std::string log_folder;
        std::string kept_folder;  // NAME.note: the last cosigned checkpoint
        Outlet& outlet;
    };
    explicit WitnessClient(Parts parts) : parts_(std::move(parts)) {}

    enum class Shown : std::uint8_t { cosigned, nothing_new };
    struct Answer {
        Shown shown = Shown::nothing_new;
        std::optional<Conflict> conflict;
    };
    // io, timed_out or denied when the witness cannot be asked or answers nonsense.
    base::Result<Answer> show(os::Deadline deadline, const os::WakeUp& stop);
    const WitnessSetting& setting() const { return parts_.setting; }

  private:
    struct Waiting {
        os::Deadline deadline;
        const os::WakeUp& stop;
    };
    base::Result<HttpReply> call(const std::string& method, const std::string& target,
                                 std::string body, const Waiting& waiting);
    base::Result<Answer> offer(audit::Reader& reader, std::uint64_t old_size,
                               const Waiting& waiting);
    base::Result<Answer> keep(const audit::Reader& reader, const std::string& lines);
    base::Result<std::optional<Conflict>> find_conflict(audit::Reader& reader,
                                                        const Waiting& waiting);
    std::uint64_t kept_size() const;
    std::string kept_path() const;

    Parts parts_;
};

}  // namespace hs::ship
