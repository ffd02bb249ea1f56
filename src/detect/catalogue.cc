#include "detect/catalogue.h"

#include <algorithm>
#include <set>
#include <string>

#include "detect/assignment.h"
#include "detect/checksum.h"
#include "detect/injection.h"
#include "detect/injection_phrases.h"
#include "detect/personal_words.h"
#include "detect/structured.h"

namespace hs::detect {

namespace {

constexpr std::size_t gram_bytes = 4;

std::string class_of(char sign) {
    if (sign == '\3') return "0123456789";
    if (sign == '\1') return "0123456789abcdef";
    std::string all = "0123456789-_";
    for (char letter = 'a'; letter <= 'z'; ++letter) {
        all += letter;
        all += static_cast<char>(letter - 32);
    }
    return all;
}

// One gate as literals: classes are spelled out until there are four bytes, then cut off.
std::vector<std::string> spelled(std::string_view gate) {
    std::vector<std::string> out = {""};
    for (const char byte : gate) {
        if (static_cast<unsigned char>(byte) > 3) {
            for (std::string& text : out) text += byte;
            continue;
        }
        if (out[0].size() >= gram_bytes) break;
        std::vector<std::string> longer;
        for (const std::string& text : out) {
            for (const char letter : class_of(byte)) longer.push_back(text + letter);
        }
        out = std::move(longer);
    }
    return out;
}

std::vector<std::string_view> parts_of(std::string_view list) {
    std::vector<std::string_view> parts;
    while (!list.empty()) {
        const std::size_t bar = list.find('|');
        parts.push_back(list.substr(0, bar));
        list.remove_prefix(bar == std::string_view::npos ? list.size() : bar + 1);
    }
    return parts;
}

// No letter or digit before, but for the letter of an escape such as \n.
bool begins_apart(std::string_view text, std::size_t at) {
    if (at == 0 || !is_alnum(text[at - 1])) return true;
    const char before = text[at - 1];
    const bool escape = before == 'n' || before == 'r' || before == 't';
    if (escape && at >= 2 && text[at - 2] == '\\') return true;
    // %3Dghp_…: the letters of a percent escape.
    return at >= 3 && text[at - 3] == '%' && is_hex(before) && is_hex(text[at - 2]);
}

// Tokens have no blanks and quotes: a cheap refusal before the expression is asked.
bool goes_on(std::string_view text, std::size_t at) {
    constexpr std::size_t least = 12;
    if (at + least > text.size()) return false;
    return std::none_of(text.begin() + static_cast<std::ptrdiff_t>(at),
                        text.begin() + static_cast<std::ptrdiff_t>(at + least), [](char byte) {
                            return byte <= ' ' || byte == '"' || byte == '\'' || byte == '(' ||
                                   byte == ')' || byte == ';' || byte == '<' || byte == ',';
                        });
}

bool wants(const Wanted& wanted, Family family) {
    if (family == Family::secret) return wanted.secrets;
    return family == Family::injection ? wanted.injection : wanted.personal;
}

// lead: the bytes of the documented prefix, which is no part of what is random.
void look_token(const TokenRule& rule, const Expression& expression, std::string_view text,
                std::size_t at, std::size_t lead, Report& report) {
    if (at < rule.before) return;
    at -= rule.before;
    if (rule.edge == Edge::token) {
        if (!begins_apart(text, at) || !goes_on(text, at)) return;
    }
    const std::size_t size = expression.match_at_start(text.substr(at));
    if (size == 0) return;
    const std::size_t end = at + size;
    if (rule.edge == Edge::token && end < text.size() && is_alnum(text[end]) &&
        is_alnum(text[end - 1])) {
        return;
    }
    const std::string_view value = text.substr(at, size);
    const std::string_view own = value.substr(rule.before > 0 ? 0 : std::min(lead, size));
    if (entropy(value) < rule.entropy || is_placeholder(own)) return;
    // A name with words in it: sk-learn-something-long, key-management-service.
    const bool digits = std::any_of(value.begin() + 4, value.end(), is_digit);
    if (wordiness(own) > 0.55 || (!digits && wordiness(own) > 0.38)) return;
    double confidence = rule.confidence;
    if (const auto checked = token_checksum(rule.kind, value)) {
        confidence = *checked ? 0.99 : confidence - 0.15;
    }
    report.add(rule.kind, Family::secret, at, end, confidence);
}

void look_keyword(const KeywordRule& rule, const Expression* expression, std::string_view text,
                  std::size_t at, std::size_t keyword_end, Report& report) {
    const auto given = read_assignment(text, at, keyword_end);
    if (!given) return;
    const std::string_view value = text.substr(given->begin, given->end - given->begin);
    if (value.size() < rule.length_min || value.size() > rule.length_max) return;
    if (!made_of(value, rule.alphabet) || entropy(value) < rule.entropy) return;
    if (expression != nullptr && !expression->matches_whole(value)) return;
    if (is_placeholder(value) || is_reference(value) || wordiness(value) > 0.45) return;
    const bool digits = std::any_of(value.begin(), value.end(), is_digit);
    if (!digits && rule.alphabet != Alphabet::base64) return;
    const std::string_view name =
        text.substr(given->name_begin, given->name_end - given->name_begin);
    for (const std::string_view other : {"version", "commit", "sha", "hash", "digest", "checksum",
                                         "_id", "public", "url", "revision", "etag", "integrity"}) {
        const bool secret_id = other == "_id" && contains_any_case(name, "secret");
        if (!secret_id && contains_any_case(name, other)) return;
    }
    report.add(rule.kind, Family::secret, given->begin, given->end, 0.85);
}

}  // namespace

const Expression* Catalogue::compile(const char* pattern) {
    return pattern == nullptr ? nullptr : &expressions_.emplace_back(pattern);
}

void Catalogue::add_token(const TokenRule& rule) {
    const auto index = static_cast<std::uint32_t>(rules_.size());
    Rule& added = rules_.emplace_back();
    added.token = &rule;
    added.expression = compile(rule.pattern);
    for (const std::string_view gate : parts_of(rule.gates)) {
        for (std::string& text : spelled(gate))
            literals_.push_back({std::move(text), index, false});
    }
}

void Catalogue::add_keyword(const KeywordRule& rule) {
    const auto index = static_cast<std::uint32_t>(rules_.size());
    Rule& added = rules_.emplace_back();
    added.keyword = &rule;
    added.expression = compile(rule.pattern);
    for (const std::string_view word : parts_of(rule.keywords)) {
        literals_.push_back({std::string(word), index, true});
    }
}

void Catalogue::add_look(const char* gates, Look look, Family family) {
    const auto index = static_cast<std::uint32_t>(rules_.size());
    Rule& added = rules_.emplace_back();
    added.look = look;
    added.family = family;
    for (const std::string_view gate : parts_of(gates)) {
        for (std::string& text : spelled(gate)) literals_.push_back({std::move(text), index, true});
    }
}

void Catalogue::add_looks() {
    for (const StructuredLook& look : structured_looks()) add_look(look.gates, look.look);
    for (const StructuredLook& look : injection_looks()) {
        add_look(look.gates, look.look, Family::injection);
    }
    for (const StructuredLook& look : phrase_looks()) {
        add_look(look.gates, look.look, Family::injection);
    }
    for (const StructuredLook& look : personal_word_looks()) {
        add_look(look.gates, look.look, Family::personal);
    }
}

Catalogue::Catalogue() {
    std::set<std::string_view> kinds;
    for (const auto& table : {cloud_token_rules(), code_token_rules(), service_token_rules()}) {
        for (const TokenRule& rule : table) {
            add_token(rule);
            kinds.insert(rule.kind);
        }
    }
    for (const KeywordRule& rule : keyword_rules()) {
        add_keyword(rule);
        kinds.insert(rule.kind);
    }
    add_looks();
    kinds_ = kinds.size() + structured_kinds();
    gate_ = std::make_unique<LiteralGate>(std::move(literals_));
}

const Catalogue& Catalogue::instance() {
    static const Catalogue catalogue;
    return catalogue;
}

void Catalogue::scan(std::string_view text, std::size_t from, std::size_t to, const Wanted& wanted,
                     Report& report) const {
    gate_->scan(text, from, to, [&](std::size_t at, const Literal& literal) {
        const Rule& rule = rules_.data()[literal.rule];  // made with the literal
        if (!wants(wanted, rule.family)) return;
        if (rule.token != nullptr) {
            if (wanted.is_binary && !rule.token->in_binary) return;
            look_token(*rule.token, *rule.expression, text, at, literal.text.size(), report);
            return;
        }
        const std::size_t end = at + literal.text.size();
        if (rule.look != nullptr) {
            rule.look(text, at, end, report);
        } else if (!wanted.is_binary) {
            look_keyword(*rule.keyword, rule.expression, text, at, end, report);
        }
    });
}

}  // namespace hs::detect
