#include "hardshelld/providers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "gate/provider_choice.h"
#include "models/anthropic.h"
#include "models/discovery.h"
#include "models/http_provider.h"
#include "models/offline.h"
#include "models/openai.h"
#include "models/redacting_provider.h"

namespace hs::daemon {
namespace {

using base::Result;
using Use = models::Route::Use;

// The endpoint below a base address: people write "https://api.openai.com/v1" or the host alone.
Result<wire::Url> endpoint(const gate::ProviderSetting& provider) {
    wire::Url url = TRY(wire::parse_url(provider.url));
    const std::string wanted =
        provider.kind == "anthropic" ? "/v1/messages" : "/v1/chat/completions";
    std::string path = url.path;
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    if (path.ends_with("/messages") || path.ends_with("/chat/completions")) return url;
    if (path == "/") path.clear();
    if (path.ends_with("/v1")) path.resize(path.size() - 3);
    url.path = path + wanted;
    return url;
}

models::OpenAiServer server_of(const wire::Url& url) {
    if (url.host.ends_with(".openai.azure.com")) return models::OpenAiServer::azure;
    if (url.host == "openrouter.ai") return models::OpenAiServer::openrouter;
    if (url.host == "api.openai.com") return models::OpenAiServer::openai;
    if (url.port == 11434) return models::OpenAiServer::ollama;
    return models::OpenAiServer::other;
}

struct Maker {
    gate::Gate& gate;
    const models::GovernedTransport::EgressNow& egress;
    const base::Clock& clock;
    base::Random& random;
    Routes& made;

    models::Transport& transport(const std::string& name) {
        made.transports.push_back(
            std::make_unique<models::GovernedTransport>(gate, egress, name, clock, random));
        return *made.transports.back();
    }

    bool has(std::string_view name) const {
        return std::any_of(made.routes.begin(), made.routes.end(),
                           [&](const auto& route) { return route.provider->name() == name; });
    }

    void add_offline(Use use) {
        made.routes.push_back({std::make_shared<models::OfflineProvider>(), "", {}, use});
    }

    Result<> add(const gate::ProviderSetting& provider, Use use = Use::in_turn) {
        if (provider.kind == "offline") {
            add_offline(use);
            return {};
        }
        const wire::Url url = TRY(endpoint(provider));
        std::unique_ptr<models::Dialect> dialect;
        if (provider.kind == "anthropic") {
            dialect = std::make_unique<models::Anthropic>(
                models::AnthropicConfig{url, provider.credential, {}});
        } else {
            dialect = std::make_unique<models::OpenAi>(
                models::OpenAiConfig{url, server_of(url), provider.credential});
        }
        models::HttpProviderConfig config;
        config.name = provider.name;
        if (made.routes.empty()) made.context_tokens = provider.context_tokens;
        std::shared_ptr<models::Provider> route = std::make_shared<models::HttpProvider>(
            config, std::move(dialect), transport(provider.name), clock);
        // Who is asked on this machine may see what is on it, unless something else is said.
        const auto redacted = gate::accepted_redacted_by(provider);
        if (!provider.local || !redacted.empty()) {
            using Personal = models::RedactingProvider::Personal;
            const bool always = redacted.has(flow::DataClass::personal) &&
                                !gate::accepted_by(provider).has(flow::DataClass::personal);
            route = std::make_shared<models::RedactingProvider>(
                std::move(route), always ? Personal::always : Personal::where_obliged);
        }
        made.routes.push_back(
            {std::move(route), provider.model, {}, use, gate::accepted_by(provider), redacted});
        return {};
    }

    // Asks the servers that this machine may run; policy decides whether they may be asked.
    void discover() {
        gate::Circumstances caller;
        caller.person = fmt::format("uid {}", ::geteuid());
        caller.space = "personal";
        caller.agent = "main";
        caller.origin = "daemon";
        caller.label = flow::Label::of_person(caller.person);
        caller.approver = gate::Circumstances::Approver::nobody;
        for (const auto& known : gate::local_providers()) {
            models::DiscoveryRules rules;
            rules.caller = &caller;
            const models::StopSwitch stop;
            for (const auto& found :
                 models::find_local_servers(transport(known.name), stop, rules)) {
                const bool ollama = found.server == models::OpenAiServer::ollama;
                if (ollama != (known.name == "ollama") || found.models.empty()) continue;
                gate::ProviderSetting provider = known;
                provider.url = found.url.text();
                provider.model = found.models.front();
                provider.context_tokens = found.context_tokens;
                if (!add(provider)) continue;
                made.notices.push_back(fmt::format("Found {} on this machine; using its model {}.",
                                                   known.name, provider.model));
            }
        }
    }
};

}  // namespace

Result<Routes> make_routes(const gate::Settings& settings, gate::Gate& gate,
                           const models::GovernedTransport::EgressNow& egress,
                           const base::Clock& clock, base::Random& random) {
    Routes made;
    Maker maker{gate, egress, clock, random, made};
    const std::string first = settings.text("model.default");
    for (const auto& name : gate::provider_order(settings)) {
        if (name == "offline") continue;
        const auto found =
            std::find_if(settings.providers().begin(), settings.providers().end(),
                         [&](const auto& provider) { return provider.name == name; });
        if (found == settings.providers().end()) {
            return base::fail(base::Code::invalid_input,
                              fmt::format("model.default or model.fallbacks names the provider "
                                          "\"{0}\", but there is no [provider.{0}] in config.toml",
                                          name));
        }
        TRY(maker.add(*found));
    }
    if (made.routes.empty() && first != "offline" && settings.boolean("model.discover")) {
        maker.discover();
    }
    if (made.routes.empty()) maker.add_offline(Use::in_turn);
    // What is configured and has no place in the order can still be chosen: /model NAME.
    for (const auto& provider : settings.providers()) {
        if (!maker.has(provider.name)) TRY(maker.add(provider, Use::when_asked));
    }
    if (!maker.has("offline")) maker.add_offline(Use::when_asked);
    return made;
}

}  // namespace hs::daemon
