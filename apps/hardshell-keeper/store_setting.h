// StoreSetting: one store of secrets in the configuration ([store.NAME]): its kind is its URL's.
//
//   sealed:                    a sealed file of its own
//   keyring:                   the session's Secret Service
//   vault+https://HOST:PORT    HashiCorp Vault, OpenBao
//   aws://REGION               AWS Secrets Manager; aws+https://HOST:PORT/REGION at another address
//
// What it does not protect from: a store that a person should not have configured.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gate/settings.h"

namespace hs::keeping {

struct StoreSetting {
    enum class Kind : std::uint8_t { sealed, keyring, vault, aws };
    std::string name;
    Kind kind = Kind::sealed;
    std::string scheme = {};  // http (this machine alone) or https
    std::string host = {};
    std::uint16_t port = 443;
    std::string region = {};
    std::string name_space = {};     // Vault's
    std::string role_id = {};        // AppRole; empty: the credential is a token
    std::string access_key_id = {};  // AWS
    std::string credential = {};     // the secret of the keeper's own file with which we log in
    std::string session = {};        // AWS: the secret that is the session token; empty: none
    std::string ca = {};             // PEM file of authorities
    std::string space = {};          // whose store it is; empty: of whatever space runs
    std::vector<std::string> classes = {};  // of secrets that are kept here and nowhere else
    std::int64_t timeout_ms = 5'000;
    std::int64_t idle_seconds = 300;

    // It is filled from here: it has no network, no login and no references.
    bool is_local() const { return kind == Kind::sealed || kind == Kind::keyring; }
    bool takes(const std::string& secret_class) const;
    std::string address() const;
};
std::string_view kind_name(StoreSetting::Kind kind);
// Under which name the keeper's way out knows it.
std::string store_place(const std::string& store);

// One of them, or what is wrong with it: invalid_input names the key.
struct StoreReading {
    std::string name;
    base::Result<StoreSetting> setting;
};
std::vector<StoreReading> read_stores(const gate::Settings& settings);

}  // namespace hs::keeping
