// Mail and network addresses.
#include <algorithm>
#include <array>
#include <string>

#include "detect/personal.h"
#include "detect/shape.h"

namespace hs::detect {

namespace {

bool of_local(char byte) {
    return is_word(byte) || byte == '.' || byte == '-' || byte == '+' || byte == '%';
}

// Top-level domains of more than two letters that mail comes from; two letters are a country.
bool is_top_level(std::string_view name) {
    static constexpr std::string_view known[] = {
        "com",        "org",      "net",      "edu",     "gov",        "mil",      "int",
        "info",       "biz",      "name",     "pro",     "mobi",       "tech",     "online",
        "site",       "store",    "shop",     "cloud",   "email",      "agency",   "xyz",
        "club",       "live",     "world",    "life",    "group",      "bank",     "health",
        "care",       "legal",    "law",      "media",   "studio",     "design",   "digital",
        "solutions",  "systems",  "services", "academy", "berlin",     "london",   "paris",
        "hamburg",    "bayern",   "wien",     "swiss",   "coop",       "museum",   "travel",
        "jobs",       "example",  "test",     "company", "network",    "software", "technology",
        "consulting", "ventures", "capital",  "finance", "foundation", "team",     "social",
        "space",      "works",    "zone"};
    if (name.size() == 2) return name != "js" && name != "ts" && name != "md" && name != "cc";
    return std::any_of(std::begin(known), std::end(known), [&](std::string_view each) {
        return name.size() == each.size() && contains_any_case(name, each);
    });
}

bool generic_local(std::string_view local) {
    static constexpr std::string_view known[] = {"user",
                                                 "username",
                                                 "test",
                                                 "foo",
                                                 "bar",
                                                 "admin",
                                                 "info",
                                                 "noreply",
                                                 "no-reply",
                                                 "you",
                                                 "name",
                                                 "someone",
                                                 "email",
                                                 "example",
                                                 "hello",
                                                 "me",
                                                 "your",
                                                 "support",
                                                 "nobody",
                                                 "root",
                                                 "git",
                                                 "postmaster",
                                                 "webmaster",
                                                 "abuse",
                                                 "contact",
                                                 "sales",
                                                 "mail",
                                                 "security",
                                                 "help",
                                                 "donotreply",
                                                 "do-not-reply",
                                                 "notifications",
                                                 "bot",
                                                 "ci",
                                                 "actions",
                                                 "youremail",
                                                 "your.email",
                                                 "your-email",
                                                 "your_email",
                                                 "firstname.lastname",
                                                 "first.last",
                                                 "a",
                                                 "b",
                                                 "x",
                                                 "test1",
                                                 "user1",
                                                 "user2",
                                                 "alias",
                                                 "sender",
                                                 "recipient",
                                                 "address",
                                                 "myemail"};
    return std::any_of(std::begin(known), std::end(known), [&](std::string_view each) {
        return local.size() == each.size() && contains_any_case(local, each);
    });
}

bool reserved_domain(std::string_view domain) {
    for (const std::string_view name :
         {"example.com", "example.org", "example.net", "example.edu", "test.com", "domain.com",
          "email.com", "company.com", "yourdomain.com", "foo.com"}) {
        if (domain.size() >= name.size() &&
            contains_any_case(domain.substr(domain.size() - name.size()), name))
            return true;
    }
    return domain.ends_with(".example") || domain.ends_with(".test") ||
           domain.ends_with(".invalid") || domain.ends_with(".localhost") ||
           domain.ends_with(".local") || domain.ends_with(".internal");
}

}  // namespace

void look_mail(std::string_view text, std::size_t at, Report& report) {
    std::size_t begin = at;
    while (begin > 0 && at - begin < 64 && of_local(text[begin - 1])) --begin;
    while (begin < at && !is_alnum(text[begin])) ++begin;
    if (begin == at || !is_word(text[at - 1])) return;
    std::size_t end = at + 1;
    while (end < text.size() && end - at < 254 &&
           (is_alnum(text[end]) || text[end] == '-' || text[end] == '.'))
        ++end;
    while (end > at && !is_alnum(text[end - 1])) --end;
    const std::string_view domain = text.substr(at + 1, end - at - 1);
    const std::size_t dot = domain.rfind('.');
    if (dot == std::string_view::npos || dot == 0 || domain.find("..") != std::string_view::npos)
        return;
    const std::string_view top = domain.substr(dot + 1);
    if (!std::all_of(top.begin(), top.end(), is_letter) || !is_top_level(top)) return;
    if (end < text.size() && (text[end] == '(' || text[end] == '_')) return;
    // scheme://user:password@host and git@host:path name no person.
    if (begin > 0 && (text[begin - 1] == ':' || text[begin - 1] == '/')) {
        if (text.substr(begin > 8 ? begin - 8 : 0, 8).find("mailto:") == std::string_view::npos)
            return;
    }
    const std::string_view local = text.substr(begin, at - begin);
    if (end < text.size() && text[end] == ':' && end + 1 < text.size() && is_alnum(text[end + 1]))
        return;
    const bool generic = generic_local(local) || contains_any_case(local, "noreply") ||
                         contains_any_case(local, "no-reply");
    if (reserved_domain(domain)) {
        if (generic) return;
        report.add("email-address", Family::personal, begin, end, 0.5);
        return;
    }
    report.add("email-address", Family::personal, begin, end, generic ? 0.4 : 0.9);
}

std::size_t look_ipv4(std::string_view text, std::size_t at, Report& report) {
    std::size_t end = at;
    std::array<unsigned, 4> parts{};
    for (std::size_t part = 0; part < 4; ++part) {
        if (part > 0) {
            if (end >= text.size() || text[end] != '.') return end;
            ++end;
        }
        const std::size_t first = end;
        while (end < text.size() && end - first < 4 && is_digit(text[end])) {
            parts[part] = parts[part] * 10 + static_cast<unsigned>(text[end++] - '0');
        }
        if (end == first || end - first > 3 || parts[part] > 255)
            return end == first ? end + 1 : end;
        if (end - first > 1 && text[first] == '0') return end;
    }
    if (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '.' ||
                   (text[at - 1] == '-' && at > 1 && is_word(text[at - 2]))))
        return end;
    if (end < text.size() &&
        (is_word(text[end]) ||
         (text[end] == '.' && end + 1 < text.size() && is_digit(text[end + 1])) ||
         (text[end] == '-' && end + 1 < text.size() && is_alnum(text[end + 1]))))
        return end;
    const unsigned first = parts[0];
    if (first == 0 || first == 127 || first >= 224 || first == 255) return end;
    if (end < text.size() && text[end] == '/') return end;  // a network, no machine
    if (has_context(text, at, end,
                    "version|ver|release|v.|oid|section|chapter|chrome/|firefox/"
                    "|safari|assembly|build|nuget"))
        return end;
    const bool words = has_context(text, at, end,
                                   "ip|client|remote|peer|host|addr|address|user|login|visitor|"
                                   "source|from|src|dst|server|connect");
    const bool documentation = (first == 192 && parts[1] == 0 && parts[2] == 2) ||
                               (first == 198 && parts[1] == 51 && parts[2] == 100) ||
                               (first == 203 && parts[1] == 0 && parts[2] == 113);
    const bool inside = first == 10 || (first == 172 && parts[1] >= 16 && parts[1] < 32) ||
                        (first == 192 && parts[1] == 168);
    const bool known = (first == 8 && parts[1] == 8) || (first == 1 && parts[1] <= 1) ||
                       (first == 9 && parts[1] == 9) || (first == 169 && parts[1] == 254);
    if (known || (!words && first < 16) || ((documentation || inside) && !words)) return end;
    const double confidence = documentation || inside ? 0.4 : words ? 0.75 : 0.5;
    report.add("ip-address", Family::personal, at, end, confidence);
    return end;
}

