#include "crypto/known_answers.h"

#include <string>

#include "crypto/mac.h"
#include "crypto/seal.h"
#include "crypto/sign.h"

namespace hs::crypto {
namespace {

base::Result<> expect(bool right, const char* algorithm) {
    if (right) return {};
    return base::fail(base::Code::corrupt,
                      std::string("the start-up test of ") + algorithm +
                          " gave a wrong answer; do not use this machine or library build");
}

// FIPS 180-2, appendix B.1; the prefix of the many-message form is the first letter.
bool sha256_is_right() {
    const auto abc = base::bytes_of("abc");
    const std::string known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    if (base::to_hex(sha256(abc)) != known) return false;
    const std::vector<base::ByteView> messages(33, abc.subspan(1));
    std::vector<Digest> digests(messages.size());
    sha256_prefixed('a', messages, digests);
    for (const auto& digest : digests) {
        if (base::to_hex(digest) != known) return false;
    }
    return true;
}

// RFC 4231, test case 2.
bool hmac_is_right() {
    return base::to_hex(hmac_sha256(base::bytes_of("Jefe"),
                                    base::bytes_of("what do ya want for nothing?"))) ==
           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
}

// RFC 8032, section 7.1, test 1.
bool ed25519_is_right() {
    const auto seed =
        *base::from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    const auto key = SigningKey::from_seed(seed);
    if (!key) return false;
    auto signature = key->sign({});
    if (base::to_hex(signature) !=
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f"
        "9b46bd25bf5f0595bbe24655141438e7a100b") {
        return false;
    }
    if (!verify(key->public_key(), {}, signature)) return false;
    signature[0] ^= 1U;
    return !verify(key->public_key(), {}, signature);
}

bool sealing_is_right() {
    base::ScriptedRandom random(1);
    const SecretBytes key(key_bytes);
    const auto plain = base::bytes_of("plain");
    const auto place = base::bytes_of("place");
    auto sealed = seal(key, plain, place, random);
    const auto opened = open(key, sealed, place);
    if (!opened || !equal(*opened, plain)) return false;
    if (open(key, sealed, plain)) return false;
    sealed.back() ^= 1U;
    return !open(key, sealed, place);
}

}  // namespace

base::Result<> self_test() {
    prepare_sodium();
    TRY(expect(sha256_is_right(), "SHA-256"));
    TRY(expect(hmac_is_right(), "HMAC-SHA-256"));
    TRY(expect(ed25519_is_right(), "Ed25519"));
    TRY(expect(sealing_is_right(), "XChaCha20-Poly1305"));
    return {};
}

}  // namespace hs::crypto
