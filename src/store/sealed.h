// Compartment: seals the columns of rows under one key, each bound to its place.
//
// What it is for: confidential columns in a Database. A sealed value opens only under its
// compartment's key and only in the database, table, row and column that it was sealed for, so
// that values cannot be swapped between rows or persons. See docs/formats/sealed-row.md.
// What it does not protect from: an older value of the same place put back, the number and size of
// rows, and the names in the place, which are not secret.
// Threads: sealing and opening are const; share a Compartment read-only.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/secret.h"

namespace hs::store {

struct Place {
    std::string_view database;  // the file's role, such as "sessions"; not its path
    std::string_view table;
    std::string_view row;  // the row's key, which never changes
    std::string_view column;
};

class Compartment {
  public:
    // The name is part of every place. The key has 32 bytes: CHECKed.
    Compartment(std::string name, crypto::SecretBytes key);

    base::Bytes seal(const Place& place, base::ByteView plain, base::Random& random) const;
    base::Bytes seal(const Place& place, std::string_view plain, base::Random& random) const;
    // corrupt names the place when the key, the place or any byte is another than at sealing.
    base::Result<base::Bytes> open(const Place& place, base::ByteView sealed) const;
    base::Result<std::string> open_text(const Place& place, base::ByteView sealed) const;

    const std::string& name() const { return name_; }

  private:
    base::Bytes bound_to(const Place& place) const;

    std::string name_;
    crypto::SecretBytes key_;
};

}  // namespace hs::store