std::size_t look_colons(std::string_view text, std::size_t at, Report& report) {
    std::size_t begin = at;
    while (begin > 0 && at - begin < 40 && (is_hex(text[begin - 1]) || text[begin - 1] == ':'))
        --begin;
    std::size_t end = at;
    while (end < text.size() && end - begin < 46 && (is_hex(text[end]) || text[end] == ':')) ++end;
    const std::size_t next = std::max(end, at + 1);
    if ((begin > 0 && (is_word(text[begin - 1]) || text[begin - 1] == '.')) ||
        (end < text.size() && is_word(text[end])))
        return next;
    const std::string_view token = text.substr(begin, end - begin);
    const auto colons = std::count(token.begin(), token.end(), ':');
    const bool digit = std::any_of(token.begin(), token.end(), is_digit);
    if (token.size() == 17 && colons == 5) {
        for (std::size_t i = 0; i < 17; ++i) {
            if ((i % 3 == 2) != (token[i] == ':')) return next;
        }
        if (token == "00:00:00:00:00:00" || contains_any_case(token, "ff:ff:ff:ff:ff:ff"))
            return next;
        if (!digit && !std::any_of(token.begin(), token.end(), is_letter)) return next;
        report.add("mac-address", Family::personal, begin, end, 0.7);
        return next;
    }
    const std::size_t gap = token.find("::");
    if (colons < 3 || colons > 7 || (gap == std::string_view::npos && colons != 7) || !digit)
        return next;
    if (gap != std::string_view::npos && token.find("::", gap + 1) != std::string_view::npos)
        return next;
    std::size_t group = 0;
    for (const char byte : token) {
        group = byte == ':' ? 0 : group + 1;
        if (group > 4) return next;
    }
    const char first = to_lower(token[0]);
    if (first != '2' && first != '3' && first != 'f') return next;
    report.add("ip-address", Family::personal, begin, end,
               token.starts_with("2001:db8") || first == 'f' ? 0.45 : 0.8);
    return next;
}

}  // namespace hs::detect
