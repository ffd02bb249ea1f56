#include "egress/echo_filter.h"

#include "wire/json.h"
#include "wire/url.h"

namespace hs::egress {

namespace {

constexpr std::size_t spellings_room_factor = 24;
constexpr std::size_t spellings_room_extra = 256;

void wipe_text(std::string& text) {
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

std::string json_escaped(std::string_view value) {
    std::string quoted;
    wire::append_json_string(quoted, value);
    std::string inner = quoted.substr(1, quoted.size() - 2);
    wipe_text(quoted);
    return inner;
}

// The characters of base64 text that depend on the value alone when `before` unknown bytes stand
// in front of it and anything may follow.
std::string base64_middle(base::ByteView value, std::size_t before) {
    base::Bytes padded(before, 0);
    padded.insert(padded.end(), value.begin(), value.end());
    std::string text = base::to_base64(padded);
    const std::size_t first = (before * 8 + 5) / 6;
    const std::size_t last = padded.size() * 8 / 6;
    std::string middle = text.substr(first, last - first);
    crypto::wipe(padded);
    wipe_text(text);
    return middle;
}

std::string url_safe(std::string text) {
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

std::string upper(std::string text) {
    for (char& c : text) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

}  // namespace

EchoFilter::EchoFilter(base::ByteView value) {
    if (value.size() < value_bytes_min) return;
    bytes_ = crypto::SecretBytes(value.size() * spellings_room_factor + spellings_room_extra);
    const std::string_view text = base::text_of(value);
    add(std::string(text));
    add(json_escaped(text));
    add(wire::escape_url_component(text));
    add(base::to_hex(value));
    add(upper(base::to_hex(value)));
    for (std::size_t before = 0; before < 3; ++before) {
        std::string middle = base64_middle(value, before);
        add(url_safe(middle));
        add(std::move(middle));
    }
}

// Takes the spelling into locked memory, once.
void EchoFilter::add(std::string spelling) {
    const std::size_t begin =
        spellings_.empty() ? 0 : spellings_.back().begin + spellings_.back().size;
    bool known = begin + spelling.size() > bytes_.size();
    for (const Spelling& other : spellings_) known = known || text_of(other) == spelling;
    if (!known) {
        std::copy(spelling.begin(), spelling.end(),
                  bytes_.writable().begin() + static_cast<std::ptrdiff_t>(begin));
        spellings_.push_back({begin, spelling.size()});
    }
    wipe_text(spelling);
}

std::string_view EchoFilter::text_of(const Spelling& spelling) const {
    return base::text_of(bytes_.view()).substr(spelling.begin, spelling.size);
}

void EchoFilter::overwrite(std::string& text) {
    for (const Spelling& spelling : spellings_) {
        const std::string_view needle = text_of(spelling);
        for (std::size_t at = text.find(needle); at != std::string::npos;
             at = text.find(needle, at + needle.size())) {
            std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), needle.size(), '*');
            ++found_;
        }
    }
}

// The length of the longest end of the text that some spelling begins with.
std::size_t EchoFilter::held_back(std::string_view text) const {
    std::size_t longest = 0;
    for (const Spelling& spelling : spellings_) {
        const std::string_view needle = text_of(spelling);
        std::size_t size = std::min(needle.size() - 1, text.size());
        for (; size > longest; --size) {
            if (text.substr(text.size() - size) == needle.substr(0, size)) longest = size;
        }
    }
    return longest;
}

std::string EchoFilter::pass(std::string_view piece) {
    if (spellings_.empty()) return std::string(piece);
    std::string text = std::exchange(held_, {});
    text += piece;
    overwrite(text);
    const std::size_t held = held_back(text);
    held_ = text.substr(text.size() - held);
    text.resize(text.size() - held);
    return text;
}

std::string EchoFilter::finish() {
    return std::exchange(held_, {});
}

std::string EchoFilter::redact(std::string_view text) {
    std::string out(text);
    overwrite(out);
    return out;
}

}  // namespace hs::egress
