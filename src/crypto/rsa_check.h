// RSA signatures of others: PKCS #1 v1.5 with SHA-256 (RFC 8017 section 8.2), checking only.
//
// What it is for: signatures whose scheme somebody else chose, such as those of mail (RFC 6376).
// What it does not protect from: the weakness of a short key. 1024 bits pass, because RFC 8301
// section 3.2 makes that the least a checker of mail has to take; who wants more asks for more.
// Threads: a pure function.
#pragma once

#include "base/bytes.h"

namespace hs::crypto {

// `key` is a SubjectPublicKeyInfo or an RSAPublicKey in DER, of `bits_min` to 4096 bits, with
// nothing behind it. invalid_input: it is no such key. denied: the signature is not its.
base::Result<> check_rsa_sha256(base::ByteView key, base::ByteView message,
                                base::ByteView signature, int bits_min = 1024);

}  // namespace hs::crypto
