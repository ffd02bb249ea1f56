// Numbers of persons: cards, identifiers, phones and accounts.
#include <algorithm>
#include <array>
#include <string>

#include "detect/checksum.h"
#include "detect/lower_case.h"
#include "detect/national.h"
#include "detect/personal.h"
#include "detect/shape.h"

namespace hs::detect {

namespace {

constexpr std::size_t number_bytes_max = 44;

// A run of digits in groups, with one sign or ") " between two groups.
struct Number {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::array<char, 32> digits{};
    std::size_t count = 0;
    std::string layout;  // "3-2-4"
    bool plus = false;

    std::string_view text() const { return {digits.data(), count}; }
};

bool is_joint(char byte) {
    return byte == ' ' || byte == '-' || byte == '.' || byte == '/' || byte == '+';
}

Number read_number(std::string_view text, std::size_t at) {
    Number number;
    number.begin = at;
    if (at > 0 && text[at - 1] == '(') {
        number.begin = at - 1;
        number.layout = "(";
    }
    if (number.begin > 0 && text[number.begin - 1] == '+') {
        --number.begin;
        number.plus = true;
    }
    std::size_t i = at;
    std::size_t group = 0;
    const std::size_t last = std::min(text.size(), at + number_bytes_max);
    while (i < last) {
        if (is_digit(text[i])) {
            if (number.count == number.digits.size()) break;
            number.digits[number.count++] = text[i++];
            ++group;
            number.end = i;
            continue;
        }
        std::size_t next = i;
        while (next < last && next - i < 2 &&
               (is_joint(text[next]) || text[next] == '(' || text[next] == ')'))
            ++next;
        if (next == i || next >= last || !is_digit(text[next])) break;
        number.layout += std::to_string(group);
        number.layout += text.substr(i, next - i);
        group = 0;
        i = next;
    }
    if (!number.layout.empty() && number.layout != "(") number.layout += std::to_string(group);
    if (number.layout == "(") number.layout.clear();
    return number;
}

bool stands_apart(std::string_view text, std::size_t begin, std::size_t end) {
    if (begin > 0) {
        const char before = text[begin - 1];
        if (is_word(before)) return false;
        const bool joined = before == '-' || before == '.' || before == '+' || before == '/';
        if (joined && begin > 1 && is_word(text[begin - 2])) return false;
        if (before == '#' || before == '$') return false;
    }
    if (end < text.size()) {
        if (is_word(text[end])) return false;
        if (text[end] == '-' && end + 1 < text.size() && is_alnum(text[end + 1])) return false;
        if (text[end] == '.' && end + 1 < text.size() && is_digit(text[end + 1])) return false;
    }
    return true;
}

bool card_issuer(std::string_view d) {
    const auto lead = [&](std::size_t count) {
        return decimal_modulo(d.substr(0, count), 1'000'000);
    };
    if (d.size() == 15) return lead(2) == 34 || lead(2) == 37;
    if (d.size() == 14) return lead(2) == 36 || lead(2) == 38 || (lead(3) >= 300 && lead(3) <= 305);
    if (d.size() != 16 && d.size() != 19) return false;
    return d[0] == '4' || (lead(2) >= 51 && lead(2) <= 55) ||
           (lead(4) >= 2221 && lead(4) <= 2720) || lead(4) == 6011 || lead(2) == 65 ||
           (lead(3) >= 644 && lead(3) <= 649) || (lead(4) >= 3528 && lead(4) <= 3589) ||
           lead(2) == 62 || lead(2) == 50 || lead(2) == 67;
}

// Numbers that payment providers publish for tests.
bool card_for_tests(std::string_view d) {
    static constexpr std::string_view known[] = {
        "4242424242424242", "4111111111111111", "4000056655665556", "5555555555554444",
        "2223003122003222", "5200828282828210", "5105105105105100", "378282246310005",
        "371449635398431",  "6011111111111117", "6011000990139424", "3056930009020004",
        "36227206271667",   "3566002020360505", "6200000000000005", "4012888888881881",
        "4222222222222",    "30569309025904",   "38520000023237",   "3530111333300000",
        "4000000000000002", "4000002500003155", "4000000000009995", "378734493671000"};
    return std::find(std::begin(known), std::end(known), d) != std::end(known);
}

bool look_card(std::string_view text, const Number& number, Report& report) {
    const std::string_view d = number.text();
    if (d.size() < 14 || d.size() > 19 || number.plus || !card_issuer(d) || !luhn(d)) return false;
    const bool grouped = number.layout == "4-4-4-4" || number.layout == "4 4 4 4" ||
                         number.layout == "4-6-5" || number.layout == "4 6 5" ||
                         number.layout == "4 6 4" || number.layout == "4-6-4";
    if (!grouped && !number.layout.empty()) return false;
    if (d.substr(4).find_first_not_of(d[4]) == std::string_view::npos && !card_for_tests(d))
        return false;
    const bool words = has_context(
        text, number.begin, number.end,
        "card|credit|debit|visa|master|amex|pan|cc_|cc:|payment|karte|cvv|expir|billing|\"cc");
    if (card_for_tests(d)) {
        if (!words || has_context(text, number.begin, number.end,
                                  "test|example|sandbox|fixture|dummy|fake|sample|mock"))
            return true;
        report.add("credit-card", Family::personal, number.begin, number.end, 0.4);
        return true;
    }
    if (d.size() == 19 && !words) return false;
    report.add("credit-card", Family::personal, number.begin, number.end,
               words     ? 0.97
               : grouped ? 0.85
                         : 0.6);
    return true;
}

// ITU-T E.164: at most fifteen digits after the plus sign.
bool look_phone(std::string_view text, const Number& number, Report& report) {
    const std::string_view d = number.text();
    const bool words =
        has_context(text, number.begin, number.end,
                    "phone|tel|call|mobile|cell|fax|contact|sms|whatsapp|handy|number");
    if (number.plus && d.size() >= 9 && d.size() <= 15 && d[0] != '0') {
        const bool written = !number.layout.empty();
        if (!written && !words && d.size() < 10) return false;
        report.add("phone-number", Family::personal, number.begin, number.end,
                   words     ? 0.9
                   : written ? 0.8
                             : 0.65);
        return true;
    }
    const bool dated = number.layout.starts_with("2.2.4");
    const bool trunk = d[0] == '0' && d.size() >= 10 && d.size() <= 12 && !dated;
    const bool national =
        d.size() == 11 && d[0] == '1' && number.layout.find("3-4") != std::string::npos;
    if ((trunk || national || (d.size() == 10 && d[0] >= '2')) && !number.plus &&
        has_context(text, number.begin, number.end,
                    "phone|tel:|tel.|tel |telefon|mobile|cell:|fax|whatsapp|handy|sms|"
                    "ring me|call me|reach me|text me")) {
        report.add("phone-number", Family::personal, number.begin, number.end, 0.75);
        return true;
    }
    return false;
}

bool has_layout(std::string_view layouts, std::string_view layout) {
    while (true) {
        const std::size_t bar = layouts.find('|');
        if (layouts.substr(0, bar) == layout) return true;
        if (bar == std::string_view::npos) return false;
        layouts.remove_prefix(bar + 1);
    }
}

bool look_rules(std::string_view text, const Number& number, Report& report) {
    const std::string_view d = number.text();
    for (const NumberRule& rule : number_rules()) {
        if (rule.digits != d.size() || number.plus) continue;
        if (!has_layout(rule.layouts, number.layout) || !rule.holds(d)) continue;
        if (d.find_first_not_of(d[0]) == std::string_view::npos) continue;
        const bool words = has_context(text, number.begin, number.end, rule.words);
        const double confidence = words ? rule.in_words : rule.alone;
        if (confidence <= 0) continue;
        report.add(rule.kind, Family::personal, number.begin, number.end, confidence);
        return true;
    }
    return false;
}

bool fits(std::string_view token, std::string_view shape) {
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const bool digit = is_digit(token[i]);
        const bool capital = is_upper(token[i]);
        if (shape[i] == '9' ? !digit : shape[i] == 'A' ? !capital : !(digit || capital))
            return false;
    }
    return true;
}

bool look_iban(std::string_view text, std::size_t begin, Report& report) {
    std::string plain;
    std::size_t i = begin;
    const std::size_t last = std::min(text.size(), begin + 46);
    while (i < last && plain.size() < 34) {
        if (is_upper(text[i]) || is_digit(text[i])) {
            plain += text[i++];
            const bool ends = i >= text.size() || !is_alnum(text[i]);
            if (ends && plain.size() >= 15 && iban(plain)) {
                // The ones that the registry and documents print.
                const bool known =
                    plain == "DE89370400440532013000" || plain == "GB82WEST12345698765432" ||
                    plain == "GB29NWBK60161331926819" || plain == "FR1420041010050500013M02606";
                const bool example =
                    known && has_context(text, begin, i, "example|test|sample|e.g.|fixture");
                if (!example) report.add("iban", Family::personal, begin, i, known ? 0.7 : 0.97);
                return true;
            }
            continue;
        }
        if ((text[i] == ' ' || text[i] == '-') && i + 1 < last && is_alnum(text[i + 1])) {
            ++i;
            continue;
        }
        break;
    }
    return false;
}

// Short words stand alone: sin is not in "using", pan not in "company".
bool stands_in(std::string_view part, std::string_view word) {
    for (std::size_t at = part.find(word); at != std::string_view::npos;
         at = part.find(word, at + 1)) {
        if (word.size() > 4) return true;
        const std::size_t end = at + word.size();
        const bool left = at > 0 && is_letter(part[at - 1]);
        const bool right = end < part.size() && is_letter(part[end]) && is_letter(word.back());
        if (!left && !right) return true;
    }
    return false;
}

}  // namespace

