// LeakScan: finds brokered secrets in what goes out, in the encodings that programs use, without
// holding a value: the keeper hands over fingerprints.
//
// A fingerprint is a rolling hash of the first bytes of one encoded form, under a random base, and
// a keyed digest of more of it. One hash a byte is computed for all of them together.
// What it does not protect from: a secret of fewer than window_bytes bytes, one that is compressed,
// encrypted, split between requests or encoded in another way.
// Threads: a FingerprintTable is immutable once made; a LeakScan belongs to one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace hs::egress {

struct NamedSecret {
    std::string name;
    crypto::SecretBytes value;
};

class FingerprintTable {
  public:
    static constexpr std::size_t window_bytes = 12;
    static constexpr std::size_t form_bytes_max = 128;  // of a form, this much is compared
    static constexpr std::size_t prints_max = 65'536;

    FingerprintTable() = default;
    // Forms: as it is, percent-encoded, hexadecimal, base64 and base64url in each alignment.
    static FingerprintTable of(const std::vector<NamedSecret>& secrets, base::Random& random);
    base::Bytes pack() const;
    static base::Result<FingerprintTable> unpack(base::ByteView bytes);

    bool empty() const { return prints_.empty(); }
    std::size_t size() const { return prints_.size(); }

  private:
    friend class LeakScan;
    struct Print {
        std::uint64_t window = 0;
        std::uint32_t bytes = 0;
        std::array<std::uint8_t, 32> digest{};
        std::uint32_t secret = 0;  // index into names_
        bool operator<(const Print& other) const { return window < other.window; }
    };
    void add(std::string_view form, std::uint32_t secret);
    std::uint64_t window_hash(base::ByteView bytes) const;
    std::array<std::uint8_t, 32> digest_of(base::ByteView bytes) const;
    void finish();

    std::uint64_t base_ = 1;
    std::uint64_t leaving_ = 1;  // base_ to the power of window_bytes
    crypto::SecretBytes key_;
    std::vector<std::string> names_;
    std::vector<Print> prints_;          // by window
    std::vector<std::uint64_t> filter_;  // one bit for each value of a window's highest bits
};

// Over one stream of bytes.
class LeakScan {
  public:
    explicit LeakScan(std::shared_ptr<const FingerprintTable> table) : table_(std::move(table)) {}

    // The name of a secret that these bytes complete, or nothing.
    std::optional<std::string> feed(base::ByteView bytes);
    // Bytes at the end of what was fed that may still turn out to begin a secret: hold them back.
    std::size_t held() const;
    // Over bytes that are whole by themselves.
    static std::optional<std::string> find(std::shared_ptr<const FingerprintTable> table,
                                           base::ByteView bytes);

  private:
    std::optional<std::string> verify();
    std::uint8_t back(std::size_t distance) const;

    struct Candidate {
        std::uint64_t start = 0;
        std::size_t print = 0;
    };
    std::shared_ptr<const FingerprintTable> table_;
    std::array<std::uint8_t, 256> recent_{};  // a ring of the last bytes
    std::uint64_t count_ = 0;
    std::uint64_t hash_ = 0;
    std::vector<Candidate> candidates_;
};

}  // namespace hs::egress
