#include "policy/narrow.h"

#include <fmt/format.h>

#include "policy/explain.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;

// FNV-1a: names the rule after what it allows; no secrecy is needed.
std::string short_hash(std::string_view text) {
    std::uint64_t state = 0xcbf29ce484222325ULL;
    for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return fmt::format("{:08x}", state >> 32U);
}

std::string entity(std::string_view type, std::string_view id) {
    return cedar::to_text(cedar::EntityUid{std::string(type), std::string(id)});
}

void append_host_facts(std::vector<std::string>& facts, Effect effect, const HostTarget& host) {
    const bool is_http = effect == Effect::http_get || effect == Effect::http_send;
    if (is_http) facts.push_back("context.method == " + cedar::quoted(host.method));
    if (effect == Effect::connect) return;
    facts.push_back("context.path == " + cedar::quoted(host.path));
    if (effect != Effect::browse_act && !host.has_query) facts.emplace_back("!context.query");
    if (effect == Effect::browse_act)
        facts.push_back("context.verb == " + cedar::quoted(host.verb));
    facts.emplace_back(host.is_tls ? "resource.tls" : "!resource.tls");
}

// The conjuncts that pin down the circumstances and the arguments.
std::vector<std::string> facts_of(const Question& question) {
    std::vector<std::string> facts;
    facts.push_back("context.base.space == " + entity("Hardshell::Space", question.space));
    facts.push_back("context.base.project == " +
                    entity("Hardshell::Project", question.project.name));
    const auto integrity = static_cast<int>(question.label.integrity);
    if (integrity > 0)
        facts.push_back(fmt::format("context.base.label.integrity >= {}", integrity));
    facts.push_back(fmt::format("context.base.label.level <= {}", question.label.classes.level()));
    if (const auto* command = std::get_if<CommandTarget>(&question.target)) {
        facts.push_back("context.command.line == " + cedar::quoted(target_text(question.target)));
        facts.push_back("resource.sha256 == " + cedar::quoted(command->sha256));
    }
    if (const auto* host = std::get_if<HostTarget>(&question.target)) {
        append_host_facts(facts, question.effect, *host);
    }
    if (const auto* secret = std::get_if<SecretTarget>(&question.target)) {
        facts.push_back("context.target == " +
                        entity("Hardshell::Host",
                               fmt::format("{}:{}", secret->towards.host, secret->towards.port)));
    }
    return facts;
}

void append_annotation(std::string& text, std::string_view name, std::string_view value) {
    if (!value.empty()) text += fmt::format("@{}({})\n", name, cedar::quoted(value));
}

// The hosts that every list names in the same words; never more than the lists admit together.
std::vector<std::string> common_hosts(const Obligations& obligations) {
    if (obligations.egress.empty()) return {};
    std::vector<std::string> hosts = obligations.egress.front();
    for (const std::vector<std::string>& list : obligations.egress) {
        std::erase_if(hosts, [&](const std::string& host) {
            return std::find(list.begin(), list.end(), host) == list.end();
        });
    }
    for (std::string& host : hosts) {
        const auto& inspect = obligations.inspect;
        if (std::find(inspect.begin(), inspect.end(), host) != inspect.end()) {
            host.insert(0, "inspect ");
        }
    }
    // No common host: nothing may be reached, which a name that cannot resolve says (RFC 6761).
    if (hosts.empty()) hosts.emplace_back("nowhere.invalid:443");
    return hosts;
}

void append_obligations(std::string& text, const Obligations& obligations) {
    append_annotation(text, "sandbox", obligations.sandbox);
    append_annotation(text, "redact",
                      fmt::format("{}", fmt::join(obligations.redact.names(), ", ")));
    append_annotation(text, "egress",
                      fmt::format("{}", fmt::join(common_hosts(obligations), ", ")));
    if (obligations.ttl_ms) {
        append_annotation(text, "ttl", fmt::format("{}ms", *obligations.ttl_ms));
    }
    if (obligations.log != LogLevel::digest) {
        append_annotation(text, "log", log_level_name(obligations.log));
    }
}

