#include "policy/trial.h"

#include <fmt/format.h>

#include "flow/data_classes.h"
#include "policy/canonical_time.h"
#include "wire/url.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;

Result<CanonicalPath> path_from(std::string_view text, const CanonicalPath& folder) {
    if (text.starts_with('/')) return CanonicalPath::from_text(text);
    return CanonicalPath::from_text(folder.text() + "/" + std::string(text));
}

Result<std::vector<CanonicalPath>> read_paths(TableReader& table, std::string_view key) {
    std::vector<CanonicalPath> paths;
    for (const std::string& text : TRY(table.texts(key))) {
        const auto path = CanonicalPath::from_text(text);
        if (!path) return table.refuse(key, path.error().what);
        paths.push_back(*path);
    }
    return paths;
}

template <class Word>
Result<> read_word(TableReader& table, std::string_view key, Word& word) {
    if (!table.has(key)) return {};
    const auto found = word_from_name<Word>(TRY(table.text(key)));
    if (!found) return table.refuse(key, "no such word; see policies/hardshell.cedarschema");
    word = *found;
    return {};
}

Result<> read_classes(TableReader& table, std::string_view key, flow::DataClasses& classes) {
    if (!table.has(key)) return {};
    const auto read = flow::data_classes_from_json(*table.json(key));
    if (!read) return table.refuse(key, read.error().what);
    classes = *read;
    return {};
}

Result<> read_time(TableReader& table, std::string_view key, base::WallTime_ms& time_ms) {
    if (!table.has(key)) return {};
    const auto read = parse_time(TRY(table.text(key)));
    if (!read) return table.refuse(key, read.error().what);
    time_ms = *read;
    return {};
}

Result<> read_person(TableReader& table, Given& given) {
    Question& like = given.like;
    like.person = TRY(table.text_or("person", like.person));
    like.space = TRY(table.text_or("space", like.space));
    if (table.has("teams")) like.teams = TRY(table.texts("teams"));
    like.origin.name = TRY(table.text_or("origin", like.origin.name));
    like.lockdown = TRY(table.boolean_or("lockdown", like.lockdown));
    if (table.has("unproven")) like.unproven = TRY(table.texts("unproven"));
    like.reachable = TRY(table.boolean_or("reachable", like.reachable));
    TRY(read_time(table, "now", like.now_ms));
    if (!table.has("by")) return {};
    // "agent", "person", or "skill NAME".
    const std::string by = TRY(table.text("by"));
    if (by == "person") {
        like.actor.kind = ActorKind::person;
        like.actor.name = like.person;
    } else if (by.starts_with("skill ")) {
        like.actor.kind = ActorKind::skill;
        like.actor.agent = "main";
        like.actor.name = by.substr(6);
    } else if (by != "agent") {
        return table.refuse("by", "expected agent, person or skill NAME");
    }
    return {};
}

Result<> read_places(TableReader& table, Given& given) {
    if (table.has("granted")) given.around.granted_roots = TRY(read_paths(table, "granted"));
    if (table.has("own")) given.around.own_folders = TRY(read_paths(table, "own"));
    for (const auto& [key, place] :
         {std::pair("home", &given.around.home), std::pair("project", &given.around.project)}) {
        if (!table.has(key)) continue;
        const auto path = CanonicalPath::from_text(TRY(table.text(key)));
        if (!path) return table.refuse(key, path.error().what);
        *place = *path;
    }
    if (given.around.project) {
        given.like.project.name = given.around.project->text();
        given.working_directory = *given.around.project;
    }
    TRY(read_word(table, "use", given.like.project.use));
    const bool was_tracked = given.tracking == Tracking::tracked;
    const bool is_tracked = TRY(table.boolean_or("tracked", was_tracked));
    given.tracking = is_tracked ? Tracking::tracked : Tracking::untracked;
    given.path_kind = TRY(table.text_or("kind", given.path_kind));
    given.executable = TRY(table.text_or("executable", given.executable));
    given.address = TRY(table.text_or("address", given.address));
    return {};
}

