#include "flow/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "wire/utf8.h"

namespace hs::flow {
namespace {

constexpr std::size_t words_max = 200'000;
constexpr std::size_t links_max = 10'000;

bool is_ascii_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_ascii_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_word_point(char32_t point) {
    if (point < 0x80) {
        const char c = static_cast<char>(point);
        return is_ascii_digit(c) || is_ascii_letter(c) || c == '_';
    }
    constexpr std::array letters = {
        UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LL, UTF8PROC_CATEGORY_LT, UTF8PROC_CATEGORY_LM,
        UTF8PROC_CATEGORY_LO, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NL, UTF8PROC_CATEGORY_NO,
        UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_MC, UTF8PROC_CATEGORY_ME,
        UTF8PROC_CATEGORY_CF,  // an invisible letter still makes another word
    };
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(point));
    return std::find(letters.begin(), letters.end(), category) != letters.end();
}

// The code point that ends right before `at`, or 0 at the beginning.
char32_t point_before(std::string_view text, std::size_t at) {
    if (at == 0) return 0;
    std::size_t start = at - 1;
    while (start > 0 && at - start < 4 && (text[start] & '\xC0') == '\x80') --start;
    std::string_view piece = text.substr(start, at - start);
    return wire::take_code_point(piece);
}

char32_t point_at(std::string_view text, std::size_t at) {
    if (at >= text.size()) return 0;
    std::string_view piece = text.substr(at);
    return wire::take_code_point(piece);
}

bool among(char32_t point, std::string_view set) {
    return point != 0 && point < 0x80 && set.find(static_cast<char>(point)) != set.npos;
}

bool is_bounded_before(std::string_view text, std::size_t at, ValueKind kind) {
    const char32_t before = point_before(text, at);
    if (before != 0 && (is_word_point(before) || among(before, "@.-"))) return false;
    switch (kind) {
        case ValueKind::address:
            return !among(before, "+%=&!#$*^|~/");
        case ValueKind::host:
            return before != '/' || (at >= 2 && text[at - 2] == '/');
        case ValueKind::number:
        case ValueKind::date:
        case ValueKind::account:
            return !(before == ',' && at >= 2 && is_ascii_digit(text[at - 2]));
        case ValueKind::url:
        case ValueKind::path:
        case ValueKind::name:
        case ValueKind::quoted:
            break;
    }
    return true;
}

bool is_bounded_after(std::string_view text, std::size_t end, ValueKind kind) {
    const char32_t after = point_at(text, end);
    if (after == 0) return true;
    if (is_word_point(after) || among(after, "@-")) return false;
    const char32_t next = end + 1 <= text.size() ? point_at(text, end + 1) : 0;
    if (after == '.') return next == 0 || !is_word_point(next);
    if (kind == ValueKind::number && after == ',') return !is_word_point(next);
    if (kind == ValueKind::address) return !among(after, "+%=&#$*^|~");
    // "x.com:8080" is another place than x.com.
    if (kind == ValueKind::host && after == ':') {
        return next == 0 || next >= 0x80 || !is_ascii_digit(static_cast<char>(next));
    }
    return true;
}

bool is_ascii_word(char c) {
    return is_ascii_digit(c) || is_ascii_letter(c);
}

// Four letters and digits, two digits at least: how account numbers are written in groups.
bool is_account_group(std::string_view word, std::size_t bytes_min) {
    if (word.size() < bytes_min || word.size() > 4) return false;
    const auto digits = std::count_if(word.begin(), word.end(), is_ascii_digit);
    return digits >= (bytes_min == 4 ? 2 : 1);
}

// Is what stands at [begin, end) a piece of an account number that goes on before or behind it?
bool is_piece_of_account(std::string_view text, std::size_t begin, std::size_t end) {
    const std::string_view value = text.substr(begin, end - begin);
    const auto plain = [](char c) { return is_ascii_word(c) || c == ' '; };
    const auto digits = std::count_if(value.begin(), value.end(), is_ascii_digit);
    if (digits < 2 || !std::all_of(value.begin(), value.end(), plain)) return false;
    // Two letters and two digits begin an IBAN, whatever stands before them.
    const bool begins = value.size() >= 4 && is_ascii_letter(value[0]) &&
                        is_ascii_letter(value[1]) && is_ascii_digit(value[2]);
    if (!begins && begin >= 2 && text[begin - 1] == ' ') {
        std::size_t start = begin - 1;
        while (start > 0 && is_ascii_word(text[start - 1])) --start;
        if (is_account_group(text.substr(start, begin - 1 - start), 4)) return true;
    }
    if (end + 1 < text.size() && text[end] == ' ' && is_ascii_digit(text[end + 1])) {
        std::size_t stop = end + 1;
        while (stop < text.size() && is_ascii_word(text[stop])) ++stop;
        if (is_account_group(text.substr(end + 1, stop - end - 1), 4)) return true;
        // A last group may be short where what stands before it is grouped too.
        const bool grouped = value.size() >= 4 && value.find(' ') != value.npos;
        return grouped && is_account_group(text.substr(end + 1, stop - end - 1), 1);
    }
    return false;
}

bool found_at_any_place(std::string_view value, std::string_view text, ValueKind kind) {
    for (std::size_t at = text.find(value); at != text.npos; at = text.find(value, at + 1)) {
        const std::size_t end = at + value.size();
        if (is_bounded_before(text, at, kind) && is_bounded_after(text, end, kind) &&
            !is_piece_of_account(text, at, end)) {
            return true;
        }
    }
    return false;
}

// People write an account number in groups: "DE89 3704 0044 …".
bool found_in_groups(std::string_view value, std::string_view text) {
    for (std::size_t at = text.find(value[0]); at != text.npos; at = text.find(value[0], at + 1)) {
        if (!is_bounded_before(text, at, ValueKind::account)) continue;
        std::size_t place = at;
        std::size_t matched = 0;
        while (matched < value.size() && place < text.size()) {
            if (text[place] == value[matched]) {
                ++place;
                ++matched;
            } else if (text[place] == ' ' && matched % 4 == 0 && text[place - 1] != ' ') {
                ++place;
            } else {
                break;
            }
        }
        if (matched < value.size()) continue;
        if (!is_piece_of_account(text, at, place) &&
            is_bounded_after(text, place, ValueKind::account)) {
            return true;
        }
    }
    return false;
}

bool looks_like_account(std::string_view value) {
    std::size_t digits = 0;
    for (const char c : value) {
        if (!is_ascii_digit(c) && !is_ascii_letter(c)) return false;
        digits += is_ascii_digit(c) ? 1 : 0;
    }
    const bool iban = value.size() >= 11 && value.size() <= 40 && is_ascii_letter(value[0]) &&
                      is_ascii_letter(value[1]) && is_ascii_digit(value[2]) &&
                      is_ascii_digit(value[3]) && digits >= 6;
    return iban || (digits == value.size() && digits >= 8);
}

bool looks_like_host(std::string_view value) {
    const std::size_t dot = value.rfind('.');
    if (dot == value.npos || dot == 0 || value.size() - dot < 3) return false;
    for (const char c : value) {
        if (!is_ascii_digit(c) && !is_ascii_letter(c) && c != '.' && c != '-') return false;
    }
    return std::all_of(value.begin() + static_cast<std::ptrdiff_t>(dot) + 1, value.end(),
                       is_ascii_letter);
}

bool begins_with_date(std::string_view value) {
    if (value.size() < 10 || value[0] != '2' || value[1] != '0') return false;
    for (const std::size_t at : {2U, 3U, 5U, 6U, 8U, 9U}) {
        if (!is_ascii_digit(value[at])) return false;
    }
    return value[4] == '-' && value[7] == '-';
}

enum class Letters : std::uint8_t { none, latin, greek, cyrillic, other };
Letters letters_of(char32_t point) {
    if (point < 0x80) {
        return is_ascii_letter(static_cast<char>(point)) ? Letters::latin : Letters::none;
    }
    if (!is_word_point(point)) return Letters::none;
    if (point < 0x250 || (point >= 0x1E00 && point < 0x1F00)) return Letters::latin;
    if ((point >= 0x370 && point < 0x400) || (point >= 0x1F00 && point < 0x2000)) {
        return Letters::greek;
    }
    if ((point >= 0x400 && point < 0x530) || (point >= 0x1C80 && point < 0x1C90)) {
        return Letters::cyrillic;
    }
    return Letters::other;
}

constexpr std::array<std::string_view, 12> months = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 9> little_words = {"the", "a",  "of", "to", "and",
                                                          "for", "on", "in", "my"};

int number_at(std::string_view text, std::size_t at, std::size_t digits_max, std::size_t& end) {
    int value = 0;
    end = at;
    while (end < text.size() && end - at < digits_max && is_ascii_digit(text[end])) {
        value = value * 10 + (text[end++] - '0');
    }
    return value;
}

void add_day(Days& days, int month, int day) {
    if (month >= 1 && month <= 12 && day >= 1 && day <= 31) days.insert({month, day});
}

void add_written_dates(std::string_view text, Days& days) {
    for (std::size_t at = text.find("20"); at != text.npos; at = text.find("20", at + 1)) {
        if (!begins_with_date(text.substr(at))) continue;
        std::size_t end = 0;
        add_day(days, number_at(text, at + 5, 2, end), number_at(text, at + 8, 2, end));
    }
}

// The day before a month's name: "13th of ", "13 of ", "13 ".
void add_day_before(std::string_view before, int month, Days& days) {
    const auto drop = [&before](std::string_view end) {
        if (!before.ends_with(end)) return false;
        before.remove_suffix(end.size());
        return true;
    };
    if (!drop(" of ") && !drop(" ")) return;
    for (const std::string_view ending : {"st", "nd", "rd", "th"}) {
        if (drop(ending)) break;
    }
    std::size_t start = before.size();
    while (start > 0 && before.size() - start < 3 && is_ascii_digit(before[start - 1])) --start;
    if (start == before.size() || before.size() - start > 2) return;
    std::size_t end = 0;
    add_day(days, month, number_at(before, start, 2, end));
}

void add_named_dates(std::string_view text, int month, Days& days) {
    const std::string_view name = months[static_cast<std::size_t>(month) - 1];
    for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
        add_day_before(text.substr(0, at), month, days);
        std::size_t start = at + name.size();
        while (start < text.size() && is_space(text[start])) ++start;
        if (start == at + name.size()) continue;
        std::size_t end = start;
        const int day = number_at(text, start, 2, end);
        const bool longer = end < text.size() && is_ascii_digit(text[end]);
        if (end > start && !longer) add_day(days, month, day);
    }
}

}  // namespace

