// MemoryKeys: the keeper's part of the memory: keys of compartments, handed out in Permits alone,
// and the proof in the log that one was destroyed.
//
// What it does not protect from: a daemon that keeps a key after its Permit has ended. Threads:
// one.
#pragma once

#include <memory>
#include <string>

#include "audit/log.h"
#include "base/result.h"
#include "gate/keeper.h"
#include "secrets/key_cabinet.h"

namespace hs::keeping {

class MemoryKeys {
  public:
    static base::Result<std::unique_ptr<MemoryKeys>> open(const std::string& state_folder,
                                                          const crypto::SecretBytes& master,
                                                          base::Random& random);
    // memory.erased: for the daemon, once nothing is sealed under the older keys any more.
    void add_verbs(gate::Keeper& keeper, audit::Log& log);
    // gate/compartment_keys.h. A Permit to erase carries the next key too.
    base::Result<base::Bytes> keys_for(const std::string& compartment, bool erases);

  private:
    explicit MemoryKeys(secrets::KeyCabinet cabinet) : cabinet_(std::move(cabinet)) {}
    base::Result<wire::Json> erased(const gate::Sender& sender, const wire::Json& arguments,
                                    audit::Log& log);

    secrets::KeyCabinet cabinet_;
};

}  // namespace hs::keeping