// What is known of a call by its tool's manifest.
Result<> read_call(TableReader& table, FlowFacts& flow) {
    flow.is_declared = TRY(table.boolean_or("declared", flow.is_declared));
    flow.effect = TRY(table.text_or("tool_effect", flow.effect));
    flow.destination = TRY(table.integer_or("destination_voucher", flow.destination));
    flow.object = TRY(table.integer_or("object_voucher", flow.object));
    flow.has_destination = TRY(table.boolean_or("has_destination", flow.has_destination));
    flow.acts_on_object = TRY(table.boolean_or("acts_on_object", flow.acts_on_object));
    flow.is_external = TRY(table.boolean_or("external", flow.is_external));
    flow.has_outsider = TRY(table.boolean_or("outsider", flow.has_outsider));
    flow.to_place = TRY(table.boolean_or("to_place", flow.to_place));
    flow.to_page = TRY(table.boolean_or("to_page", flow.to_page));
    flow.to_self = TRY(table.boolean_or("to_self", flow.to_self));
    flow.amount = TRY(table.integer_or("amount", flow.amount));
    flow.amount_endorsed = TRY(table.boolean_or("amount_endorsed", flow.amount_endorsed));
    flow.made_endorsed = TRY(table.boolean_or("made_endorsed", flow.made_endorsed));
    flow.foreign_link = TRY(table.boolean_or("foreign_link", flow.foreign_link));
    flow.content_level = TRY(table.integer_or("content_level", flow.content_level));
    flow.readers_hold = TRY(table.boolean_or("readers_hold", flow.readers_hold));
    return {};
}

Result<> read_label(TableReader& table, Given& given) {
    flow::Label& label = given.like.label;
    if (table.has("integrity")) {
        const auto integrity = flow::integrity_from_name(TRY(table.text("integrity")));
        if (!integrity) return table.refuse("integrity", "expected untrusted, internal or person");
        label.integrity = *integrity;
    }
    TRY(read_classes(table, "classes", label.classes));
    FlowFacts& flow = given.like.flow;
    flow.destination_endorsed =
        TRY(table.boolean_or("destination_endorsed", flow.destination_endorsed));
    flow.object_endorsed = TRY(table.boolean_or("object_endorsed", flow.object_endorsed));
    flow.content_endorsed = TRY(table.boolean_or("content_endorsed", flow.content_endorsed));
    flow.carries_context = TRY(table.boolean_or("carries_context", flow.carries_context));
    flow.has_plan = TRY(table.boolean_or("has_plan", flow.has_plan));
    flow.is_in_plan = TRY(table.boolean_or("in_plan", flow.is_in_plan));
    TRY(read_call(table, flow));
    SessionCounters& session = given.like.session;
    session.calls = TRY(table.integer_or("session_calls", session.calls));
    session.denied = TRY(table.integer_or("session_denied", session.denied));
    session.approvals = TRY(table.integer_or("session_approvals", session.approvals));
    session.sent_bytes = TRY(table.integer_or("session_sent_bytes", session.sent_bytes));
    return {};
}

Result<> read_target(TableReader& table, Given& given) {
    TRY(read_word(table, "tier", given.tier));
    Assurance& assurance = given.assurance;
    assurance.persists = TRY(table.boolean_or("persists", assurance.persists));
    assurance.known_provider = TRY(table.boolean_or("known_provider", assurance.known_provider));
    assurance.reviewed = TRY(table.boolean_or("reviewed", assurance.reviewed));
    TRY(read_time(table, "assessed_until", assurance.assessed_until_ms));
    given.like.actor.tier = given.tier;
    given.like.actor.assurance = assurance;
    ProviderTarget& provider = given.provider;
    provider.is_local = TRY(table.boolean_or("local", provider.is_local));
    provider.is_configured = TRY(table.boolean_or("configured", provider.is_configured));
    provider.retains = TRY(table.boolean_or("retains", provider.retains));
    TRY(read_classes(table, "accepts", provider.accepts));
    TRY(read_classes(table, "compartment_classes", given.compartment_classes));
    given.compartment_level = TRY(table.integer_or("compartment_level", given.compartment_level));
    given.compartment_project =
        TRY(table.text_or("compartment_project", given.compartment_project));
    given.memory_kind = TRY(table.text_or("memory_kind", given.memory_kind));
    given.memory_operation = TRY(table.text_or("memory_operation", given.memory_operation));
    given.quarantined = TRY(table.boolean_or("quarantined", given.quarantined));
    given.mutates = TRY(table.boolean_or("mutates", given.mutates));
    given.destroys = TRY(table.boolean_or("destroys", given.destroys));
    given.weakens = TRY(table.boolean_or("weakens", given.weakens));
    given.is_external = TRY(table.boolean_or("external", given.is_external));
    if (table.has("audience")) given.audience = TRY(table.texts("audience"));
    return {};
}

