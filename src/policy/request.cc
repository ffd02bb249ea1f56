#include "policy/request.h"

#include <fmt/format.h>

#include "policy/canonical_path.h"
#include "policy/tool_table.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;
using cedar::EntityKey;
using cedar::EntityStore;
using cedar::Field;
using cedar::Value;
using cedar::ValueBuilder;

constexpr std::string_view type_team = "Hardshell::Team";
constexpr std::string_view type_space = "Hardshell::Space";
constexpr std::string_view type_project = "Hardshell::Project";
constexpr std::string_view type_use_case = "Hardshell::UseCase";
constexpr std::string_view type_tier = "Hardshell::TrustTier";
constexpr std::string_view type_zone = "Hardshell::Zone";
constexpr std::string_view type_group = "Hardshell::ToolGroup";
constexpr std::string_view type_class = "Hardshell::DataClass";
constexpr std::string_view type_channel = "Hardshell::Channel";
constexpr std::string_view type_host = "Hardshell::Host";
constexpr std::string_view type_path = "Hardshell::Path";
constexpr std::size_t parents_max = path_depth_max + 8;

// The keys of a closed vocabulary, made once a process.
std::vector<EntityKey> keys_of(std::string_view type, std::span<const std::string_view> names) {
    std::vector<EntityKey> keys;
    for (const std::string_view name : names) keys.push_back(cedar::make_key(type, name));
    return keys;
}
template <class Word>
const EntityKey* word_key(std::string_view type, Word word) {
    static const std::vector<EntityKey> keys = keys_of(type, word_names<Word>());
    return &keys[static_cast<std::size_t>(word)];
}
const EntityKey* class_key(flow::DataClass data_class) {
    static const std::vector<EntityKey> keys = [] {
        std::vector<EntityKey> made;
        for (std::size_t i = 0; i < flow::data_class_count; ++i) {
            const auto each = static_cast<flow::DataClass>(i);
            made.push_back(cedar::make_key(type_class, flow::data_class_name(each)));
        }
        return made;
    }();
    return &keys[static_cast<std::size_t>(data_class)];
}
const EntityKey* key_of(Zone zone) {
    return word_key(type_zone, zone);
}
const EntityKey* key_of(ToolGroup group) {
    return word_key(type_group, group);
}
const EntityKey* key_of(TrustTier tier) {
    return word_key(type_tier, tier);
}
const EntityKey* key_of(UseCase use) {
    return word_key(type_use_case, use);
}
const EntityKey* key_of(Effect effect) {
    return word_key(type_action, effect);
}

// Parents of one entity, gathered without allocating. The texts of the keys are not copied.
class Parents {
  public:
    explicit Parents(ValueBuilder make) : make_(make) {}
    void add(std::string_view type, std::string_view id) {
        add(make_.arena().keep(cedar::make_key(type, id)));
    }
    void add(const EntityKey* key) {
        CHECK(count_ < parents_max);
        keys_[count_++] = key;
    }
    template <class Word>
    void add_all(const WordSet<Word>& words) {
        for (std::size_t i = 0; i < word_names<Word>().size(); ++i) {
            if (words.has(static_cast<Word>(i))) add(key_of(static_cast<Word>(i)));
        }
    }
    std::span<const EntityKey* const> view() const { return {keys_.data(), count_}; }

  private:
    ValueBuilder make_;
    std::array<const EntityKey*, parents_max> keys_;  // the first count_ are set
    std::size_t count_ = 0;
};

// Builds the entities of one question into a store.
class Translation {
  public:
    Translation(const Question& question, EntityStore& store)
        : question_(question), store_(store), make_(store.values()) {}

    Result<cedar::Request> request() {
        cedar::Request request;
        request.principal = TRY(principal());
        request.action = key_of(question_.effect);
        request.resource = TRY(
            std::visit([this](const auto& target) { return resource(target); }, question_.target));
        const Value base_facts = TRY(base());
        request.context = context(base_facts);
        return request;
    }

  private:
    // The texts of the question outlive the request; only made-up ones are copied.
    static Value text(const std::string& value) { return Value::borrowed_string(value); }
    static Value text(std::string_view value) { return Value::borrowed_string(value); }
    static Value text(std::string&&) = delete;
    Value made_text(std::string_view value) const { return make_.string(value); }

