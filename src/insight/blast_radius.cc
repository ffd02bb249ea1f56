#include "insight/blast_radius.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace hs::insight {

using audit::EventKind;
using audit::Field;
using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::array<std::string_view, 9> names = {"secret",  "file",   "skill",    "host",  "mail",
                                                   "session", "person", "decision", "memory"};

// One record, as far as it carries something from somewhere to somewhere.
struct Act {
    std::uint64_t index = 0;
    audit::EventFacts facts;
    std::string id;  // of a message
    std::string content;
};

bool has(const std::vector<std::string>& list, const std::string& wanted) {
    return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool concerns(const audit::EventFacts& facts) {
    const EventKind kind = facts.kind;
    const bool keeps = kind == EventKind::effect_ended || kind == EventKind::model_call;
    if (keeps) return !facts.memories.empty();
    constexpr std::array kinds = {EventKind::decision,     EventKind::connection,
                                  EventKind::message_in,   EventKind::secret_use,
                                  EventKind::memory_write, EventKind::skill_change};
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool was_done(const audit::EventFacts& facts) {
    return facts.outcome != "deny" && facts.outcome != "ask" && facts.outcome != "refused";
}

bool is_read(const audit::EventFacts& facts) {
    return facts.kind == EventKind::decision && facts.effect == "file.read" && was_done(facts);
}
bool is_write(const audit::EventFacts& facts) {
    const bool writes = facts.effect == "file.write" || facts.effect == "file.delete";
    return facts.kind == EventKind::decision && writes && was_done(facts);
}
bool reaches_host(const audit::EventFacts& facts) {
    const bool reaches = facts.kind == EventKind::connection || facts.kind == EventKind::decision;
    return reaches && was_done(facts) && facts.effect != "infer" && !facts.hosts.empty();
}

bool is_kept(const audit::EventFacts& facts) {
    return facts.kind == EventKind::effect_ended && !facts.memories.empty();
}

void note(BlastRadius::Things& things, const std::string& name, const Act& act,
          std::uint64_t sent_bytes = 0) {
    if (name.empty()) return;
    Reached& one = things[name];
    if (one.count++ == 0) {
        one.name = name;
        one.first = act.index;
    }
    one.last = act.index;
    one.sent_bytes += sent_bytes;
    one.untrusted = one.untrusted || act.facts.integrity == "untrusted";
}

class Trail {
  public:
    explicit Trail(const About& about) : about_(about) {}

    Result<> read(audit::Reader& reader) {
        audit::Story story;
        return reader.for_each(0, reader.size(), [&](const audit::Record& record) {
            const auto event = audit::parse_event(record.leaf);
            if (!event) return true;
            ++found_.records;
            audit::EventFacts facts = story.take(*event);
            if (!concerns(facts)) return true;
            acts_.push_back({record.index, std::move(facts), event->text(Field::id),
                             event->text(Field::content)});
            return true;
        });
    }

    BlastRadius follow() {
        for (const Act& act : acts_) forwards(act);
        go_back();
        std::sort(found_.story.begin(), found_.story.end());
        found_.story.erase(std::unique(found_.story.begin(), found_.story.end()),
                           found_.story.end());
        return std::move(found_);
    }

  private:
    bool is_of_subject(const Act& act) const {
        const audit::EventFacts& facts = act.facts;
        if (about_.from_ms && facts.time_ms < *about_.from_ms) return false;
        switch (about_.subject) {
            case Subject::secret:
                return has(facts.secrets, about_.value) && was_done(facts);
            case Subject::file:
                return names_file(facts, about_.value) && was_done(facts);
            case Subject::skill:
                return facts.skill == about_.value;
            case Subject::host:
                return has(facts.hosts, about_.value) && was_done(facts);
            case Subject::mail:
                return act.id == about_.value || act.content == about_.value;
            case Subject::session:
                return facts.session == about_.value;
            case Subject::person:
                return facts.person == about_.value;
            case Subject::decision:
                return facts.decision == about_.value;
            case Subject::memory:
                return has(facts.memories, about_.value);
        }
        return false;
    }

    // A conversation carries it from the moment it touches the subject, or something that was
    // written by one that carries it.
    bool takes_up(const Act& act) const {
        const audit::EventFacts& facts = act.facts;
        if (is_of_subject(act)) return true;
        const bool reads = is_read(facts) || (facts.effect == "run" && was_done(facts));
        if (reads) {
            const auto is_tainted = [this](const std::string& file) {
                return found_.changed.contains(file);
            };
            if (std::any_of(facts.files.begin(), facts.files.end(), is_tainted) ||
                std::any_of(facts.operands.begin(), facts.operands.end(), is_tainted)) {
                return true;
            }
        }
        const auto is_written = [this](const std::string& id) {
            return found_.memory.contains(id);
        };
        if (std::any_of(facts.memories.begin(), facts.memories.end(), is_written)) return true;
        return !facts.skill.empty() && found_.skills.contains(facts.skill);
    }

    void forwards(const Act& act) {
        const std::string& session = act.facts.session;
        const bool carried = !session.empty() && found_.sessions.contains(session);
        if (!carried && !takes_up(act)) return;
        if (found_.story.size() < BlastRadius::story_max) found_.story.push_back(act.index);
        note(found_.sessions, session, act);
        spread(act);
    }

    void spread(const Act& act) {
        const audit::EventFacts& facts = act.facts;
        if (facts.kind == EventKind::decision && facts.outcome == "deny") {
            for (const auto* list : {&facts.files, &facts.hosts, &facts.secrets}) {
                for (const std::string& name : *list) note(found_.tried, name, act);
            }
            return;
        }
        if (!was_done(facts)) return;
        const bool decides = facts.kind == EventKind::decision;
        if (is_read(facts)) {
            for (const std::string& file : facts.files) note(found_.exposed, file, act);
        }
        if (is_write(facts)) {
            for (const std::string& file : facts.files) note(found_.changed, file, act);
        }
        if (decides && facts.effect == "run") {
            note(found_.commands, facts.tool, act);
            for (const std::string& file : facts.operands) note(found_.touched, file, act);
        }
        if (reaches_host(facts)) {
            for (const std::string& host : facts.hosts) {
                note(found_.hosts, host, act, facts.sent_bytes);
            }
        }
        if (decides) note(found_.memory, facts.memory, act);
        if (decides && facts.effect == "infer") note(found_.models, facts.provider, act);
        for (const std::string& secret : facts.secrets) note(found_.secrets, secret, act);
        // What the decision knew by its content alone has its id now.
        if (is_kept(facts)) found_.memory.erase(facts.memory);
        for (const std::string& id : facts.memories) {
            note(is_kept(facts) ? found_.memory : found_.recalled, id, act);
        }
        if (facts.kind == EventKind::memory_write) {
            note(found_.memory, act.content.empty() ? act.id : act.content, act);
        }
        if (facts.kind == EventKind::skill_change) note(found_.skills, facts.skill, act);
    }

    // From the place where each first conversation took it up: what had come into it before, and
    // who had written that.
    void go_back() {
        std::map<std::string, std::uint64_t> before;  // conversation: records below this one count
        Sources sources;
        for (const auto& [session, index] : first_carriers()) before[session] = index;
        for (auto act = acts_.rbegin(); act != acts_.rend(); ++act) {
            const audit::EventFacts& facts = act->facts;
            if (is_written_source(facts, sources)) {
                auto& bound = before[facts.session];
                bound = std::max(bound, act->index + 1);
            }
            const auto held = before.find(facts.session);
            if (held == before.end() || facts.session.empty() || act->index >= held->second) {
                continue;
            }
            note_source(*act, sources);
        }
    }

    struct Sources {
        std::set<std::string> files;
        std::set<std::string> memories;
    };

    // Whoever wrote a file or a memory that is a source is a source.
    static bool is_written_source(const audit::EventFacts& facts, const Sources& sources) {
        const auto any = [](const auto& list, const auto& of) {
            return std::any_of(list.begin(), list.end(),
                               [&](const std::string& one) { return of.contains(one); });
        };
        if (is_write(facts)) return any(facts.files, sources.files);
        return is_kept(facts) && any(facts.memories, sources.memories);
    }

    void note_source(const Act& act, Sources& sources) {
        const audit::EventFacts& facts = act.facts;
        bool is_source = false;
        if (is_read(facts)) {
            for (const std::string& file : facts.files) {
                sources.files.insert(file);
                note(found_.came_from_files, file, act);
                is_source = true;
            }
        }
        if (reaches_host(facts)) {
            for (const std::string& host : facts.hosts) {
                note(found_.came_from_hosts, host, act);
                is_source = true;
            }
        }
        if (facts.kind == EventKind::model_call) {
            for (const std::string& id : facts.memories) {
                sources.memories.insert(id);
                note(found_.came_from_memory, id, act);
                is_source = true;
            }
        }
        if (!is_source) return;
        note(found_.came_from_sessions, facts.session, act);
        if (found_.story.size() < BlastRadius::story_max) found_.story.push_back(act.index);
    }

    // Those that touched the subject itself. Of a whole conversation, its first act that changes
    // or sends something is where looking back begins.
    std::map<std::string, std::uint64_t> first_carriers() const {
        std::map<std::string, std::uint64_t> carriers;
        for (const Act& act : acts_) {
            if (act.facts.session.empty() || !is_of_subject(act)) continue;
            // Those that were only given it are not where it comes from.
            if (about_.subject == Subject::memory && !is_kept(act.facts)) continue;
            const bool whole =
                about_.subject == Subject::session || about_.subject == Subject::person;
            const bool acts = is_write(act.facts) || reaches_host(act.facts) ||
                              (act.facts.effect == "run" && was_done(act.facts));
            if (!whole || acts) carriers.emplace(act.facts.session, act.index);
        }
        return carriers;
    }

    const About& about_;
    std::vector<Act> acts_;
    BlastRadius found_;
};

Json things_json(const BlastRadius::Things& things) {
    JsonArray list;
    for (const auto& [name, one] : things) list.push_back(one.to_json());
    return list;
}

}  // namespace

std::optional<Subject> parse_subject(std::string_view name) {
    const auto* found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Subject>(found - names.begin());
}

std::string_view subject_name(Subject subject) {
    return names[static_cast<std::size_t>(subject)];
}

Result<About> parse_about(std::string_view text) {
    const std::size_t at = text.find('=');
    const auto subject = parse_subject(text.substr(0, at));
    if (!subject || at == std::string_view::npos || at + 1 == text.size()) {
        return fail(Code::invalid_input,
                    fmt::format("\"{}\": expected KIND=VALUE, where KIND is {}", text,
                                fmt::join(names, ", ")));
    }
    return About{*subject, std::string(text.substr(at + 1)), {}};
}

Json Reached::to_json() const {
    return JsonObject{{"name", name},
                      {"first", static_cast<std::int64_t>(first)},
                      {"last", static_cast<std::int64_t>(last)},
                      {"count", static_cast<std::int64_t>(count)},
                      {"sent_bytes", static_cast<std::int64_t>(sent_bytes)},
                      {"untrusted", untrusted}};
}

Json BlastRadius::to_json() const {
    JsonArray indexes;
    for (const std::uint64_t index : story) indexes.emplace_back(static_cast<std::int64_t>(index));
    Json forwards =
        JsonObject{{"sessions", things_json(sessions)}, {"changed", things_json(changed)},
                   {"touched", things_json(touched)},   {"commands", things_json(commands)},
                   {"hosts", things_json(hosts)},       {"secrets", things_json(secrets)},
                   {"memory", things_json(memory)},     {"skills", things_json(skills)},
                   {"models", things_json(models)},     {"recalled", things_json(recalled)},
                   {"exposed", things_json(exposed)},   {"tried", things_json(tried)}};
    Json backwards = JsonObject{{"files", things_json(came_from_files)},
                                {"hosts", things_json(came_from_hosts)},
                                {"sessions", things_json(came_from_sessions)},
                                {"memory", things_json(came_from_memory)}};
    return JsonObject{{"records", static_cast<std::int64_t>(records)},
                      {"forwards", std::move(forwards)},
                      {"backwards", std::move(backwards)},
                      {"story", std::move(indexes)}};
}

Result<BlastRadius> find_blast_radius(audit::Reader& reader, const About& about) {
    Trail trail(about);
    TRY(trail.read(reader));
    return trail.follow();
}

}  // namespace hs::insight
