#include "hardshell-keeper/vault.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "crypto/mac.h"
#include "egress/frames.h"
#include "ship/sink_setting.h"
#include "wire/url.h"

namespace hs::keeping {

namespace {

// None when the configuration of the sinks is wrong; Shipping says so.
std::vector<ship::SinkSetting> ship_sinks(const gate::Settings& settings) {
    auto sinks = ship::sink_settings(settings);
    return sinks ? std::move(*sinks) : std::vector<ship::SinkSetting>();
}

}  // namespace

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

Result<std::unique_ptr<Vault>> Vault::open(const std::string& state_folder,
                                           const crypto::SecretBytes& master,
                                           const gate::Settings& settings, base::Random& random) {
    auto file = TRY(secrets::SealedFile::open(state_folder + "/secrets",
                                              crypto::derive_key(master, "secrets file"), random));
    return std::unique_ptr<Vault>(new Vault(std::move(file), settings));
}

// A provider's credential goes to that provider's host in its own header; any other secret goes to
// the host that the person names, as a bearer token.
Result<secrets::Binding> Vault::binding_for(const std::string& name,
                                            const std::string& host) const {
    secrets::Binding binding;
    binding.header = "Authorization";
    binding.prefix = "Bearer ";
    for (const auto& provider : settings_.providers()) {
        if (provider.credential != name) continue;
        binding.hosts.push_back(TRY(wire::parse_url(provider.url)).host);
        if (provider.kind != "anthropic") continue;
        binding.header = "x-api-key";
        binding.prefix.clear();
    }
    for (const auto& sink : ship_sinks(settings_)) {
        if (sink.credential != name) continue;
        binding.hosts.push_back(sink.host);
        if (sink.kind == ship::SinkKind::splunk) binding.prefix = "Splunk ";
    }
    if (!host.empty()) binding.hosts.push_back(host);
    if (binding.hosts.empty()) {
        return fail(Code::invalid_input,
                    fmt::format("no provider in config.toml uses the secret {}; name the host that "
                                "it may go to: hardshell secret set {} --host HOST",
                                name, name));
    }
    return binding;
}

bool Vault::ships_to(const std::string& name, const std::string& host) const {
    const auto sinks = ship_sinks(settings_);
    return std::any_of(sinks.begin(), sinks.end(), [&](const ship::SinkSetting& sink) {
        return sink.credential == name && sink.host == host;
    });
}

Result<Json> Vault::set(const gate::Sender& sender, const Json& arguments, audit::Log& log,
                        const base::Clock& clock) {
    secrets::SecretFacts facts;
    facts.name = TRY(wire::text_at(arguments, "name"));
    facts.secret_class = "api_key";
    facts.owner = sender.name;
    facts.created_ms = facts.changed_ms = clock.wall_ms();
    facts.binding = TRY(binding_for(facts.name, TRY(wire::text_at_or(arguments, "host", ""))));
    std::string value = TRY(wire::text_at(arguments, "value"));
    const std::string hosts = fmt::format("{}", fmt::join(facts.binding.hosts, ", "));
    TRY(log.append_and_wait(audit::Event(audit::EventKind::secret_use)
                                .set(audit::Field::secret, facts.name)
                                .set(audit::Field::person, sender.name)
                                .set(audit::Field::outcome, "set")
                                .detail("hosts", hosts)));
    const std::string name = facts.name;
    const auto kept = file_.set(std::move(facts), base::bytes_of(value));
    crypto::wipe({reinterpret_cast<std::uint8_t*>(value.data()), value.size()});
    TRY(kept);
    if (changed_) changed_();
    return Json(JsonObject{{"name", name}, {"hosts", hosts}});
}

Result<Json> Vault::list() const {
    Json items{wire::JsonArray{}};
    for (const auto& facts : file_.list()) {
        items.push(JsonObject{{"name", facts.name},
                              {"owner", facts.owner},
                              {"changed", base::format_time(facts.changed_ms).substr(0, 16)},
                              {"header", facts.binding.header},
                              {"hosts", fmt::format("{}", fmt::join(facts.binding.hosts, ", "))}});
    }
    return Json(JsonObject{{"secrets", std::move(items)}});
}

void Vault::add_verbs(gate::Keeper& keeper, audit::Log& log, const base::Clock& clock) {
    using Access = gate::Keeper::Access;
    keeper.add_verb("secrets.set", Access::person_only,
                    [this, &log, &clock](const gate::Sender& sender, const Json& arguments) {
                        return set(sender, arguments, log, clock);
                    });
    keeper.add_verb("secrets.list", Access::person_only,
                    [this](const gate::Sender&, const Json&) { return list(); });
    keeper.add_verb(
        "secrets.remove", Access::person_only,
        [this, &log](const gate::Sender& sender, const Json& arguments) -> Result<Json> {
            const std::string name = TRY(wire::text_at(arguments, "name"));
            TRY(log.append_and_wait(audit::Event(audit::EventKind::secret_use)
                                        .set(audit::Field::secret, name)
                                        .set(audit::Field::person, sender.name)
                                        .set(audit::Field::outcome, "removed")));
            TRY(file_.remove(name));
            if (changed_) changed_();
            return Json(JsonObject{{"removed", name}});
        });
}

bool Vault::is_of_provider(const std::string& name) const {
    const auto& providers = settings_.providers();
    return std::any_of(providers.begin(), providers.end(),
                       [&](const auto& provider) { return provider.credential == name; });
}

std::optional<gate::BoundSecret> Vault::bound_to(const std::string& host) const {
    std::optional<gate::BoundSecret> found;
    for (const auto& facts : file_.list()) {
        const auto& binding = facts.binding;
        const bool fits =
            std::find(binding.hosts.begin(), binding.hosts.end(), host) != binding.hosts.end();
        if (!fits || is_of_provider(facts.name)) continue;
        // Two that fit would be a guess, and a guess may send the wrong one.
        if (found) return std::nullopt;
        found = {facts.name, binding.header, binding.prefix, binding.hosts};
    }
    return found;
}

std::vector<std::string> Vault::sandbox_names() const {
    std::vector<std::string> names;
    for (const auto& facts : file_.list()) {
        if (!is_of_provider(facts.name)) names.push_back(facts.name);
    }
    return names;
}

std::vector<egress::NamedSecret> Vault::values() const {
    std::vector<egress::NamedSecret> values;
    for (const auto& facts : file_.list()) {
        if (facts.binding.hosts.empty()) continue;
        auto value = file_.take(
            facts.name, {facts.binding.hosts.front(), facts.binding.header, facts.binding.prefix});
        if (value) values.push_back({facts.name, std::move(*value)});
    }
    return values;
}

void Vault::answer(os::Channel& egress, const os::Frame& frame, audit::Log& log) {
    egress::SecretAnswer answer;
    const auto question = egress::unpack_question(frame.payload);
    if (!question) {
        answer.refusal = question.error().what;
    } else {
        // The header names the form; the binding must be for that very header.
        const auto facts = file_.facts(question->name);
        auto value = facts ? file_.take(question->name,
                                        {question->host, question->header, facts->binding.prefix})
                           : Result<crypto::SecretBytes>(facts.failure());
        audit::Event event(audit::EventKind::secret_use);
        event.set(audit::Field::secret, question->name)
            .set(audit::Field::host, question->host)
            .set(audit::Field::outcome, value ? "placed" : "refused");
        // Without its record the value does not leave. What the log's own deliveries use is
        // counted with them: a record for each would make the next delivery.
        const bool own = value && ships_to(question->name, question->host);
        const auto recorded = own ? Result<>() : log.append(event, [](Result<std::uint64_t>) {});
        if (!recorded) {
            answer.refusal = "it could not be recorded";
        } else if (!value) {
            answer.refusal = value.error().what;
        } else {
            answer.value = std::move(*value);
        }
    }
    base::Bytes packed = egress::pack_secret_answer(answer);
    const auto sent =
        egress.send(frame.id, static_cast<std::uint16_t>(gate::FrameKind::answer), packed);
    static_cast<void>(sent.ok());  // an egress that is gone asks no more
    crypto::wipe(packed);
}

}  // namespace hs::keeping