    const EntityKey* key(std::string_view type, std::string_view id) const {
        return make_.arena().keep(cedar::make_key(type, id));
    }
    Value reference(std::string_view type, std::string_view id) const {
        return Value::borrowed_entity(key(type, id));
    }

    // The names are literals in the order of the alphabet, so nothing is copied or sorted.
    Value record(std::initializer_list<Field> fields) const {
        return record(std::span<const Field>(fields.begin(), fields.size()));
    }
    Value record(std::span<const Field> fields) const {
        for (std::size_t i = 1; i < fields.size(); ++i) {
            CHECK(fields[i - 1].name < fields[i].name);
        }
        return Value::sorted_record(make_.arena().keep_all(fields));
    }

    Value flag(bool value) const { return Value::boolean(value); }
    Value number(std::int64_t value) const { return Value::integer(value); }

    Value classes(flow::DataClasses classes) const {
        std::array<Value, flow::data_class_count> values;
        std::size_t count = 0;
        for (std::size_t i = 0; i < flow::data_class_count; ++i) {
            const auto each = static_cast<flow::DataClass>(i);
            if (classes.has(each)) values[count++] = Value::borrowed_entity(class_key(each));
        }
        return make_.set(std::span<const Value>(values.data(), count));
    }

    Value assurance(const Assurance& facts) const {
        return record({{"assessedUntil", make_.datetime(facts.assessed_until_ms)},
                       {"knownProvider", flag(facts.known_provider)},
                       {"persists", flag(facts.persists)},
                       {"reviewed", flag(facts.reviewed)}});
    }

    // Adds an entity unless it is already there: the requester may also be the principal.
    Result<const EntityKey*> add(std::string_view type, std::string_view id, const Parents& parents,
                                 Value attributes) {
        const EntityKey* key = make_.key(type, id);
        if (store_.find(*key) != nullptr) return key;
        TRY(store_.add(key, parents.view(), attributes, record({})));
        return key;
    }

    Result<const EntityKey*> user(const std::string& name) {
        Parents parents(make_);
        if (name == question_.person) {
            if (question_.teams.size() > path_depth_max) {
                return fail(Code::invalid_input, "a person is in too many teams");
            }
            for (const std::string& team : question_.teams) parents.add(type_team, team);
        }
        return add(type_user, name, parents, record({}));
    }

    Result<const EntityKey*> principal() {
        const Actor& actor = question_.actor;
        if (actor.kind == ActorKind::person) return user(actor.name);
        Parents parents(make_);
        parents.add(type_space, question_.space);
        if (actor.kind == ActorKind::agent) return add(type_agent, actor.name, parents, record({}));
        parents.add(key_of(actor.tier));
        parents.add(type_agent, actor.agent);
        return add(type_skill, actor.name, parents,
                   record({{"assurance", assurance(actor.assurance)},
                           {"digest", text(actor.digest)},
                           {"publisher", text(actor.publisher)}}));
    }

    Result<const EntityKey*> channel(const Channel& channel) {
        return add(type_channel, channel.name, Parents(make_),
                   record({{"audience", number(channel.audience)},
                           {"external", flag(channel.is_external)},
                           {"kind", text(channel.kind)}}));
    }

    Result<const EntityKey*> resource(const PathTarget& target) {
        TRY(CanonicalPath::from_resolved(target.path));
        const std::string_view path = target.path;
        const std::string_view name = path.substr(path.rfind('/') + 1);
        Parents parents(make_);
        for (std::size_t slash = path.rfind('/'); slash != 0; slash = path.rfind('/', slash - 1)) {
            parents.add(type_path, path.substr(0, slash));
        }
        if (path.size() > 1) parents.add(type_path, path.substr(0, 1));
        if (target.is_in_project) parents.add(type_project, question_.project.name);
        return add(type_path, target.path, parents,
                   record({{"classes", classes(target.classes)},
                           {"granted", flag(target.is_granted)},
                           {"kind", text(target.kind)},
                           {"name", text(name)},
                           {"ownState", flag(target.is_own_state)},
                           {"runsLater", flag(target.runs_later)},
                           {"text", text(target.path)},
                           {"tracked", flag(target.is_tracked)}}));
    }

    Result<const EntityKey*> resource(const CommandTarget& target) {
        Parents parents(make_);
        parents.add_all(target.groups);
        parents.add(key_of(target.tier));
        return add("Hardshell::Command", target.executable, parents,
                   record({{"name", text(target.name)},
                           {"path", text(target.executable)},
                           {"sha256", text(target.sha256)}}));
    }

