#include "detect/checksum.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "detect/shape.h"

namespace hs::detect {

namespace {

// The lengths of the IBAN registry (ISO 13616), by country.
constexpr std::string_view iban_lengths =
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 "
    "DK18 "
    "DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 "
    "IL23 "
    "IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 "
    "MR27 "
    "MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 "
    "SI19 "
    "SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";

std::size_t iban_length(std::string_view country) {
    for (std::size_t at = 0; at + 4 <= iban_lengths.size(); at += 5) {
        if (iban_lengths.substr(at, 2) != country) continue;
        return static_cast<std::size_t>(iban_lengths[at + 2] - '0') * 10 +
               static_cast<std::size_t>(iban_lengths[at + 3] - '0');
    }
    return 0;
}

// GitHub and npm: thirty letters, then six of the CRC-32 in base 62, filled with zeros.
bool crc_base62(std::string_view body, std::string_view check) {
    constexpr std::string_view digits =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    auto crc =
        static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const unsigned char*>(body.data()),
                                           static_cast<unsigned>(body.size())));
    std::string wanted;
    for (int i = 0; i < 6; ++i) {
        wanted.insert(wanted.begin(), digits[crc % 62]);
        crc /= 62;
    }
    return wanted == check;
}

constexpr std::uint8_t verhoeff_product[10][10] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
    {3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
    {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
    {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}};
constexpr std::uint8_t verhoeff_permutation[8][10] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
    {8, 9, 1, 6, 0, 4, 3, 5, 2, 7}, {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
    {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}};

}  // namespace

bool luhn(std::string_view digits) {
    int sum = 0;
    bool twice = false;
    for (auto at = digits.rbegin(); at != digits.rend(); ++at, twice = !twice) {
        int value = *at - '0';
        if (twice) value = value < 5 ? value * 2 : value * 2 - 9;
        sum += value;
    }
    return !digits.empty() && sum % 10 == 0;
}

unsigned decimal_modulo(std::string_view digits, unsigned divisor) {
    unsigned rest = 0;
    for (const char digit : digits)
        rest = (rest * 10 + static_cast<unsigned>(digit - '0')) % divisor;
    return rest;
}

bool iban(std::string_view text) {
    if (text.size() < 15 || text.size() != iban_length(text.substr(0, 2))) return false;
    unsigned rest = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char byte = text[(i + 4) % text.size()];
        if (is_digit(byte)) {
            rest = (rest * 10 + static_cast<unsigned>(byte - '0')) % 97;
        } else if (is_upper(byte)) {
            rest = (rest * 100 + static_cast<unsigned>(byte - 'A') + 10) % 97;
        } else {
            return false;
        }
    }
    return rest == 1;
}

bool mod_11_10(std::string_view digits) {
    if (digits.size() < 2) return false;
    unsigned product = 10;
    for (const char digit : digits.substr(0, digits.size() - 1)) {
        unsigned sum = (static_cast<unsigned>(digit - '0') + product) % 10;
        if (sum == 0) sum = 10;
        product = sum * 2 % 11;
    }
    return (11 - product) % 10 == static_cast<unsigned>(digits.back() - '0');
}

bool verhoeff(std::string_view digits) {
    std::uint8_t check = 0;
    std::size_t place = 0;
    for (auto at = digits.rbegin(); at != digits.rend(); ++at, ++place) {
        check = verhoeff_product[check][verhoeff_permutation[place % 8][*at - '0']];
    }
    return check == 0;
}

std::optional<bool> token_checksum(std::string_view kind, std::string_view token) {
    const bool github =
        kind.starts_with("github-") && kind != "github-fine-grained-pat" && token.size() == 40;
    if (!github && kind != "npm-token") return std::nullopt;
    const std::string_view rest = token.substr(4);
    if (rest.size() != 36) return std::nullopt;
    return crc_base62(rest.substr(0, 30), rest.substr(30));
}

}  // namespace hs::detect
