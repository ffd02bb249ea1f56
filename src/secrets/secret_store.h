// SecretStore: a place where secrets are kept, behind one interface: a sealed file, the session's
// keyring, or a secrets manager that is asked over HTTPS. How the requests of the latter travel is
// the caller's business (the keeper sends them through egress).
//
// What it does not protect from: a manager that lies, and whoever else may ask it. A value is one
// line without control characters, or it is refused.
// Threads: one thread a store.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "crypto/secret.h"
#include "os/wait.h"

namespace hs::secrets {

struct StoreRequest {
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};
struct StoreReply {
    int status = 0;
    std::string body;
};
struct StoreWait {
    os::Deadline deadline;
    const os::WakeUp& stop;
};
// timed_out, io or denied where no answer came. Whoever reads the reply wipes it.
using StoreSend =
    std::function<base::Result<StoreReply>(const StoreRequest& request, const StoreWait& wait)>;

// "PATH#FIELD"; the field may be empty.
struct StoreReference {
    std::string path;
    std::string field;
};
base::Result<StoreReference> parse_reference(const std::string& text);

class SecretStore {
  public:
    static constexpr std::size_t value_bytes_max = std::size_t{16} << 10U;
    virtual ~SecretStore() = default;
    // The value that the reference names, for whoever `owner` stands for: what is leased belongs
    // to one owner. Every failure names the store, what is the matter with it (locked, sealed,
    // unreachable, slow, no permission, nothing there, a wrong type) and what to do.
    virtual base::Result<crypto::SecretBytes> fetch(const std::string& reference,
                                                    const std::string& owner,
                                                    const StoreWait& wait) = 0;
    // Keeps a value there, or takes it away. denied where the store is somebody else's to fill.
    virtual base::Result<> put(const std::string& reference, base::ByteView value);
    virtual base::Result<> drop(const std::string& reference);
    // Gives back what was leased for one owner.
    virtual base::Result<> end(const std::string& owner, const StoreWait& wait);
    // Gives back all that was leased and logs out; the store can be used again.
    virtual base::Result<> close(const StoreWait& wait);
    virtual std::size_t leases() const { return 0; }
};

// What a store over HTTPS is told at its making.
struct RemoteParts {
    std::string name;  // in the configuration
    StoreSend send;
    const base::Clock& clock;  // outlives the store
};

// A value that may be placed: one line of 1 to value_bytes_max bytes. corrupt names the store.
base::Result<crypto::SecretBytes> checked_value(std::string_view value, const std::string& store);
// The failures that every store over HTTPS has.
base::Failure unreachable(const std::string& store, const base::Error& error);
base::Failure wrong_type(const std::string& store);
void wipe_text(std::string& text);

}  // namespace hs::secrets