// "bob", "bob:security,platform" or "bob+totp:security"; each consent is of now and lasts an hour.
Result<> read_consents(TableReader& table, Given& given) {
    if (!table.has("approved_by")) return {};
    constexpr base::WallTime_ms lasts_ms = 3'600'000;
    given.like.consents.clear();
    for (const std::string& text : TRY(table.texts("approved_by"))) {
        const std::size_t colon = text.find(':');
        Consent consent;
        consent.person = text.substr(0, colon);
        if (consent.person.ends_with("+totp")) {
            consent.factor = factor_totp;
            consent.person.resize(consent.person.size() - 5);
        }
        std::string_view roles = colon == std::string::npos
                                     ? std::string_view()
                                     : std::string_view(text).substr(colon + 1);
        while (!roles.empty()) {
            const std::size_t comma = std::min(roles.find(','), roles.size());
            consent.roles.emplace_back(roles.substr(0, comma));
            roles.remove_prefix(std::min(comma + 1, roles.size()));
        }
        consent.at_ms = given.like.now_ms;
        consent.until_ms = given.like.now_ms + lasts_ms;
        given.like.consents.push_back(std::move(consent));
    }
    return {};
}

// Makes the effect and target of a question out of words.
class Words {
  public:
    Words(std::string_view text, const Given& given, const FactTables& facts)
        : given_(given), facts_(facts) {
        const std::size_t space = std::min(text.find(' '), text.size());
        verb_ = text.substr(0, space);
        rest_ = text.substr(std::min(space + 1, text.size()));
        while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    }

    Result<> apply(Question& question) {
        struct Verb {
            std::string_view name;
            Effect effect;
            Result<Target> (Words::*target)(Question&);
        };
        static constexpr Verb verbs[] = {
            {"read", Effect::file_read, &Words::path},
            {"list", Effect::file_read, &Words::folder},
            {"write", Effect::file_write, &Words::path},
            {"delete", Effect::file_delete, &Words::path},
            {"run", Effect::run, &Words::command},
            {"get", Effect::http_get, &Words::url},
            {"send", Effect::http_send, &Words::send},
            {"browse", Effect::browse_read, &Words::url},
            {"click", Effect::browse_act, &Words::click},
            {"connect", Effect::connect, &Words::stream},
            {"message", Effect::message, &Words::message},
            {"infer", Effect::infer_remote, &Words::infer},
            {"recall", Effect::recall, &Words::compartment},
            {"remember", Effect::remember, &Words::compartment},
            {"secret", Effect::secret_use, &Words::secret},
            {"skill", Effect::skill_load, &Words::skill},
            {"call", Effect::mcp_call, &Words::call},
            {"set", Effect::configure, &Words::setting},
            {"schedule", Effect::schedule, &Words::setting},
            {"policy", Effect::policy_change, &Words::setting},
        };
        for (const Verb& verb : verbs) {
            if (verb.name != verb_) continue;
            if (rest_.empty()) return fail(Code::invalid_input, fmt::format("{}: of what?", verb_));
            question.effect = verb.effect;
            question.target = TRY((this->*verb.target)(question));
            return {};
        }
        return fail(Code::invalid_input,
                    "expected an action such as \"read README.md\", \"run git push\", \"get "
                    "https://example.com/\" or \"send POST https://example.com/\"");
    }

  private:
    Result<Target> path(Question&) { return path_of_kind(given_.path_kind); }
    Result<Target> folder(Question&) { return path_of_kind("folder"); }
    Result<Target> path_of_kind(std::string_view kind) {
        std::string text(rest_);
        if (text.starts_with("~/") && given_.around.home)
            text = given_.around.home->text() + text.substr(1);
        const CanonicalPath path = TRY(path_from(text, given_.working_directory));
        return Target(facts_.path(path, kind, given_.around, given_.tracking));
    }

    Result<Target> command(Question&) {
        const std::vector<std::string> argv = TRY(split_command(rest_));
        const bool is_path = argv[0].find('/') != std::string::npos;
        const CanonicalPath called = TRY(is_path ? path_from(argv[0], given_.working_directory)
                                                 : CanonicalPath::from_text("/usr/bin/" + argv[0]));
        const CanonicalPath executable =
            given_.executable.empty() ? called : TRY(CanonicalPath::from_text(given_.executable));
        return Target(facts_.command(
            CommandLine{called, executable, std::string(64, '0'), argv, given_.working_directory},
            given_.around));
    }

    Result<HttpAim> aim_at(std::string_view text) {
        const wire::Url url = TRY(wire::parse_url(text));
        HttpAim aim;
        aim.at.host = TRY(canonical_host(url.host));
        aim.at.port = url.port;
        aim.is_tls = url.scheme == wire::Scheme::https;
        aim.path = url.path;
        aim.has_query = url.has_query;
        if (!given_.address.empty()) aim.address = TRY(parse_address(given_.address));
        return aim;
    }
    Result<Target> url(Question&) { return Target(facts_.host(TRY(aim_at(rest_)))); }
    Result<Target> send(Question& question) {
        const std::size_t space = std::min(rest_.find(' '), rest_.size());
        HttpAim aim = TRY(aim_at(rest_.substr(std::min(space + 1, rest_.size()))));
        aim.method = rest_.substr(0, space);
        question.effect = FactTables::http_effect(aim.method);
        return Target(facts_.host(aim));
    }
    Result<Target> click(Question&) {
        HostTarget target = facts_.host(TRY(aim_at(rest_)));
        target.verb = "click";
        return Target(std::move(target));
    }
    Result<HttpAim> aim_at_host(std::string_view text) {
        HttpAim aim;
        aim.at = TRY(canonical_host_port(text, 443));
        if (!given_.address.empty()) aim.address = TRY(parse_address(given_.address));
        return aim;
    }
    Result<Target> stream(Question&) { return Target(facts_.host(TRY(aim_at_host(rest_)))); }

