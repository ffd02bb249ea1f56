#include "policy/rule.h"

#include <fmt/format.h>

#include <charconv>

#include "policy/canonical_host.h"
#include "policy/canonical_time.h"
#include "policy/question.h"
#include "policy/unicode.h"
#include "wire/utf8.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::array<std::string_view, layer_count> layer_names = {"built-in", "organisation",
                                                                   "team", "project", "person"};
constexpr std::array<std::string_view, 3> log_names = {"digest", "summary", "full"};
constexpr std::array<std::string_view, 4> redaction_names = {"secrets", "personal", "customer",
                                                             "value"};
constexpr std::size_t sentence_bytes_max = 300;
constexpr std::size_t list_items_max = 64;

template <std::size_t size>
std::optional<std::size_t> index_in(const std::array<std::string_view, size>& names,
                                    std::string_view name) {
    const auto* found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

Result<std::vector<std::string>> parse_list(std::string_view text) {
    std::vector<std::string> items;
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view item = trimmed(text.substr(0, comma));
        if (item.empty()) return fail(Code::invalid_input, "a list has an empty item");
        items.emplace_back(item);
        if (items.size() > list_items_max) return fail(Code::invalid_input, "a list is too long");
        if (comma == std::string_view::npos) return items;
        text.remove_prefix(comma + 1);
    }
}

// A sentence that is shown to a person who decides: nothing hidden in it.
Result<std::string> parse_sentence(std::string_view text) {
    if (trimmed(text).empty() || text.size() > sentence_bytes_max) {
        return fail(Code::invalid_input,
                    fmt::format("expected 1 to {} bytes of text", sentence_bytes_max));
    }
    for (const char32_t c : code_points(text)) {
        if (is_hidden(c)) return fail(Code::invalid_input, "the text holds an invisible character");
    }
    return std::string(text);
}

// "host:port", "*.suffix:port"; "inspect host:port" is looked into as well.
Result<> set_egress(Rule& rule, std::string_view text) {
    constexpr std::string_view inspect = "inspect ";
    for (const std::string& item : TRY(parse_list(text))) {
        const bool is_inspected = item.starts_with(inspect);
        const std::string_view named =
            trimmed(std::string_view(item).substr(is_inspected ? inspect.size() : 0));
        const bool is_suffix = named.starts_with("*.");
        const HostPort at = TRY(canonical_host_port(named.substr(is_suffix ? 2 : 0), 443));
        rule.egress.push_back((is_suffix ? "*." : "") + at.text());
        if (is_inspected) rule.inspect.push_back(rule.egress.back());
    }
    return {};
}

Result<> set_redact(Rule& rule, std::string_view value) {
    for (const std::string& item : TRY(parse_list(value))) {
        const auto index = index_in(redaction_names, item);
        if (!index) {
            return fail(Code::invalid_input, "expected secrets, personal, customer or value");
        }
        rule.redact.add(static_cast<Redaction>(*index));
    }
    return {};
}

Result<> set_log(Rule& rule, std::string_view value) {
    const auto index = index_in(log_names, value);
    if (!index) return fail(Code::invalid_input, "expected digest, summary or full");
    rule.log = static_cast<LogLevel>(*index);
    return {};
}

Result<> set_quorum(Rule& rule, std::string_view value) {
    std::uint32_t quorum = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), quorum);
    if (error != std::errc() || end != value.data() + value.size() || quorum < 1 || quorum > 16) {
        return fail(Code::invalid_input, "expected a number of persons from 1 to 16");
    }
    rule.quorum = quorum;
    return {};
}

Result<> set_factor(Rule& rule, std::string_view value) {
    if (value != factor_totp) return fail(Code::invalid_input, "expected totp");
    rule.needs_code = true;
    return {};
}

Result<> set_id(Rule& rule, std::string_view value) {
    if (!is_rule_id(value)) {
        return fail(Code::invalid_input,
                    "expected lower-case letters, digits, \"-\" and \".\", at most 80");
    }
    rule.id = value;
    return {};
}

template <auto member, auto parse>
Result<> set_parsed(Rule& rule, std::string_view value) {
    rule.*member = TRY(parse(value));
    return {};
}

Result<> set_sandbox(Rule& rule, std::string_view value) {
    rule.sandbox = value;
    return {};
}

enum class Where : std::uint8_t { anywhere, permits, forbids, with_consent };

struct Entry {
    std::string_view name;
    Where where;
    Result<> (*set)(Rule&, std::string_view);
};