std::string_view value_kind_name(ValueKind kind) {
    constexpr std::array<std::string_view, 9> names = {
        "address", "url", "host", "account", "number", "date", "path", "name", "text"};
    return names[static_cast<std::size_t>(kind)];
}

ValueKind kind_of(std::string_view given) {
    const std::string lower = lowered(trimmed(given));
    const std::string_view value = lower;
    if (value.empty()) return ValueKind::quoted;
    const bool spaced = value.find_first_of(" \t\n") != value.npos;
    if (value.starts_with("http://") || value.starts_with("https://") ||
        value.starts_with("www.")) {
        return ValueKind::url;
    }
    if (begins_with_date(value)) return ValueKind::date;
    if (number_form(value))
        return looks_like_account(value) ? ValueKind::account : ValueKind::number;
    if (!spaced && value.find('@') != value.npos) return ValueKind::address;
    if (looks_like_account(value)) return ValueKind::account;
    if (!spaced && looks_like_host(value)) return ValueKind::host;
    if (!spaced && value.find('/') != value.npos) return ValueKind::path;
    return value.size() <= 80 ? ValueKind::name : ValueKind::quoted;
}

std::string lowered(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const char c = text.front();
        if (static_cast<unsigned char>(c) < 0x80) {
            result += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
            text.remove_prefix(1);
            continue;
        }
        const char32_t point = wire::take_code_point(text);
        const auto lower = utf8proc_tolower(static_cast<utf8proc_int32_t>(point));
        wire::append_utf8(result, static_cast<char32_t>(lower));
    }
    return result;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

