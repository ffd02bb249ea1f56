// The record of a question: every struct says its fields once, and a writer and a reader walk them.
#include <fmt/format.h>

#include "policy/question_text.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::array<std::string_view, 3> actor_kinds = {"agent", "skill", "person"};
constexpr std::array<std::string_view, std::variant_size_v<Target>> target_kinds = {
    "path",        "command",  "host",  "channel", "secret",
    "compartment", "provider", "skill", "mcp",     "setting"};

template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, Assurance>
void fields(Walk& walk, T& value) {
    walk("persists", value.persists);
    walk("known_provider", value.known_provider);
    walk("assessed_until_ms", value.assessed_until_ms);
    walk("reviewed", value.reviewed);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, Actor>
void fields(Walk& walk, T& value) {
    walk("kind", value.kind);
    walk("name", value.name);
    walk("agent", value.agent);
    walk("publisher", value.publisher);
    walk("digest", value.digest);
    walk("tier", value.tier);
    walk("assurance", value.assurance);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, Project>
void fields(Walk& walk, T& value) {
    walk("name", value.name);
    walk("use", value.use);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, Channel>
void fields(Walk& walk, T& value) {
    walk("name", value.name);
    walk("kind", value.kind);
    walk("external", value.is_external);
    walk("audience", value.audience);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, PathTarget>
void fields(Walk& walk, T& value) {
    walk("path", value.path);
    walk("kind", value.kind);
    walk("classes", value.classes);
    walk("granted", value.is_granted);
    walk("tracked", value.is_tracked);
    walk("own_state", value.is_own_state);
    walk("runs_later", value.runs_later);
    walk("in_project", value.is_in_project);
    walk("bytes", value.bytes);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, CommandTarget>
void fields(Walk& walk, T& value) {
    walk("executable", value.executable);
    walk("sha256", value.sha256);
    walk("argv", value.argv);
    walk("name", value.name);
    walk("groups", value.groups);
    walk("tier", value.tier);
    walk("network", value.wants_network);
    walk("runs_project_code", value.runs_project_code);
    walk("script", value.has_script);
    walk("writes", value.writes);
    walk("touches", value.touches);
    walk("outside", value.names_outside);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, HostTarget>
void fields(Walk& walk, T& value) {
    walk("host", value.host);
    walk("port", value.port);
    walk("tls", value.is_tls);
    walk("confusable", value.is_confusable);
    walk("zones", value.zones);
    walk("address", value.address);
    walk("method", value.method);
    walk("path", value.path);
    walk("query", value.has_query);
    walk("bytes", value.bytes);
    walk("verb", value.verb);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, ChannelTarget>
void fields(Walk& walk, T& value) {
    walk("channel", value.channel);
    walk("bytes", value.bytes);
    walk("attachments", value.attachments);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, SecretTarget>
void fields(Walk& walk, T& value) {
    walk("name", value.name);
    walk("space", value.space);
    walk("audience", value.audience);
    walk("towards", value.towards);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, CompartmentTarget>
void fields(Walk& walk, T& value) {
    walk("name", value.name);
    walk("space", value.space);
    walk("classes", value.classes);
    walk("level", value.level);
    walk("bytes", value.bytes);
    walk("project", value.project);
    walk("operation", value.operation);
    walk("kind", value.kind);
    walk("quarantined", value.is_quarantined);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, ProviderTarget>
void fields(Walk& walk, T& value) {
    walk("name", value.name);
    walk("local", value.is_local);
    walk("configured", value.is_configured);
    walk("retains", value.retains);
    walk("accepts", value.accepts);
    walk("place", value.place);
    walk("tier", value.tier);
    walk("assurance", value.assurance);
    walk("bytes", value.bytes);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, SkillTarget>
void fields(Walk& walk, T& value) {
    walk("name", value.name);
    walk("publisher", value.publisher);
    walk("digest", value.digest);
    walk("tier", value.tier);
    walk("assurance", value.assurance);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, McpTarget>
void fields(Walk& walk, T& value) {
    walk("server", value.server);
    walk("tool", value.tool);
    walk("tier", value.tier);
    walk("assurance", value.assurance);
    walk("mutates", value.mutates);
    walk("destroys", value.destroys);
    walk("open_world", value.open_world);
    walk("bytes", value.bytes);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, SettingTarget>
void fields(Walk& walk, T& value) {
    walk("key", value.key);
    walk("weakens", value.weakens);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, FlowFacts>
void fields(Walk& walk, T& value) {
    walk("destination_endorsed", value.destination_endorsed);
    walk("object_endorsed", value.object_endorsed);
    walk("content_endorsed", value.content_endorsed);
    walk("carries_context", value.carries_context);
    walk("has_plan", value.has_plan);
    walk("in_plan", value.is_in_plan);
    walk.newer("declared", value.is_declared);
    walk.newer("effect", value.effect);
    walk.newer("destination", value.destination);
    walk.newer("object", value.object);
    walk.newer("has_destination", value.has_destination);
    walk.newer("acts_on_object", value.acts_on_object);
    walk.newer("external", value.is_external);
    walk.newer("outsider", value.has_outsider);
    walk.newer("to_place", value.to_place);
    walk.newer("to_page", value.to_page);
    walk.newer("to_self", value.to_self);
    walk.newer("amount", value.amount);
    walk.newer("amount_endorsed", value.amount_endorsed);
    walk.newer("made_endorsed", value.made_endorsed);
    walk.newer("foreign_link", value.foreign_link);
    walk.newer("content_level", value.content_level);
    walk.newer("readers_hold", value.readers_hold);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, SessionCounters>
void fields(Walk& walk, T& value) {
    walk("calls", value.calls);
    walk("denied", value.denied);
    walk("approvals", value.approvals);
    walk("sent_bytes", value.sent_bytes);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, Consent>
void fields(Walk& walk, T& value) {
    walk("person", value.person);
    walk("roles", value.roles);
    walk("at_ms", value.at_ms);
    walk("until_ms", value.until_ms);
    walk("reason", value.reason);
    walk.newer("factor", value.factor);
}
template <class Walk, class T>
requires std::is_same_v<std::remove_const_t<T>, Question>
void fields(Walk& walk, T& value) {
    walk("actor", value.actor);
    walk("person", value.person);
    walk("teams", value.teams);
    walk("space", value.space);
    walk("project", value.project);
    walk("origin", value.origin);
    walk("effect", value.effect);
    walk("target", value.target);
    walk("label", value.label);
    walk("flow", value.flow);
    walk("session", value.session);
    walk("now_ms", value.now_ms);
    walk("lockdown", value.lockdown);
    walk.newer("unproven", value.unproven);
    walk("reachable", value.reachable);
    walk("exceptions", value.exceptions);
    walk("action_digest", value.action_digest);
    walk("consents", value.consents);
}

struct Writer;
template <class T>
Json write(const T& value);

struct Writer {
    Json json{wire::JsonObject{}};
    template <class T>
    void operator()(std::string_view key, const T& value) {
        json[key] = write(value);
    }
    template <class T>
    void newer(std::string_view key, const T& value) {
        json[key] = write(value);
    }
};

template <class Word>
concept ClosedWord = std::is_same_v<Word, Effect> || std::is_same_v<Word, UseCase> ||
    std::is_same_v<Word, TrustTier>;

template <class T>
Json write_struct(const T& value) {
    Writer writer;
    fields(writer, value);
    return std::move(writer.json);
}
Json write_value(bool value) {
    return Json(value);
}
Json write_value(std::int64_t value) {
    return Json(value);
}
Json write_value(std::uint16_t value) {
    return Json(static_cast<std::int64_t>(value));
}
Json write_value(const std::string& value) {
    return Json(value);
}
Json write_value(flow::DataClasses value) {
    return flow::to_json(value);
}
Json write_value(const flow::Label& value) {
    return flow::to_json(value);
}
Json write_value(ActorKind value) {
    return Json(actor_kinds[static_cast<std::size_t>(value)]);
}
Json write_value(const std::optional<Address>& value) {
    return value ? Json(to_text(*value)) : Json();
}
template <ClosedWord Word>
Json write_value(Word value) {
    return Json(name_of(value));
}
template <class Word>
Json write_value(const WordSet<Word>& value) {
    wire::JsonArray array;
    for (const Word word : value.list()) array.emplace_back(name_of(word));
    return Json(std::move(array));
}
template <class Item>
Json write_value(const std::vector<Item>& value) {
    wire::JsonArray array;
    for (const Item& item : value) array.push_back(write(item));
    return Json(std::move(array));
}
// A template, so that one kind of target is not taken for any.
template <class T>
requires std::is_same_v<T, Target> Json write_value(const T& value) {
    Json json = std::visit([](const auto& target) { return write_struct(target); }, value);
    json["kind_of_target"] = target_kinds[value.index()];
    return json;
}

template <class T>
Json write(const T& value) {
    if constexpr (requires { write_value(value); }) {
        return write_value(value);
    } else {
        return write_struct(value);
    }
}

// Every decision is recorded with its question, so its canonical text is also written without a
// tree of values: a walk collects the members, and they are written in the order of their keys.
template <class T>
void append(std::string& out, const T& value);

struct Members {
    struct Member {
        std::string_view key;
        const void* value = nullptr;
        void (*append)(std::string& out, const void* value) = nullptr;
    };
    static constexpr std::size_t members_max = 32;
    std::array<Member, members_max> list;
    std::size_t count = 0;

    template <class T>
    void operator()(std::string_view key, const T& value) {
        CHECK(count < members_max);
        // Kept in order: there are few, and most come before what is there already or after it.
        std::size_t at = count++;
        for (; at > 0 && key < list[at - 1].key; --at) list[at] = list[at - 1];
        list[at] = {key, &value, [](std::string& text, const void* held) {
                        append(text, *static_cast<const T*>(held));
                    }};
    }
    template <class T>
    void newer(std::string_view key, const T& value) {
        (*this)(key, value);
    }
    void append_to(std::string& out) const {
        for (std::size_t i = 0; i < count; ++i) {
            out += i == 0 ? "{\"" : ",\"";
            out += list[i].key;  // a name of this file: nothing to escape
            out += "\":";
            list[i].append(out, list[i].value);
        }
        out += '}';
    }
};

template <class T>
void append(std::string& out, const T& value) {
    if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
        wire::append_json_string(out, value);
    } else if constexpr (std::is_same_v<T, bool>) {
        out += value ? "true" : "false";
    } else if constexpr (std::is_integral_v<T>) {
        out += std::to_string(value);
    } else if constexpr (std::is_same_v<T, Target>) {
        Members members;
        std::visit([&members](const auto& target) { fields(members, target); }, value);
        const std::string_view& kind = target_kinds[value.index()];
        members("kind_of_target", kind);
        members.append_to(out);
    } else if constexpr (requires(Members & members) { fields(members, value); }) {
        Members members;
        fields(members, value);
        members.append_to(out);
    } else {
        wire::append_canonical_json(out, write(value));
    }
}

// Reads members by the same walk; the first mistake is kept and the rest is skipped.
struct Reader {
    const Json* json;
    std::string path;
    std::optional<base::Failure> failure;
    std::size_t members = 0;

    template <class T>
    void operator()(std::string_view key, T& value) {
        ++members;
        if (failure) return;
        const Json* member = json->find(key);
        const std::string where = path.empty() ? std::string(key) : path + "." + std::string(key);
        if (member == nullptr) {
            failure =
                fail(Code::invalid_input, fmt::format("\"{}\" of a question is missing", where));
            return;
        }
        read(*member, value, where);
    }

    // A member that older records do not have.
    template <class T>
    void newer(std::string_view key, T& value) {
        if (json->find(key) != nullptr) (*this)(key, value);
    }

    void refuse(const std::string& where, std::string_view wanted) {
        failure = fail(Code::invalid_input,
                       fmt::format("\"{}\" of a question: expected {}", where, wanted));
    }

    template <class T>
    void read(const Json& member, T& value, const std::string& where);
};

template <class T>
Result<> read_struct(const Json& json, T& value, const std::string& path, std::size_t extra = 0) {
    if (json.object() == nullptr) {
        return fail(Code::invalid_input, fmt::format("\"{}\": expected an object", path));
    }
    Reader reader{&json, path, std::nullopt};
    fields(reader, value);
    if (reader.failure) return *reader.failure;
    if (json.object()->size() != reader.members + extra) {
        return fail(Code::invalid_input,
                    fmt::format("\"{}\" of a question has a member that is not known", path));
    }
    return {};
}

bool read_value(const Json& json, bool& value, std::string_view& wanted) {
    wanted = "true or false";
    if (json.boolean() == nullptr) return false;
    value = *json.boolean();
    return true;
}
bool read_value(const Json& json, std::int64_t& value, std::string_view& wanted) {
    wanted = "a whole number";
    if (json.integer() == nullptr) return false;
    value = *json.integer();
    return true;
}
bool read_value(const Json& json, std::uint16_t& value, std::string_view& wanted) {
    wanted = "a port";
    if (json.integer() == nullptr || *json.integer() < 1 || *json.integer() > 65535) return false;
    value = static_cast<std::uint16_t>(*json.integer());
    return true;
}
bool read_value(const Json& json, std::string& value, std::string_view& wanted) {
    wanted = "text";
    if (json.text() == nullptr || json.text()->size() > question_text_bytes_max) return false;
    value = *json.text();
    return true;
}
bool read_value(const Json& json, flow::DataClasses& value, std::string_view& wanted) {
    wanted = "a list of data classes";
    const auto classes = flow::data_classes_from_json(json);
    if (classes) value = *classes;
    return classes.ok();
}
bool read_value(const Json& json, flow::Label& value, std::string_view& wanted) {
    wanted = "a label";
    auto label = flow::label_from_json(json);
    if (label) value = *std::move(label);
    return label.ok();
}
bool read_value(const Json& json, ActorKind& value, std::string_view& wanted) {
    wanted = "agent, skill or person";
    for (std::size_t i = 0; i < actor_kinds.size(); ++i) {
        if (json.text() == nullptr || *json.text() != actor_kinds[i]) continue;
        value = static_cast<ActorKind>(i);
        return true;
    }
    return false;
}
bool read_value(const Json& json, std::optional<Address>& value, std::string_view& wanted) {
    wanted = "an address or null";
    value.reset();
    if (json.is_null()) return true;
    if (json.text() == nullptr) return false;
    const auto address = parse_address(*json.text());
    if (address) value = *address;
    return address.ok();
}
template <ClosedWord Word>
bool read_value(const Json& json, Word& value, std::string_view& wanted) {
    wanted = "a word of the schema";
    const auto word = json.text() != nullptr ? word_from_name<Word>(*json.text()) : std::nullopt;
    if (word) value = *word;
    return word.has_value();
}
template <class Word>
bool read_value(const Json& json, WordSet<Word>& value, std::string_view& wanted) {
    wanted = "a list of words of the schema";
    if (json.array() == nullptr) return false;
    for (const Json& item : *json.array()) {
        const auto word =
            item.text() != nullptr ? word_from_name<Word>(*item.text()) : std::nullopt;
        if (!word) return false;
        value.add(*word);
    }
    return true;
}
template <class T>
struct IsList : std::false_type {};
template <class Item>
struct IsList<std::vector<Item>> : std::true_type {};

template <std::size_t index = 0>
Result<Target> read_target(const Json& json, std::string_view kind, const std::string& where) {
    if constexpr (index == std::variant_size_v<Target>) {
        return fail(Code::invalid_input, fmt::format("\"{}\": no such kind of target", where));
    } else {
        if (kind != target_kinds[index]) return read_target<index + 1>(json, kind, where);
        std::variant_alternative_t<index, Target> target;
        TRY(read_struct(json, target, where, 1));
        return Target(std::move(target));
    }
}

template <class T>
void Reader::read(const Json& member, T& value, const std::string& where) {
    if constexpr (std::is_same_v<T, Target>) {
        const auto kind = wire::text_at(member, "kind_of_target");
        auto target = kind ? read_target(member, *kind, where) : Result<Target>(kind.failure());
        if (target) {
            value = *std::move(target);
        } else {
            failure = target.failure();
        }
    } else if constexpr (IsList<T>::value) {
        if (member.array() == nullptr || member.array()->size() > question_texts_max) {
            return refuse(where, "a list");
        }
        for (const Json& item : *member.array()) {
            if (failure) return;
            read(item, value.emplace_back(), where);
        }
    } else if constexpr (requires(std::string_view & wanted) {
                             read_value(member, value, wanted);
                         }) {
        std::string_view wanted;
        if (!read_value(member, value, wanted)) refuse(where, wanted);
    } else {
        const Result<> done = read_struct(member, value, where);
        if (!done) failure = done.failure();
    }
}

}  // namespace

Json to_json(const FlowFacts& facts) {
    return write_struct(facts);
}

Result<FlowFacts> flow_facts_from_json(const Json& json) {
    FlowFacts facts;
    TRY(read_struct(json, facts, "flow"));
    return facts;
}

Json to_json(const Question& question) {
    return write(question);
}

void append_json(std::string& out, const Question& question) {
    append(out, question);
}

Result<Question> question_from_json(const Json& json) {
    Question question;
    TRY(read_struct(json, question, ""));
    if (!fits(question.effect, question.target)) {
        return fail(Code::invalid_input, "the target of a question does not fit its effect");
    }
    return question;
}

}  // namespace hs::policy
