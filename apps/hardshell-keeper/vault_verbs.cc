// What a person does with secrets: the verbs of the keeper's own socket.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hardshell-keeper/vault.h"

namespace hs::keeping {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::size_t twins_max = 4'096;

void wipe_text(std::string& text) {
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

JsonArray array_of(const std::vector<std::string>& items) {
    return JsonArray(items.begin(), items.end());
}

std::string day_of(base::WallTime_ms time_ms) {
    return time_ms == 0 ? "" : base::format_time(time_ms).substr(0, 16);
}

Json shown(const secrets::SecretFacts& facts) {
    const auto& binding = facts.binding;
    return JsonObject{{"name", facts.name},
                      {"class", facts.secret_class},
                      {"store", facts.store},
                      {"reference", facts.reference},
                      {"owner", facts.owner},
                      {"created", day_of(facts.created_ms)},
                      {"changed", day_of(facts.changed_ms)},
                      {"used", day_of(facts.used_ms).substr(0, facts.used_ms == 0 ? 0 : 10)},
                      {"rotate_after_days", facts.rotate_after_days},
                      {"form", secrets::form_name(binding.form)},
                      {"header", binding.header},
                      {"user", binding.user},
                      {"hosts", fmt::format("{}", fmt::join(binding.hosts, ", "))},
                      {"methods", array_of(binding.methods)},
                      {"paths", array_of(binding.paths)},
                      {"executables", array_of(binding.executables)}};
}

Result<std::vector<std::string>> texts_in(const Json& arguments, std::string_view key) {
    std::vector<std::string> texts;
    const Json* found = arguments.find(key);
    if (found == nullptr || found->array() == nullptr) return texts;
    for (const Json& item : *found->array()) {
        if (item.text() == nullptr) {
            return fail(Code::invalid_input, fmt::format("\"{}\" is a list of texts", key));
        }
        texts.push_back(*item.text());
    }
    return texts;
}

// Adds what is new to the list, or puts it in its place.
Result<> take_list(std::vector<std::string>& list, const Json& arguments, std::string_view key,
                   bool only) {
    auto given = TRY(texts_in(arguments, key));
    if (given.empty()) return {};
    if (only) list.clear();
    for (auto& item : given) {
        if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
    }
    return {};
}

Result<> take_form(secrets::Binding& binding, const Json& arguments) {
    const std::string form = TRY(wire::text_at_or(arguments, "form", ""));
    if (!form.empty()) {
        binding.form = TRY(secrets::parse_form(form));
        using enum secrets::SecretForm;
        const bool basic_form = binding.form == basic || binding.form == git;
        binding.header = basic_form || binding.form == header ? "Authorization" : "";
        binding.prefix = basic_form ? "Basic " : binding.form == header ? "Bearer " : "";
        binding.user = binding.form == git ? "x-access-token" : "";
    }
    binding.user = TRY(wire::text_at_or(arguments, "user", binding.user));
    binding.header = TRY(wire::text_at_or(arguments, "header", binding.header));
    binding.prefix = TRY(wire::text_at_or(arguments, "prefix", binding.prefix));
    return {};
}

Result<secrets::Binding> bound_anew(secrets::Binding binding, const Json& arguments) {
    const bool only = TRY(wire::boolean_at_or(arguments, "only", false));
    TRY(take_form(binding, arguments));
    TRY(take_list(binding.hosts, arguments, "hosts", only));
    TRY(take_list(binding.methods, arguments, "methods", only));
    TRY(take_list(binding.paths, arguments, "paths", only));
    TRY(take_list(binding.executables, arguments, "executables", only));
    return binding;
}

audit::Event event_of(const gate::Sender& sender, const std::string& name, std::string_view what) {
    audit::Event event(audit::EventKind::secret_use);
    event.set(audit::Field::secret, name)
        .set(audit::Field::person, sender.name)
        .set(audit::Field::outcome, std::string(what));
    return event;
}

void describe(audit::Event& event, const secrets::Binding& binding) {
    event.detail("hosts", fmt::format("{}", fmt::join(binding.hosts, ", ")));
    event.detail("form", secrets::form_name(binding.form));
    if (!binding.methods.empty()) event.detail("methods", array_of(binding.methods));
    if (!binding.paths.empty()) event.detail("paths", array_of(binding.paths));
    if (!binding.executables.empty()) event.detail("executables", array_of(binding.executables));
}

}  // namespace

Result<Json> Vault::set(const gate::Sender& sender, const Json& arguments, audit::Log& log,
                        const base::Clock& clock) {
    secrets::SecretFacts facts;
    facts.name = TRY(wire::text_at(arguments, "name"));
    facts.secret_class = TRY(wire::text_at_or(arguments, "class", "api_key"));
    facts.owner = sender.name;
    facts.created_ms = facts.changed_ms = clock.wall_ms();
    // What was imported without a place goes nowhere until it is bound.
    const bool unbound = TRY(wire::boolean_at_or(arguments, "unbound", false));
    if (!unbound) {
        facts.binding = TRY(binding_for(facts.name, TRY(wire::text_at_or(arguments, "host", ""))));
    }
    facts.binding = TRY(bound_anew(std::move(facts.binding), arguments));
    TRY(choose_store(facts, arguments));
    std::string value = TRY(wire::text_at_or(arguments, "value", ""));
    const std::string hosts = fmt::format("{}", fmt::join(facts.binding.hosts, ", "));
    auto event = event_of(sender, facts.name, "set");
    describe(event, facts.binding);
    if (!facts.store.empty()) event.detail("store", facts.store);
    TRY(log.append_and_wait(event));
    Json answer = JsonObject{{"name", facts.name}, {"hosts", hosts}, {"store", facts.store}};
    const auto kept = keep(std::move(facts), value, log, answer);
    wipe_text(value);
    TRY(kept);
    return answer;
}

// What lies in a store over the network is named; what is put into one here gets its name.
Result<> Vault::choose_store(secrets::SecretFacts& facts, const Json& arguments) const {
    const std::string reference = TRY(wire::text_at_or(arguments, "reference", ""));
    const StoreSetting* const setting = TRY(store_for(facts.secret_class, arguments));
    const bool named = setting != nullptr && !setting->is_local();
    if (!named && !reference.empty()) {
        return fail(Code::invalid_input, "a reference is for a store over the network: --store");
    }
    if (setting == nullptr) return {};
    if (!stores_.logs_in(facts.name).empty()) {
        return fail(Code::denied, "what a store is opened with lies in the keeper's own file");
    }
    if (named && reference.empty()) {
        return fail(Code::invalid_input,
                    fmt::format("secrets of the class {} lie in the store {}; say what it is "
                                "called there: --store {} --reference PATH#FIELD",
                                facts.secret_class, setting->name, setting->name));
    }
    if (named) TRY(secrets::parse_reference(reference));
    facts.store = setting->name;
    facts.reference =
        named ? reference : fmt::format("{}/{}", settings_.text("space.name"), facts.name);
    return {};
}

Result<Json> Vault::bind(const gate::Sender& sender, const Json& arguments, audit::Log& log,
                         const base::Clock&) {
    const std::string name = TRY(wire::text_at(arguments, "name"));
    auto binding = TRY(bound_anew(TRY(file_.facts(name)).binding, arguments));
    TRY(secrets::check_binding(binding));
    auto event = event_of(sender, name, "bound");
    describe(event, binding);
    TRY(log.append_and_wait(event));
    TRY(file_.bind(name, std::move(binding)));
    if (changed_) changed_();
    return shown(TRY(file_.facts(name)));
}

Result<Json> Vault::rotate(const gate::Sender& sender, const Json& arguments, audit::Log& log,
                           const base::Clock& clock) {
    const std::string name = TRY(wire::text_at(arguments, "name"));
    auto facts = TRY(file_.facts(name));
    const auto days = TRY(wire::integer_at_or(arguments, "every_days", -1));
    std::string value = TRY(wire::text_at_or(arguments, "value", ""));
    auto event = event_of(sender, name, value.empty() ? "aged" : "rotated");
    if (days >= 0) event.detail("rotate_after_days", days);
    TRY(log.append_and_wait(event));
    if (days >= 0) TRY(file_.set_rotation(name, days));
    Json answer = JsonObject{};
    if (!value.empty()) {
        facts.changed_ms = clock.wall_ms();
        if (days >= 0) facts.rotate_after_days = days;
        const auto kept = keep(std::move(facts), value, log, answer);
        wipe_text(value);
        TRY(kept);
    }
    const Json after = shown(TRY(file_.facts(name)));
    for (const auto& [key, one] : *after.object()) answer[key] = one;
    return answer;
}

Result<Json> Vault::remove(const gate::Sender& sender, const Json& arguments, audit::Log& log,
                           const base::Clock&) {
    const std::string name = TRY(wire::text_at(arguments, "name"));
    TRY(log.append_and_wait(event_of(sender, name, "removed")));
    const auto facts = file_.facts(name);
    TRY(file_.remove(name));
    if (changed_) changed_();
    Json answer = JsonObject{{"removed", name}};
    if (facts) forget_value(*facts, log, answer);
    return answer;
}

Result<Json> Vault::twins(const Json& arguments) const {
    auto given = TRY(texts_in(arguments, "values"));
    if (given.size() > twins_max) return fail(Code::exhausted, "at most 4096 values at once");
    const auto known = values();
    JsonArray names;
    for (std::string& value : given) {
        const auto found = std::find_if(known.begin(), known.end(), [&](const auto& named) {
            return crypto::equal(named.value.view(), base::bytes_of(value));
        });
        names.emplace_back(found == known.end() ? "" : found->name);
        wipe_text(value);
    }
    return Json(JsonObject{{"names", std::move(names)}});
}

Result<Json> Vault::list() const {
    Json items{JsonArray{}};
    for (const auto& facts : file_.list()) {
        Json one = shown(facts);
        one["opens"] = stores_.logs_in(facts.name);
        items.push(std::move(one));
    }
    return Json(JsonObject{{"secrets", std::move(items)}});
}

void Vault::add_verbs(gate::Keeper& keeper, audit::Log& log, const base::Clock& clock) {
    using Access = gate::Keeper::Access;
    const std::pair<const char*, Verb> changes[] = {{"secrets.set", &Vault::set},
                                                    {"secrets.bind", &Vault::bind},
                                                    {"secrets.rotate", &Vault::rotate},
                                                    {"secrets.remove", &Vault::remove},
                                                    {"secrets.check", &Vault::check}};
    for (const auto& [name, verb] : changes) {
        keeper.add_verb(
            name, Access::person_only,
            [this, verb, &log, &clock](const gate::Sender& sender, const Json& arguments) {
                return (this->*verb)(sender, arguments, log, clock);
            });
    }
    keeper.add_verb("secrets.list", Access::person_only,
                    [this](const gate::Sender&, const Json&) { return list(); });
    keeper.add_verb(
        "secrets.stores", Access::person_only,
        [this](const gate::Sender&, const Json&) -> Result<Json> { return list_stores(); });
    keeper.add_verb(
        "secrets.outcome", Access::person_only,
        [this](const gate::Sender&, const Json& arguments) { return outcome(arguments); });
    keeper.add_verb("secrets.show", Access::person_only,
                    [this](const gate::Sender&, const Json& arguments) -> Result<Json> {
                        return shown(TRY(file_.facts(TRY(wire::text_at(arguments, "name")))));
                    });
    keeper.add_verb(
        "secrets.twins", Access::person_only,
        [this](const gate::Sender&, const Json& arguments) { return twins(arguments); });
}

}  // namespace hs::keeping