bool is_deceptive(std::string_view value) {
    Letters word = Letters::none;
    while (!value.empty()) {
        const char32_t point = wire::take_code_point(value);
        if (point == 0xFFFD || (point < 0x20 && point != '\n' && point != '\t') || point == 0x7F) {
            return true;
        }
        const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(point));
        if (category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_CO ||
            category == UTF8PROC_CATEGORY_CN || category == UTF8PROC_CATEGORY_CS) {
            return true;
        }
        // Letters that only look different: full width, mathematical, enclosed.
        if ((point >= 0xFF00 && point <= 0xFFEF) || (point >= 0x1D400 && point <= 0x1D7FF) ||
            (point >= 0x2460 && point <= 0x24FF) || point == 0x3164 || point == 0x115F ||
            point == 0x1160) {
            return true;
        }
        const Letters letters = letters_of(point);
        if (letters == Letters::none && !is_word_point(point)) {
            word = Letters::none;
            continue;
        }
        if (letters == Letters::none) continue;
        if (word != Letters::none && word != letters) return true;
        word = letters;
    }
    return false;
}

std::string visible(std::string_view text) {
    constexpr std::size_t bytes_max = 400;
    text = wire::cut_utf8(text, bytes_max);
    const bool escape_all = is_deceptive(text);
    std::string shown;
    while (!text.empty()) {
        const char32_t point = wire::take_code_point(text);
        const bool plain = point >= 0x20 && point < 0x7F;
        const bool readable = point >= 0xA0 && !escape_all;
        if (plain || readable) {
            wire::append_utf8(shown, point);
            continue;
        }
        constexpr std::string_view digits = "0123456789abcdef";
        shown += "\\u{";
        bool begun = false;
        for (int shift = 20; shift >= 0; shift -= 4) {
            const auto digit = static_cast<std::size_t>((point >> shift) & 0xF);
            begun = begun || digit != 0 || shift == 0;
            if (begun) shown += digits[digit];
        }
        shown += '}';
    }
    return shown;
}