bool has_context(std::string_view text, std::size_t begin, std::size_t end,
                 std::string_view words) {
    if (words.empty()) return false;
    const std::size_t from = begin > 72 ? begin - 72 : 0;
    std::string_view before = text.substr(from, begin - from);
    // The lines above do not speak of it, but for one: a heading or a member's name.
    const std::size_t line = before.rfind('\n');
    if (line != std::string_view::npos) {
        const std::size_t above = line == 0 ? std::string_view::npos : before.rfind('\n', line - 1);
        if (above != std::string_view::npos) before.remove_prefix(above + 1);
    }
    const LowerCase parts[] = {LowerCase(before), LowerCase::line_from(text, end, 32)};
    while (!words.empty()) {
        const std::size_t bar = words.find('|');
        const std::string_view word = words.substr(0, bar);
        for (const LowerCase& part : parts) {
            if (!word.empty() && stands_in(part.text(), word)) return true;
        }
        words.remove_prefix(bar == std::string_view::npos ? words.size() : bar + 1);
    }
    return false;
}

std::size_t look_number(std::string_view text, std::size_t at, Report& report) {
    Number number = read_number(text, at);
    std::size_t run = at;
    while (run < text.size() && is_digit(text[run])) ++run;
    if (number.count < 7 || number.count > 19) return run;
    if (!stands_apart(text, number.begin, number.end)) return run;
    if (look_card(text, number, report) || look_rules(text, number, report) ||
        look_phone(text, number, report)) {
        return number.end;
    }
    // Two numbers beside each other: the first one alone.
    const std::size_t blank = text.substr(at, number.end - at).find_first_of(" /");
    if (blank != std::string_view::npos && run == at + blank && run - at >= 7) {
        Number first = read_number(text.substr(0, run), at);
        if (stands_apart(text, first.begin, first.end)) {
            if (look_card(text, first, report) || look_rules(text, first, report)) return first.end;
        }
        return run;
    }
    return run;
}

