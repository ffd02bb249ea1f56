#include "secrets/master_key.h"

#include <fmt/format.h>

#include "os/file.h"

namespace hs::secrets {

using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t wrapping_bytes = 32;
constexpr std::size_t item_bytes = 16;

Result<> check_passphrase(std::string_view passphrase) {
    if (passphrase.size() >= KeyHold::passphrase_bytes_min &&
        passphrase.size() <= KeyHold::passphrase_bytes_max) {
        return {};
    }
    return fail(Code::invalid_input, "a passphrase has 8 to 1024 bytes; several words are best");
}

std::string new_item(base::Random& random) {
    base::Bytes bytes(item_bytes);
    random.fill(bytes);
    return base::to_hex(bytes);
}

// A keyring holds text, so that its other tools can show what lies there.
Result<crypto::SecretBytes> wrapping_from(const crypto::SecretBytes& text) {
    auto bytes = base::from_base64(base::text_of(text.view()));
    if (!bytes || bytes->size() != wrapping_bytes) {
        return fail(Code::corrupt, "the keyring's entry is not what Hardshell wrote");
    }
    auto key = crypto::SecretBytes::copy_of(*bytes);
    crypto::wipe(*bytes);
    return key;
}

}  // namespace

std::string KeyHold::warning_of(KeySource source) const {
    if (source != KeySource::file) return "";
    return fmt::format(
        "The key that seals this state lies in {}: whoever can read your files can read it. Keep a "
        "copy of it apart from your backups, or put it under a passphrase: hardshell key change "
        "--to passphrase",
        path());
}

// Nothing when the file holds the bare key.
Result<std::optional<WrappedKey>> KeyHold::wrapped_file() const {
    const os::FileFacts facts = TRY(os::facts_of_path(path()));
    if ((facts.mode & 077U) != 0) {
        return fail(Code::denied, fmt::format("the key file {0} may be read by others; mend it "
                                              "with: chmod 600 {0}",
                                              path()));
    }
    if (facts.size_bytes == master_key_bytes) return std::optional<WrappedKey>();
    const auto bytes = TRY(os::read_file(path(), key_file_bytes_max));
    auto wrapped = unpack_wrapped(bytes);
    if (wrapped) return std::optional(std::move(*wrapped));
    return fail(Code::corrupt, fmt::format("the key file {} is not a key; restore it from your "
                                           "backup",
                                           path()));
}

Result<MasterKey> KeyHold::bare_key(ByteView bytes) const {
    if (bytes.size() != master_key_bytes) {
        return fail(Code::corrupt, fmt::format("the key file {} is not a key; restore it from your "
                                               "backup",
                                               path()));
    }
    return MasterKey{crypto::SecretBytes::copy_of(bytes), KeySource::file,
                     warning_of(KeySource::file)};
}

Result<MasterKey> KeyHold::open_by_keyring(const WrappedKey& wrapped) {
    const auto wrapping = TRY(wrapping_from(TRY(keyring_.read(wrapped.item))));
    auto master = unwrap(wrapped, wrapping);
    if (!master) {
        return fail(Code::corrupt, fmt::format("the keyring's entry does not open {}; restore the "
                                               "keyring or the file from your backup",
                                               path()));
    }
    return MasterKey{std::move(*master), KeySource::keyring, ""};
}

Result<MasterKey> KeyHold::open_by_passphrase(const WrappedKey& wrapped, std::string_view given) {
    if (given.empty()) return fail(Code::invalid_input, "the state is under a passphrase; give it");
    auto master = unwrap(wrapped, TRY(crypto::key_from_password(given, wrapped.cost)));
    if (!master) return fail(Code::denied, "this passphrase does not open the state");
    return MasterKey{std::move(*master), KeySource::passphrase, ""};
}

Result<KeyOpening> KeyHold::open() {
    if (!os::facts_of_path(path())) return make();
    const auto wrapped = TRY(wrapped_file());
    if (!wrapped) {
        base::Bytes bytes = TRY(os::read_file(path(), master_key_bytes));
        auto held = bare_key(bytes);
        crypto::wipe(bytes);
        return KeyOpening{KeySource::file, TRY(std::move(held)), "", false};
    }
    KeyOpening opening;
    opening.source = wrapped->source;
    if (wrapped->source == KeySource::passphrase) {
        opening.locked = "the state is locked under a passphrase";
        return opening;
    }
    auto held = open_by_keyring(*wrapped);
    if (held) {
        opening.master = std::move(*held);
        return opening;
    }
    if (held.error().code == Code::corrupt) return held.failure();
    opening.locked =
        fmt::format("the key of the state is kept in the keyring: {}", held.error().what);
    return opening;
}

