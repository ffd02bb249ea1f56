#include <fmt/format.h>

#include <cstdlib>

#include "cedar/extension.h"

namespace hs::cedar {

namespace {

constexpr std::size_t fraction_digits_max = 4;

// Digits appended to a negative number: the range of negatives is the larger one.
bool append_digits(std::string_view digits, std::int64_t& negative) {
    for (const char c : digits) {
        if (c < '0' || c > '9') return false;
        if (__builtin_mul_overflow(negative, 10, &negative)) return false;
        if (__builtin_sub_overflow(negative, c - '0', &negative)) return false;
    }
    return true;
}

}  // namespace

std::optional<std::int64_t> parse_decimal(std::string_view text) {
    const bool minus = text.starts_with('-');
    if (minus) text.remove_prefix(1);
    const std::size_t point = text.find('.');
    if (point == std::string_view::npos || point == 0) return {};
    const std::string_view fraction = text.substr(point + 1);
    if (fraction.empty() || fraction.size() > fraction_digits_max) return {};
    std::int64_t negative = 0;
    constexpr std::string_view zeros = "0000";
    if (!append_digits(text.substr(0, point), negative) || !append_digits(fraction, negative) ||
        !append_digits(zeros.substr(fraction.size()), negative)) {
        return {};
    }
    if (minus) return negative;
    std::int64_t units = 0;
    if (__builtin_sub_overflow(std::int64_t{0}, negative, &units)) return {};
    return units;
}

std::string decimal_text(std::int64_t units) {
    const bool minus = units < 0;
    const std::uint64_t magnitude =
        minus ? 0 - static_cast<std::uint64_t>(units) : static_cast<std::uint64_t>(units);
    std::string out =
        fmt::format("{}{}.{:04}", minus ? "-" : "", magnitude / 10000, magnitude % 10000);
    while (out.back() == '0' && out[out.size() - 2] != '.') out.pop_back();
    return out;
}

}  // namespace hs::cedar
