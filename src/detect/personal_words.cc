#include "detect/personal_words.h"

#include <algorithm>

#include "detect/expression.h"
#include "detect/shape.h"

namespace hs::detect {

namespace {

// A cheap refusal before an expression is asked: nothing of this file but mail is without digits.
bool has_digits(std::string_view text, std::size_t from, std::size_t wanted) {
    const std::string_view near = text.substr(from, 160);
    std::size_t digits = 0;
    for (const char byte : near) {
        if (byte == '\n') break;
        if (is_digit(byte) && ++digits >= wanted) return true;
    }
    return false;
}

// Reports the pattern's first group.
void report_group(const char* kind, const Expression& expression, std::string_view text,
                  std::size_t from, double confidence, Report& report) {
    const std::string_view value = expression.group_at_start(text.substr(from, 400));
    if (value.empty()) return;
    const auto begin = static_cast<std::size_t>(value.data() - text.data());
    report.add(kind, Family::personal, begin, begin + value.size(), confidence);
}

std::size_t line_begin(std::string_view text, std::size_t at, std::size_t most) {
    std::size_t from = at;
    while (from > 0 && at - from < most && text[from - 1] != '\n') --from;
    return from;
}

void look_birth(std::string_view text, std::size_t, std::size_t end, Report& report) {
    if (!has_digits(text, end, 3)) return;
    static const Expression expression(
        R"re((?i)[\w"')]{0,6}[^\n\w]{0,6}(?:(?:am|le|el|il|on|is|was|der|date)\b)?[^\n\w]{0,6}((?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-/. ]{1,2}(?:0?[1-9]|[12]\d|3[01])[-/. ]{1,2}(?:19|20)?\d\d|(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|\.)? (?:of )?[a-z\x80-\xff]{3,12}\.?,? (?:19|20)\d\d|[a-z\x80-\xff]{3,12}\.? (?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?,? (?:19|20)\d\d)\b)re");
    report_group("date-of-birth", expression, text, end, 0.75, report);
}

// House number and street, in the order of the country, with a town or a code after it.
void look_address(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression street_last(
        R"re((?i)[^\n]{0,70}?\b(\d{1,5}[a-z]?,? (?:[\w\x80-\xff.'-]+ ){1,4}(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|place|pl|square|sq|terrace|close|crescent|parkway|pkwy|highway|hwy)\b\.?[^\n]{1,40}?(?:\b\d{5}(?:-\d{4})?\b|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b|\b[A-Z]{2,3} \d{4}\b)))re");
    static const Expression street_first(
        R"re((?i)[^\n]{0,70}?((?:[\w\x80-\xff.-]+(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|laan|straat|gatan|vägen|gade|vej)|(?:via|viale|piazza|corso|calle|avenida|avda\.?|plaza|rua|praça|ul\.|ulica|rue|avenue|boulevard|place|chemin) [\w\x80-\xff.' -]{2,40}?),? ?(?:n[º°]\.? ?)?\d{1,4} ?[a-z]?,? [^\n]{0,20}?\d{2}[ -]?\d{2,3}\b))re");
    static const Expression number_first(
        R"re((?i)[^\n]{0,70}?\b(\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|place|chemin|impasse|allée|quai|cours)[ '][^\n]{2,50}?\b\d{5}\b))re");
    const std::size_t from = line_begin(text, at, 60);
    constexpr std::size_t digits_least = 4;  // a house and a code
    if (!has_digits(text, from, digits_least)) return;
    for (const Expression* each : {&street_last, &street_first, &number_first}) {
        report_group("postal-address", *each, text, from, 0.7, report);
    }
}

// ISO 3779; the check digit is North American, so the words count.
void look_vehicle(std::string_view text, std::size_t, std::size_t end, Report& report) {
    if (!has_digits(text, end, 3)) return;
    static const Expression expression(
        R"re((?i)[^\n\w]{0,6}(?:(?:is|number|no|nr|code)\b[^\n\w]{0,4})?\b([A-HJ-NPR-Z0-9]{11}\d{6})\b)re");
    const std::string_view value = expression.group_at_start(text.substr(end, 80));
    if (value.empty() || std::none_of(value.begin(), value.begin() + 11, is_letter)) return;
    report_group("vehicle-identification-number", expression, text, end, 0.75, report);
}

void look_place(std::string_view text, std::size_t, std::size_t end, Report& report) {
    if (!has_digits(text, end, 3)) return;
    static const Expression expression(
        R"re((?i)(?:itude)?["']?\s*[:= ]?\s*["']?(-?\d{1,2}\.\d{4,10}[^\n\w]{1,6}(?:lon|lng|long)\w*["']?\s*[:= ]\s*["']?-?\d{1,3}\.\d{4,10}))re");
    report_group("geographic-position", expression, text, end, 0.65, report);
}

void look_wallet(std::string_view text, std::size_t, std::size_t end, Report& report) {
    if (!has_digits(text, end, 3)) return;
    static const Expression expression(
        R"re((?i)[^\n]{0,30}?\b((?-i:[13][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[a-z0-9]{25,60}|0x[0-9a-fA-F]{40}))\b)re");
    const std::string_view value = expression.group_at_start(text.substr(end, 160));
    if (value.empty() || entropy(value) < 3.2) return;
    report_group("crypto-wallet-address", expression, text, end, 0.6, report);
}

void look_written_mail(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)[^\n]{0,40}?\b([a-z][\w.+-]{1,40} ?[\[({] ?at ?[\])}] ?[\w-]{1,40}(?: ?(?:[\[({] ?dot ?[\])}]|\.) ?[\w-]{2,20}){1,3}))re");
    report_group("email-address", expression, text, line_begin(text, at, 40), 0.65, report);
}

void look_passport(std::string_view text, std::size_t, std::size_t end, Report& report) {
    if (!has_digits(text, end, 3)) return;
    static const Expression expression(
        R"re((?i)(?:nummer|ausweis|s)?[^\n\w]{0,4}(?:(?:number|no|nr|num|id|n)\b)?[^\n\w]{0,5}((?-i:[A-Z]{0,3}[A-Z0-9]{0,3}\d[A-Z0-9]{4,8}))\b)re");
    const std::string_view value = expression.group_at_start(text.substr(end, 60));
    const auto digits = std::count_if(value.begin(), value.end(), is_digit);
    if (value.size() < 7 || value.size() > 10 || digits < 3) return;
    report_group("passport-number", expression, text, end, 0.7, report);
}

// QQ 12 34 56 C, as it is printed.
void look_insurance(std::string_view text, std::size_t, std::size_t end, Report& report) {
    if (!has_digits(text, end, 3)) return;
    static const Expression expression(
        R"re((?i)[^\n]{0,24}?\b((?-i:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]))\b)re");
    report_group("uk-national-insurance-number", expression, text, end, 0.9, report);
}

void look_hetu(std::string_view text, std::size_t, std::size_t end, Report& report) {
    if (!has_digits(text, end, 3)) return;
    static const Expression expression(
        R"re((?i)[^\n]{0,30}?\b((?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y])\b)re");
    report_group("finland-hetu", expression, text, end, 0.9, report);
}

void look_employer(std::string_view text, std::size_t, std::size_t end, Report& report) {
    if (!has_digits(text, end, 3)) return;
    static const Expression expression(R"re((?i)[^\n\d]{0,24}?\b(\d{2}-\d{7})\b)re");
    report_group("us-employer-number", expression, text, end, 0.75, report);
}

void look_company(std::string_view text, std::size_t, std::size_t end, Report& report) {
    if (!has_digits(text, end, 3)) return;
    static const Expression expression(
        R"re((?i)[^\n\d]{0,16}?(\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2})\b)re");
    report_group("brazil-cnpj", expression, text, end, 0.85, report);
}

constexpr StructuredLook looks[] = {
    {"date of birth|born on|born:|birth "
     "date|birthdate|birth_date|date_of_birth|dateofbirth|birthday|"
     "geboren|geburtsdatum|geburtstag|n\xC3\xA9 le|n\xC3\xA9"
     "e le|date de naissance|fecha de nac|nacido|"
     "nacimiento|data di nascita|nascimento|geboortedatum|urodz|dob:|dob =|dob=|\"dob\"|'dob'",
     look_birth},
    {"address|ship to|deliver to|send "
     "to|anschrift|adresse|direcci|indirizzo|endere\xC3\xA7o|wohnhaft|"
     "lives at|living at|resident|residence|stra\xC3\x9F"
     "e|strasse |straat |street, |avenue, |road, |"
     "domicil",
     look_address},
    {"vin:|vin=|vin |\"vin\"|chassis|vehicle id|fahrgestell", look_vehicle},
    {"\"lat\"|\"lat|'lat'|lat:|lat=|lat |latitude", look_place},
    {"btc |btc:|bitcoin|wallet|ethereum", look_wallet},
    {"(at)|[at]|( at )|[ at ]|{at}", look_written_mail},
    {"passport|reisepass|passeport|pasaporte|passaporto|paspoort|personalausweis|identity card",
     look_passport},
    {"national insurance|nino:|nino |ni number|ni no", look_insurance},
    {"hetu|henkil\xC3\xB6", look_hetu},
    {"ein:|ein |fein|employer id", look_employer},
    {"cnpj", look_company},
};

}  // namespace

std::span<const StructuredLook> personal_word_looks() {
    return looks;
}

}  // namespace hs::detect