std::string_view verb_of(Effect effect) {
    switch (effect) {
        case Effect::file_read:
            return "read";
        case Effect::file_write:
            return "write";
        case Effect::file_delete:
            return "delete";
        case Effect::run:
            return "run exactly";
        case Effect::http_get:
        case Effect::browse_read:
            return "fetch from";
        case Effect::http_send:
        case Effect::browse_act:
            return "send to";
        case Effect::connect:
            return "connect to";
        case Effect::message:
            return "send a message to";
        case Effect::secret_use:
            return "use the secret";
        case Effect::recall:
            return "recall from";
        case Effect::remember:
            return "remember in";
        case Effect::infer_local:
        case Effect::infer_remote:
            return "think with";
        case Effect::skill_load:
            return "load the skill";
        case Effect::mcp_call:
            return "call";
        case Effect::schedule:
            return "schedule";
        case Effect::configure:
        case Effect::policy_change:
            return "change";
    }
    return "act on";
}

std::string words_of(const NarrowWish& wish) {
    const Question& question = wish.question;
    const bool is_agent = question.actor.kind == ActorKind::agent;
    std::string text = fmt::format("{} may {} {}", is_agent ? "The assistant" : question.actor.name,
                                   verb_of(question.effect), target_text(question.target));
    if (const auto* host = std::get_if<HostTarget>(&question.target)) {
        text += fmt::format(" {} {}{}", host->method, host->path,
                            host->has_query ? "" : " (without a query)");
    }
    text += fmt::format(" without being asked, in the space {}", question.space);
    text += question.project.name == "none"
                ? ", outside of projects"
                : fmt::format(", in the project {}", question.project.name);
    if (question.label.integrity == flow::Integrity::person) {
        text += ", while the conversation holds your own words only";
    } else if (question.label.integrity == flow::Integrity::internal) {
        text += ", while the conversation holds no text of strangers";
    }
    if (wish.until_ms) {
        text += fmt::format(", until {}", base::format_time(*wish.until_ms).substr(0, 16));
    }
    return text + ".";
}

NarrowRule write_rule(const NarrowWish& wish, const Obligations& obligations) {
    const Question& question = wish.question;
    std::vector<std::string> facts = facts_of(question);
    std::string until;
    if (wish.until_ms) {
        until = base::format_time(*wish.until_ms);
        facts.push_back(fmt::format("context.base.now < datetime({})", cedar::quoted(until)));
    }
    std::string body = fmt::format(
        "permit (\n  principal == {},\n  action == {},\n  resource == {}\n)\nwhen {{\n  {}\n}};\n",
        entity(principal_type(question.actor.kind), question.actor.name),
        entity(type_action, name_of(question.effect)),
        entity(resource_type(question.target), resource_id(question.target)),
        fmt::join(facts, " &&\n  "));
    NarrowRule rule;
    std::string effect(name_of(question.effect));
    std::replace(effect.begin(), effect.end(), '_', '-');
    rule.id = fmt::format("allow-{}-{}", effect, short_hash(body));
    append_annotation(rule.text, "id", rule.id);
    append_annotation(rule.text, "owner", wish.owner);
    append_annotation(rule.text, "justification", wish.justification);
    append_annotation(rule.text, "expires", until);
    append_obligations(rule.text, obligations);
    rule.text += body;
    rule.words = words_of(wish);
    return rule;
}

}  // namespace

Result<NarrowRule> narrowest_rule(const PolicySources& sources, const LoadOptions& options,
                                  const NarrowWish& wish) {
    QuestionScratch scratch;
    Question question = wish.question;
    question.consents.clear();
    question.reachable = true;
    const SnapshotPointer before = TRY(load(sources, options));
    const Decision decision = decide(before, question, scratch);
    if (decision.outcome == Outcome::allow) {
        return fail(Code::conflict, "no rule is needed: " + summary(decision));
    }
    // What takes a code or several people takes it each time.
    for (const ApprovalRequirement& needed : decision.requirements) {
        if (!needed.needs_code && needed.quorum <= 1) continue;
        return fail(Code::denied,
                    fmt::format("a rule cannot stand for {} (wanted by {}); have it approved each "
                                "time",
                                describe(needed, question.person), needed.rule));
    }
    NarrowWish cleaned = wish;
    cleaned.question = question;
    NarrowRule rule = write_rule(cleaned, decision.obligations);
    PolicySources with_rule = sources;
    with_rule.files.push_back({wish.layer, RuleKind::rules, {rule.id + ".cedar", rule.text}});
    const SnapshotPointer after = TRY(load(with_rule, options));
    const Decision tried = decide(after, question, scratch);
    if (tried.outcome == Outcome::allow) return rule;
    const std::string remedy = smallest_change(tried, question);
    return fail(Code::denied,
                fmt::format("no rule of the {} layer can allow it: {}; what would: {}",
                            layer_name(wish.layer), summary(tried), remedy));
}

}  // namespace hs::policy
