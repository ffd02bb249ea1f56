// SecretService: the freedesktop Secret Service (gnome-keyring, KWallet) over the session bus.
//
// What it is for: small values that shall not lie in files of ours. Values travel encrypted where
// the service can (crypto/secret_exchange.h), else in plain over the bus's unix socket.
// What it does not protect from: any other program of the same session: the API has no access
// control for programs, and an unlocked keyring answers all of them.
// Threads: one thread. Every call waits at most call_patience_ms, unlock() as long as it is told.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "secrets/keyring.h"

namespace hs::secrets {

// What finds an item; equal attributes are the same item.
using Attributes = std::vector<std::pair<std::string, std::string>>;

// DBUS_SESSION_BUS_ADDRESS, else $XDG_RUNTIME_DIR/bus where that is a socket, else empty.
std::string session_bus_address();

class SecretService {
  public:
    static constexpr std::int64_t call_patience_ms = 5'000;
    static constexpr std::size_t value_bytes_max = std::size_t{64} << 10U;
    enum class Activate : std::uint8_t { no, yes };

    // not_found when there is no bus or, with Activate::no, nobody on it offers the service; io
    // when the bus cannot be reached. Only unix sockets are dialled.
    static base::Result<SecretService> connect(const std::string& address, Activate activate,
                                               base::Random& random);
    SecretService(SecretService&&) noexcept;
    SecretService& operator=(SecretService&&) noexcept;
    ~SecretService();

    // Whether the default collection is there and unlocked.
    base::Result<bool> is_unlocked();
    // Asks the person through the service's own prompt. cancelled when it was dismissed.
    base::Result<> unlock(std::int64_t patience_ms);
    // not_found, or conflict when the item is locked.
    base::Result<crypto::SecretBytes> read(const Attributes& attributes);
    // Adds or replaces in the default collection.
    base::Result<> store(const std::string& label, const Attributes& attributes,
                         base::ByteView value);
    base::Result<> remove(const Attributes& attributes);
    // True when the session's values are encrypted on the bus.
    bool is_encrypted() const;

  private:
    struct Link;
    explicit SecretService(std::unique_ptr<Link> link);
    std::unique_ptr<Link> link_;
};

// The Keyring of the session: each call connects anew, so that a service that came later is found.
class SessionKeyring : public Keyring {
  public:
    SessionKeyring(std::string address, base::Random& random)
        : address_(std::move(address)), random_(random) {}
    bool usable() override;
    base::Result<crypto::SecretBytes> read(const std::string& id) override;
    base::Result<> store(const std::string& id, base::ByteView value) override;
    base::Result<> remove(const std::string& id) override;
    base::Result<> unlock(std::int64_t patience_ms) override;

  private:
    base::Result<SecretService> connect(SecretService::Activate activate);
    std::string address_;
    base::Random& random_;  // outlives this
};

}  // namespace hs::secrets