    Result<const EntityKey*> resource(const HostTarget& target) {
        Parents parents(make_);
        parents.add_all(target.zones);
        parents.add(type_host, target.host);
        constexpr std::size_t suffixes_max = 64;
        std::size_t suffixes = 0;
        std::size_t dot = target.address ? std::string::npos : target.host.find('.');
        for (; dot != std::string::npos && suffixes < suffixes_max; ++suffixes) {
            parents.add(make_.key(type_host, "*" + target.host.substr(dot)));
            dot = target.host.find('.', dot + 1);
        }
        return add(type_host, host_id(target), parents, host_attributes(target));
    }

    static std::string host_id(const HostTarget& target) {
        return fmt::format("{}:{}", target.host, target.port);
    }

    Value host_attributes(const HostTarget& target) const {
        const std::array<Field, 5> fields = {{{"addr", address(target)},
                                              {"confusable", flag(target.is_confusable)},
                                              {"name", text(target.host)},
                                              {"port", number(target.port)},
                                              {"tls", flag(target.is_tls)}}};
        const std::span<const Field> all = fields;
        return record(target.address ? all : all.subspan(1));
    }

    Value address(const HostTarget& target) const {
        if (!target.address) return Value();
        cedar::IpAddress address;
        address.bytes = target.address->bytes;
        address.is_v6 = target.address->is_v6;
        address.prefix = address.is_v6 ? 128 : 32;
        return make_.ip(address);
    }

    Result<const EntityKey*> resource(const ChannelTarget& target) {
        return channel(target.channel);
    }

    Result<const EntityKey*> resource(const SecretTarget& target) {
        std::vector<Value> audience;
        for (const std::string& host : target.audience)
            audience.push_back(reference(type_host, host));
        TRY(resource(target.towards));
        Parents parents(make_);
        parents.add(type_space, target.space);
        return add("Hardshell::Secret", target.name, parents,
                   record({{"audience", make_.set(audience)}}));
    }

    Result<const EntityKey*> resource(const CompartmentTarget& target) {
        Parents parents(make_);
        parents.add(type_space, target.space);
        if (!target.project.empty()) parents.add(type_project, target.project);
        return add("Hardshell::Compartment", target.name, parents,
                   record({{"classes", classes(target.classes)},
                           {"general", flag(target.project.empty())},
                           {"level", number(target.level)}}));
    }

    Result<const EntityKey*> resource(const ProviderTarget& target) {
        Parents parents(make_);
        parents.add(key_of(target.tier));
        return add("Hardshell::Provider", target.name, parents,
                   record({{"accepts", classes(target.accepts)},
                           {"assurance", assurance(target.assurance)},
                           {"configured", flag(target.is_configured)},
                           {"local", flag(target.is_local)},
                           {"place", text(target.place)},
                           {"retains", flag(target.retains)}}));
    }

    Result<const EntityKey*> resource(const SkillTarget& target) {
        Parents parents(make_);
        parents.add(key_of(target.tier));
        parents.add(type_space, question_.space);
        return add(type_skill, target.name, parents,
                   record({{"assurance", assurance(target.assurance)},
                           {"digest", text(target.digest)},
                           {"publisher", text(target.publisher)}}));
    }

    Result<const EntityKey*> resource(const McpTarget& target) {
        Parents server_parents(make_);
        server_parents.add(key_of(target.tier));
        TRY(add("Hardshell::McpServer", target.server, server_parents,
                record({{"assurance", assurance(target.assurance)}})));
        Parents parents(make_);
        parents.add("Hardshell::McpServer", target.server);
        parents.add(key_of(target.tier));
        return add("Hardshell::McpTool", target.server + "/" + target.tool, parents,
                   record({{"assurance", assurance(target.assurance)},
                           {"destroys", flag(target.destroys)},
                           {"mutates", flag(target.mutates)},
                           {"openWorld", flag(target.open_world)}}));
    }

    Result<const EntityKey*> resource(const SettingTarget& target) {
        Parents parents(make_);
        std::size_t parts = 0;
        for (std::size_t dot = target.key.find('.'); dot != std::string::npos && parts < 32;
             dot = target.key.find('.', dot + 1), ++parts) {
            parents.add("Hardshell::Setting", std::string_view(target.key).substr(0, dot));
        }
        return add("Hardshell::Setting", target.key, parents,
                   record({{"weakens", flag(target.weakens)}}));
    }

