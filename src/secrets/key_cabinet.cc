#include "secrets/key_cabinet.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/pack.h"
#include "crypto/mac.h"
#include "crypto/seal.h"
#include "os/file.h"

namespace hs::secrets {
namespace {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Packer;
using base::Result;
using base::Unpacker;

constexpr std::uint8_t file_version = 1;
constexpr std::string_view keys_place = "hardshell memory keys 1";
constexpr std::string_view wrap_place = "hardshell memory wrap 1";
constexpr std::size_t slots = 2;
constexpr std::size_t slot_bytes = crypto::key_bytes + crypto::seal_overhead_bytes;
constexpr std::size_t file_bytes_max = std::size_t{4} << 20U;

base::Failure damaged(const std::string& path, std::string_view how) {
    return fail(Code::corrupt,
                fmt::format("{} {}; restore memory-keys and memory-wrap together, or move both and "
                            "memory.db away to begin a new memory",
                            path, how));
}

}  // namespace

Result<KeyCabinet> KeyCabinet::open(const std::string& folder, crypto::SecretBytes key,
                                    base::Random& random) {
    CHECK(key.size() == crypto::key_bytes);
    KeyCabinet cabinet(folder, std::move(key), random);
    const auto has = [](const std::string& path) { return os::facts_of_path(path).ok(); };
    if (!has(cabinet.keys_file()) && !has(cabinet.wrap_file())) {
        TRY(cabinet.begin());
    } else {
        TRY(cabinet.load());
    }
    return cabinet;
}

Result<> KeyCabinet::begin() {
    wrap_ = crypto::SecretBytes::random(crypto::key_bytes, *random_);
    Bytes file(slots * slot_bytes, 0);
    const Bytes sealed = crypto::seal(key_, wrap_.view(), base::bytes_of(wrap_place), *random_);
    std::copy(sealed.begin(), sealed.end(), file.begin());
    TRY(os::write_file_atomic(wrap_file(), file, 0600));
    return write();
}

// An interrupted erasure leaves two wrapping keys; the one that opens the file holds, and the other
// is overwritten.
Result<> KeyCabinet::load() {
    const auto wraps = os::read_file(wrap_file(), file_bytes_max);
    if (!wraps) return damaged(wrap_file(), "is gone");
    if (wraps->size() != slots * slot_bytes) return damaged(wrap_file(), "was cut short");
    const auto sealed = os::read_file(keys_file(), file_bytes_max);
    if (!sealed) {
        // Interrupted before the first keys were written: then there are none to lose.
        const auto first = open_slot(*wraps, 0);
        const bool is_fresh = sealed.error().code == Code::not_found && first &&
                              !os::facts_of_path(folder_ + "/memory.db");
        if (!is_fresh) return damaged(keys_file(), "is gone");
        return begin();
    }
    bool any = false;
    for (std::size_t slot = 0; slot < slots; ++slot) {
        auto wrap = open_slot(*wraps, slot);
        if (!wrap) continue;
        any = true;
        const auto plain = crypto::open_secret(*wrap, *sealed, base::bytes_of(keys_place));
        if (!plain) continue;
        wrap_ = *std::move(wrap);
        slot_ = slot;
        TRY(read(plain->view()));
        const std::size_t other = 1 - slot;
        const auto begin = wraps->begin() + static_cast<std::ptrdiff_t>(other * slot_bytes);
        const bool is_clear = std::all_of(begin, begin + slot_bytes, [](auto b) { return b == 0; });
        if (!is_clear) TRY(write_slot(other, Bytes(slot_bytes, 0)));
        return {};
    }
    if (!any) return damaged(wrap_file(), "does not open: it was changed or is of another key");
    return damaged(keys_file(), "does not open: it was changed, cut short or is of another time");
}

Result<crypto::SecretBytes> KeyCabinet::open_slot(ByteView file, std::size_t slot) const {
    auto wrap = TRY(crypto::open_secret(key_, file.subspan(slot * slot_bytes, slot_bytes),
                                        base::bytes_of(wrap_place)));
    if (wrap.size() != crypto::key_bytes) return fail(Code::corrupt, "a wrapping key is not one");
    return wrap;
}

Result<> KeyCabinet::read(ByteView plain) {
    Unpacker unpacker(plain);
    if (TRY(unpacker.u8()) != file_version) {
        return fail(Code::conflict,
                    fmt::format("{} is of a later version of this program; install that version",
                                keys_file()));
    }
    next_generation_ = TRY(unpacker.u64());
    const std::uint32_t count = TRY(unpacker.u32());
    if (count > names_max) return damaged(keys_file(), "holds too many names");
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string name = TRY(unpacker.text());
        const std::uint8_t held = TRY(unpacker.u8());
        auto& keys = compartments_[name];
        for (std::uint8_t at = 0; at < held; ++at) {
            Held one;
            one.generation = TRY(unpacker.u64());
            const ByteView bytes = TRY(unpacker.bytes());
            if (bytes.size() != crypto::key_bytes) return damaged(keys_file(), "holds no key");
            one.key = crypto::SecretBytes::copy_of(bytes);
            keys.push_back(std::move(one));
        }
        if (keys.empty() || keys.size() > 2) return damaged(keys_file(), "is not well made");
    }
    return unpacker.finish();
}

