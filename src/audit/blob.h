// Blobs: what is too large or too private for an event, sealed and named by its hash.
//
// What it is for: prompts, tool outputs, files. The event names the SHA-256 of the sealed bytes, so
// the record proves which bytes belong to it, and the hash tells nothing about the content.
// What it does not protect from: deletion of a blob; the event then proves only that it was there.
// Threads: safe from any thread; each call works on its own file.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/secret.h"

namespace hs::audit {

constexpr std::size_t blob_bytes_max = std::size_t{64} << 20U;

class BlobStore {
  public:
    // The folder is made (0700) if needed. The key has 32 bytes: CHECKed.
    static base::Result<BlobStore> open(std::string folder, crypto::SecretBytes key);

    // Durable when it returns: the 64 hexadecimal digits for Field::content. exhausted beyond
    // 64 MiB.
    base::Result<std::string> put(base::ByteView plain, base::Random& random) const;
    // not_found when it was removed, corrupt when the bytes are not those that the name says or
    // do not open, invalid_input when the name is none.
    base::Result<base::Bytes> get(std::string_view name) const;
    // For erasure. No error when it is gone already.
    base::Result<> remove(std::string_view name) const;

  private:
    BlobStore(std::string folder, crypto::SecretBytes key)
        : folder_(std::move(folder)), key_(std::move(key)) {}
    base::Result<std::string> path_of(std::string_view name) const;

    std::string folder_;
    crypto::SecretBytes key_;
};

}  // namespace hs::audit
