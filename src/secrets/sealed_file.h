// SealedFile: named secrets in one sealed file, each bound to the places that may receive it.
//
// What it is for: the keeper's own store of credentials. The file is sealed as a whole (names,
// owners and bindings are hidden too) and each value once more for itself, so that a value is
// opened only for the one use that its binding allows. A write replaces the file atomically.
// docs/formats/secrets-file.md has the bytes.
// What it does not protect from: whoever holds the key; and an older copy of the file put back in
// its place, which opens. Values never reach a log, an Error or an ordinary string.
// Threads: one owner at a time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/secret.h"
#include "secrets/binding.h"

namespace hs::secrets {

struct SecretFacts {
    std::string name;          // letters, digits and -_./, 1 to 128
    std::string secret_class;  // "api_key", "token", "password"
    std::string owner;         // the person whose secret it is
    base::WallTime_ms created_ms = 0;
    base::WallTime_ms changed_ms = 0;  // when the value was set last
    Binding binding = {};
    std::int64_t rotate_after_days = 0;  // 0: no age was set
    base::WallTime_ms used_ms = 0;       // when it was placed last, to the day; 0: never
    std::string store = {};              // whose value it is; empty: this file's
    std::string reference = {};          // what the store calls it
    bool operator==(const SecretFacts&) const = default;
};

class SealedFile {
  public:
    static constexpr std::size_t secrets_max = 4'096;
    static constexpr std::size_t value_bytes_max = std::size_t{16} << 10U;
    static constexpr std::size_t file_bytes_max = std::size_t{96} << 20U;

    // Opens the file, or begins an empty store where there is none. corrupt when the key is another
    // or the file was changed. The key (32 bytes) is for this file alone; random outlives the
    // store.
    static base::Result<SealedFile> open(const std::string& path, crypto::SecretBytes key,
                                         base::Random& random);

    // Sorted by name.
    std::vector<SecretFacts> list() const;
    // not_found names the secret.
    base::Result<SecretFacts> facts(const std::string& name) const;
    // Adds, or replaces value and facts (created_ms of the old one stays). The value is one line
    // of 1 to value_bytes_max bytes; the caller wipes it. invalid_input names what is malformed.
    // One that another store keeps has no value here.
    base::Result<> set(SecretFacts facts, base::ByteView value);
    base::Result<> bind(const std::string& name, Binding binding);
    base::Result<> set_rotation(const std::string& name, std::int64_t days);
    // Notes that it was placed; writes at most once a day for each secret.
    base::Result<> note_use(const std::string& name, base::WallTime_ms now_ms);
    base::Result<> remove(const std::string& name);
    // denied, with the command that would bind it, unless the binding names the place.
    base::Result<> check_place(const std::string& name, const SecretPlace& place) const;
    // The value, for one use at such a place. conflict when another store keeps it.
    base::Result<crypto::SecretBytes> take(const std::string& name, const SecretPlace& place) const;

    // The value for the keeper's own comparisons (fingerprints, twins); it leaves for nowhere.
    base::Result<crypto::SecretBytes> reveal(const std::string& name) const;

  private:
    struct Entry {
        SecretFacts facts;
        base::Bytes sealed_value;
    };
    SealedFile(std::string path, crypto::SecretBytes key, base::Random& random);
    base::Result<> read(base::ByteView sealed);
    // Writes the entries given and takes them over once they are on disk.
    base::Result<> write(std::map<std::string, Entry> entries);
    base::Result<const Entry*> find(const std::string& name) const;

    std::string path_;
    crypto::SecretBytes file_key_;
    crypto::SecretBytes value_key_;
    base::Random* random_;
    std::map<std::string, Entry> entries_;
};

}  // namespace hs::secrets
