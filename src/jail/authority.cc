#include "jail/authority.h"

#include "jail/truststore.h"

namespace hs::jail {
namespace {

using base::Code;
using base::Result;

constexpr const char* system_bundle = "/etc/ssl/certs/ca-certificates.crt";
constexpr const char* java_store = "/etc/ssl/certs/java/cacerts";
constexpr std::size_t bundle_bytes_max = std::size_t{4} << 20U;

}  // namespace

Result<> trust_authority(NewRoot& root, std::string_view authority_pem) {
    TRY(root.stage(authority_file, base::bytes_of(authority_pem)));
    std::string bundle;
    const auto system = root.read(system_bundle, bundle_bytes_max);
    if (system) bundle = std::string(base::text_of(*system));
    // A system without certificates trusts nobody but this authority.
    if (!system && system.error().code != Code::not_found) return system.failure();
    if (!bundle.empty() && !bundle.ends_with('\n')) bundle += '\n';
    bundle += authority_pem;
    TRY(root.stage(trusted_bundle, base::bytes_of(bundle)));
    if (system) TRY(root.stage(system_bundle, base::bytes_of(bundle)));
    if (!root.read(java_store, bundle_bytes_max)) return {};
    const base::Bytes store = java_trust_store(TRY(certificates_of(bundle)));
    return root.stage(java_store, store);
}

}  // namespace hs::jail
