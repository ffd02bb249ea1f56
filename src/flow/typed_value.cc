#include "flow/typed_value.h"

#include <algorithm>
#include <array>

#include "flow/text.h"
#include "wire/url.h"
#include "wire/utf8.h"

namespace hs::flow {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::array<std::string_view, 8> type_names = {"yes_no", "choice",  "number",  "amount",
                                                        "date",   "account", "address", "url"};
constexpr std::size_t whole_digits_max = 15;
constexpr std::size_t decimals_max = 6;
constexpr std::size_t url_text_bytes_max = 2048;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::size_t digits_at(std::string_view text) {
    const auto* end = std::find_if_not(text.begin(), text.end(), is_digit);
    return static_cast<std::size_t>(end - text.begin());
}

bool is_number(std::string_view text, std::size_t decimals) {
    const std::size_t whole = digits_at(text);
    if (whole == 0 || whole > whole_digits_max) return false;
    text.remove_prefix(whole);
    if (text.empty()) return true;
    if (text.front() != '.') return false;
    const std::size_t behind = digits_at(text.substr(1));
    return behind > 0 && behind <= decimals && behind + 1 == text.size();
}

bool is_signed_number(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    return is_number(text, decimals_max);
}

// ISO 4217 has three capital letters.
bool is_amount(std::string_view text) {
    constexpr std::size_t currency = 4;
    if (text.size() > currency && text[text.size() - currency] == ' ') {
        const std::string_view code = text.substr(text.size() - currency + 1);
        if (!std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
            return false;
        }
        text.remove_suffix(currency);
    }
    return is_number(text, 2);
}

int two_digits(std::string_view text) {
    return (text[0] - '0') * 10 + (text[1] - '0');
}

bool has_shape(std::string_view text, std::string_view shape) {
    return text.size() == shape.size() &&
           std::equal(text.begin(), text.end(), shape.begin(),
                      [](char c, char want) { return want == '0' ? is_digit(c) : c == want; });
}

bool is_date(std::string_view text) {
    constexpr std::array<int, 12> days = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (has_shape(text, "0000-00-00 00:00")) {
        if (two_digits(text.substr(11)) > 23 || two_digits(text.substr(14)) > 59) return false;
        text = text.substr(0, 10);
    }
    if (!has_shape(text, "0000-00-00")) return false;
    const int month = two_digits(text.substr(5));
    const int day = two_digits(text.substr(8));
    return month >= 1 && month <= 12 && day >= 1 &&
           day <= days[static_cast<std::size_t>(month) - 1];
}

// ISO 7064 MOD 97-10 over the characters moved round, letters as 10 to 35.
bool is_account(std::string_view text) {
    if (text.size() < 15 || text.size() > 34) return false;
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (!is_capital(text[0]) || !is_capital(text[1]) || !is_digit(text[2]) || !is_digit(text[3])) {
        return false;
    }
    int rest = 0;
    const std::string turned = std::string(text.substr(4)) + std::string(text.substr(0, 4));
    for (const char c : turned) {
        if (is_digit(c)) {
            rest = (rest * 10 + (c - '0')) % 97;
        } else if (is_capital(c)) {
            rest = (rest * 100 + (c - 'A' + 10)) % 97;
        } else {
            return false;
        }
    }
    return rest == 1;
}

bool is_host_name(std::string_view host) {
    if (host.empty() || host.size() > 253 || host.find('.') == host.npos) return false;
    std::size_t label = 0;
    char before = '.';
    for (const char c : host) {
        if (c == '.') {
            if (before == '.' || before == '-') return false;
            label = 0;
        } else {
            if (!is_letter(c) && !is_digit(c) && c != '-') return false;
            if ((c == '-' && before == '.') || ++label > 63) return false;
        }
        before = c;
    }
    return is_letter(before) || is_digit(before);
}

// A dot-string of RFC 5321 section 4.1.2 and a host name; no quotes, no comments.
bool is_mail_address(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at == text.npos || at == 0 || at > 64 || !is_host_name(text.substr(at + 1))) return false;
    const std::string_view local = text.substr(0, at);
    if (local.front() == '.' || local.back() == '.' || local.find("..") != local.npos) return false;
    return std::all_of(local.begin(), local.end(), [](char c) {
        return is_letter(c) || is_digit(c) ||
               std::string_view("._%+-").find(c) != std::string::npos;
    });
}

std::string without_spaces(std::string_view text) {
    std::string made(text);
    std::erase(made, ' ');
    return made;
}

Result<std::string> if_it(bool fits, std::string text) {
    if (!fits) return fail(Code::invalid_input, "the answer is not of the type that was asked for");
    return text;
}

}  // namespace

std::string_view value_type_name(ValueType type) {
    return type_names[static_cast<std::size_t>(type)];
}

std::optional<ValueType> value_type_from_name(std::string_view name) {
    const auto* found = std::find(type_names.begin(), type_names.end(), name);
    if (found == type_names.end()) return std::nullopt;
    return static_cast<ValueType>(found - type_names.begin());
}

Result<> check_choices(const std::vector<std::string>& choices) {
    if (choices.size() < 2 || choices.size() > choices_max) {
        return fail(Code::invalid_input, "2 to 20 choices were expected");
    }
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const std::string& one = choices[i];
        const bool fits = !one.empty() && one.size() <= choice_bytes_max && wire::is_utf8(one) &&
                          std::find(choices.begin(), choices.begin() + static_cast<long>(i), one) ==
                              choices.begin() + static_cast<long>(i);
        if (!fits)
            return fail(Code::invalid_input, "a choice has 1 to 60 bytes and stands there once");
    }
    return {};
}

Result<std::string> typed_value(ValueType type, std::string_view text,
                                const std::vector<std::string>& choices) {
    text = trimmed(text);
    switch (type) {
        case ValueType::yes_no:
            return if_it(text == "yes" || text == "no", std::string(text));
        case ValueType::choice:
            return if_it(std::find(choices.begin(), choices.end(), text) != choices.end(),
                         std::string(text));
        case ValueType::number:
            return if_it(is_signed_number(text), std::string(text));
        case ValueType::amount:
            return if_it(is_amount(text), std::string(text));
        case ValueType::date:
            return if_it(is_date(text), std::string(text));
        case ValueType::account: {
            std::string account = without_spaces(text);
            const bool fits = is_account(account);
            return if_it(fits, std::move(account));
        }
        case ValueType::address:
            return if_it(is_mail_address(text), std::string(text));
        case ValueType::url:
            break;
    }
    const bool plain =
        text.size() <= url_text_bytes_max &&
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
    const auto url =
        plain ? wire::parse_url(text) : Result<wire::Url>(fail(Code::invalid_input, ""));
    return if_it(url.ok(), url ? url->text() : std::string());
}

Span::Form form_of(ValueType type) {
    switch (type) {
        case ValueType::yes_no:
        case ValueType::choice:
            return Span::Form::choice;
        case ValueType::number:
        case ValueType::amount:
        case ValueType::date:
        case ValueType::account:
            return Span::Form::value;
        case ValueType::address:
        case ValueType::url:
            break;
    }
    return Span::Form::text;
}

}  // namespace hs::flow
