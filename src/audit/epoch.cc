#include "audit/epoch.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/seal.h"

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t epoch_note_bytes_max = 16384;

std::string seed_path(std::uint64_t number) {
    return fmt::format("private/epoch-{:06}", number);
}

base::Bytes seed_place(const std::string& origin, std::uint64_t number) {
    return base::copy_bytes(
        base::bytes_of(fmt::format("hardshell/epoch-seed/v1\n{}\n{}", origin, number)));
}

Result<> store_seed(Storage& storage, const Epochs::Owner& owner, std::uint64_t number,
                    const crypto::SigningKey& key) {
    const auto seed = key.seed();
    const auto sealed = crypto::seal(owner.sealing_key, seed.view(),
                                     seed_place(owner.origin, number), owner.random);
    return storage.replace(seed_path(number), sealed, Storage::Sync::name);
}

Result<crypto::SigningKey> load_seed(Storage& storage, const Epochs::Owner& owner,
                                     std::uint64_t number) {
    const base::Bytes sealed = TRY(storage.read(seed_path(number), 1024));
    const auto seed =
        TRY(crypto::open_secret(owner.sealing_key, sealed, seed_place(owner.origin, number)));
    return crypto::SigningKey::from_seed(seed.view());
}

// The signature under the new note comes from the key before it; the genesis note's own key
// stands in for that.
Result<> store_note(Storage& storage, const Epochs::Owner& owner, const EpochNote& note,
                    const crypto::SigningKey& before) {
    const std::string epoch_name = epoch_key_name(owner.origin);
    const std::array<NoteSigner, 2> signers{NoteSigner{owner.origin, owner.log_key},
                                            NoteSigner{epoch_name, before}};
    const std::string bytes = sign_note(note.text(), signers);
    return storage.replace(EpochNote::path(note.number), base::bytes_of(bytes),
                           Storage::Sync::name);
}

// The number of the last note, nullopt when there is none. Names of another form are not ours.
Result<std::optional<std::uint64_t>> last_number(Storage& storage) {
    std::optional<std::uint64_t> last;
    for (const std::string& name : TRY(storage.list("epochs"))) {
        const std::size_t zeros = std::min(name.find_first_not_of('0'), name.size() - 1);
        const auto number = parse_decimal(std::string_view(name).substr(zeros));
        if (number && "epochs/" + name == EpochNote::path(*number)) {
            last = std::max(last.value_or(0), *number);
        }
    }
    return last;
}

// Another seed is left of a change that a crash cut: the key before the present one, which must go
// now, or a next one whose note was never signed and which nobody has relied on.
Result<> destroy_other_seeds(Storage& storage, std::uint64_t present) {
    for (const std::string& name : TRY(storage.list("private"))) {
        const std::string path = "private/" + name;
        if (name.starts_with("epoch-") && path != seed_path(present)) TRY(storage.destroy(path));
    }
    return {};
}

std::string_view next_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

}  // namespace

std::string epoch_key_name(const std::string& origin) {
    return origin + "/epoch";
}

std::string EpochNote::path(std::uint64_t number) {
    return fmt::format("epochs/{:06}", number);
}

std::string EpochNote::text() const {
    return fmt::format("{}/epochs\nnumber {}\nsize {}\nroot {}\nlog {}\nkey {}\ntime {}\n", origin,
                       number, head.size, base::to_base64(head.root), log_key.text(), key.text(),
                       began_ms);
}

Result<EpochNote> parse_epoch_note(std::string_view text) {
    const std::string_view whole = text;
    const auto bad = [] { return fail(Code::invalid_input, "an epoch note is malformed"); };
    const auto field = [&](std::string_view name) {
        std::string_view line = next_line(text);
        if (!line.starts_with(name)) return std::string_view{};
        line.remove_prefix(name.size());
        return line;
    };
    EpochNote note;
    constexpr std::string_view suffix = "/epochs";
    note.origin = next_line(text);
    if (!note.origin.ends_with(suffix)) return bad();
    note.origin.resize(note.origin.size() - suffix.size());
    note.number = TRY(parse_decimal(field("number ")));
    note.head.size = TRY(parse_decimal(field("size ")));
    note.head.root = TRY(crypto::digest_from(TRY(base::from_base64(field("root ")))));
    note.log_key = TRY(parse_verifier_key(field("log ")));
    note.key = TRY(parse_verifier_key(field("key ")));
    note.began_ms = static_cast<base::WallTime_ms>(TRY(parse_decimal(field("time "))));
    // One note has one text: nothing else may stand in it.
    if (note.text() != whole) return bad();
    return note;
}

