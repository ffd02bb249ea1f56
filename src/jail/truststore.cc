#include "jail/truststore.h"

#include <algorithm>
#include <string>

#include "crypto/sha1.h"

namespace hs::jail {
namespace {

using base::Bytes;
using base::Code;
using base::fail;
using base::Result;

constexpr std::string_view begin_line = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view end_line = "-----END CERTIFICATE-----";
constexpr std::uint32_t store_magic = 0xFEEDFEED;
constexpr std::uint32_t store_version = 2;
constexpr std::uint32_t trusted_entry = 2;

// Big-endian, as java.io.DataOutputStream writes.
void put(Bytes& out, std::uint64_t value, unsigned width) {
    for (unsigned left = width; left > 0; --left) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * (left - 1))));
    }
}

void put_text(Bytes& out, std::string_view text) {
    put(out, text.size(), 2);
    out.insert(out.end(), text.begin(), text.end());
}

std::array<std::uint8_t, 20> seal_of(const Bytes& store) {
    Bytes covered;
    for (const char letter : std::string_view("changeit")) {
        covered.push_back(0);
        covered.push_back(static_cast<std::uint8_t>(letter));
    }
    const std::string_view phrase = "Mighty Aphrodite";
    covered.insert(covered.end(), phrase.begin(), phrase.end());
    covered.insert(covered.end(), store.begin(), store.end());
    return crypto::sha1(covered);
}

}  // namespace

Result<std::vector<Bytes>> certificates_of(std::string_view pem) {
    std::vector<Bytes> found;
    for (;;) {
        const std::size_t begin = pem.find(begin_line);
        if (begin == std::string_view::npos) return found;
        pem.remove_prefix(begin + begin_line.size());
        const std::size_t end = pem.find(end_line);
        if (end == std::string_view::npos || found.size() >= certificates_max) {
            return fail(Code::corrupt, "the certificates are cut short or too many");
        }
        std::string body(pem.substr(0, end));
        std::erase_if(body, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
        found.push_back(TRY(base::from_base64(body)));
        pem.remove_prefix(end + end_line.size());
    }
}

Bytes java_trust_store(const std::vector<Bytes>& certificates) {
    Bytes store;
    put(store, store_magic, 4);
    put(store, store_version, 4);
    put(store, certificates.size(), 4);
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        put(store, trusted_entry, 4);
        put_text(store, "certificate-" + std::to_string(i));
        put(store, 0, 8);  // when it was added
        put_text(store, "X.509");
        put(store, certificates[i].size(), 4);
        store.insert(store.end(), certificates[i].begin(), certificates[i].end());
    }
    const auto seal = seal_of(store);
    store.insert(store.end(), seal.begin(), seal.end());
    return store;
}

}  // namespace hs::jail
