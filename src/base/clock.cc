#include "base/clock.h"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <string_view>

namespace hs::base {
namespace {

constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

}  // namespace

std::string make_id(const Clock& clock, Random& random) {
    std::array<std::uint8_t, 16> bytes{};
    random.fill(bytes);
    const auto time = static_cast<std::uint64_t>(clock.wall_ms());
    for (unsigned i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(time >> (40 - 8 * i));
    // 128 bits are written as 26 digits of 5 bits; the first digit carries only 3.
    std::string text(26, '0');
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::size_t digit = 0;
        for (std::size_t bit = i * 5; bit < i * 5 + 5; ++bit) {
            const std::size_t value =
                bit < 2 ? 0 : (bytes[(bit - 2) / 8] >> (7 - (bit - 2) % 8)) & 1U;
            digit = digit * 2 + value;
        }
        text[i] = crockford[digit];
    }
    return text;
}

std::string format_time(WallTime_ms time_ms) {
    std::int64_t millis = time_ms % 1000;
    std::time_t seconds = time_ms / 1000;
    if (millis < 0) {
        millis += 1000;
        seconds -= 1;
    }
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       millis);
}

}  // namespace hs::base
