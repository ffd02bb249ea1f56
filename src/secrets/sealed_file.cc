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

constexpr std::uint8_t file_version = 1;
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

// Header field names compare without case (RFC 9110 section 5.1).
bool same_field(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [&](char a, char b) { return lower(a) == lower(b); });
}

Result<> check_name(const std::string& name) {
    const bool sound = !name.empty() && name.size() <= 128 &&
                       std::all_of(name.begin(), name.end(), name_character);
    if (sound) return {};
    return fail(
        Code::invalid_input,
        "a secret's name has 1 to 128 letters, digits, hyphens, underscores, dots or slashes");
}

Result<> check_binding(const Binding& binding) {
    if (binding.hosts.size() > Binding::hosts_max) {
        return fail(Code::invalid_input, "a secret is bound to at most 64 hosts");
    }
    for (const std::string& host : binding.hosts) {
        const bool sound =
            !host.empty() && host.size() <= 253 && visible(host) &&
            host.find_first_of("*/@ ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
        if (!sound) {
            return fail(
                Code::invalid_input,
                fmt::format("\"{}\" is no host; write one lower-case name without a pattern",
                            visible(host) ? host : "?"));
        }
    }
    const bool form = binding.header.size() <= 128 && binding.prefix.size() <= 64 &&
                      visible(binding.header) && visible(binding.prefix) &&
                      binding.header.find_first_of(": ") == std::string::npos;
    if (!form) return fail(Code::invalid_input, "a binding's header is one field name");
    return {};
}

Result<> check_facts(const SecretFacts& facts) {
    TRY(check_name(facts.name));
    const bool sound = facts.secret_class.size() <= 64 && facts.owner.size() <= 256 &&
                       visible(facts.secret_class) && visible(facts.owner);
    if (!sound) return fail(Code::invalid_input, "a secret's class and owner are short plain text");
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
    packer.list(facts.binding.hosts, [](Packer& to, const std::string& host) { to.text(host); });
    packer.text(facts.binding.header);
    packer.text(facts.binding.prefix);
}

Result<SecretFacts> unpack_facts(Unpacker& unpacker) {
    SecretFacts facts;
    facts.name = TRY(unpacker.text());
    facts.secret_class = TRY(unpacker.text());
    facts.owner = TRY(unpacker.text());
    facts.created_ms = TRY(unpacker.i64());
    facts.changed_ms = TRY(unpacker.i64());
    facts.binding.hosts =
        TRY(unpacker.list<std::string>([](Unpacker& from) { return from.text(); }));
    facts.binding.header = TRY(unpacker.text());
    facts.binding.prefix = TRY(unpacker.text());
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
    if (TRY(unpacker.u8()) != file_version) {
        return fail(Code::corrupt, fmt::format("{} is of a later version of this program", path_));
    }
    auto entries = TRY(unpacker.list<Entry>([](Unpacker& from) -> Result<Entry> {
        Entry entry;
        entry.facts = TRY(unpack_facts(from));
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
    if (value.empty() || value.size() > value_bytes_max || !visible(base::text_of(value))) {
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

Result<> SealedFile::remove(const std::string& name) {
    TRY(find(name));
    std::map<std::string, Entry> entries = entries_;
    entries.erase(name);
    return write(std::move(entries));
}

Result<crypto::SecretBytes> SealedFile::take(const std::string& name,
                                             const SecretPlace& place) const {
    const Entry* entry = TRY(find(name));
    const Binding& binding = entry->facts.binding;
    const bool host =
        std::find(binding.hosts.begin(), binding.hosts.end(), place.host) != binding.hosts.end();
    if (!host) {
        return fail(Code::denied,
                    fmt::format("the secret {} is not bound to {}; bind it with: hardshell secret "
                                "bind {} --host {}",
                                name, place.host, name, place.host));
    }
    if (!same_field(binding.header, place.header) || binding.prefix != place.prefix) {
        return fail(Code::denied, fmt::format("the secret {} may stand only in the header field {}",
                                              name, binding.header));
    }
    return crypto::open_secret(value_key_, entry->sealed_value, value_place(name));
}

}  // namespace hs::secrets