Result<EpochNote> check_epoch_note(std::string_view bytes, const EpochLink& link) {
    const Note signed_note = TRY(parse_note(bytes));
    EpochNote note = TRY(parse_epoch_note(signed_note.text));
    const EpochNote& before = link.before == nullptr ? note : *link.before;
    const VerifierKey& log_key = link.log_key == nullptr ? note.log_key : *link.log_key;
    if (note.number != link.number || note.origin != before.origin || note.log_key != log_key ||
        note.key.name != epoch_key_name(note.origin) || log_key.name != note.origin ||
        note.head.size < before.head.size) {
        return fail(Code::denied, "an epoch note does not continue the one before it");
    }
    if (link.before == nullptr && note.head != Head{0, empty_root()}) {
        return fail(Code::denied, "the genesis note does not begin with an empty log");
    }
    const std::array<VerifierKey, 2> required{log_key, before.key};
    TRY(verify_note(signed_note, required));
    return note;
}

Result<Epochs> Epochs::begin(Storage& storage, const Owner& owner, base::WallTime_ms now_ms) {
    Epochs epochs(storage, crypto::SigningKey::generate(owner.random));
    EpochNote& note = epochs.present_;
    note.origin = owner.origin;
    note.head = {0, empty_root()};
    note.log_key = {owner.origin, owner.log_key.public_key()};
    note.key = {epoch_key_name(owner.origin), epochs.key_.public_key()};
    note.began_ms = std::max<base::WallTime_ms>(now_ms, 0);
    epochs.genesis_ = note.key;
    TRY(store_seed(storage, owner, 0, epochs.key_));
    TRY(store_note(storage, owner, note, epochs.key_));
    return epochs;
}

Result<Epochs> Epochs::open(Storage& storage, const Owner& owner, base::WallTime_ms now_ms) {
    const auto found = TRY(last_number(storage));
    if (!found) return begin(storage, owner, now_ms);
    const std::uint64_t last = *found;
    const VerifierKey log_key{owner.origin, owner.log_key.public_key()};
    // Only the first and the last are needed to go on; verify walks the whole chain.
    const base::Bytes first_bytes = TRY(storage.read(EpochNote::path(0), epoch_note_bytes_max));
    const EpochLink link{0, nullptr, &log_key};
    const auto genesis = check_epoch_note(base::text_of(first_bytes), link);
    if (!genesis) {
        return fail(Code::denied, "the log's folder belongs to another log or key (" +
                                      genesis.error().what +
                                      "); name its own key, or another folder");
    }
    const base::Bytes last_bytes = TRY(storage.read(EpochNote::path(last), epoch_note_bytes_max));
    const Note last_note = TRY(parse_note(base::text_of(last_bytes)));
    const std::array<VerifierKey, 1> required{log_key};
    TRY(verify_note(last_note, required));
    EpochNote present = TRY(parse_epoch_note(last_note.text));
    auto key = load_seed(storage, owner, last);
    if (!key || key->public_key() != present.key.key) {
        return fail(Code::corrupt,
                    fmt::format("the signing key of the log's epoch {} is missing or is not the "
                                "one that its note names; restore {} from a copy, or begin a new "
                                "log in another folder",
                                last, seed_path(last)));
    }
    TRY(destroy_other_seeds(storage, last));
    Epochs epochs(storage, std::move(*key));
    epochs.present_ = std::move(present);
    epochs.genesis_ = genesis->key;
    return epochs;
}

Result<> Epochs::advance(const Owner& owner, const Head& head, base::WallTime_ms now_ms) {
    if (present_.number + 1 >= epochs_max) {
        return fail(Code::exhausted, "the log has had a million epochs; begin a new log");
    }
    auto next_key = crypto::SigningKey::generate(owner.random);
    EpochNote next = present_;
    next.number += 1;
    next.head = head;
    next.key.key = next_key.public_key();
    next.began_ms = std::max<base::WallTime_ms>(now_ms, 0);
    TRY(store_seed(*storage_, owner, next.number, next_key));
    TRY(store_note(*storage_, owner, next, key_));
    TRY(storage_->destroy(seed_path(present_.number)));
    key_ = std::move(next_key);
    present_ = std::move(next);
    return {};
}

}  // namespace hs::audit
