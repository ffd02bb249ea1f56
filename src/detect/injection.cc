#include "detect/injection.h"

#include <algorithm>

#include "detect/expression.h"
#include "detect/shape.h"

namespace hs::detect {

void report_match(const char* kind, const Expression& expression, std::string_view text,
                  std::size_t at, double confidence, Report& report) {
    const std::size_t size = expression.match_at_start(text.substr(at, 600));
    if (size > 0) report.add(kind, Family::injection, at, at + size, confidence);
}

namespace {

void look_override(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:ignore|disregard|forget|override|bypass)\s+(?:(?:all|any|of|the|your|my|our|these|those|every|everything|and|to)\s+){0,5}(?:previous|prior|above|earlier|preceding|former|existing|original|initial|system|safety|security|developer)\s+(?:\w+\s+){0,2}(?:instructions?|prompts?|rules?|directions?|guidelines?|messages?|context|policy|policies|restrictions?|commands?|constraints?))re");
    report_match("instruction-override", expression, text, at, 0.85, report);
}

void look_role(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)you are now (?:in )?(?:a |an |the )?(?:\w+ ){0,3}(?:mode|dan|unrestricted|jailbroken|admin\w*|root|free|assistant|ai|agent|developer)\b|(?i)from now on,? you (?:will|must|are|should|have to))re");
    report_match("role-override", expression, text, at, 0.7, report);
}

void look_secrecy(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:do not|don't|never|without) (?:tell(?:ing)?|mention(?:ing)?|inform(?:ing)?|reveal(?:ing)?|alert(?:ing)?|notify(?:ing)?|ask(?:ing)?) (?:\w+ ){0,4}(?:user|human|person|owner|operator|them|anyone|him|her)\b)re");
    report_match("instruction-to-hide", expression, text, at, 0.7, report);
}

void look_prompt(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:reveal|print|show|repeat|output|leak|display|send|exfiltrate|dump)\s+(?:me\s+)?(?:all\s+)?(?:of\s+)?(?:your|the)\s+(?:\w+\s+){0,2}(?:system prompt|initial instructions?|hidden instructions?|api keys?|credentials|environment variables|private keys?|secrets))re");
    report_match("data-request", expression, text, at, 0.75, report);
}

void look_frame(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?:im_start|eot_id|start_header_id)\|>|\[/?INST\]|<</?SYS>>|(?i)<(?:system|system-reminder|instructions?|important)>[^<\n]{10,}|(?i)(?:#{2,}|\[|\*{2}) ?(?:system|new instructions?|admin|important)(?: (?:message|override|note|instructions?))? ?(?::|\]|\*{2})\n{0,2}[^\n]{10,})re");
    report_match("false-frame", expression, text, at, 0.65, report);
}

void look_address(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:attention|important|note|message|instructions?|hey|dear|hello|warning)[,:]?\s+(?:(?:to|for|the|any|all|this|is|a)\s+){0,4}(?:ai|llm|language model|assistant|chatbot|agent|copilot|claude|gpt|gemini)s?(?:\s+(?:agents?|assistants?|models?|systems?|reading|processing|summari[sz]ing))*\s*[:,.!-])re");
    report_match("address-to-model", expression, text, at, 0.7, report);
}