bool is_literal(std::string_view value, std::string_view text, ValueKind kind) {
    value = trimmed(value);
    if (value.empty()) return true;
    if (found_at_any_place(value, text, kind)) return true;
    return kind == ValueKind::account && found_in_groups(value, text);
}

Words words_of(std::string_view text) {
    Words words;
    std::string word;
    const auto settle = [&] {
        if (!word.empty() && words.size() < words_max) words.insert(word);
        word.clear();
    };
    while (!text.empty()) {
        const char32_t point = wire::take_code_point(text);
        if (point != '_' && is_word_point(point)) {
            wire::append_utf8(word, point);
        } else {
            settle();
        }
    }
    settle();
    return words;
}

bool is_named(std::string_view name, const Words& words) {
    Words wanted = words_of(lowered(name));
    for (const std::string_view little : little_words) {
        if (const auto found = wanted.find(little); found != wanted.end()) wanted.erase(found);
    }
    if (wanted.empty()) return false;
    if (wanted.size() == 1 && wanted.begin()->size() <= 3) return false;
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](const std::string& word) { return words.contains(word); });
}

Days days_in(std::string_view text) {
    Days days;
    add_written_dates(text, days);
    for (int month = 1; month <= 12; ++month) add_named_dates(text, month, days);
    return days;
}

bool meet(const Days& a, const Days& b) {
    return std::any_of(a.begin(), a.end(), [&](const Day& day) { return b.contains(day); });
}

std::optional<std::string> number_form(std::string_view text) {
    std::string whole;
    std::string part;
    std::size_t at = 0;
    while (at < text.size() && is_ascii_digit(text[at])) whole += text[at++];
    if (whole.empty() || whole.size() > 18) return std::nullopt;
    const auto group_at = [&](std::size_t place) {
        if (place + 3 >= text.size() || text[place] != ',') return false;
        for (std::size_t i = 1; i <= 3; ++i) {
            if (!is_ascii_digit(text[place + i])) return false;
        }
        return place + 4 == text.size() || !is_ascii_digit(text[place + 4]);
    };
    const bool grouped = whole.size() <= 3;
    while (grouped && group_at(at)) {
        whole += text.substr(at + 1, 3);
        at += 4;
    }
    if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
        const bool comma = text[at++] == ',';
        while (at < text.size() && is_ascii_digit(text[at])) part += text[at++];
        // "1.800" and "1,8000" are read as two different numbers by different readers.
        const bool unclear = comma ? part.size() > 2 : part.size() == 3;
        if (part.empty() || unclear) return std::nullopt;
    }
    if (at != text.size() || whole.size() > 18 || part.size() > 18) return std::nullopt;
    whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
    part.erase(part.find_last_not_of('0') + 1);
    return part.empty() ? whole : whole + "." + part;
}