    Result<Target> message(Question& question) {
        ChannelTarget target;
        target.channel.name = rest_;
        if (rest_ == question.origin.name)
            target.channel = question.origin;
        else
            target.channel.is_external = given_.is_external;
        return Target(std::move(target));
    }
    Result<Target> infer(Question& question) {
        ProviderTarget target = given_.provider;
        target.name = rest_;
        target.tier = given_.tier;
        target.assurance = given_.assurance;
        // As in the settings: one on this machine takes every class unless something is said.
        if (target.is_local && target.accepts.empty()) target.accepts = flow::every_data_class();
        question.effect = target.is_local ? Effect::infer_local : Effect::infer_remote;
        return Target(std::move(target));
    }
    Result<Target> compartment(Question& question) {
        CompartmentTarget target;
        target.name = rest_;
        target.space = question.space;
        target.classes = given_.compartment_classes;
        target.level = given_.compartment_level;
        target.project = given_.compartment_project;
        target.kind = given_.memory_kind;
        target.operation = given_.memory_operation;
        target.is_quarantined = given_.quarantined;
        return Target(std::move(target));
    }
    Result<Target> secret(Question& question) {
        const std::size_t split = rest_.find(" for ");
        if (split == std::string_view::npos) {
            return fail(Code::invalid_input, "expected: secret NAME for HOST:PORT");
        }
        SecretTarget target;
        target.name = rest_.substr(0, split);
        target.space = question.space;
        target.audience = given_.audience;
        target.towards = facts_.host(TRY(aim_at_host(rest_.substr(split + 5))));
        return Target(std::move(target));
    }
    Result<Target> skill(Question&) {
        SkillTarget target;
        target.name = rest_;
        target.tier = given_.tier;
        target.assurance = given_.assurance;
        return Target(std::move(target));
    }
    Result<Target> call(Question&) {
        const std::size_t slash = rest_.find('/');
        if (slash == std::string_view::npos) {
            return fail(Code::invalid_input, "expected: call SERVER/TOOL");
        }
        McpTarget target;
        target.server = rest_.substr(0, slash);
        target.tool = rest_.substr(slash + 1);
        target.tier = given_.tier;
        target.assurance = given_.assurance;
        target.mutates = given_.mutates;
        target.destroys = given_.destroys;
        return Target(std::move(target));
    }
    Result<Target> setting(Question&) {
        return Target(SettingTarget{std::string(rest_), given_.weakens});
    }

    const Given& given_;
    const FactTables& facts_;
    std::string_view verb_;
    std::string_view rest_;
};

}  // namespace

Result<Given> read_given(TableReader& table, const Given& before) {
    Given given = before;
    TRY(read_person(table, given));
    TRY(read_places(table, given));
    TRY(read_label(table, given));
    TRY(read_target(table, given));
    TRY(read_consents(table, given));
    return given;
}

Result<Question> question_of(std::string_view words, const Given& given, const FactTables& facts,
                             const ExceptionTable& exceptions) {
    Question question = given.like;
    TRY(Words(words, given, facts).apply(question));
    question.exceptions = exceptions.in_force(question);
    return question;
}

Result<std::vector<std::string>> split_command(std::string_view text) {
    std::vector<std::string> argv;
    std::string current;
    bool has_current = false;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != 0) {
            if (c == quote)
                quote = 0;
            else
                current += c;
        } else if (c == '\'' || c == '"') {
            quote = c;
            has_current = true;
        } else if (c == '\\' && i + 1 < text.size()) {
            current += text[++i];
            has_current = true;
        } else if (c != ' ') {
            current += c;
            has_current = true;
        } else if (has_current) {
            argv.push_back(std::exchange(current, {}));
            has_current = false;
        }
    }
    if (quote != 0) return fail(Code::invalid_input, "a quote of the command is not closed");
    if (has_current) argv.push_back(current);
    if (argv.empty() || argv[0].empty()) return fail(Code::invalid_input, "expected a command");
    return argv;
}

}  // namespace hs::policy
