#include "secrets/local_stores.h"

#include <fmt/format.h>

namespace hs::secrets {

using base::Code;
using base::Error;
using base::fail;
using base::Failure;
using base::Result;

namespace {

// Other items of the same keyring never have such an id.
std::string item_of(const std::string& reference) {
    return "secret " + reference;
}

Failure trouble(const std::string& store, const Error& error) {
    switch (error.code) {
        case Code::conflict:
            return fail(error.code, fmt::format("the store {} is locked: {}; unlock it in your "
                                                "session, then try again",
                                                store, error.what));
        case Code::not_found:
            return fail(error.code,
                        fmt::format("the store {} has nothing for this secret, or no keyring runs "
                                    "in your session; set it anew: hardshell secret rotate",
                                    store));
        case Code::invalid_input:
        case Code::denied:
        case Code::exhausted:
        case Code::timed_out:
        case Code::cancelled:
        case Code::io:
        case Code::corrupt:
            break;
    }
    return fail(error.code, fmt::format("the store {}: {}", store, error.what));
}

}  // namespace

Result<crypto::SecretBytes> KeyringStore::fetch(const std::string& reference, const std::string&,
                                                const StoreWait&) {
    const auto value = keyring_->read(item_of(reference));
    if (!value) return trouble(name_, value.error());
    return checked_value(base::text_of(value->view()), name_);
}

Result<> KeyringStore::put(const std::string& reference, base::ByteView value) {
    const auto kept = keyring_->store(item_of(reference), value);
    if (!kept) return trouble(name_, kept.error());
    return {};
}

Result<> KeyringStore::drop(const std::string& reference) {
    const auto gone = keyring_->remove(item_of(reference));
    if (!gone && gone.error().code != Code::not_found) return trouble(name_, gone.error());
    return {};
}

Result<SealedFile> SealedStore::open() const {
    auto file = SealedFile::open(parts_.path, crypto::SecretBytes::copy_of(parts_.key.view()),
                                 parts_.random);
    if (!file) return trouble(parts_.name, file.error());
    return file;
}

Result<crypto::SecretBytes> SealedStore::fetch(const std::string& reference, const std::string&,
                                               const StoreWait&) {
    const SealedFile file = TRY(open());
    auto value = file.reveal(reference);
    if (!value) return trouble(parts_.name, value.error());
    return value;
}

// The places that may receive it stand with the secret's name in the keeper's own file.
Result<> SealedStore::put(const std::string& reference, base::ByteView value) {
    SealedFile file = TRY(open());
    SecretFacts facts;
    facts.name = reference;
    return file.set(std::move(facts), value);
}

Result<> SealedStore::drop(const std::string& reference) {
    SealedFile file = TRY(open());
    const auto gone = file.remove(reference);
    if (!gone && gone.error().code != Code::not_found) return trouble(parts_.name, gone.error());
    return {};
}

}  // namespace hs::secrets
