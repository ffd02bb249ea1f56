// TrustStore: certificates in the form that Java reads them from, a JKS file (the format of
// sun.security.provider.JavaKeyStore, version 2: magic, version, count, entries, and the SHA-1 of
// the password in UTF-16, "Mighty Aphrodite" and all that stands before).
//
// What it does not protect from: what the certificates vouch for.
// Threads: pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace hs::jail {

inline constexpr std::size_t certificates_max = 1024;

// The DER bytes of every certificate of a PEM text; corrupt where one is cut short.
base::Result<std::vector<base::Bytes>> certificates_of(std::string_view pem);
// The store, under the password that Java's own store has ("changeit").
base::Bytes java_trust_store(const std::vector<base::Bytes>& certificates);

}  // namespace hs::jail
