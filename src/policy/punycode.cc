// Punycode: the bootstring of RFC 3492 with its parameters of section 5.
#include "policy/canonical_host.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::uint32_t base_digits = 36;
constexpr std::uint32_t threshold_min = 1;
constexpr std::uint32_t threshold_max = 26;
constexpr std::uint32_t skew = 38;
constexpr std::uint32_t damp = 700;
constexpr std::uint32_t initial_bias = 72;
constexpr std::uint32_t initial_point = 128;
constexpr std::uint32_t code_point_max = 0x10FFFF;

// Section 6.1.
std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool is_first) {
    delta = is_first ? delta / damp : delta / 2;
    delta += delta / points;
    std::uint32_t k = 0;
    while (delta > ((base_digits - threshold_min) * threshold_max) / 2) {
        delta /= base_digits - threshold_min;
        k += base_digits;
    }
    return k + (base_digits - threshold_min + 1) * delta / (delta + skew);
}

std::uint32_t threshold(std::uint32_t k, std::uint32_t bias) {
    if (k <= bias + threshold_min) return threshold_min;
    return k >= bias + threshold_max ? threshold_max : k - bias;
}

char digit_text(std::uint32_t digit) {
    return static_cast<char>(digit < 26 ? 'a' + digit : '0' + (digit - 26));
}

std::uint32_t digit_value(char c) {
    if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a');
    if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
    if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0') + 26;
    return base_digits;
}

base::Failure refused() {
    return fail(Code::invalid_input, "a label of the host is malformed Punycode (RFC 3492)");
}

// Reads one variable-length integer (section 6.2) and adds it to index; false when malformed.
bool take_delta(std::string_view& text, std::uint32_t bias, std::uint32_t& index) {
    std::uint64_t sum = index;
    std::uint64_t weight = 1;
    for (std::uint32_t k = base_digits;; k += base_digits) {
        if (text.empty()) return false;
        const std::uint32_t digit = digit_value(text.front());
        text.remove_prefix(1);
        if (digit >= base_digits) return false;
        sum += digit * weight;
        if (sum > UINT32_MAX) return false;
        const std::uint32_t t = threshold(k, bias);
        if (digit < t) break;
        weight *= base_digits - t;
        if (weight > UINT32_MAX) return false;
    }
    index = static_cast<std::uint32_t>(sum);
    return true;
}

void append_delta(std::string& out, std::uint32_t delta, std::uint32_t bias) {
    for (std::uint32_t k = base_digits;; k += base_digits) {
        const std::uint32_t t = threshold(k, bias);
        if (delta < t) break;
        out += digit_text(t + (delta - t) % (base_digits - t));
        delta = (delta - t) / (base_digits - t);
    }
    out += digit_text(delta);
}

char32_t next_point(const std::u32string& label, std::uint32_t at_least) {
    char32_t next = code_point_max + 1;
    for (const char32_t c : label) {
        if (c >= at_least && c < next) next = c;
    }
    return next;
}

}  // namespace

Result<std::string> punycode_encode(const std::u32string& label) {
    if (label.size() > host_label_bytes_max) return refused();
    std::string out;
    for (const char32_t c : label) {
        if (c < initial_point) out += static_cast<char>(c);
    }
    const auto basic = static_cast<std::uint32_t>(out.size());
    std::uint32_t handled = basic;
    if (basic > 0) out += '-';
    std::uint32_t n = initial_point;
    std::uint32_t delta = 0;
    std::uint32_t bias = initial_bias;
    while (handled < label.size()) {
        const char32_t next = next_point(label, n);
        if (next > code_point_max) return refused();
        // At most 63 code points below 2^21: the product stays below 2^27.
        delta += (static_cast<std::uint32_t>(next) - n) * (handled + 1);
        n = static_cast<std::uint32_t>(next);
        for (const char32_t c : label) {
            if (c < n) ++delta;
            if (c != n) continue;
            append_delta(out, delta, bias);
            bias = adapt(delta, handled + 1, handled == basic);
            delta = 0;
            ++handled;
        }
        ++delta;
        ++n;
    }
    return out;
}

Result<std::u32string> punycode_decode(std::string_view text) {
    if (text.size() > host_label_bytes_max) return refused();
    std::u32string label;
    if (const std::size_t hyphen = text.rfind('-'); hyphen != std::string_view::npos) {
        for (const char c : text.substr(0, hyphen)) {
            if (static_cast<unsigned char>(c) >= initial_point) return refused();
            label += static_cast<char32_t>(c);
        }
        text.remove_prefix(hyphen + 1);
    }
    std::uint32_t n = initial_point;
    std::uint32_t index = 0;
    std::uint32_t bias = initial_bias;
    while (!text.empty()) {
        const std::uint32_t before = index;
        if (!take_delta(text, bias, index)) return refused();
        const auto points = static_cast<std::uint32_t>(label.size()) + 1;
        bias = adapt(index - before, points, before == 0);
        if (index / points > code_point_max - n) return refused();
        n += index / points;
        index %= points;
        if (n >= 0xD800 && n <= 0xDFFF) return refused();
        label.insert(index, 1, static_cast<char32_t>(n));
        ++index;
    }
    return label;
}

}  // namespace hs::policy
