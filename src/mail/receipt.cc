#include "mail/receipt.h"

#include <algorithm>
#include <ctime>

#include "mail/words.h"

namespace hs::mail {
namespace {

using base::Code;
using base::fail;

constexpr std::int64_t clock_skew_s = 3'600;
constexpr std::size_t addresses_max = 200;
constexpr std::size_t ids_max = 100;
constexpr std::size_t id_bytes_max = 500;
constexpr std::size_t date_bytes_max = 100;

// The elements between commas that stand in no quotes; an element with a comment is empty.
std::vector<std::string> elements_of(std::string_view value) {
    std::vector<std::string> all(1);
    bool quoted = false;
    bool has_comment = false;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (quoted && c == '\\') {
            ++i;
            continue;
        }
        if (c == '"') quoted = !quoted;
        if (!quoted && c == '(') has_comment = true;
        if (!quoted && c == ',') {
            if (has_comment) all.back().clear();
            has_comment = false;
            if (all.size() == addresses_max) return all;
            all.emplace_back();
            continue;
        }
        if (!quoted && c != '"') all.back() += c;
    }
    if (has_comment || quoted) all.back().clear();
    return all;
}

bool same_address(std::string_view left, std::string_view right) {
    return lower_ascii(left) == lower_ascii(right);
}

// The field that names us, and that the signature must cover for that.
base::Result<std::string> field_naming(const Letter& letter, std::string_view recipient) {
    for (const auto* name : {"to", "cc"}) {
        const auto field = only_field(letter, name);
        if (!field && field.error().code == Code::not_found) continue;
        if (!field) return field.failure();
        const auto all = addresses_in(field->value);
        const bool named = std::ranges::any_of(
            all, [&](const auto& address) { return same_address(address, recipient); });
        if (named) return std::string(name);
    }
    return fail(Code::denied, "the mail is addressed to somebody else");
}

// The time behind the day's name, without a comment at the end.
std::string plain_date(std::string_view value) {
    std::string text(trimmed(value.substr(0, value.find('('))));
    const auto comma = text.find(',');
    if (comma != std::string::npos) text.erase(0, comma + 1);
    for (const std::string_view zone : {"GMT", "UTC", "UT", "Z"}) {
        if (!text.ends_with(zone)) continue;
        return text.substr(0, text.size() - zone.size()) + "+0000";
    }
    return text;
}

}  // namespace

std::vector<std::string> addresses_in(std::string_view value) {
    std::vector<std::string> found;
    for (const auto& element : elements_of(value)) {
        const auto open = element.rfind('<');
        const auto address =
            only_address(open == std::string::npos ? element : element.substr(open));
        if (address) found.push_back(*address);
    }
    return found;
}

base::Result<std::int64_t> read_date(std::string_view value) {
    const auto malformed = [] { return fail(Code::invalid_input, "the mail's Date is no date"); };
    if (value.size() > date_bytes_max) return malformed();
    const auto text = plain_date(value);
    for (const auto* form : {" %d %b %Y %H:%M:%S %z", " %d %b %Y %H:%M %z"}) {
        std::tm time{};
        const char* end = ::strptime(text.c_str(), form, &time);
        if (end == nullptr || *end != '\0') continue;
        const std::int64_t offset_s = time.tm_gmtoff;
        return ::timegm(&time) - offset_s;
    }
    return malformed();
}

std::vector<std::string> message_ids_in(std::string_view value) {
    std::vector<std::string> found;
    while (found.size() < ids_max) {
        const auto open = value.find('<');
        const auto close = value.find('>', open);
        if (open == std::string_view::npos || close == std::string_view::npos) break;
        const auto id = value.substr(open, close - open + 1);
        const bool plain = id.size() > 2 && id.size() <= id_bytes_max &&
                           std::ranges::all_of(id, [](char c) { return c > ' ' && c <= '~'; }) &&
                           id.find('<', 1) == std::string_view::npos;
        if (plain) found.emplace_back(id);
        value.remove_prefix(close + 1);
    }
    return found;
}

base::Result<Receipt> check_receipt(const Letter& letter, std::string_view recipient,
                                    const KeyLookup& lookup, std::int64_t now_s) {
    Receipt receipt;
    const auto naming = TRY(field_naming(letter, recipient));
    const auto id = TRY(only_field(letter, "message-id"));
    const auto ids = message_ids_in(id.value);
    if (ids.size() != 1 || trimmed(id.value) != ids.front())
        return fail(Code::invalid_input, "the mail's Message-ID is no id");
    receipt.message_id = ids.front();
    receipt.date_s = TRY(read_date(TRY(only_field(letter, "date")).value));
    if (receipt.date_s < now_s - letter_age_max_s)
        return fail(Code::denied, "the mail is older than a week");
    if (receipt.date_s > now_s + clock_skew_s)
        return fail(Code::denied, "the mail's Date is in the future");
    std::vector<std::string> covered{naming};
    // Its words are read too, so they must be the sender's.
    const auto subject = only_field(letter, "subject");
    if (!subject && subject.error().code != Code::not_found) return subject.failure();
    if (subject) covered.emplace_back("subject");
    receipt.from = TRY(proven_sender(letter, covered, lookup, now_s));
    return receipt;
}

}  // namespace hs::mail
