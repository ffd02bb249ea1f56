// Identities: the TLS identities that the keeper has named: authorities of a receiver and our
// certificate for it.
//
// What it does not protect from: a key in this process's memory; see egress/process.h.
// Threads: every method from any thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/guarded.h"
#include "egress/frames.h"

namespace hs::egress {

class Identities {
  public:
    static constexpr std::size_t names_max = 128;

    // Replaces the one of that name. invalid_input when its PEM is wrong; then the name has none.
    base::Result<> take(const NamedIdentity& named);
    // Null for the empty name; denied for a name that the keeper has not given.
    base::Result<std::shared_ptr<const net::TlsClient>> find(const std::string& name) const;

  private:
    base::Guarded<std::map<std::string, std::shared_ptr<const net::TlsClient>>> held_;
};

}  // namespace hs::egress
