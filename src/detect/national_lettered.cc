// National identifiers that have letters.
#include <algorithm>
#include <array>
#include <string>

#include "detect/checksum.h"
#include "detect/national.h"
#include "detect/shape.h"

namespace hs::detect {

namespace {

using Text = std::string_view;

int value36(char byte) {
    return is_digit(byte) ? byte - '0' : byte - 'A' + 10;
}

bool any(Text) {
    return true;
}

unsigned number_of(Text digits) {
    unsigned value = 0;
    for (const char digit : digits) value = value * 10 + static_cast<unsigned>(digit - '0');
    return value;
}

constexpr Text dni_letters = "TRWAGMYFPDXBNJZSQVHLCKE";

bool es_dni(Text t) {
    return dni_letters[number_of(t.substr(0, 8)) % 23] == t[8];
}
bool es_nie(Text t) {
    if (t[0] < 'X' || t[0] > 'Z') return false;
    const std::string digits =
        std::string(1, static_cast<char>('0' + (t[0] - 'X'))) + std::string(t.substr(1, 7));
    return dni_letters[number_of(digits) % 23] == t[8];
}

// Decreto ministeriale 23/12/1976: odd places have values of their own.
bool it_codice(Text t) {
    static constexpr int odd[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                  20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    int sum = 0;
    for (std::size_t i = 0; i < 15; ++i) {
        const int place = is_digit(t[i]) ? t[i] - '0' : t[i] - 'A';
        sum += i % 2 == 0 ? odd[place] : place;
    }
    return static_cast<char>('A' + sum % 26) == t[15];
}

bool uk_nino(Text t) {
    static constexpr Text barred = "DFIQUV";
    if (barred.find(t[0]) != Text::npos || barred.find(t[1]) != Text::npos || t[1] == 'O')
        return false;
    const Text lead = t.substr(0, 2);
    for (const Text void_lead : {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}) {
        if (lead == void_lead) return false;
    }
    return t[8] >= 'A' && t[8] <= 'D';
}

bool in_pan(Text t) {
    return Text("PCHFATBLJG").find(t[3]) != Text::npos;
}

bool sg_nric(Text t) {
    static constexpr int weights[] = {2, 7, 6, 5, 4, 3, 2};
    int sum = t[0] == 'T' || t[0] == 'G' ? 4 : t[0] == 'M' ? 3 : 0;
    for (std::size_t i = 0; i < 7; ++i) sum += (t[i + 1] - '0') * weights[i];
    const auto rest = static_cast<std::size_t>(sum % 11);
    if (t[0] == 'S' || t[0] == 'T') return Text("JZIHGFEDCBA")[rest] == t[8];
    if (t[0] == 'F' || t[0] == 'G') return Text("XWUTRQPNMLK")[rest] == t[8];
    return t[0] == 'M' && Text("KLJNPQRTUWX")[10 - rest] == t[8];
}

bool tw_identity(Text t) {
    static constexpr int firsts[] = {10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21,
                                     22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33};
    const int first = firsts[t[0] - 'A'];
    int sum = first / 10 + first % 10 * 9;
    for (std::size_t i = 1; i < 9; ++i) sum += (t[i] - '0') * static_cast<int>(9 - i);
    return (t[1] == '1' || t[1] == '2') && (sum + t[9] - '0') % 10 == 0;
}

bool cn_resident(Text t) {
    static constexpr int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (std::size_t i = 0; i < 17; ++i) sum += (t[i] - '0') * weights[i];
    return t[17] == 'X' && sum % 11 == 2 && (t.substr(6, 2) == "19" || t.substr(6, 2) == "20");
}

bool mx_curp(Text t) {
    return t[10] == 'H' || t[10] == 'M';
}

bool fi_hetu(Text t) {
    static constexpr Text checks = "0123456789ABCDEFHJKLMNPRSTUVWXY";
    const std::string digits = std::string(t.substr(0, 6)) + std::string(t.substr(7, 3));
    return checks[number_of(digits) % 31] == t[10];
}

bool us_dea(Text t) {
    const auto d = [&](std::size_t i) { return t[2 + i] - '0'; };
    return (d(0) + d(2) + d(4) + 2 * (d(1) + d(3) + d(5))) % 10 == d(6);
}

bool ie_pps(Text t) {
    int sum = 0;
    for (int i = 0; i < 7; ++i) sum += (t[static_cast<std::size_t>(i)] - '0') * (8 - i);
    if (t.size() == 9) sum += (t[8] - 'A' + 1) * 9;
    const int rest = sum % 23;
    return (rest == 0 ? 'W' : static_cast<char>('A' + rest - 1)) == t[7];
}

bool de_health(Text t) {
    const std::string digits = (t[0] - 'A' + 1 < 10 ? "0" : "") + std::to_string(t[0] - 'A' + 1) +
                               std::string(t.substr(1, 8));
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const int product = (digits[i] - '0') * (i % 2 == 0 ? 1 : 2);
        sum += product / 10 + product % 10;
    }
    return sum % 10 == t[9] - '0';
}

bool pl_id(Text t) {
    static constexpr int weights[] = {7, 3, 1, 0, 7, 3, 1, 7, 3};
    int sum = 0;
    for (std::size_t i = 0; i < 9; ++i) sum += value36(t[i]) * weights[i];
    return sum % 10 == t[3] - '0';
}

// clang-format off
constexpr LetteredRule rules[] = {
    {"spain-dni", 9, "99999999A", "dni|nif|documento|spain", es_dni, 0.75, 0.95},
    {"spain-nie", 9, "A9999999A", "nie|extranjero|spain", es_nie, 0.8, 0.95},
    {"italy-codice-fiscale", 16, "AAAAAA99A99A999A", "codice|fiscale|cf", it_codice, 0.95, 0.98},
    {"uk-national-insurance-number", 9, "AA999999A", "nino|national insurance|ni number|insurance",
     uk_nino, 0.7, 0.95},
    {"india-pan", 10, "AAAAA9999A", "pan|permanent account|income tax", in_pan, 0.6, 0.9},
    {"singapore-nric", 9, "A9999999A", "nric|fin|singapore", sg_nric, 0.8, 0.95},
    {"taiwan-identity-number", 10, "A999999999", "taiwan|identity|\xE8\xBA\xAB\xE5\x88\x86", tw_identity, 0.6, 0.9},
    {"china-resident-id", 18, "99999999999999999A", "id|\xE8\xBA\xAB\xE4\xBB\xBD", cn_resident, 0.85, 0.95},
    {"mexico-curp", 18, "AAAA999999AAAAAAX9", "curp", mx_curp, 0.9, 0.95},
    {"mexico-rfc", 13, "AAAA999999XXX", "rfc|mexic", any, 0, 0.85},
    {"us-dea-number", 9, "AA9999999", "dea|prescri", us_dea, 0, 0.9},
    {"ireland-pps", 8, "9999999A", "pps|ireland", ie_pps, 0.5, 0.9},
    {"ireland-pps", 9, "9999999AA", "pps|ireland", ie_pps, 0.5, 0.9},
    {"germany-health-insurance-number", 10, "A999999999",
     "kvnr|krankenvers|versichertennummer|gesundheit|health", de_health, 0, 0.9},
    {"germany-identity-card", 9, "A99999999", "personalausweis|ausweis", any, 0, 0.7},
    {"poland-identity-card", 9, "AAA999999", "dow\xC3\xB3""d|dowod|identity|poland", pl_id, 0, 0.85},
    {"passport-number", 9, "A99999999", "passport|passeport|pasaporte|reisepass", any, 0, 0.8},
    {"passport-number", 8, "A9999999", "passport|passeport|pasaporte", any, 0, 0.8},
    {"passport-number", 9, "AA9999999", "passport|passeport|pasaporte|passaporto", any, 0, 0.8},
    {"passport-number", 8, "AA999999", "passport|passeport|pasaporte", any, 0, 0.8},
    {"us-medicare-beneficiary-id", 11, "9AX9AX9AA99", "medicare|mbi|beneficiary", any, 0.5, 0.95},
    {"driver-licence-number", 8, "A9999999", "driver|driving|licence|license", any, 0, 0.7},
    {"us-driver-licence-number", 13, "A999999999999", "driver|driving|licence|license", any, 0, 0.75},
    {"uk-driving-licence", 16, "AAAAA999999AA9AA", "driver|driving|licence|license", any, 0.6, 0.9},
    {"finland-hetu", 11, "999999A999X", "hetu|henkil\xC3\xB6|finland|personal", fi_hetu, 0.6, 0.9},
    {"medical-record-number", 9, "AA9999999", "mrn|medical record|patient", any, 0, 0.7},
};
// clang-format on

}  // namespace

std::span<const LetteredRule> lettered_rules() {
    return rules;
}

}  // namespace hs::detect
