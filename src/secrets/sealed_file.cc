#include "secrets/sealed_file.h"

#include <fmt/format.h>

#include "base/pack.h"
#include "crypto/mac.h"
#include "crypto/seal.h"
#include "os/file.h"

namespace hs::secrets {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Packer;
using base::Result;
using base::Unpacker;

namespace {

constexpr std::uint8_t file_version = 3;
constexpr std::uint8_t first_version = 1;  // a binding of hosts, header and prefix alone
constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t rotation_days_max = 3'650;
constexpr std::string_view file_place = "hardshell secrets file 1";

bool name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '/';
}

bool visible(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

Result<> check_name(const std::string& name) {
    const bool sound = !name.empty() && name.size() <= 128 &&
                       std::all_of(name.begin(), name.end(), name_character);
    if (sound) return {};
    return fail(
        Code::invalid_input,
        "a secret's name has 1 to 128 letters, digits, hyphens, underscores, dots or slashes");
}

Result<> check_facts(const SecretFacts& facts) {
    TRY(check_name(facts.name));
    const bool sound = facts.secret_class.size() <= 64 && facts.owner.size() <= 256 &&
                       visible(facts.secret_class) && visible(facts.owner);
    if (!sound) return fail(Code::invalid_input, "a secret's class and owner are short plain text");
    const bool placed = facts.store.size() <= 64 && facts.reference.size() <= 1'024 &&
                        visible(facts.store) && visible(facts.reference) &&
                        facts.store.empty() == facts.reference.empty();
    if (!placed) {
        return fail(Code::invalid_input,
                    "a secret of another store has the store's name and a "
                    "reference of at most 1024 bytes");
    }
    return check_binding(facts.binding);
}

// Bound to the name, so that values cannot be exchanged.
Bytes value_place(const std::string& name) {
    Packer packer;
    packer.text("hardshell secret value 1");
    packer.text(name);
    return std::move(packer).take();
}

void pack_facts(Packer& packer, const SecretFacts& facts) {
    packer.text(facts.name);
    packer.text(facts.secret_class);
    packer.text(facts.owner);
    packer.i64(facts.created_ms);
    packer.i64(facts.changed_ms);
    pack_binding(packer, facts.binding);
    packer.i64(facts.rotate_after_days);
    packer.i64(facts.used_ms);
    packer.text(facts.store);
    packer.text(facts.reference);
}

Result<SecretFacts> unpack_facts(Unpacker& unpacker, std::uint8_t version) {
    SecretFacts facts;
    facts.name = TRY(unpacker.text());
    facts.secret_class = TRY(unpacker.text());
    facts.owner = TRY(unpacker.text());
    facts.created_ms = TRY(unpacker.i64());
    facts.changed_ms = TRY(unpacker.i64());
    if (version == first_version) {
        facts.binding.hosts =
            TRY(unpacker.list<std::string>([](Unpacker& from) { return from.text(); }));
        facts.binding.header = TRY(unpacker.text());
        facts.binding.prefix = TRY(unpacker.text());
    } else {
        facts.binding = TRY(unpack_binding(unpacker));
        facts.rotate_after_days = TRY(unpacker.i64());
        facts.used_ms = TRY(unpacker.i64());
    }
    if (version == file_version) {
        facts.store = TRY(unpacker.text());
        facts.reference = TRY(unpacker.text());
    }
    TRY(check_facts(facts));
    return facts;
}

}  // namespace

SealedFile::SealedFile(std::string path, crypto::SecretBytes key, base::Random& random)
    : path_(std::move(path)),
      file_key_(crypto::derive_key(key, "secrets file")),
      value_key_(crypto::derive_key(key, "secrets value")),
      random_(&random) {}

Result<SealedFile> SealedFile::open(const std::string& path, crypto::SecretBytes key,
                                    base::Random& random) {
    CHECK(key.size() == crypto::key_bytes);
    SealedFile store(path, std::move(key), random);
    const auto bytes = os::read_file(path, file_bytes_max);
    if (!bytes && bytes.error().code == Code::not_found) return store;
    if (!bytes) return bytes.failure();
    TRY(store.read(*bytes));
    return store;
}

Result<> SealedFile::read(ByteView sealed) {
    const auto plain = crypto::open(file_key_, sealed, base::bytes_of(file_place));
    if (!plain) {
        return fail(
            Code::corrupt,
            fmt::format("{} does not open: it was changed or belongs to another key; restore "
                        "it from a backup or move it away to begin anew",
                        path_));
    }
    Unpacker unpacker(*plain);
    const auto version = TRY(unpacker.u8());
    if (version < first_version || version > file_version) {
        return fail(Code::corrupt, fmt::format("{} is of a later version of this program", path_));
    }
    auto entries = TRY(unpacker.list<Entry>([version](Unpacker& from) -> Result<Entry> {
        Entry entry;
        entry.facts = TRY(unpack_facts(from, version));
        entry.sealed_value = base::copy_bytes(TRY(from.bytes()));
        return entry;
    }));
    TRY(unpacker.finish());
    for (Entry& entry : entries) {
        std::string name = entry.facts.name;
        entries_.insert_or_assign(std::move(name), std::move(entry));
    }
    return {};
}

Result<> SealedFile::write(std::map<std::string, Entry> entries) {
    Packer packer;
    packer.u8(file_version);
    packer.list(entries, [](Packer& to, const auto& named) {
        pack_facts(to, named.second.facts);
        to.bytes(named.second.sealed_value);
    });
    const Bytes sealed =
        crypto::seal(file_key_, packer.view(), base::bytes_of(file_place), *random_);
    TRY(os::write_file_atomic(path_, sealed, 0600));
    entries_ = std::move(entries);
    return {};
}

Result<const SealedFile::Entry*> SealedFile::find(const std::string& name) const {
    const auto found = entries_.find(name);
    if (found != entries_.end()) return &found->second;
    return fail(Code::not_found,
                fmt::format("there is no secret named {}; set it with: hardshell secret set {}",
                            check_name(name) ? name : "?", check_name(name) ? name : "NAME"));
}

std::vector<SecretFacts> SealedFile::list() const {
    std::vector<SecretFacts> all;
    for (const auto& [name, entry] : entries_) all.push_back(entry.facts);
    return all;
}

Result<SecretFacts> SealedFile::facts(const std::string& name) const {
    return TRY(find(name))->facts;
}

Result<> SealedFile::set(SecretFacts facts, ByteView value) {
    TRY(check_facts(facts));
    const bool sound = facts.store.empty() ? !value.empty() && value.size() <= value_bytes_max &&
                                                 visible(base::text_of(value))
                                           : value.empty();
    if (!sound) {
        return fail(Code::invalid_input,
                    "a secret's value is one line of 1 to 16384 bytes without control characters");
    }
    std::map<std::string, Entry> entries = entries_;
    const auto old = entries.find(facts.name);
    if (old != entries.end()) facts.created_ms = old->second.facts.created_ms;
    if (old == entries.end() && entries.size() >= secrets_max) {
        return fail(Code::exhausted, "the store holds 4096 secrets; remove some first");
    }
    Bytes sealed = crypto::seal(value_key_, value, value_place(facts.name), *random_);
    std::string name = facts.name;
    entries.insert_or_assign(std::move(name), Entry{std::move(facts), std::move(sealed)});
    return write(std::move(entries));
}

Result<> SealedFile::bind(const std::string& name, Binding binding) {
    TRY(check_binding(binding));
    TRY(find(name));
    std::map<std::string, Entry> entries = entries_;
    entries.at(name).facts.binding = std::move(binding);
    return write(std::move(entries));
}

Result<> SealedFile::set_rotation(const std::string& name, std::int64_t days) {
    if (days < 0 || days > rotation_days_max) {
        return fail(Code::invalid_input, "a secret's age is 0 (none) to 3650 days");
    }
    TRY(find(name));
    std::map<std::string, Entry> entries = entries_;
    entries.at(name).facts.rotate_after_days = days;
    return write(std::move(entries));
}

Result<> SealedFile::note_use(const std::string& name, base::WallTime_ms now_ms) {
    const Entry* entry = TRY(find(name));
    if (now_ms - entry->facts.used_ms < day_ms) return {};
    std::map<std::string, Entry> entries = entries_;
    entries.at(name).facts.used_ms = now_ms - now_ms % day_ms;
    return write(std::move(entries));
}

Result<crypto::SecretBytes> SealedFile::reveal(const std::string& name) const {
    const Entry* entry = TRY(find(name));
    if (!entry->facts.store.empty()) {
        return fail(Code::conflict,
                    fmt::format("the secret {} is kept in the store {}", name, entry->facts.store));
    }
    return crypto::open_secret(value_key_, entry->sealed_value, value_place(name));
}

Result<> SealedFile::remove(const std::string& name) {
    TRY(find(name));
    std::map<std::string, Entry> entries = entries_;
    entries.erase(name);
    return write(std::move(entries));
}

Result<> SealedFile::check_place(const std::string& name, const SecretPlace& place) const {
    const Entry* entry = TRY(find(name));
    const std::string wrong = misfit(name, entry->facts.binding, place);
    if (!wrong.empty()) return fail(Code::denied, wrong);
    return {};
}

Result<crypto::SecretBytes> SealedFile::take(const std::string& name,
                                             const SecretPlace& place) const {
    TRY(check_place(name, place));
    return reveal(name);
}

}  // namespace hs::secrets
