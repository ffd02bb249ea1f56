#include "requests.h"

#include "cedar/extension.h"

namespace hs::bench_cedar {
namespace {

using cedar::EntityKey;
using cedar::EntityStore;
using cedar::Field;
using cedar::Value;
using cedar::ValueBuilder;

std::int64_t time_ms(std::string_view text) {
    return *cedar::parse_datetime(text);
}

struct BaseFacts {
    std::int64_t level = 1;
    std::int64_t trust = 3;
    std::string_view data_class = "internal";
    bool lockdown = false;
    std::int64_t now_ms = 1'795'338'000'000;  // 2026-11-22T09:00:00Z
};

Value base_context(const ValueBuilder& build, const BaseFacts& facts) {
    const Value label =
        build.record({{"level", build.integer(facts.level)},
                      {"trust", build.integer(facts.trust)},
                      {"classes", build.set({build.entity("Rt::DataClass", facts.data_class)})}});
    return build.record({{"now", build.datetime(facts.now_ms)},
                         {"approved", build.boolean(false)},
                         {"lockdown", build.boolean(facts.lockdown)},
                         {"requester", build.entity("Rt::User", "alice")},
                         {"origin", build.entity("Rt::Channel", "cli")},
                         {"argDigest", build.string("sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f0")},
                         {"label", label}});
}

void start(Brought& brought) {
    brought.entities.clear();
}

void must(const base::Result<>& result) {
    CHECK(result.ok());
}

void finish(Brought& brought, const EntityStore& resident) {
    must(brought.entities.close(&resident));
}

void who(Brought& brought, std::string_view principal_type, std::string_view principal,
         std::string_view action) {
    const ValueBuilder build = brought.entities.values();
    brought.request.principal = build.key(principal_type, principal);
    brought.request.action = build.key("Rt::Action", action);
}

void agent_does(Brought& brought, std::string_view action) {
    who(brought, "Rt::Agent", "main", action);
}

// Every prefix of the path is an entity whose parent is the shorter one.
void touch_path(Brought& brought, std::string_view path) {
    EntityStore& store = brought.entities;
    const ValueBuilder build = store.values();
    const EntityKey* parent = nullptr;
    for (std::size_t end = path.find('/', 1); parent == nullptr || end != 1;
         end = end == std::string_view::npos ? 1 : path.find('/', end + 1)) {
        const std::string_view prefix = path.substr(0, end);
        const EntityKey* key = build.key("Rt::Path", prefix);
        const Value attributes =
            build.record({{"text", build.string(prefix)}, {"classes", build.set({})}});
        if (parent == nullptr) {
            must(store.add(key, {}, attributes));
        } else {
            must(store.add(key, {parent}, attributes));
        }
        parent = key;
    }
    brought.request.resource = parent;
}

struct HostFacts {
    std::string_view name;
    std::string_view key;
    std::string_view zone;
    bool has_address = true;
};

void reach_host(Brought& brought, const HostFacts& facts) {
    EntityStore& store = brought.entities;
    const ValueBuilder build = store.values();
    static const cedar::IpAddress address = *cedar::parse_ip("93.184.216.34");
    std::array<Field, 4> fields{
        Field{"name", build.string(facts.name)}, Field{"port", build.integer(443)},
        Field{"tls", build.boolean(true)}, Field{"addr", build.ip(address)}};
    const EntityKey* key = build.key("Rt::Host", facts.key);
    const Value attributes =
        build.record(std::span<const Field>(fields.data(), facts.has_address ? 4 : 3));
    must(store.add(key, {build.key("Rt::Zone", facts.zone)}, attributes));
    brought.request.resource = key;
}

struct SkillFacts {
    std::string_view name = "x";
    std::string_view publisher = "p";
    std::string_view tier = "reviewed";
    bool no_memory = false;
    std::string_view reviewed_at = {};      // empty: no review
    std::string_view reviewed_digest = {};  // empty: none
};

const EntityKey* add_skill(Brought& brought, const SkillFacts& facts) {
    EntityStore& store = brought.entities;
    const ValueBuilder build = store.values();
    std::vector<Field> fields{{"publisher", build.string(facts.publisher)},
                              {"digest", build.string("d1")},
                              {"noMemory", build.boolean(facts.no_memory)}};
    if (!facts.reviewed_at.empty()) {
        fields.push_back({"reviewedAt", build.datetime(time_ms(facts.reviewed_at))});
    }
    if (!facts.reviewed_digest.empty()) {
        fields.push_back({"reviewedDigest", build.string(facts.reviewed_digest)});
    }
    const EntityKey* key = build.key("Rt::Skill", facts.name);
    must(store.add(key, {build.key("Rt::TrustTier", facts.tier), build.key("Rt::Agent", "main")},
                   build.record(fields)));
    return key;
}

void set_context(Brought& brought, const BaseFacts& facts, std::initializer_list<Field> more = {}) {
    const ValueBuilder build = brought.entities.values();
    std::array<Field, 6> fields;
    std::size_t count = 0;
    fields[count++] = Field{"base", base_context(build, facts)};
    for (const Field& field : more) fields[count++] = field;
    brought.request.context = build.record(std::span<const Field>(fields.data(), count));
}

void file(Brought& brought, const EntityStore& resident, std::string_view action,
          std::string_view path, const BaseFacts& facts = {}) {
    start(brought);
    agent_does(brought, action);
    touch_path(brought, path);
    set_context(brought, facts);
    finish(brought, resident);
}

void get(Brought& brought, const EntityStore& resident, const HostFacts& host) {
    start(brought);
    agent_does(brought, "http.get");
    reach_host(brought, host);
    const ValueBuilder build = brought.entities.values();
    set_context(brought, {}, {{"method", build.string("GET")}, {"path", build.string("/")}});
    finish(brought, resident);
}

void message(Brought& brought, const EntityStore& resident, std::int64_t trust) {
    start(brought);
    agent_does(brought, "message");
    brought.request.resource = brought.entities.values().key("Rt::Channel", "cli");
    BaseFacts facts;
    facts.trust = trust;
    set_context(brought, facts, {{"attachments", Value::integer(0)}});
    finish(brought, resident);
}

void run_tool(Brought& brought, const EntityStore& resident) {
    start(brought);
    agent_does(brought, "run");
    EntityStore& store = brought.entities;
    const ValueBuilder build = store.values();
    const Value attributes = build.record({{"risk", build.integer(4)},
                                           {"mutating", build.boolean(true)},
                                           {"sandbox", build.string("rw")}});
    const EntityKey* group = build.key("Rt::Tool", "group:build");
    const EntityKey* tool = build.key("Rt::Tool", "cmake");
    must(store.add(group, {}, attributes));
    must(store.add(tool, {group}, attributes));
    brought.request.resource = tool;
    set_context(brought, {},
                {{"argv0", build.string("cmake")},
                 {"argc", build.integer(3)},
                 {"network", build.boolean(false)}});
    finish(brought, resident);
}

struct ProviderFacts {
    std::string_view name;
    bool local = false;
    bool retains = false;
    bool accepts_internal = false;
    std::string_view zone = "saas";
};

void infer(Brought& brought, const EntityStore& resident, const ProviderFacts& provider,
           const BaseFacts& facts) {
    start(brought);
    agent_does(brought, "infer");
    EntityStore& store = brought.entities;
    const ValueBuilder build = store.values();
    const Value accepts = provider.accepts_internal
                              ? build.set({build.entity("Rt::DataClass", "internal")})
                              : build.set({});
    const EntityKey* key = build.key("Rt::Provider", provider.name);
    must(store.add(key, {build.key("Rt::Zone", provider.zone)},
                   build.record({{"local", build.boolean(provider.local)},
                                 {"retains", build.boolean(provider.retains)},
                                 {"accepts", accepts}})));
    brought.request.resource = key;
    set_context(brought, facts);
    finish(brought, resident);
}

constexpr SkillFacts wiki_sync{"wiki-sync", "acme", "reviewed", true, "2026-10-01", "d1"};

void post(Brought& brought, const EntityStore& resident, const SkillFacts& skill,
          const HostFacts& host, std::int64_t now_ms) {
    start(brought);
    who(brought, "Rt::Skill", "wiki-sync", "http.send");
    add_skill(brought, skill);
    reach_host(brought, host);
    const ValueBuilder build = brought.entities.values();
    BaseFacts facts;
    facts.level = 0;
    facts.now_ms = now_ms;
    set_context(brought, facts,
                {{"method", build.string("POST")},
                 {"path", build.string("/p")},
                 {"bytes", build.integer(900)}});
    finish(brought, resident);
}

constexpr HostFacts wiki{"wiki.example", "wiki.example:443", "internet", true};

void remember(Brought& brought, const EntityStore& resident) {
    start(brought);
    who(brought, "Rt::Skill", "wiki-sync", "remember");
    add_skill(brought, wiki_sync);
    EntityStore& store = brought.entities;
    const ValueBuilder build = store.values();
    const EntityKey* key = build.key("Rt::MemoryCompartment", "m1");
    must(
        store.add(key, {},
                  build.record({{"classes", build.set({build.entity("Rt::DataClass", "internal")})},
                                {"level", build.integer(2)}})));
    brought.request.resource = key;
    set_context(brought, {});
    finish(brought, resident);
}

void load_skill(Brought& brought, const EntityStore& resident, const SkillFacts& skill,
                bool lockdown = false) {
    start(brought);
    agent_does(brought, "skill.load");
    brought.request.resource = add_skill(brought, skill);
    BaseFacts facts;
    facts.lockdown = lockdown;
    set_context(brought, facts);
    finish(brought, resident);
}

void github(Brought& brought, const EntityStore& resident, std::string_view action) {
    start(brought);
    agent_does(brought, action);
    reach_host(brought, {"api.github.com", "api.github.com:443", "saas", false});
    const ValueBuilder build = brought.entities.values();
    BaseFacts facts;
    const bool sends = action == "http.send";
    facts.level = sends ? 0 : 2;
    const Field repo{"repo", build.entity("Rt::Repo", "o/r")};
    if (sends) {
        set_context(brought, facts,
                    {{"method", build.string("POST")},
                     {"path", build.string("/repos/o/r/issues")},
                     {"bytes", build.integer(10)},
                     repo});
    } else {
        set_context(brought, facts,
                    {{"method", build.string("GET")}, {"path", build.string("/repos/o/r")}, repo});
    }
    finish(brought, resident);
}

// The day's review lies on the day itself, so that only the exception's end decides.
void exception_on(Brought& brought, const EntityStore& resident, std::string_view day,
                  const HostFacts& host) {
    SkillFacts skill = wiki_sync;
    skill.reviewed_at = day;
    post(brought, resident, skill, host, time_ms(day));
}

std::vector<Case> make_timed() {
    return {
        {"read file", Outcome::allow,
         [](Brought& b, const EntityStore& r) {
             file(b, r, "file.read", "/project/src/app/main.cc");
         }},
        {"read ssh key", Outcome::deny,
         [](Brought& b, const EntityStore& r) {
             file(b, r, "file.read", "/project/home/.ssh/id");
         }},
        {"write file", Outcome::ask,
         [](Brought& b, const EntityStore& r) {
             file(b, r, "file.write", "/project/src/app/main.cc");
         }},
        {"write scratch", Outcome::allow,
         [](Brought& b, const EntityStore& r) {
             file(b, r, "file.write", "/project/scratch/x.txt");
         }},
        {"get docs page", Outcome::allow,
         [](Brought& b, const EntityStore& r) {
             get(b, r, {"docs.example", "docs.example:443", "internet", true});
         }},
        {"get production", Outcome::deny,
         [](Brought& b, const EntityStore& r) {
             get(b, r, {"api.prod.example", "api.prod.example:443", "production", true});
         }},
        {"tainted message", Outcome::deny,
         [](Brought& b, const EntityStore& r) { message(b, r, 0); }},
        {"reply in channel", Outcome::allow,
         [](Brought& b, const EntityStore& r) { message(b, r, 3); }},
        {"run build tool", Outcome::ask, run_tool},
        {"model with customer data", Outcome::deny,
         [](Brought& b, const EntityStore& r) {
             BaseFacts facts;
             facts.level = 3;
             facts.data_class = "customer";
             infer(b, r, {"cloud", false, false, true, "saas"}, facts);
         }},
        {"skill post, exception", Outcome::allow,
         [](Brought& b, const EntityStore& r) { post(b, r, wiki_sync, wiki, BaseFacts{}.now_ms); }},
        {"no-memory skill", Outcome::deny, remember},
    };
}

std::vector<Case> make_skill_checks() {
    return {
        {"community skill, unreviewed", Outcome::ask,
         [](Brought& b, const EntityStore& r) { load_skill(b, r, {.tier = "community"}); }},
        {"community skill, reviewed digest", Outcome::allow,
         [](Brought& b, const EntityStore& r) {
             load_skill(b, r, {.tier = "community", .reviewed_digest = "d1"});
         }},
        {"community skill, other digest", Outcome::ask,
         [](Brought& b, const EntityStore& r) {
             load_skill(b, r, {.tier = "community", .reviewed_digest = "d0"});
         }},
        {"blocked skill", Outcome::deny,
         [](Brought& b, const EntityStore& r) { load_skill(b, r, {.tier = "blocked"}); }},
        {"lockdown stops a load", Outcome::deny,
         [](Brought& b, const EntityStore& r) { load_skill(b, r, {}, true); }},
        {"github GET", Outcome::allow,
         [](Brought& b, const EntityStore& r) { github(b, r, "http.get"); }},
        {"github POST", Outcome::deny,
         [](Brought& b, const EntityStore& r) { github(b, r, "http.send"); }},
    };
}

std::vector<Case> make_other_checks() {
    return {
        {"local model", Outcome::allow,
         [](Brought& b, const EntityStore& r) {
             BaseFacts facts;
             facts.level = 3;
             infer(b, r, {"ollama", true, false, false, "loopback"}, facts);
         }},
        {"retaining cloud model", Outcome::deny,
         [](Brought& b, const EntityStore& r) {
             infer(b, r, {"c", false, true, false, "saas"}, {});
         }},
        {"lockdown keeps the local model", Outcome::allow,
         [](Brought& b, const EntityStore& r) {
             BaseFacts facts;
             facts.lockdown = true;
             infer(b, r, {"ollama", true, false, false, "loopback"}, facts);
         }},
        {"exception before its date", Outcome::allow,
         [](Brought& b, const EntityStore& r) { exception_on(b, r, "2026-12-30", wiki); }},
        {"exception after its date", Outcome::deny,
         [](Brought& b, const EntityStore& r) { exception_on(b, r, "2027-01-01", wiki); }},
        {"no permit for that host", Outcome::deny,
         [](Brought& b, const EntityStore& r) {
             exception_on(b, r, "2026-11-22",
                          {"other.example", "other.example:443", "internet", true});
         }},
        {"old review asks", Outcome::ask,
         [](Brought& b, const EntityStore& r) {
             SkillFacts skill = wiki_sync;
             skill.reviewed_at = "2026-08-01";
             post(b, r, skill, wiki, time_ms("2026-12-01"));
         }},
        {"lockdown stops a write", Outcome::deny,
         [](Brought& b, const EntityStore& r) {
             BaseFacts facts;
             facts.lockdown = true;
             file(b, r, "file.write", "/project/scratch/x", facts);
         }},
    };
}

}  // namespace

const std::vector<Case>& cases() {
    static const std::vector<Case> all = [] {
        std::vector<Case> made = make_timed();
        for (const Case& entry : make_skill_checks()) made.push_back(entry);
        for (const Case& entry : make_other_checks()) made.push_back(entry);
        return made;
    }();
    return all;
}

void add_core(EntityStore& resident) {
    const ValueBuilder build = resident.values();
    const EntityKey* team = build.key("Rt::Team", "team-1");
    must(resident.add(team));
    must(resident.add(build.key("Rt::User", "alice"), {team},
                      build.record({{"role", build.string("dev")}, {"mfa", build.boolean(true)}})));
    must(resident.add(build.key("Rt::Agent", "main"), {team},
                      build.record({{"owner", build.entity("Rt::User", "alice")},
                                    {"autonomy", build.integer(2)}})));
    must(resident.add(build.key("Rt::Channel", "cli"), {},
                      build.record({{"kind", build.string("tty")},
                                    {"external", build.boolean(false)},
                                    {"audience", build.integer(2)}})));
}

cedar::Value approved(Brought& brought) {
    static constexpr std::array<std::string_view, 2> path{"base", "approved"};
    return brought.entities.values().with(brought.request.context, path, Value::boolean(true));
}

}  // namespace hs::bench_cedar
