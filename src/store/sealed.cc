#include "store/sealed.h"

#include <fmt/format.h>

#include "base/pack.h"
#include "crypto/mac.h"
#include "crypto/seal.h"

namespace hs::store {

Compartment::Compartment(std::string name, crypto::SecretBytes key)
    : name_(std::move(name)), key_(std::move(key)) {
    CHECK(key_.size() == crypto::key_bytes);
}

// Lengths stand before the texts, so that no two places have the same bytes.
base::Bytes Compartment::bound_to(const Place& place) const {
    base::Packer packer;
    packer.text("hardshell/sealed-row/v1");
    packer.text(name_);
    packer.text(place.database);
    packer.text(place.table);
    packer.text(place.row);
    packer.text(place.column);
    return std::move(packer).take();
}

base::Bytes Compartment::seal(const Place& place, base::ByteView plain,
                              base::Random& random) const {
    return crypto::seal(key_, plain, bound_to(place), random);
}

base::Bytes Compartment::seal(const Place& place, std::string_view plain,
                              base::Random& random) const {
    return seal(place, base::bytes_of(plain), random);
}

base::Result<base::Bytes> Compartment::open(const Place& place, base::ByteView sealed) const {
    auto plain = crypto::open(key_, sealed, bound_to(place));
    if (plain) return plain;
    return base::fail(base::Code::corrupt,
                      fmt::format("{}.{}.{} of row {} does not open under the key of compartment "
                                  "{}; it was changed or moved: restore it from a backup or "
                                  "remove the row",
                                  place.database, place.table, place.column, place.row, name_));
}

base::Result<std::string> Compartment::open_text(const Place& place, base::ByteView sealed) const {
    const base::Bytes plain = TRY(open(place, sealed));
    return std::string(base::text_of(plain));
}

}  // namespace hs::store
