#include "secrets/key_file.h"

#include "base/pack.h"
#include "crypto/mac.h"
#include "crypto/seal.h"

namespace hs::secrets {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::string_view magic = "hardshell master key 1";
constexpr std::size_t item_bytes_max = 64;

// Everything before the sealed key is what it is bound to.
base::Packer head_of(const WrappedKey& wrapped) {
    base::Packer packer;
    packer.text(magic);
    packer.u8(static_cast<std::uint8_t>(wrapped.source));
    packer.bytes(wrapped.source == KeySource::passphrase ? crypto::pack(wrapped.cost) : Bytes());
    packer.text(wrapped.item);
    return packer;
}

}  // namespace

std::string_view source_name(KeySource source) {
    switch (source) {
        case KeySource::passphrase:
            return "passphrase";
        case KeySource::keyring:
            return "keyring";
        case KeySource::file:
        default:
            return "file";
    }
}

Result<KeySource> parse_source(std::string_view name) {
    for (const auto source : {KeySource::file, KeySource::passphrase, KeySource::keyring}) {
        if (source_name(source) == name) return source;
    }
    return fail(Code::invalid_input, "a key is kept in one of: keyring, passphrase, file");
}

Bytes pack_wrapped(WrappedKey wrapped, const crypto::SecretBytes& master,
                   const crypto::SecretBytes& wrapping, base::Random& random) {
    CHECK(wrapped.source != KeySource::file && master.size() == master_key_bytes);
    base::Packer packer = head_of(wrapped);
    packer.bytes(crypto::seal(wrapping, master.view(), packer.view(), random));
    return std::move(packer).take();
}

Result<WrappedKey> unpack_wrapped(ByteView bytes) {
    if (bytes.size() > key_file_bytes_max) return fail(Code::corrupt, "a key file is short");
    base::Unpacker unpacker(bytes);
    if (TRY(unpacker.text()) != magic) return fail(Code::corrupt, "these bytes are no key file");
    WrappedKey wrapped;
    const auto source = TRY(unpacker.u8());
    if (source != static_cast<std::uint8_t>(KeySource::passphrase) &&
        source != static_cast<std::uint8_t>(KeySource::keyring)) {
        return fail(Code::corrupt, "the key file names a source that is not known");
    }
    wrapped.source = static_cast<KeySource>(source);
    const ByteView cost = TRY(unpacker.bytes());
    wrapped.item = TRY(unpacker.text());
    wrapped.sealed = base::copy_bytes(TRY(unpacker.bytes()));
    TRY(unpacker.finish());
    const bool of_passphrase = wrapped.source == KeySource::passphrase;
    if (of_passphrase) wrapped.cost = TRY(crypto::unpack_password_cost(cost));
    if (of_passphrase
            ? !wrapped.item.empty()
            : !cost.empty() || wrapped.item.empty() || wrapped.item.size() > item_bytes_max ||
                  wrapped.item.find('\0') != std::string::npos) {
        return fail(Code::corrupt, "the key file's parts do not fit its source");
    }
    return wrapped;
}

Result<crypto::SecretBytes> unwrap(const WrappedKey& wrapped, const crypto::SecretBytes& wrapping) {
    if (wrapping.size() != crypto::key_bytes) return fail(Code::corrupt, "a key has 32 bytes");
    auto master = TRY(crypto::open_secret(wrapping, wrapped.sealed, head_of(wrapped).view()));
    if (master.size() != master_key_bytes) return fail(Code::corrupt, "a key has 32 bytes");
    return master;
}

}  // namespace hs::secrets
