#include "audit/facts.h"

#include <algorithm>

namespace hs::audit {

using wire::Json;

namespace {

constexpr std::size_t sessions_max = 65'536;

std::string text_in(const Json* object, std::string_view key) {
    const Json* member = object != nullptr ? object->find(key) : nullptr;
    return member != nullptr && member->text() != nullptr ? *member->text() : std::string();
}

std::uint64_t count_in(const Json* object, std::string_view key) {
    const Json* member = object != nullptr ? object->find(key) : nullptr;
    const auto* number = member != nullptr ? member->integer() : nullptr;
    return number != nullptr && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

const Json* member_of(const Json* object, std::string_view key) {
    return object != nullptr ? object->find(key) : nullptr;
}

void add(std::vector<std::string>& list, std::string text) {
    if (text.empty() || std::find(list.begin(), list.end(), text) != list.end()) return;
    list.push_back(std::move(text));
}

std::string last_part(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

// A command's operands may be files; which of them are is the program's business.
void read_command(const Json& action, EventFacts& facts) {
    const std::string executable = text_in(&action, "executable");
    const std::string folder = text_in(&action, "working_directory");
    facts.tool = last_part(executable);
    add(facts.files, executable);
    if (const Json* scripts = action.find("scripts"); scripts && scripts->array()) {
        for (const Json& script : *scripts->array()) add(facts.files, text_in(&script, "path"));
    }
    const Json* argv = action.find("argv");
    if (argv == nullptr || argv->array() == nullptr) return;
    bool first = true;
    for (const Json& word : *argv->array()) {
        if (std::exchange(first, false) || word.text() == nullptr) continue;
        std::string_view operand = *word.text();
        if (operand.empty() || operand.starts_with('-')) continue;
        while (operand.starts_with("./")) operand.remove_prefix(2);
        add(facts.operands,
            operand.starts_with('/') ? std::string(operand) : folder + "/" + std::string(operand));
    }
}

void read_action(const Json& action, EventFacts& facts) {
    facts.effect = text_in(&action, "effect");
    facts.tool = facts.effect;
    if (facts.effect == "run") return read_command(action, facts);
    if (facts.effect == "remember" && text_in(&action, "operation") == "add") {
        facts.memory = text_in(&action, "compartment") + " " + text_in(&action, "content_sha256");
    }
    add(facts.files, text_in(&action, "path"));
    add(facts.hosts, text_in(&action, "host"));
    add(facts.secrets, text_in(&action, "secret"));
    if (facts.provider.empty()) facts.provider = text_in(&action, "provider");
    if (facts.model.empty()) facts.model = text_in(&action, "model");
}

void read_question(const Json& question, EventFacts& facts) {
    const Json* label = question.find("label");
    facts.integrity = text_in(label, "integrity");
    if (const Json* classes = member_of(label, "classes"); classes && classes->array()) {
        for (const Json& one : *classes->array()) {
            if (one.text() != nullptr) facts.classes.push_back(*one.text());
        }
    }
    const Json* actor = question.find("actor");
    if (text_in(actor, "kind") == "skill") facts.skill = text_in(actor, "name");
    const Json* project = question.find("project");
    facts.project = text_in(project, "name");
    facts.project_use = text_in(project, "use");
}

// What was kept, of an effect; what a model was given, of a call: each is named once in a series.
void read_memories(EventKind kind, const Json& detail, EventFacts& facts) {
    if (kind == EventKind::effect_ended) {
        add(facts.memories, text_in(detail.find("details"), "memory"));
    }
    const Json* items = kind == EventKind::model_call ? detail.find("items") : nullptr;
    if (items == nullptr || items->array() == nullptr) return;
    for (const Json& item : *items->array()) {
        if (text_in(&item, "what") == "memory") add(facts.memories, text_in(&item, "name"));
    }
}

bool ends_as_path(std::string_view path, std::string_view wanted) {
    if (path == wanted) return true;
    return path.size() > wanted.size() && path.ends_with(wanted) &&
           path[path.size() - wanted.size() - 1] == '/';
}

bool has(const std::vector<std::string>& list, const std::string& wanted) {
    return std::find(list.begin(), list.end(), wanted) != list.end();
}

}  // namespace

bool EventFacts::changes() const {
    return effect == "file.write" || effect == "run" || effect == "http" || effect == "configure";
}

EventFacts facts_of(const RecordedEvent& event) {
    EventFacts facts;
    facts.kind = event.kind;
    facts.time_ms = event.time_ms;
    facts.person = event.text(Field::person);
    facts.space = event.text(Field::space);
    facts.agent = event.text(Field::agent);
    facts.session = event.text(Field::session);
    facts.turn = event.text(Field::turn);
    facts.decision = event.text(Field::decision);
    facts.outcome = event.text(Field::outcome);
    facts.tool = event.text(Field::tool);
    facts.provider = event.text(Field::provider);
    facts.model = event.text(Field::model);
    add(facts.hosts, event.text(Field::host));
    add(facts.files, event.text(Field::path));
    add(facts.secrets, event.text(Field::secret));
    const Json* detail = event.json.find("detail");
    if (detail == nullptr) return facts;
    if (const Json* request = detail->find("request"); request != nullptr) {
        if (const Json* action = request->find("action")) read_action(*action, facts);
        if (const Json* question = request->find("question")) read_question(*question, facts);
    }
    read_memories(event.kind, *detail, facts);
    if (event.kind == EventKind::skill_change) facts.skill = text_in(detail, "skill");
    if (event.kind == EventKind::message_out) {
        facts.input_tokens = count_in(detail, "input_tokens");
        facts.output_tokens = count_in(detail, "output_tokens");
        facts.cost_micro = count_in(detail, "cost_micro");
    }
    if (event.kind != EventKind::connection) return facts;
    if (facts.decision.empty()) facts.decision = text_in(detail, "decision");
    if (facts.outcome.empty()) facts.outcome = detail->find("error") ? "failed" : "ok";
    add(facts.hosts, text_in(detail, "host"));
    add(facts.secrets, text_in(detail, "credential"));
    facts.sent_bytes = count_in(detail, "sent_bytes");
    facts.received_bytes = count_in(detail, "received_bytes");
    return facts;
}

void Story::inherit(EventFacts& facts, const EventFacts& from) {
    const auto take = [](std::string& mine, const std::string& theirs) {
        if (mine.empty()) mine = theirs;
    };
    take(facts.person, from.person);
    take(facts.space, from.space);
    take(facts.agent, from.agent);
    take(facts.skill, from.skill);
    take(facts.session, from.session);
    take(facts.turn, from.turn);
    take(facts.effect, from.effect);
    take(facts.tool, from.tool);
    take(facts.project, from.project);
    take(facts.project_use, from.project_use);
    take(facts.provider, from.provider);
    take(facts.model, from.model);
    take(facts.memory, from.memory);
    take(facts.integrity, from.integrity);
    if (facts.classes.empty()) facts.classes = from.classes;
    if (facts.files.empty()) facts.files = from.files;
    if (facts.operands.empty()) facts.operands = from.operands;
    if (facts.hosts.empty()) facts.hosts = from.hosts;
    if (facts.secrets.empty()) facts.secrets = from.secrets;
}

void Story::remember(const EventFacts& facts) {
    if (!decisions_.insert_or_assign(facts.decision, facts).second) return;
    order_.push_back(facts.decision);
    if (order_.size() <= decisions_max) return;
    decisions_.erase(order_.front());
    order_.pop_front();
}

EventFacts Story::take(const RecordedEvent& event) {
    EventFacts facts = facts_of(event);
    if (event.kind == EventKind::decision && !facts.decision.empty()) {
        remember(facts);
    } else if (const auto found = decisions_.find(facts.decision); found != decisions_.end()) {
        inherit(facts, found->second);
    }
    if (!facts.session.empty()) {
        if (persons_.size() >= sessions_max) persons_.clear();
        std::string& known = persons_[facts.session];
        if (facts.person.empty()) facts.person = known;
        if (known.empty()) known = facts.person;
    }
    return facts;
}

bool Facets::empty() const {
    return person.empty() && tool.empty() && host.empty() && secret.empty() && file.empty() &&
           session.empty() && outcome.empty() && skill.empty();
}

bool names_file(const EventFacts& facts, std::string_view path) {
    const auto named = [path](const std::string& one) { return ends_as_path(one, path); };
    return std::any_of(facts.files.begin(), facts.files.end(), named) ||
           std::any_of(facts.operands.begin(), facts.operands.end(), named);
}

bool matches(const Facets& facets, const EventFacts& facts) {
    const auto is = [](const std::string& wanted, const std::string& held) {
        return wanted.empty() || wanted == held;
    };
    if (!is(facets.person, facts.person) || !is(facets.session, facts.session)) return false;
    if (!is(facets.outcome, facts.outcome) || !is(facets.skill, facts.skill)) return false;
    if (!facets.tool.empty() && facets.tool != facts.tool && facets.tool != facts.effect) {
        return false;
    }
    if (!facets.host.empty() && !has(facts.hosts, facets.host)) return false;
    if (!facets.secret.empty() && !has(facts.secrets, facets.secret)) return false;
    return facets.file.empty() || names_file(facts, facets.file);
}

}  // namespace hs::audit