// ![x](https://host/path?q=DATA): a client that shows it sends the address away.
void look_image(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re(!\[[^\]\n]{0,200}\]\(\s*<?https?://[^)\s]{3,200}[?&][\w.-]{1,32}=(?:[^)\s]{24,}|[{<\[%$][^)\s]*|[^)\s]*(?:DATA|SECRET|TOKEN|BASE64|CONVERSATION|HISTORY|PASTE|INSERT)[^)\s]*)\))re");
    const std::size_t from = at > 200 ? at - 200 : 0;
    const std::size_t open = text.substr(from, at - from).rfind("![");
    if (open == std::string_view::npos) return;
    report_match("image-exfiltration", expression, text, from + open, 0.75, report);
}

void look_send(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:send|post|forward|upload|email|transmit|append|exfiltrate|encode)\s+(?:\S+\s+){0,10}?(?:to|at|as|into)\s+(?:\S+\s+){0,3}?(?:https?://|[\w.+-]+@[\w-]+\.\w|attacker))re");
    static constexpr std::string_view goods[] = {
        "secret",  "password", "token",       "credential", "conversation", "api key",
        "history", "private",  "contents of", ".env",       "ssh key",      "confidential"};
    const std::size_t size = expression.match_at_start(text.substr(at, 400));
    if (size == 0) return;
    const std::string_view said = text.substr(at, size);
    const bool told = std::any_of(std::begin(goods), std::end(goods), [&](std::string_view word) {
        return contains_any_case(said, word);
    });
    if (told) report.add("exfiltration-request", Family::injection, at, at + size, 0.7);
}

constexpr StructuredLook looks[] = {
    {"ignore |disregard |forget |override |bypass |ignore\n|disregard\n", look_override},
    {"you are now |from now on", look_role},
    {"do not |don't |never tell|never mention|never reveal|without telling|without "
     "informing|without asking|without alerting|without notifying|without mentioning",
     look_secrecy},
    {"reveal |print your|print the|show your|show me your|repeat your|output your|leak |dump "
     "|exfiltrate |send your|send all|send me",
     look_prompt},
    {"im_start|eot_id|start_header_id|[inst]|<<sys>>", look_frame},
    {"<system>|<important>|<instruction|<system-reminder>|## system|## new "
     "instr|**system|[system|[admin|[important",
     look_frame},
    {"attention|important|instruction|hello |dear |note to|note for|message to|message for|warning",
     look_address},
    {"](http", look_image},
    {"send |post |forward |upload |email |transmit |append |exfiltrate |encode ", look_send},
};

// Unicode 15: default-ignorable and bidirectional characters; tags are U+E0000 to U+E007F.
enum class Hidden : unsigned char { none, zero_width, direction, tag, selector };

Hidden hidden_at(std::string_view text, std::size_t at, std::size_t& size) {
    const auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    size = 3;
    if (byte(0) == 0xE2 && byte(1) == 0x80) {
        if (byte(2) >= 0x8B && byte(2) <= 0x8D) return Hidden::zero_width;
        if (byte(2) == 0x8E || byte(2) == 0x8F) return Hidden::direction;
        if (byte(2) >= 0xAA && byte(2) <= 0xAE) return Hidden::direction;
    }
    if (byte(0) == 0xE2 && byte(1) == 0x81) {
        if (byte(2) >= 0xA0 && byte(2) <= 0xA4) return Hidden::zero_width;
        if (byte(2) >= 0xA6 && byte(2) <= 0xA9) return Hidden::direction;
    }
    if (byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF && at > 0) return Hidden::zero_width;
    if (byte(0) == 0xF3 && byte(1) == 0xA0) {
        size = 4;
        if (byte(2) == 0x80 || byte(2) == 0x81) return Hidden::tag;
        if (byte(2) >= 0x84 && byte(2) <= 0x87) return Hidden::selector;
    }
    return Hidden::none;
}

}  // namespace

std::span<const StructuredLook> injection_looks() {
    return looks;
}

std::size_t look_hidden(std::string_view text, std::size_t at, Report& report) {
    std::size_t counts[5] = {};
    std::size_t end = at;
    std::size_t size = 0;
    const std::size_t last = std::min(text.size(), at + 4096);
    while (end < last) {
        const Hidden hidden = hidden_at(text, end, size);
        if (hidden == Hidden::none) break;
        ++counts[static_cast<std::size_t>(hidden)];
        end += size;
    }
    if (end == at) return at + 1;
    const auto count = [&](Hidden hidden) { return counts[static_cast<std::size_t>(hidden)]; };
    // Flags of regions are a black flag and a few tags (Unicode TS 51).
    const bool flag = at >= 4 && text.substr(at - 4, 4) == "\xF0\x9F\x8F\xB4" && end - at <= 32;
    if (count(Hidden::tag) > 0 && !flag) {
        report.add("hidden-tag-characters", Family::injection, at, end, 0.95);
    } else if (count(Hidden::selector) > 3) {
        report.add("hidden-variation-selectors", Family::injection, at, end, 0.9);
    } else if (count(Hidden::direction) > 0) {
        // A mark after right-to-left text is how such text is written; overrides are not.
        const bool mark = end - at <= 6 && static_cast<unsigned char>(text[at + 2]) <= 0x8F &&
                          static_cast<unsigned char>(text[at + 1]) == 0x80;
        if (!mark) report.add("bidirectional-control", Family::injection, at, end, 0.8);
    } else if (count(Hidden::zero_width) > 0) {
        // A joiner inside a word of a script that needs it, or between emoji, is ordinary; between
        // Latin letters it is not.
        const bool latin =
            at > 0 && is_alnum(text[at - 1]) && end < text.size() && is_alnum(text[end]);
        if (latin || count(Hidden::zero_width) >= 4) {
            report.add("zero-width-characters", Family::injection, at, end, latin ? 0.75 : 0.8);
        }
    }
    return end;
}

}  // namespace hs::detect