std::set<std::string, std::less<>> numbers_in(std::string_view text) {
    std::set<std::string, std::less<>> numbers;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!is_ascii_digit(text[at])) continue;
        std::size_t end = at;
        while (end < text.size() && (is_ascii_digit(text[end]) ||
                                     ((text[end] == ',' || text[end] == '.') &&
                                      end + 1 < text.size() && is_ascii_digit(text[end + 1])))) {
            ++end;
        }
        if (is_bounded_before(text, at, ValueKind::number) &&
            is_bounded_after(text, end, ValueKind::number) && !is_piece_of_account(text, at, end)) {
            if (auto form = number_form(text.substr(at, end - at))) numbers.insert(*form);
        }
        at = end;
    }
    return numbers;
}

namespace {

// Where a link begins at or before `at`: "www.", or the scheme of "scheme://".
bool begins_link(std::string_view text, std::size_t at) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("www.")) return true;
    if (!is_ascii_letter(text[at])) return false;
    if (at > 0 && is_ascii_letter(text[at - 1])) return false;
    constexpr std::size_t scheme_bytes_max = 20;
    const std::size_t end = rest.substr(0, scheme_bytes_max + 3).find("://");
    if (end == rest.npos) return false;
    return std::all_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(end), [](char c) {
        return is_ascii_letter(c) || is_ascii_digit(c) || c == '+' || c == '-' || c == '.';
    });
}

}  // namespace

std::vector<std::string> links_in(std::string_view text) {
    const std::string lower = lowered(text);
    const std::string_view whole = lower;
    std::vector<std::string> links;
    for (std::size_t at = 0; at < whole.size() && links.size() < links_max;) {
        if (!begins_link(whole, at)) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < whole.size() && !is_space(whole[end]) &&
               std::string_view("\"'<>)").find(whole[end]) == std::string_view::npos) {
            ++end;
        }
        links.emplace_back(whole.substr(at, end - at));
        at = end;
    }
    return links;
}

std::vector<std::string> templates_in(std::string_view text) {
    std::vector<std::string> found;
    for (std::size_t at = 0; at < text.size() && found.size() < 100; ++at) {
        const char quote = text[at];
        if (quote != '\'' && quote != '"') continue;
        const std::size_t end = text.find(quote, at + 1);
        if (end == text.npos) continue;
        const std::string_view inside = text.substr(at + 1, end - at - 1);
        if (inside.find('{') == inside.npos) continue;
        found.push_back(lowered(inside));
        at = end;
    }
    return found;
}

namespace {

// Splits "a {x} b" into "a ", " b": the fixed parts in order.
std::vector<std::string_view> fixed_parts(std::string_view pattern) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t open = pattern.find('{');
        const std::size_t close = open == pattern.npos ? pattern.npos : pattern.find('}', open);
        if (close == pattern.npos) {
            parts.push_back(pattern);
            return parts;
        }
        parts.push_back(pattern.substr(0, open));
        pattern.remove_prefix(close + 1);
    }
}

}  // namespace

bool fits_template(std::string_view value, std::string_view pattern) {
    const auto parts = fixed_parts(pattern);
    const auto fits = [&parts](std::string_view text) {
        if (parts.size() == 1) return text == parts[0];
        if (!text.starts_with(parts.front())) return false;
        text.remove_prefix(parts.front().size());
        for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
            const std::size_t at = text.find(parts[i]);
            if (at == text.npos) return false;
            text.remove_prefix(at + parts[i].size());
        }
        return text.ends_with(parts.back());
    };
    return fits(value) || (value.ends_with('.') && fits(value.substr(0, value.size() - 1)));
}

}  // namespace hs::flow
