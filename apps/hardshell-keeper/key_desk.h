// KeyDesk: the master key from the keeper's start on: opened by itself where that can be, else
// after a person has unlocked it; and moved to another source on a person's word.
//
// While it is locked there is no log, no policy and no gate: every other question is refused with
// the sentence that says how to unlock.
// What it does not protect from: guesses at a passphrase by another program of the same user; each
// costs what Argon2id costs, and they are counted into the record.
// Threads: one thread.
#pragma once

#include <optional>
#include <string>

#include "audit/log.h"
#include "gate/keeper.h"
#include "secrets/master_key.h"
#include "secrets/secret_service.h"

namespace hs::keeping {

class KeyDesk {
  public:
    KeyDesk(const std::string& state_folder, base::Random& random);

    // Fails when nobody can help; else see is_open().
    base::Result<> open();
    bool is_open() const { return opening_.master.has_value(); }
    const secrets::MasterKey& master() const { return *opening_.master; }
    // Why it is not open, and the command that opens it.
    std::string locked() const;
    // Looks whether a keyring has been opened meanwhile; about once a second.
    void tick();
    // Takes a frame while locked: key.show, key.unlock; anything else is refused.
    void handle_locked(const gate::Sender& sender, const os::Frame& frame);
    // key.show, key.unlock and key.change, once it is open.
    void add_verbs(gate::Keeper& keeper, audit::Log& log);
    // Source and failed attempts, into the event of the start.
    void describe(audit::Event& event) const;

  private:
    base::Result<wire::Json> answer_locked(const gate::Sender& sender, const os::Frame& frame);
    base::Result<wire::Json> unlock(const gate::Sender& sender, const wire::Json& arguments);
    base::Result<wire::Json> change(const gate::Sender& sender, const wire::Json& arguments,
                                    audit::Log& log);
    wire::Json show(const gate::Sender& sender);

    secrets::SessionKeyring keyring_;
    secrets::KeyHold hold_;
    secrets::KeyOpening opening_;
    std::int64_t failed_unlocks_ = 0;
};

}  // namespace hs::keeping