// The closed vocabulary: an annotation that would do nothing where it stands is refused.
constexpr Entry vocabulary[] = {
    {"id", Where::anywhere, set_id},
    {"sandbox", Where::permits, set_sandbox},
    {"redact", Where::permits, set_redact},
    {"egress", Where::permits, set_egress},
    {"ttl", Where::permits, set_parsed<&Rule::ttl_ms, parse_duration_ms>},
    {"log", Where::permits, set_log},
    {"ask", Where::with_consent, set_parsed<&Rule::ask, parse_sentence>},
    {"reason", Where::anywhere, set_parsed<&Rule::reason, parse_sentence>},
    {"owner", Where::anywhere, set_parsed<&Rule::owner, parse_sentence>},
    {"justification", Where::anywhere, set_parsed<&Rule::justification, parse_sentence>},
    {"expires", Where::permits, set_parsed<&Rule::expires_ms, parse_time>},
    {"approvers", Where::with_consent, set_parsed<&Rule::approvers, parse_list>},
    {"quorum", Where::with_consent, set_quorum},
    {"factor", Where::with_consent, set_factor},
};

Result<> check_place(const Entry& entry, const Rule& rule) {
    switch (entry.where) {
        case Where::anywhere:
            return {};
        case Where::permits:
            if (rule.effect == cedar::Effect::permit) return {};
            return fail(Code::invalid_input, "it does nothing on a forbid; write it on permits");
        case Where::forbids:
            if (rule.effect == cedar::Effect::forbid) return {};
            return fail(Code::invalid_input, "it does nothing on a permit; write it on forbids");
        case Where::with_consent:
            if (rule.reads_approved) return {};
            return fail(Code::invalid_input,
                        "it does nothing, because no condition reads context.base.approved");
    }
    return {};
}

Result<> apply(const cedar::Annotation& annotation, Rule& rule) {
    for (const Entry& entry : vocabulary) {
        if (entry.name != annotation.name) continue;
        if (!annotation.has_value) return fail(Code::invalid_input, "a value is missing");
        TRY(check_place(entry, rule));
        return entry.set(rule, annotation.value);
    }
    return fail(Code::invalid_input,
                "no such annotation; expected @id @sandbox @redact @egress @ttl @ask @reason @log "
                "@owner @justification @expires @approvers @quorum or @factor");
}

base::Failure refuse(const cedar::Policy& policy, cedar::Span span, const std::string& what) {
    return cedar::fail_at(*policy.source, span, what);
}

}  // namespace

std::string_view layer_name(Layer layer) {
    return layer_names[static_cast<std::size_t>(layer)];
}

std::optional<Layer> layer_from_name(std::string_view name) {
    const auto index = index_in(layer_names, name);
    return index ? std::optional(static_cast<Layer>(*index)) : std::nullopt;
}

std::string_view log_level_name(LogLevel level) {
    return log_names[static_cast<std::size_t>(level)];
}

std::string_view redaction_name(Redaction redaction) {
    return redaction_names[static_cast<std::size_t>(redaction)];
}

std::vector<std::string_view> Redactions::names() const {
    std::vector<std::string_view> result;
    for (std::size_t i = 0; i < redaction_names.size(); ++i) {
        if (has(static_cast<Redaction>(i))) result.push_back(redaction_names[i]);
    }
    return result;
}

bool is_rule_id(std::string_view id) {
    if (id.empty() || id.size() > 80 || id.front() == '-' || id.back() == '-') return false;
    return std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

bool reads_approved(const cedar::Policy& policy) {
    for (const cedar::Expr& node : policy.nodes) {
        const bool reads = node.kind == cedar::ExprKind::get_attribute &&
                           (node.text == "approved" || node.text == "approval");
        if (reads) return true;
        if (node.kind != cedar::ExprKind::has_attribute) continue;
        for (const std::string& name : node.names) {
            if (name == "approval") return true;
        }
    }
    return false;
}

Result<Rule> rule_of(cedar::Policy& policy, Layer layer,
                     const std::vector<std::string>& sandboxes) {
    Rule rule;
    rule.layer = layer;
    rule.effect = policy.effect;
    rule.reads_approved = reads_approved(policy);
    rule.file = policy.source->name();
    if (policy.is_template()) {
        return refuse(policy, policy.span,
                      "a policy with ?principal or ?resource does nothing here");
    }
    for (const cedar::Annotation& annotation : policy.annotations) {
        const Result<> applied = apply(annotation, rule);
        if (!applied) {
            return refuse(policy, annotation.span,
                          "@" + annotation.name + ": " + applied.error().what);
        }
    }
    if (rule.id.empty()) return refuse(policy, policy.span, "the policy has no @id");
    const bool is_known = rule.sandbox.empty() || std::find(sandboxes.begin(), sandboxes.end(),
                                                            rule.sandbox) != sandboxes.end();
    if (!is_known) {
        return refuse(policy, policy.span,
                      "@sandbox: there is no profile \"" + rule.sandbox + "\"");
    }
    policy.id = rule.id;
    return rule;
}

}  // namespace hs::policy
