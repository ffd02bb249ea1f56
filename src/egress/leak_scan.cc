#include "egress/leak_scan.h"

#include <algorithm>

#include "base/pack.h"
#include "crypto/hash.h"
#include "crypto/mac.h"

namespace hs::egress {

using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr unsigned filter_bits = 16;
constexpr std::size_t candidates_max = 64;

std::string hex_of(ByteView bytes, bool upper) {
    std::string text = base::to_hex(bytes);
    if (upper) std::transform(text.begin(), text.end(), text.begin(), ::toupper);
    return text;
}

std::string percent_encoded(ByteView bytes) {
    std::string out;
    for (const std::uint8_t byte : bytes) {
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' ||
                           byte == '.' || byte == '~';
        if (plain) {
            out += static_cast<char>(byte);
        } else {
            out += '%' + hex_of({&byte, 1}, true);
        }
    }
    return out;
}

// The letters that do not depend on what stands around the value, for each of three alignments.
std::string base64_inner(ByteView value, std::size_t before, bool url) {
    base::Bytes padded(before, 0);
    padded.insert(padded.end(), value.begin(), value.end());
    std::string text = url ? base::to_base64url(padded) : base::to_base64(padded);
    crypto::wipe(padded);
    const std::size_t first = before == 0 ? 0 : before + 1;
    const std::size_t whole = (before + value.size()) / 3 * 4;
    const std::size_t rest = (before + value.size()) % 3;
    // A letter holds six bits; those that hold bits of what follows are left out.
    const std::size_t last = whole + (rest == 0 ? 0 : rest);
    return last > first ? text.substr(first, last - first) : std::string();
}

}  // namespace

std::uint64_t FingerprintTable::window_hash(ByteView bytes) const {
    std::uint64_t hash = 0;
    for (const std::uint8_t byte : bytes.first(window_bytes)) hash = hash * base_ + byte + 1;
    return hash;
}

std::array<std::uint8_t, 32> FingerprintTable::digest_of(ByteView bytes) const {
    return crypto::hmac_sha256(key_.view(), bytes);
}

void FingerprintTable::add(std::string_view form, std::uint32_t secret) {
    if (form.size() < window_bytes || prints_.size() >= prints_max) return;
    const ByteView bytes = base::bytes_of(form.substr(0, form_bytes_max));
    Print print;
    print.window = window_hash(bytes);
    print.bytes = static_cast<std::uint32_t>(bytes.size());
    print.digest = digest_of(bytes);
    print.secret = secret;
    prints_.push_back(print);
}

void FingerprintTable::finish() {
    leaving_ = 1;
    for (std::size_t i = 0; i < window_bytes; ++i) leaving_ *= base_;
    std::sort(prints_.begin(), prints_.end());
    filter_.assign((std::size_t{1} << filter_bits) / 64, 0);
    for (const Print& print : prints_) {
        const std::uint64_t top = print.window >> (64 - filter_bits);
        filter_[top / 64] |= std::uint64_t{1} << (top % 64);
    }
}

FingerprintTable FingerprintTable::of(const std::vector<NamedSecret>& secrets,
                                      base::Random& random) {
    FingerprintTable table;
    std::array<std::uint8_t, 8> seed{};
    random.fill(seed);
    std::memcpy(&table.base_, seed.data(), seed.size());
    table.base_ |= 1;  // odd, so that no byte's weight vanishes
    table.key_ = crypto::SecretBytes::random(32, random);
    for (const NamedSecret& secret : secrets) {
        const auto index = static_cast<std::uint32_t>(table.names_.size());
        table.names_.push_back(secret.name);
        const ByteView value = secret.value.view();
        std::vector<std::string> forms = {std::string(base::text_of(value)), percent_encoded(value),
                                          hex_of(value, false), hex_of(value, true)};
        for (std::size_t before = 0; before < 3; ++before) {
            forms.push_back(base64_inner(value, before, false));
            forms.push_back(base64_inner(value, before, true));
        }
        std::sort(forms.begin(), forms.end());
        forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
        for (std::string& form : forms) {
            table.add(form, index);
            crypto::wipe({reinterpret_cast<std::uint8_t*>(form.data()), form.size()});
        }
    }
    table.finish();
    return table;
}

