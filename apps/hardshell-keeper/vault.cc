#include "hardshell-keeper/vault.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "crypto/mac.h"
#include "egress/frames.h"
#include "gate/channel_setting.h"
#include "hardshell-keeper/envelopes.h"
#include "ship/sink_setting.h"
#include "wire/url.h"

namespace hs::keeping {

namespace {

// None when the configuration of the sinks is wrong; Shipping says so.
std::vector<ship::SinkSetting> ship_sinks(const gate::Settings& settings) {
    auto sinks = ship::sink_settings(settings);
    return sinks ? std::move(*sinks) : std::vector<ship::SinkSetting>();
}

// None when the configuration of the channels is wrong; the start says so.
std::vector<gate::ChannelSetting> channels_of(const gate::Settings& settings) {
    auto channels = gate::channel_settings(settings);
    return channels ? std::move(*channels) : std::vector<gate::ChannelSetting>();
}

using Carrier = gate::SendMessage::Carrier;

// The use that a channel makes of the secret, and how; nothing where none does.
std::optional<secrets::Binding> channel_binding(const gate::Settings& settings,
                                                const std::string& name) {
    for (const auto& channel : channels_of(settings)) {
        for (const char* setting : {"credential", "app_credential"}) {
            for (const Carrier carrier :
                 {Carrier::http, Carrier::websocket, Carrier::lines, Carrier::listen}) {
                const auto secret = gate::channel_secret(channel, setting, carrier);
                const auto hosts = gate::hosts_of(channel, carrier);
                if (!secret || !hosts || secret->name != name) continue;
                secrets::Binding binding;
                binding.hosts = *hosts;
                binding.header = secret->header;
                binding.prefix = secret->prefix;
                return binding;
            }
        }
    }
    return std::nullopt;
}

}  // namespace

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

Result<std::unique_ptr<Vault>> Vault::open(const std::string& state_folder,
                                           const crypto::SecretBytes& master,
                                           const gate::Settings& settings, base::Random& random,
                                           StoreDesk& stores) {
    auto file = TRY(secrets::SealedFile::open(state_folder + "/secrets",
                                              crypto::derive_key(master, "secrets file"), random));
    return std::unique_ptr<Vault>(new Vault(std::move(file), settings, stores));
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
    if (const auto channel = channel_binding(settings_, name)) {
        binding.hosts.push_back(channel->hosts.front());
        binding.header = channel->header;
        binding.prefix = channel->prefix;
    }
    if (!host.empty()) binding.hosts.push_back(host);
    // What a store is opened with goes there with the keeper's own questions, and nowhere else.
    if (binding.hosts.empty() && !stores_.logs_in(name).empty()) return secrets::Binding();
    if (binding.hosts.empty()) {
        return fail(
            Code::invalid_input,
            fmt::format(
                "no provider, sink, channel or store in config.toml uses the secret {}; name "
                "the host that it may go to: hardshell secret set {} --host HOST",
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

bool Vault::is_of_provider(const std::string& name) const {
    if (channel_binding(settings_, name)) return true;  // nor is a channel's for sandboxes
    if (!stores_.logs_in(name).empty()) return true;    // nor what a store is opened with
    const auto& providers = settings_.providers();
    return std::any_of(providers.begin(), providers.end(),
                       [&](const auto& provider) { return provider.credential == name; });
}

std::optional<gate::BoundSecret> Vault::bound_to(const gate::SecretAsk& ask) const {
    std::optional<gate::BoundSecret> found;
    for (const auto& facts : file_.list()) {
        const auto& binding = facts.binding;
        if (is_of_provider(facts.name)) continue;
        secrets::SecretPlace place;
        place.host = ask.host;
        place.method = ask.method;
        place.path = ask.path;
        place.executable = ask.program;
        const bool of_host =
            std::find(binding.hosts.begin(), binding.hosts.end(), ask.host) != binding.hosts.end();
        const bool fits = ask.method.empty() ? of_host : secrets::admits(binding, place);
        if (!fits) continue;
        // Two that fit would be a guess, and a guess may send the wrong one; that there is one is
        // enough for looking into a connection.
        if (found && !ask.method.empty()) return std::nullopt;
        found = {facts.name,     std::string(secrets::form_name(binding.form)),
                 binding.header, binding.prefix,
                 binding.user,   binding.hosts};
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
        auto value = file_.reveal(facts.name);
        if (value) values.push_back({facts.name, std::move(*value)});
    }
    for (auto& fetched : stores_.values()) values.push_back(std::move(fetched));
    return values;
}

// A platform's streams lie below its domain; a channel's secret that is bound to the platform's
// address may go there too.
std::string Vault::bound_host(const egress::SecretQuestion& question) const {
    for (const auto& channel : channels_of(settings_)) {
        const bool uses =
            channel.credential == question.name || channel.app_credential == question.name;
        const auto url = wire::parse_url(channel.url);
        if (uses && url && gate::may_reach(channel, Carrier::websocket, question.host) &&
            question.method == "STREAM") {
            return url->host;
        }
    }
    return question.host;
}

// The place as the keeper itself knows it: of the run it was told nothing by egress.
Result<secrets::SecretPlace> Vault::place_of(const egress::SecretQuestion& question,
                                             const Witnesses& witnesses) const {
    const auto facts = TRY(file_.facts(question.name));
    secrets::SecretPlace place;
    place.host = bound_host(question);
    // The header names the form; the binding must be for that very header.
    place.header = question.header;
    place.prefix = facts.binding.prefix;
    place.method = question.method;
    place.path = question.path;
    place.executable = witnesses.keeper.program_of(question.nonce);
    place.form = facts.binding.form;
    const auto wanted = TRY(credential_form(std::string(secrets::form_name(place.form))));
    if (static_cast<std::uint8_t>(wanted) != question.form) {
        return fail(Code::denied, fmt::format("the secret {} may stand only in the form {}",
                                              question.name, secrets::form_name(place.form)));
    }
    return place;
}

Result<> Vault::admit(const egress::SecretQuestion& question, const Witnesses& witnesses) const {
    if (sealed_ && sealed_() && !ships_to(question.name, question.host)) {
        return fail(Code::denied, "the lockdown is on: no secret is placed");
    }
    return file_.check_place(question.name, TRY(place_of(question, witnesses)));
}

void Vault::answer(os::Channel& egress, const os::Frame& frame, const Witnesses& witnesses) {
    const auto question = egress::unpack_question(frame.payload);
    if (!question) {
        return conclude(egress, frame.id, {}, question.failure(), witnesses);
    }
    const auto admitted = admit(*question, witnesses);
    if (!admitted) return conclude(egress, frame.id, *question, admitted.failure(), witnesses);
    const auto facts = file_.facts(question->name);
    if (!facts || facts->store.empty()) {
        return conclude(egress, frame.id, *question, file_.reveal(question->name), witnesses);
    }
    const auto asked = ask_store(egress, frame.id, *question, *facts, witnesses);
    if (!asked) conclude(egress, frame.id, *question, asked.failure(), witnesses);
}

// Records what became of the question, then answers it.
void Vault::conclude(os::Channel& egress, std::uint64_t id, const egress::SecretQuestion& question,
                     Result<crypto::SecretBytes> value, const Witnesses& witnesses) {
    egress::SecretAnswer answer;
    audit::Event event(audit::EventKind::secret_use);
    event.set(audit::Field::secret, question.name)
        .set(audit::Field::host, question.host)
        .set(audit::Field::outcome, value ? "placed" : "refused");
    const auto facts = file_.facts(question.name);
    if (facts && !facts->store.empty()) event.detail("store", facts->store);
    if (!value) event.set(audit::Field::reason, value.error().what);
    // Without its record the value does not leave. What the log's own deliveries use is counted
    // with them: a record for each would make the next delivery.
    const bool own = value && ships_to(question.name, question.host);
    const auto recorded =
        own ? Result<>() : witnesses.log.append(event, [](Result<std::uint64_t>) {});
    if (!recorded) {
        answer.refusal = "it could not be recorded";
    } else if (!value) {
        answer.refusal = value.error().what;
    } else {
        answer.value = std::move(*value);
        // A note that cannot be kept makes the secret look unused; it is no reason to refuse.
        static_cast<void>(file_.note_use(question.name, witnesses.clock.wall_ms()).ok());
    }
    base::Bytes packed = egress::pack_secret_answer(answer);
    const auto sent = egress.send(id, static_cast<std::uint16_t>(gate::FrameKind::answer), packed);
    static_cast<void>(sent.ok());  // an egress that is gone asks no more
    crypto::wipe(packed);
}

}  // namespace hs::keeping