    Value label() const {
        const flow::Label& label = question_.label;
        return record({{"classes", classes(label.classes)},
                       {"integrity", number(static_cast<std::int64_t>(label.integrity))},
                       {"level", number(label.classes.level())},
                       {"readersKnown", flag(label.readers.has_value())}});
    }

    Value flow() const {
        const FlowFacts& flow = question_.flow;
        return record({{"actsOnObject", flag(flow.acts_on_object)},
                       {"amount", number(flow.amount)},
                       {"amountEndorsed", flag(flow.amount_endorsed)},
                       {"carriesContext", flag(flow.carries_context)},
                       {"contentEndorsed", flag(flow.content_endorsed)},
                       {"contentLevel", number(flow.content_level)},
                       {"declared", flag(flow.is_declared)},
                       {"destination", number(flow.destination)},
                       {"destinationEndorsed", flag(flow.destination_endorsed)},
                       {"effect", text(flow.effect)},
                       {"external", flag(flow.is_external)},
                       {"foreignLink", flag(flow.foreign_link)},
                       {"hasDestination", flag(flow.has_destination)},
                       {"inPlan", flag(flow.is_in_plan)},
                       {"madeEndorsed", flag(flow.made_endorsed)},
                       {"object", number(flow.object)},
                       {"objectEndorsed", flag(flow.object_endorsed)},
                       {"outsider", flag(flow.has_outsider)},
                       {"planned", flag(flow.has_plan)},
                       {"readersHold", flag(flow.readers_hold)},
                       {"toPage", flag(flow.to_page)},
                       {"toPlace", flag(flow.to_place)},
                       {"toSelf", flag(flow.to_self)}});
    }

    Value session() const {
        const SessionCounters& session = question_.session;
        return record({{"approvals", number(session.approvals)},
                       {"calls", number(session.calls)},
                       {"denied", number(session.denied)},
                       {"sentBytes", number(session.sent_bytes)}});
    }

    Result<Value> base() {
        const EntityKey* requester = TRY(user(question_.person));
        const EntityKey* origin = TRY(channel(question_.origin));
        Parents parents(make_);
        parents.add(key_of(question_.project.use));
        parents.add(type_space, question_.space);
        const EntityKey* project =
            TRY(add(type_project, question_.project.name, parents, record({})));
        std::vector<Value> exceptions;
        for (const std::string& name : question_.exceptions) {
            exceptions.push_back(reference(type_exception, name));
        }
        std::vector<Value> unproven;
        for (const std::string& wall : question_.unproven) unproven.push_back(text(wall));
        return record({{"approved", flag(false)},
                       {"argDigest", text(question_.action_digest)},
                       {"exceptions", make_.set(exceptions)},
                       {"flow", flow()},
                       {"label", label()},
                       {"lockdown", flag(question_.lockdown)},
                       {"now", make_.datetime(question_.now_ms)},
                       {"origin", Value::borrowed_entity(origin)},
                       {"project", Value::borrowed_entity(project)},
                       {"reachable", flag(question_.reachable)},
                       {"requester", Value::borrowed_entity(requester)},
                       {"session", session()},
                       {"space", reference(type_space, question_.space)},
                       {"unproven", make_.set(unproven)}});
    }

    Value host_context(const Value& base, const HostTarget& host) const {
        switch (question_.effect) {
            case Effect::browse_read:
                return record(
                    {{"base", base}, {"path", text(host.path)}, {"query", flag(host.has_query)}});
            case Effect::browse_act:
                return record(
                    {{"base", base}, {"path", text(host.path)}, {"verb", text(host.verb)}});
            case Effect::http_get:
            case Effect::http_send:
                return record({{"base", base},
                               {"bytes", number(host.bytes)},
                               {"method", text(host.method)},
                               {"path", text(host.path)},
                               {"query", flag(host.has_query)}});
            case Effect::file_read:
            case Effect::file_write:
            case Effect::file_delete:
            case Effect::run:
            case Effect::connect:
            case Effect::message:
            case Effect::secret_use:
            case Effect::recall:
            case Effect::remember:
            case Effect::infer_local:
            case Effect::infer_remote:
            case Effect::skill_load:
            case Effect::mcp_call:
            case Effect::schedule:
            case Effect::configure:
            case Effect::policy_change:
                break;
        }
        return record({{"base", base}});
    }