base::Bytes FingerprintTable::pack() const {
    base::Packer out;
    out.u64(base_);
    out.bytes(key_.view());
    out.list(names_, [](base::Packer& to, const std::string& name) { to.text(name); });
    out.list(prints_, [](base::Packer& to, const Print& print) {
        to.u64(print.window);
        to.u32(print.bytes);
        to.bytes(print.digest);
        to.u32(print.secret);
    });
    return std::move(out).take();
}

Result<FingerprintTable> FingerprintTable::unpack(ByteView bytes) {
    base::Unpacker in(bytes);
    FingerprintTable table;
    table.base_ = TRY(in.u64());
    const ByteView key = TRY(in.bytes());
    if (key.size() != 32) return fail(Code::corrupt, "the fingerprints' key has another size");
    table.key_ = crypto::SecretBytes::copy_of(key);
    table.names_ = TRY(in.list<std::string>([](base::Unpacker& from) { return from.text(); }));
    const auto get = [](base::Unpacker& from) -> Result<Print> {
        Print print;
        print.window = TRY(from.u64());
        print.bytes = TRY(from.u32());
        print.digest = TRY(crypto::digest_from(TRY(from.bytes())));
        print.secret = TRY(from.u32());
        return print;
    };
    table.prints_ = TRY(in.list<Print>(get));
    TRY(in.finish());
    const bool sound =
        std::all_of(table.prints_.begin(), table.prints_.end(), [&](const Print& print) {
            return print.bytes >= window_bytes && print.bytes <= form_bytes_max &&
                   print.secret < table.names_.size();
        });
    if (!sound || table.prints_.size() > prints_max) {
        return fail(Code::corrupt, "the fingerprints are malformed");
    }
    table.finish();
    return table;
}

// distance 0 is the byte that came last.
std::uint8_t LeakScan::back(std::size_t distance) const {
    return recent_[(count_ - 1 - distance) % recent_.size()];
}

std::optional<std::string> LeakScan::verify() {
    for (std::size_t i = 0; i < candidates_.size();) {
        const auto& print = table_->prints_[candidates_[i].print];
        if (count_ - candidates_[i].start < print.bytes) {
            ++i;
            continue;
        }
        std::array<std::uint8_t, FingerprintTable::form_bytes_max> form{};
        for (std::size_t at = 0; at < print.bytes; ++at) form[at] = back(print.bytes - 1 - at);
        const ByteView view(form.data(), print.bytes);
        if (crypto::equal(table_->digest_of(view), print.digest)) {
            return table_->names_[print.secret];
        }
        candidates_.erase(candidates_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return std::nullopt;
}

std::optional<std::string> LeakScan::feed(ByteView bytes) {
    if (!table_ || table_->empty()) return std::nullopt;
    constexpr std::size_t window = FingerprintTable::window_bytes;
    for (const std::uint8_t byte : bytes) {
        hash_ = hash_ * table_->base_ + byte + 1;
        if (count_ >= window) hash_ -= (std::uint64_t{back(window - 1)} + 1) * table_->leaving_;
        recent_[count_ % recent_.size()] = byte;
        ++count_;
        if (count_ >= window) {
            const std::uint64_t top = hash_ >> (64 - filter_bits);
            if ((table_->filter_[top / 64] >> (top % 64) & 1U) != 0) {
                FingerprintTable::Print wanted;
                wanted.window = hash_;
                const auto range =
                    std::equal_range(table_->prints_.begin(), table_->prints_.end(), wanted);
                for (auto at = range.first; at != range.second; ++at) {
                    if (candidates_.size() >= candidates_max) break;
                    candidates_.push_back(
                        {count_ - window, static_cast<std::size_t>(at - table_->prints_.begin())});
                }
            }
        }
        if (candidates_.empty()) continue;
        if (auto found = verify()) return found;
    }
    return std::nullopt;
}

std::size_t LeakScan::held() const {
    if (!table_ || table_->empty()) return 0;
    std::uint64_t held = std::min<std::uint64_t>(count_, FingerprintTable::window_bytes - 1);
    for (const Candidate& candidate : candidates_) {
        held = std::max(held, count_ - candidate.start);
    }
    return static_cast<std::size_t>(held);
}

std::optional<std::string> LeakScan::find(std::shared_ptr<const FingerprintTable> table,
                                          ByteView bytes) {
    LeakScan scan(std::move(table));
    return scan.feed(bytes);
}

}  // namespace hs::egress
