#include <ctime>

#include "models/trouble.h"

namespace hs::models {
namespace {

constexpr std::int64_t day_ms = 86'400'000;

// RFC 9110 section 5.6.7: the preferred form, then the two obsolete ones.
constexpr const char* date_forms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                      "%a %b %e %H:%M:%S %Y"};

std::optional<base::WallTime_ms> http_date(const std::string& text) {
    for (const char* form : date_forms) {
        std::tm parts{};
        const char* end = strptime(text.c_str(), form, &parts);
        if (end != nullptr && *end == '\0') return std::int64_t{timegm(&parts)} * 1000;
    }
    return {};
}

// Decimal digits, with a fraction that some providers send; at most a day.
std::optional<std::int64_t> decimal(std::string_view text, std::int64_t scale) {
    if (text.empty() || text.size() > 20) return {};
    const std::size_t dot = std::min(text.find('.'), text.size());
    if (dot == 0) return {};
    std::int64_t value = 0;
    std::int64_t unit = scale;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i == dot) continue;
        if (text[i] < '0' || text[i] > '9') return {};
        const std::int64_t digit = text[i] - '0';
        if (i < dot) {
            value = std::min(value * 10 + digit * scale, day_ms);
        } else {
            unit /= 10;
            value += digit * unit;
        }
    }
    return std::min(value, day_ms);
}

}  // namespace

std::optional<std::int64_t> retry_after_ms(const std::vector<Header>& headers,
                                           base::WallTime_ms now) {
    if (const std::string* exact = find_header(headers, "retry-after-ms")) {
        if (const auto wait_ms = decimal(*exact, 1)) return wait_ms;
    }
    const std::string* value = find_header(headers, "retry-after");
    if (value == nullptr) return {};
    if (const auto wait_ms = decimal(*value, 1000)) return wait_ms;
    const auto until = http_date(*value);
    if (!until) return {};
    return std::clamp<std::int64_t>(*until - now, 0, day_ms);
}

}  // namespace hs::models
