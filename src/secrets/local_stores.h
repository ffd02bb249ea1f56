// The stores of this machine that are filled from here: a sealed file of its own, and the session's
// keyring (Secret Service) with one item a secret.
//
// What they do not protect from: the sealed file, from whoever holds the state's key; the keyring,
// from every other program of the session while it is open.
// Threads: one thread a store; each call to the keyring connects anew.
#pragma once

#include <memory>

#include "secrets/keyring.h"
#include "secrets/sealed_file.h"
#include "secrets/secret_store.h"

namespace hs::secrets {

class KeyringStore : public SecretStore {
  public:
    KeyringStore(std::string name, std::unique_ptr<Keyring> keyring)
        : name_(std::move(name)), keyring_(std::move(keyring)) {}
    base::Result<crypto::SecretBytes> fetch(const std::string& reference, const std::string& owner,
                                            const StoreWait& wait) override;
    base::Result<> put(const std::string& reference, base::ByteView value) override;
    base::Result<> drop(const std::string& reference) override;

  private:
    std::string name_;
    std::unique_ptr<Keyring> keyring_;
};

class SealedStore : public SecretStore {
  public:
    // The key (32 bytes) is for this file alone. The file is opened at each call, so that a damaged
    // one refuses what lies in it and nothing else.
    struct Parts {
        std::string name;
        std::string path;
        crypto::SecretBytes key;
        base::Random& random;  // outlives the store
    };
    explicit SealedStore(Parts parts) : parts_(std::move(parts)) {}
    base::Result<crypto::SecretBytes> fetch(const std::string& reference, const std::string& owner,
                                            const StoreWait& wait) override;
    base::Result<> put(const std::string& reference, base::ByteView value) override;
    base::Result<> drop(const std::string& reference) override;

  private:
    base::Result<SealedFile> open() const;
    Parts parts_;
};

}  // namespace hs::secrets