std::size_t look_lettered(std::string_view text, std::size_t at, Report& report) {
    std::size_t begin = at;
    while (begin > 0 && at - begin < 8 && is_alnum(text[begin - 1])) --begin;
    std::size_t end = at;
    const std::size_t last = std::min(text.size(), begin + 40);
    while (end < last && is_alnum(text[end])) ++end;
    if (begin > 0 && (is_word(text[begin - 1]) ||
                      (text[begin - 1] == '-' && begin > 1 && is_word(text[begin - 2]))))
        return end;
    if (at - begin == 2 && at + 2 <= text.size() && is_upper(text[begin]) &&
        is_upper(text[begin + 1]) && is_digit(text[at + 1 < text.size() ? at + 1 : at])) {
        if (look_iban(text, begin, report)) return end;
    }
    // 12345678-Z and AB 12 34 56 C are written with signs between.
    std::string token;
    std::size_t token_end = begin;
    for (std::size_t i = begin; i < text.size() && i < begin + 26 && token.size() < 20; ++i) {
        if (is_alnum(text[i])) {
            token += text[i];
            token_end = i + 1;
            const bool ends = token_end >= text.size() || !is_word(text[token_end]);
            const bool joined =
                !ends || (text.substr(token_end, 1) == "-" && token_end + 1 < text.size() &&
                          is_alnum(text[token_end + 1]) && token_end - begin == token.size());
            if (!ends || (joined && token.size() > 9) || token.size() < 8) continue;
            for (const LetteredRule& rule : lettered_rules()) {
                if (rule.length != token.size() || !fits(token, rule.shape) || !rule.holds(token))
                    continue;
                const bool words = has_context(text, begin, token_end, rule.words);
                const double confidence = words ? rule.in_words : rule.alone;
                if (confidence <= 0) continue;
                report.add(rule.kind, Family::personal, begin, token_end, confidence);
                return token_end;
            }
            continue;
        }
        if ((text[i] != ' ' && text[i] != '-') || i + 1 >= text.size() || !is_alnum(text[i + 1]))
            break;
    }
    return end;
}

}  // namespace hs::detect