Result<KeyOpening> KeyHold::make() {
    for (const char* sealed : {"/sessions.db", "/secrets"}) {
        if (!os::facts_of_path(folder_ + sealed)) continue;
        return fail(Code::not_found, fmt::format("{} is missing, but {} holds data sealed with it; "
                                                 "restore the key file from your backup, or move "
                                                 "the folder away to begin anew",
                                                 path(), folder_));
    }
    if (keyring_.usable()) {
        auto held = make_in(KeySource::keyring, "");
        if (held) return KeyOpening{KeySource::keyring, std::move(*held), "", false};
    }
    if (os::facts_of_path(marker())) {
        return KeyOpening{KeySource::passphrase, std::nullopt,
                          "no passphrase has been chosen yet for the new state", true};
    }
    return KeyOpening{KeySource::file, TRY(make_in(KeySource::file, "")), "", false};
}

Result<MasterKey> KeyHold::make_in(KeySource source, std::string_view passphrase) {
    auto fresh = crypto::SecretBytes::random(master_key_bytes, random_);
    TRY(keep(fresh, source, passphrase));
    static_cast<void>(os::remove_file(marker()).ok());  // it has said what it had to
    return MasterKey{std::move(fresh), source, warning_of(source)};
}

Result<MasterKey> KeyHold::unlock(std::string_view passphrase, std::int64_t patience_ms) {
    if (!os::facts_of_path(path())) {
        return make_in(passphrase.empty() ? KeySource::file : KeySource::passphrase, passphrase);
    }
    const auto wrapped = TRY(wrapped_file());
    if (!wrapped) return bare_key(TRY(os::read_file(path(), master_key_bytes)));
    if (wrapped->source == KeySource::passphrase) return open_by_passphrase(*wrapped, passphrase);
    auto held = open_by_keyring(*wrapped);
    if (held || held.error().code != Code::conflict) return held;
    TRY(keyring_.unlock(patience_ms));
    return open_by_keyring(*wrapped);
}

Result<> KeyHold::change(MasterKey& held, const Move& move) {
    const auto before = TRY(wrapped_file());
    if (before && before->source == KeySource::passphrase) {
        const auto proven = TRY(open_by_passphrase(*before, move.old_passphrase));
        if (!crypto::equal(proven.key.view(), held.key.view())) {
            return fail(Code::conflict, "master.key holds another key than the one in use");
        }
    }
    TRY(keep(held.key, move.to, move.passphrase));
    held.source = move.to;
    held.warning = warning_of(move.to);
    if (!before || before->source != KeySource::keyring) return {};
    const auto removed = keyring_.remove(before->item);
    if (!removed && removed.error().code != Code::not_found) {
        held.warning += "The keyring's old entry stays, and opens nothing any more.";
    }
    return {};
}

Result<> KeyHold::keep(const crypto::SecretBytes& master, KeySource to, std::string_view given) {
    if (to == KeySource::file) return os::write_file_atomic(path(), master.view(), 0600);
    if (to == KeySource::keyring) return keep_in_keyring(master);
    TRY(check_passphrase(given));
    WrappedKey wrapped;
    wrapped.source = KeySource::passphrase;
    wrapped.cost = crypto::new_password_cost(random_);
    const auto wrapping = TRY(crypto::key_from_password(given, wrapped.cost));
    return os::write_file_atomic(path(), pack_wrapped(wrapped, master, wrapping, random_), 0600);
}

// The keyring's entry first, and read back: only then does the file depend on it.
Result<> KeyHold::keep_in_keyring(const crypto::SecretBytes& master) {
    WrappedKey wrapped;
    wrapped.source = KeySource::keyring;
    wrapped.item = new_item(random_);
    const auto wrapping = crypto::SecretBytes::random(wrapping_bytes, random_);
    std::string text = base::to_base64(wrapping.view());
    const auto stored = keyring_.store(wrapped.item, base::bytes_of(text));
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    TRY(stored);
    const auto back = wrapping_from(TRY(keyring_.read(wrapped.item)));
    if (!back || !crypto::equal(back->view(), wrapping.view())) {
        return fail(Code::corrupt, "the keyring did not give back what it was given");
    }
    const auto kept =
        os::write_file_atomic(path(), pack_wrapped(wrapped, master, wrapping, random_), 0600);
    if (!kept) static_cast<void>(keyring_.remove(wrapped.item).ok());  // nothing needs it
    return kept;
}

}  // namespace hs::secrets
