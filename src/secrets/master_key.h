// KeyHold: the master key, from which every key of the state is derived, and where it is kept: in
// the session's keyring, under a passphrase (Argon2id), or bare in a file of its own.
//
// The master key itself never changes: moving it to another source seals it anew and replaces
// master.key in one step, after what opens the new one is known to be kept and before what opened
// the old one is thrown away. So whatever interrupts a move leaves a file that opens.
// What it does not protect from: whoever can read the person's files has a key that lies bare in
// one, and its blocks on the disk may outlive a move to another source; whoever uses the same
// session can ask its keyring. Threads: one owner.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "secrets/key_file.h"
#include "secrets/keyring.h"

namespace hs::secrets {

struct MasterKey {
    crypto::SecretBytes key;  // 32 bytes
    KeySource source = KeySource::file;
    std::string warning;  // for the person
};

// What opening has come to: the key, or why a person is needed.
struct KeyOpening {
    KeySource source = KeySource::file;
    std::optional<MasterKey> master;
    std::string locked;     // a sentence, when there is no key yet
    bool is_fresh = false;  // locked because a passphrase has still to be chosen
};

class KeyHold {
  public:
    static constexpr std::size_t passphrase_bytes_min = 8;
    static constexpr std::size_t passphrase_bytes_max = 1024;

    // The keyring and random outlive this.
    KeyHold(std::string state_folder, Keyring& keyring, base::Random& random)
        : folder_(std::move(state_folder)), keyring_(keyring), random_(random) {}

    // Opens the key, or makes one where there is no state yet: in the keyring if one is open, else
    // in a file; or, where a person has asked to be asked (ask_marker), after unlock(). denied when
    // the key file may be read by others; not_found when the state has data and its key is gone:
    // nothing is made over it.
    base::Result<KeyOpening> open();
    // With a person: a passphrase, or the keyring's own prompt. denied for a wrong passphrase. Of
    // a fresh state an empty passphrase means: keep the key in a file.
    base::Result<MasterKey> unlock(std::string_view passphrase, std::int64_t patience_ms);

    struct Move {
        KeySource to = KeySource::file;
        std::string_view passphrase;      // the new one, for KeySource::passphrase
        std::string_view old_passphrase;  // needed where the key is under one now
    };
    // Keeps the same key elsewhere. After a failure the old place still opens.
    base::Result<> change(MasterKey& held, const Move& move);

    // A file of this name in the state folder of a fresh state means: ask for a passphrase first.
    static constexpr std::string_view ask_marker = "key-wanted";

  private:
    std::string path() const { return folder_ + "/master.key"; }
    std::string marker() const { return folder_ + "/" + std::string(ask_marker); }
    base::Result<KeyOpening> make();
    base::Result<MasterKey> make_in(KeySource source, std::string_view passphrase);
    base::Result<std::optional<WrappedKey>> wrapped_file() const;
    base::Result<MasterKey> bare_key(base::ByteView bytes) const;
    base::Result<MasterKey> open_by_keyring(const WrappedKey& wrapped);
    base::Result<MasterKey> open_by_passphrase(const WrappedKey& wrapped, std::string_view given);
    base::Result<> keep(const crypto::SecretBytes& master, KeySource to, std::string_view given);
    base::Result<> keep_in_keyring(const crypto::SecretBytes& master);
    std::string warning_of(KeySource source) const;

    std::string folder_;
    Keyring& keyring_;
    base::Random& random_;
};

}  // namespace hs::secrets
