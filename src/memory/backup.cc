#include "memory/backup.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/pack.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "crypto/seal.h"

namespace hs::memory {
namespace {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Packer;
using base::Result;
using base::Unpacker;

constexpr std::string_view magic = "hardshell memory backup";
constexpr std::uint8_t version = 1;
constexpr std::size_t passphrase_bytes_min = 8;
constexpr std::string_view proof = "the passphrase is the right one";

Bytes head_place(std::string_view id) {
    Packer packer;
    packer.text("hardshell memory backup head 1");
    packer.text(id);
    return std::move(packer).take();
}

// Bound to the file before it, so that none can be left out, exchanged or put elsewhere.
Bytes segment_place(std::string_view id, std::uint32_t number, ByteView before) {
    Packer packer;
    packer.text("hardshell memory backup segment 1");
    packer.text(id);
    packer.u32(number);
    packer.bytes(crypto::sha256(before));
    return std::move(packer).take();
}

base::Failure later_version() {
    return fail(Code::conflict,
                "the backup is of a later version of this program; install that version");
}

}  // namespace

Result<BackupHead> make_backup_head(std::string_view passphrase, const base::Clock& clock,
                                    base::Random& random) {
    if (passphrase.size() < passphrase_bytes_min) {
        return fail(
            Code::invalid_input,
            fmt::format("a backup's passphrase has at least {} characters", passphrase_bytes_min));
    }
    const crypto::PasswordCost cost = crypto::new_password_cost(random);
    BackupHead head;
    head.id = base::make_id(clock, random);
    head.key = TRY(crypto::key_from_password(passphrase, cost));
    Packer packer;
    packer.text(magic);
    packer.u8(version);
    packer.text(head.id);
    packer.bytes(crypto::pack(cost));
    packer.bytes(crypto::seal(head.key, base::bytes_of(proof), head_place(head.id), random));
    head.file = std::move(packer).take();
    return head;
}

Result<BackupHead> open_backup_head(ByteView file, std::string_view passphrase) {
    Unpacker unpacker(file);
    const auto found = unpacker.text();
    if (!found || *found != magic) {
        return fail(Code::corrupt, "the file \"backup\" is not the beginning of a backup");
    }
    const auto known = unpacker.u8();
    if (known && *known != version) return later_version();
    BackupHead head;
    const auto rest = [&]() -> Result<> {
        head.id = TRY(unpacker.text());
        const auto cost = TRY(crypto::unpack_password_cost(TRY(unpacker.bytes())));
        const ByteView sealed = TRY(unpacker.bytes());
        TRY(unpacker.finish());
        head.key = TRY(crypto::key_from_password(passphrase, cost));
        if (crypto::open(head.key, sealed, head_place(head.id))) return {};
        return fail(
            Code::denied,
            "the passphrase is not that of this backup, or its file \"backup\" was changed");
    };
    if (const auto opened = rest(); !opened) {
        if (opened.error().code != Code::corrupt) return opened.failure();
        return fail(Code::corrupt, "the file \"backup\" was cut short or changed");
    }
    head.file = base::copy_bytes(file);
    return head;
}

Result<Bytes> seal_segment(const BackupHead& head, ByteView before, const Segment& segment,
                           base::Random& random) {
    Packer packer;
    packer.u8(version);
    packer.i64(segment.made_ms);
    packer.i64(segment.revision);
    packer.list(segment.ids, [](Packer& to, const std::string& id) { to.text(id); });
    packer.list(segment.entries, [](Packer& to, const Entry& entry) {
        to.text(wire::canonical_json(to_json(entry)));
    });
    if (packer.view().size() > segment_bytes_max) {
        return fail(Code::exhausted, "the memory is too large for one file of a backup");
    }
    return crypto::seal(head.key, packer.view(), segment_place(head.id, segment.number, before),
                        random);
}

Result<Segment> open_segment(const BackupHead& head, ByteView before, std::uint32_t number,
                             ByteView file) {
    const auto plain = crypto::open(head.key, file, segment_place(head.id, number, before));
    if (!plain) {
        return fail(Code::corrupt,
                    fmt::format("{} was cut short, changed, or does not follow the file before it; "
                                "nothing was restored",
                                segment_name(number)));
    }
    Unpacker unpacker(*plain);
    if (TRY(unpacker.u8()) != version) return later_version();
    Segment segment;
    segment.number = number;
    segment.made_ms = TRY(unpacker.i64());
    segment.revision = TRY(unpacker.i64());
    segment.ids = TRY(unpacker.list<std::string>([](Unpacker& from) { return from.text(); }));
    segment.entries = TRY(unpacker.list<Entry>([](Unpacker& from) -> Result<Entry> {
        return entry_from_json(TRY(wire::parse_json(TRY(from.text()))));
    }));
    TRY(unpacker.finish());
    return segment;
}

std::string segment_name(std::uint32_t number) {
    return fmt::format("{:04}.segment", number);
}

Result<> Restored::apply(Segment segment) {
    for (Entry& entry : segment.entries) {
        std::string id = entry.id;
        entries_.insert_or_assign(std::move(id), std::move(entry));
    }
    const std::set<std::string> alive(segment.ids.begin(), segment.ids.end());
    std::erase_if(entries_, [&](const auto& held) { return !alive.contains(held.first); });
    if (entries_.size() != alive.size()) {
        return fail(Code::corrupt, fmt::format("{} names memories that no file of the backup holds",
                                               segment_name(segment.number)));
    }
    revision_ = segment.revision;
    made_ms_ = segment.made_ms;
    segments_ = segment.number;
    return {};
}

}  // namespace hs::memory