    Value command_context(const Value& base, const CommandTarget& command) const {
        const Value facts =
            record({{"argc", number(static_cast<std::int64_t>(command.argv.size()))},
                    {"line", made_text(command_line(command.argv))},
                    {"network", flag(command.wants_network)},
                    {"outside", flag(command.names_outside)},
                    {"runsProjectCode", flag(command.runs_project_code)},
                    {"script", flag(command.has_script)},
                    {"touches", classes(command.touches)},
                    {"writes", flag(command.writes)}});
        return record({{"base", base}, {"command", facts}});
    }

    Value context(const Value& base) const {
        const Target& target = question_.target;
        const auto with_bytes = [&](std::int64_t bytes) {
            return record({{"base", base}, {"bytes", number(bytes)}});
        };
        if (const auto* path = std::get_if<PathTarget>(&target)) {
            if (question_.effect != Effect::file_read) return with_bytes(path->bytes);
        } else if (const auto* command = std::get_if<CommandTarget>(&target)) {
            return command_context(base, *command);
        } else if (const auto* host = std::get_if<HostTarget>(&target)) {
            return host_context(base, *host);
        } else if (const auto* message = std::get_if<ChannelTarget>(&target)) {
            return record({{"attachments", number(message->attachments)},
                           {"base", base},
                           {"bytes", number(message->bytes)}});
        } else if (const auto* secret = std::get_if<SecretTarget>(&target)) {
            return record(
                {{"base", base}, {"target", make_.entity(type_host, host_id(secret->towards))}});
        } else if (const auto* compartment = std::get_if<CompartmentTarget>(&target)) {
            if (question_.effect != Effect::remember) return record({{"base", base}});
            return record({{"base", base},
                           {"bytes", number(compartment->bytes)},
                           {"kind", text(compartment->kind)},
                           {"operation", text(compartment->operation)},
                           {"quarantined", flag(compartment->is_quarantined)}});
        } else if (const auto* provider = std::get_if<ProviderTarget>(&target)) {
            return with_bytes(provider->bytes);
        } else if (const auto* tool = std::get_if<McpTarget>(&target)) {
            return with_bytes(tool->bytes);
        }
        return record({{"base", base}});
    }

    const Question& question_;
    EntityStore& store_;
    ValueBuilder make_;
};

}  // namespace

std::string_view principal_type(ActorKind kind) {
    switch (kind) {
        case ActorKind::agent:
            return type_agent;
        case ActorKind::skill:
            return type_skill;
        case ActorKind::person:
            return type_user;
    }
    return type_agent;
}

std::string_view resource_type(const Target& target) {
    constexpr std::array<std::string_view, std::variant_size_v<Target>> types = {
        type_path,
        "Hardshell::Command",
        type_host,
        type_channel,
        "Hardshell::Secret",
        "Hardshell::Compartment",
        "Hardshell::Provider",
        type_skill,
        "Hardshell::McpTool",
        "Hardshell::Setting"};
    return types[target.index()];
}

std::string resource_id(const Target& target) {
    const CommandTarget* command = std::get_if<CommandTarget>(&target);
    return command != nullptr ? command->executable : target_text(target);
}

Result<> QuestionScratch::build(const Question& question, const EntityStore& resident) {
    if (!fits(question.effect, question.target)) {
        return fail(Code::invalid_input, "the target of a question does not fit its effect");
    }
    entities_.clear();
    request_ = TRY(Translation(question, entities_).request());
    return entities_.close(&resident);
}

cedar::Request QuestionScratch::approved_request(const Consent* consent) {
    static constexpr std::string_view approved_path[] = {"base", "approved"};
    static constexpr std::string_view approval_path[] = {"base", "approval"};
    ValueBuilder make = entities_.values();
    cedar::Request request = request_;
    request.context = make.with(request.context, approved_path, Value::boolean(true));
    if (consent == nullptr) return request;
    const Value approval = make.record({{"by", make.entity(type_user, consent->person)},
                                        {"at", make.datetime(consent->at_ms)},
                                        {"until", make.datetime(consent->until_ms)},
                                        {"reason", make.string(consent->reason)}});
    request.context = make.with(request.context, approval_path, approval);
    return request;
}

}  // namespace hs::policy
