#include "detect/national.h"

#include <array>
#include <initializer_list>

#include "detect/checksum.h"
#include "detect/shape.h"

namespace hs::detect {

namespace {

using Digits = std::string_view;

int at(Digits digits, std::size_t i) {
    return digits[i] - '0';
}

int two(Digits digits, std::size_t i) {
    return at(digits, i) * 10 + at(digits, i + 1);
}

int weighted(Digits digits, std::initializer_list<int> weights) {
    int sum = 0;
    std::size_t i = 0;
    for (const int weight : weights) sum += weight * at(digits, i++);
    return sum;
}

bool is_date(int month, int day) {
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool any(Digits) {
    return true;
}

// Social Security Administration: no area 000, 666 or 9xx; those printed in advertisements are
// void.
bool us_ssn(Digits d) {
    const int area = at(d, 0) * 100 + two(d, 1);
    if (area == 0 || area == 666 || area >= 900 || two(d, 3) == 0 || d.substr(5) == "0000")
        return false;
    return d != "078051120" && d != "219099999" && d != "123456789" && d != "111223333";
}
bool us_itin(Digits d) {
    const int group = two(d, 3);
    return d[0] == '9' && ((group >= 50 && group <= 65) || (group >= 70 && group <= 99));
}
bool us_routing(Digits d) {
    return weighted(d, {3, 7, 1, 3, 7, 1, 3, 7, 1}) % 10 == 0 && d != "000000000";
}
bool us_npi(Digits d) {
    const std::string whole = "80840" + std::string(d);
    return (d[0] == '1' || d[0] == '2') && luhn(whole);
}
bool uk_nhs(Digits d) {
    const int check = 11 - weighted(d, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
    return (check == 11 ? 0 : check) == at(d, 9) && check != 10;
}
bool ca_sin(Digits d) {
    return luhn(d) && d[0] != '0' && d[0] != '8';
}
bool au_tfn(Digits d) {
    return weighted(d, {1, 4, 3, 7, 5, 8, 6, 9, 10}) % 11 == 0;
}
bool au_medicare(Digits d) {
    return d[0] >= '2' && d[0] <= '6' && weighted(d, {1, 3, 7, 9, 1, 3, 7, 9}) % 10 == at(d, 8);
}
bool nz_ird(Digits d) {
    const int rest = weighted(d, {3, 2, 7, 6, 5, 4, 3, 2}) % 11;
    return (rest == 0 ? 0 : 11 - rest) == at(d, 8);
}
bool de_tax(Digits d) {
    return d[0] != '0' && mod_11_10(d);
}
bool fr_nir(Digits d) {
    const int month = two(d, 3);
    if ((d[0] != '1' && d[0] != '2') || month < 1 || (month > 12 && month < 20)) return false;
    return 97 - decimal_modulo(d.substr(0, 13), 97) == static_cast<unsigned>(two(d, 13));
}
bool pt_nif(Digits d) {
    const int rest = weighted(d, {9, 8, 7, 6, 5, 4, 3, 2}) % 11;
    return (rest < 2 ? 0 : 11 - rest) == at(d, 8) && d[0] != '0' && d[0] != '4';
}
bool nl_bsn(Digits d) {
    return d != "000000000" && weighted(d, {9, 8, 7, 6, 5, 4, 3, 2, -1}) % 11 == 0;
}
bool be_national(Digits d) {
    const auto check = static_cast<unsigned>(two(d, 9));
    const std::string late = "2" + std::string(d.substr(0, 9));
    return two(d, 2) <= 12 && (97 - decimal_modulo(d.substr(0, 9), 97) == check ||
                               97 - decimal_modulo(late, 97) == check);
}
bool at_svnr(Digits d) {
    const int rest = (at(d, 0) * 3 + at(d, 1) * 7 + at(d, 2) * 9 + at(d, 4) * 5 + at(d, 5) * 8 +
                      at(d, 6) * 4 + at(d, 7) * 2 + at(d, 8) * 1 + at(d, 9) * 6) %
                     11;
    return rest == at(d, 3) && d[0] != '0';
}
bool ch_ahv(Digits d) {
    if (!d.starts_with("756")) return false;
    return (10 - weighted(d, {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3}) % 10) % 10 == at(d, 12);
}
bool se_person(Digits d) {
    return is_date(two(d, 2), two(d, 4) > 60 ? two(d, 4) - 60 : two(d, 4)) && luhn(d);
}
bool se_person_long(Digits d) {
    return (d.starts_with("19") || d.starts_with("20")) && se_person(d.substr(2));
}
bool dk_cpr(Digits d) {
    return is_date(two(d, 2), two(d, 0));
}
bool no_birth(Digits d) {
    const int day = two(d, 0) > 40 ? two(d, 0) - 40 : two(d, 0);
    if (!is_date(two(d, 2) > 40 ? two(d, 2) - 40 : two(d, 2), day)) return false;
    const int first = (11 - weighted(d, {3, 7, 6, 1, 8, 9, 4, 5, 2}) % 11) % 11;
    const int second = (11 - weighted(d, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11) % 11;
    return first == at(d, 9) && second == at(d, 10);
}
bool is_kennitala(Digits d) {
    return is_date(two(d, 2), two(d, 0)) &&
           (11 - weighted(d, {3, 2, 7, 6, 5, 4, 3, 2}) % 11) % 11 == at(d, 8);
}
bool pl_pesel(Digits d) {
    const int month = two(d, 2) % 20;
    return is_date(month, two(d, 4)) &&
           (10 - weighted(d, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3}) % 10) % 10 == at(d, 10);
}
bool cz_birth(Digits d) {
    const int month = two(d, 2) % 50 > 20 ? two(d, 2) % 50 - 20 : two(d, 2) % 50;
    return is_date(month, two(d, 4)) && decimal_modulo(d, 11) == 0;
}
bool ro_cnp(Digits d) {
    const int rest = weighted(d, {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9}) % 11;
    return d[0] != '0' && is_date(two(d, 3), two(d, 5)) && (rest == 10 ? 1 : rest) == at(d, 12);
}
bool bg_egn(Digits d) {
    const int month = two(d, 2) % 20;
    return is_date(month, two(d, 4)) &&
           weighted(d, {2, 4, 8, 5, 10, 9, 7, 3, 6}) % 11 % 10 == at(d, 9);
}
bool jmbg(Digits d) {
    const int rest = 11 - weighted(d, {7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
    return is_date(two(d, 2), two(d, 0)) && (rest > 9 ? 0 : rest) == at(d, 12);
}
bool baltic(Digits d) {
    if (d[0] < '1' || d[0] > '8' || !is_date(two(d, 3), two(d, 5))) return false;
    int rest = weighted(d, {1, 2, 3, 4, 5, 6, 7, 8, 9, 1}) % 11;
    if (rest == 10) rest = weighted(d, {3, 4, 5, 6, 7, 8, 9, 1, 2, 3}) % 11 % 10;
    return rest == at(d, 10);
}
bool gr_amka(Digits d) {
    return is_date(two(d, 2), two(d, 0)) && luhn(d);
}
bool hu_taj(Digits d) {
    return weighted(d, {3, 7, 3, 7, 3, 7, 3, 7}) % 10 == at(d, 8);
}
bool tr_identity(Digits d) {
    if (d[0] == '0') return false;
    const int odd = at(d, 0) + at(d, 2) + at(d, 4) + at(d, 6) + at(d, 8);
    const int even = at(d, 1) + at(d, 3) + at(d, 5) + at(d, 7);
    const int tenth = ((odd * 7 - even) % 10 + 10) % 10;
    return tenth == at(d, 9) && (odd + even + tenth) % 10 == at(d, 10);
}
bool in_aadhaar(Digits d) {
    return d[0] >= '2' && verhoeff(d);
}
bool cn_resident_digits(Digits d) {
    static constexpr std::string_view checks = "10X98765432";
    const int year = two(d, 6);
    const int rest = weighted(d, {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}) % 11;
    return d[0] >= '1' && d[0] <= '8' && (year == 19 || year == 20) &&
           is_date(two(d, 10), two(d, 12)) && checks[static_cast<std::size_t>(rest)] == d[17];
}
bool kr_resident(Digits d) {
    const int check = (11 - weighted(d, {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5}) % 11) % 10;
    return is_date(two(d, 2), two(d, 4)) && d[6] >= '1' && d[6] <= '8' && check == at(d, 12);
}
bool jp_number(Digits d) {
    const int rest = weighted(d, {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
    return (rest <= 1 ? 0 : 11 - rest) == at(d, 11);
}
bool th_identity(Digits d) {
    return d[0] != '0' &&
           (11 - weighted(d, {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11) % 10 == at(d, 12);
}
bool br_cpf(Digits d) {
    if (d.find_first_not_of(d[0]) == std::string_view::npos) return false;
    const int first = weighted(d, {10, 9, 8, 7, 6, 5, 4, 3, 2}) * 10 % 11 % 10;
    const int second = weighted(d, {11, 10, 9, 8, 7, 6, 5, 4, 3, 2}) * 10 % 11 % 10;
    return first == at(d, 9) && second == at(d, 10);
}
bool ar_cuit(Digits d) {
    const int rest = (11 - weighted(d, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11) % 11;
    return (d[0] == '2' || d[0] == '3') && rest == at(d, 10);
}
bool za_identity(Digits d) {
    return is_date(two(d, 2), two(d, 4)) && d[10] <= '1' && luhn(d);
}
bool ru_snils(Digits d) {
    const int rest = weighted(d, {9, 8, 7, 6, 5, 4, 3, 2, 1}) % 101 % 100;
    return rest == two(d, 9) && d != "00000000000";
}
bool ru_inn(Digits d) {
    const int first = weighted(d, {7, 2, 4, 10, 3, 5, 9, 4, 6, 8}) % 11 % 10;
    const int second = weighted(d, {3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}) % 11 % 10;
    return first == at(d, 10) && second == at(d, 11);
}
bool my_kad(Digits d) {
    return is_date(two(d, 2), two(d, 4));
}
bool phone_plan(Digits d) {
    return d[0] >= '2' && d[3] >= '2';
}

// clang-format off
constexpr NumberRule rules[] = {
    {"us-ssn", 9, "3-2-4|3 2 4", "ssn|social sec|social-sec|social_sec|tax", us_ssn, 0.7, 0.95},
    {"us-ssn", 9, "", "ssn|social sec|social_sec", us_ssn, 0, 0.8},
    {"us-itin", 9, "3-2-4|", "itin|taxpayer", us_itin, 0, 0.9},
    {"us-bank-routing-number", 9, "", "routing|aba|rtn", us_routing, 0, 0.8},
    {"us-npi", 10, "", "npi|provider", us_npi, 0, 0.85},
    {"uk-nhs-number", 10, "3 3 4|3-3-4", "nhs|patient|health", uk_nhs, 0.6, 0.95},
    {"uk-nhs-number", 10, "", "nhs|patient", uk_nhs, 0, 0.9},
    {"canada-sin", 9, "3-3-3|3 3 3", "sin|social insurance|nas ", ca_sin, 0.5, 0.9},
    {"canada-sin", 9, "", "sin:|social insurance|\"sin\"|sin=", ca_sin, 0, 0.85},
    {"australia-tfn", 9, "|3 3 3|3-3-3", "tfn|tax file", au_tfn, 0, 0.9},
    {"australia-medicare", 10, "|4 5 1|4-5-1", "medicare", au_medicare, 0, 0.9},
    {"new-zealand-ird", 9, "|3-3-3|3 3 3", "ird", nz_ird, 0, 0.85},
    {"germany-tax-id", 11, "|2 3 3 3", "steuer|tax id|taxid|tax_id|idnr|tin", de_tax, 0, 0.9},
    {"france-nir", 15, "|1 2 2 2 3 3 2|1 2 2 2 3 3-2", "nir|insee|secu|social", fr_nir, 0.7, 0.95},
    {"portugal-nif", 9, "|3 3 3", "nif|contribuinte|fiscal", pt_nif, 0, 0.85},
    {"netherlands-bsn", 9, "|4.2.3|3 3 3", "bsn|burgerservice|sofi", nl_bsn, 0, 0.9},
    {"belgium-national-number", 11, "2.2.2-3.2|6-3.2", "", be_national, 0.9, 0.9},
    {"belgium-national-number", 11, "", "rijksregister|national|niss|insz|nrn", be_national, 0, 0.85},
    {"austria-social-insurance", 10, "|4 6", "svnr|sozialversicherung|sv-nummer|svn", at_svnr, 0, 0.9},
    {"switzerland-ahv", 13, "3.4.4.2", "", ch_ahv, 0.95, 0.95},
    {"switzerland-ahv", 13, "", "ahv|avs|svn|social", ch_ahv, 0.6, 0.9},
    {"sweden-personnummer", 10, "6-4|6+4", "", se_person, 0.7, 0.9},
    {"sweden-personnummer", 10, "", "personnummer|personal|pnr", se_person, 0, 0.85},
    {"sweden-personnummer", 12, "8-4|", "personnummer|personal|pnr|swed", se_person_long, 0.6, 0.95},
    {"denmark-cpr", 10, "6-4|", "cpr|personnummer", dk_cpr, 0, 0.85},
    {"norway-birth-number", 11, "|6 5", "f\xC3\xB8""dsel|fodsel|personnummer|national|norw|fnr", no_birth, 0.5, 0.95},
    {"iceland-kennitala", 10, "6-4|", "kennitala|kt.|iceland", is_kennitala, 0, 0.9},
    {"poland-pesel", 11, "", "pesel|national|polish|poland", pl_pesel, 0, 0.95},
    {"czech-or-slovak-birth-number", 10, "6/4", "", cz_birth, 0.8, 0.9},
    {"romania-cnp", 13, "", "cnp|cod numeric|national|roman", ro_cnp, 0.5, 0.95},
    {"bulgaria-egn", 10, "", "egn|\xD0\x95\xD0\x93\xD0\x9D|bulgar", bg_egn, 0, 0.9},
    {"croatia-oib", 11, "", "oib", mod_11_10, 0, 0.95},
    {"jmbg-or-emso", 13, "", "jmbg|emso|em\xC5\xA1o|mati\xC4\x8Dni|national", jmbg, 0.5, 0.95},
    {"estonia-or-lithuania-personal-code", 11, "", "isikukood|asmens|personal code|eston|lithu|national",
     baltic, 0, 0.9},
    {"latvia-personal-code", 11, "6-5", "personas|personal|latvia", dk_cpr, 0, 0.8},
    {"greece-amka", 11, "", "amka|\xCE\x91\xCE\x9C\xCE\x9A\xCE\x91", gr_amka, 0, 0.9},
    {"hungary-taj", 9, "|3 3 3|3-3-3", "taj", hu_taj, 0, 0.85},
    {"turkey-identity-number", 11, "", "tckn|tc kimlik|kimlik|turk|t.c.|national", tr_identity, 0.45, 0.95},
    {"india-aadhaar", 12, "4 4 4|4-4-4", "aadhaar|aadhar|uid", in_aadhaar, 0.7, 0.95},
    {"india-aadhaar", 12, "", "aadhaar|aadhar|uidai", in_aadhaar, 0, 0.9},
    {"china-resident-id", 18, "", "id|\xE8\xBA\xAB\xE4\xBB\xBD", cn_resident_digits, 0.8, 0.95},
    {"korea-resident-number", 13, "6-7", "rrn|resident|\xEC\xA3\xBC\xEB\xAF\xBC", kr_resident, 0.85, 0.95},
    {"japan-my-number", 12, "|4 4 4|4-4-4",
     "my number|mynumber|individual number|"
     "\xE3\x83\x9E\xE3\x82\xA4\xE3\x83\x8A\xE3\x83\xB3\xE3\x83\x90\xE3\x83\xBC", jp_number, 0, 0.9},
    {"thailand-identity-number", 13, "1-4-5-2-1|1 4 5 2 1", "", th_identity, 0.9, 0.9},
    {"thailand-identity-number", 13, "", "thai|national|citizen", th_identity, 0, 0.85},
    {"malaysia-identity-card", 12, "6-2-4", "mykad|nric|ic no|identity|malaysia", my_kad, 0.45, 0.9},
    {"brazil-cpf", 11, "3.3.3-2", "", br_cpf, 0.95, 0.95},
    {"brazil-cpf", 11, "", "cpf", br_cpf, 0, 0.9},
    {"argentina-cuil", 11, "2-8-1|", "cuit|cuil|argentin", ar_cuit, 0, 0.9},
    {"south-africa-id", 13, "|6 4 3", "id number|identity|south africa|rsa|sa id", za_identity, 0, 0.9},
    {"israel-identity-number", 9, "", "teudat|israel|\xD7\xAA\xD7\xA2\xD7\x95\xD7\x93\xD7\xAA", luhn, 0, 0.85},
    {"russia-snils", 11, "3-3-3 2|3-3-3-2", "", ru_snils, 0.9, 0.95},
    {"russia-inn", 12, "", "inn|\xD0\x98\xD0\x9D\xD0\x9D", ru_inn, 0, 0.9},
    {"imei", 15, "|2-6-6-1", "imei", luhn, 0, 0.9},
    {"bank-account-number", 10, "", "account number|account no|acct|kontonummer|bank account", any, 0, 0.6},
    {"bank-account-number", 8, "", "account number|account no|acct|sort code|bank account", any, 0, 0.6},
    {"medical-record-number", 8, "", "mrn|medical record|patient id|patient_id|health record", any, 0, 0.75},
    {"medical-record-number", 7, "", "mrn|medical record|patient id|patient_id|health record", any, 0, 0.75},
    {"medical-record-number", 10, "", "mrn|medical record|health record", any, 0, 0.75},
    {"passport-number", 9, "", "passport|reisepass|passeport|pasaporte", any, 0, 0.75},
    {"passport-number", 8, "", "passport|reisepass|passeport|pasaporte", any, 0, 0.7},
    {"driver-licence-number", 8, "", "driver lic|driver's lic|driving lic|drivers lic|driver_lic|dl number",
     any, 0, 0.7},
    {"driver-licence-number", 9, "", "driver lic|driver's lic|driving lic|drivers lic|driver_lic|dl number",
     any, 0, 0.7},
    {"phone-number", 10, "(3) 3-4|3-3-4|3.3.4|(3)3-4|3 3 4",
     "phone|tel|call|mobile|cell|fax|contact|sms|whatsapp", phone_plan, 0.6, 0.9},
};
// clang-format on

}  // namespace

std::span<const NumberRule> number_rules() {
    return rules;
}

}  // namespace hs::detect