Result<> KeyCabinet::write() {
    Packer packer;
    packer.u8(file_version);
    packer.u64(next_generation_);
    packer.u32(static_cast<std::uint32_t>(compartments_.size()));
    for (const auto& [name, keys] : compartments_) {
        packer.text(name);
        packer.u8(static_cast<std::uint8_t>(keys.size()));
        for (const Held& held : keys) {
            packer.u64(held.generation);
            packer.bytes(held.key.view());
        }
    }
    Bytes plain = std::move(packer).take();
    const Bytes sealed = crypto::seal(wrap_, plain, base::bytes_of(keys_place), *random_);
    crypto::wipe(plain);
    return os::write_file_atomic(keys_file(), sealed, 0600);
}

Result<> KeyCabinet::write_slot(std::size_t slot, ByteView sealed) {
    const os::Fd file = TRY(os::open_file(wrap_file(), O_RDWR));
    TRY(os::write_all_at(file.get(), sealed, slot * slot_bytes));
    return os::sync_data(file.get());
}

Result<> KeyCabinet::write_anew() {
    auto fresh = crypto::SecretBytes::random(crypto::key_bytes, *random_);
    const std::size_t other = 1 - slot_;
    TRY(write_slot(other, crypto::seal(key_, fresh.view(), base::bytes_of(wrap_place), *random_)));
    std::swap(wrap_, fresh);
    if (const auto written = write(); !written) {
        std::swap(wrap_, fresh);
        return written;
    }
    // From here on the new file holds; the old wrapping key opens only copies of the old one.
    slot_ = other;
    return write_slot(1 - slot_, Bytes(slot_bytes, 0));
}

Result<const std::vector<KeyCabinet::Held>*> KeyCabinet::take(const std::string& name) {
    const auto found = compartments_.find(name);
    if (found != compartments_.end()) return &found->second;
    if (name.empty() || name.size() > name_bytes_max || compartments_.size() >= names_max) {
        return fail(Code::exhausted,
                    fmt::format("the memory has room for {} compartments with names of at most {} "
                                "bytes; forget some first",
                                names_max, name_bytes_max));
    }
    std::vector<Held> keys;
    keys.push_back({next_generation_++, crypto::SecretBytes::random(crypto::key_bytes, *random_)});
    const auto added = compartments_.emplace(name, std::move(keys)).first;
    if (const auto written = write(); !written) {
        compartments_.erase(added);
        return written.failure();
    }
    return &added->second;
}

std::vector<std::string> KeyCabinet::names() const {
    std::vector<std::string> names;
    for (const auto& [name, keys] : compartments_) names.push_back(name);
    return names;
}

Result<const KeyCabinet::Held*> KeyCabinet::begin_rekey(const std::string& name) {
    TRY(take(name));
    auto& keys = compartments_.at(name);
    if (keys.size() == 2) return &keys.back();
    keys.push_back({next_generation_++, crypto::SecretBytes::random(crypto::key_bytes, *random_)});
    if (const auto written = write(); !written) {
        keys.pop_back();
        return written.failure();
    }
    return &keys.back();
}

Result<> KeyCabinet::finish_rekey(const std::string& name, std::uint64_t generation) {
    const auto found = compartments_.find(name);
    const bool known = found != compartments_.end() &&
                       std::any_of(found->second.begin(), found->second.end(),
                                   [&](const Held& h) { return h.generation == generation; });
    if (!known) return fail(Code::conflict, "that key of the compartment does not exist");
    std::erase_if(found->second, [&](const Held& held) { return held.generation < generation; });
    return write_anew();
}

Result<> KeyCabinet::destroy(const std::string& name) {
    if (compartments_.erase(name) == 0) {
        return fail(Code::not_found, fmt::format("there is no key of the compartment {}", name));
    }
    return write_anew();
}

}  // namespace hs::secrets
