#include "gate/provider_choice.h"

#include <fmt/format.h>

namespace hs::gate {

namespace {

flow::DataClasses classes_from(const std::vector<std::string>& names) {
    flow::DataClasses classes;
    for (const auto& name : names) {
        if (const auto known = flow::data_class_from_name(name)) classes.add(*known);
    }
    return classes;
}

bool takes(const ProviderSetting& provider, const flow::DataClasses& held) {
    return (accepted_by(provider) | accepted_redacted_by(provider)).holds_all(held);
}

}  // namespace

flow::DataClasses accepted_by(const ProviderSetting& provider) {
    return classes_from(provider.accepts);
}

flow::DataClasses accepted_redacted_by(const ProviderSetting& provider) {
    return classes_from(provider.accepts_redacted);
}

flow::DataClasses left_after(const ProviderSetting& provider, const flow::DataClasses& held,
                             const Infer& call) {
    flow::DataClasses gone;
    if (call.secrets_replaced > 0 && call.credential_pieces_left == 0) {
        gone.add(flow::DataClass::credential);
    }
    if (call.personal_replaced > 0 && call.personal_pieces_left == 0) {
        gone.add(flow::DataClass::personal);
    }
    flow::DataClasses lighter;
    for (const flow::DataClass each : accepted_redacted_by(provider).list()) {
        if (gone.has(each)) lighter.add(each);
    }
    return flow::without(held, lighter);
}

std::vector<std::string> provider_order(const Settings& settings) {
    std::vector<std::string> order = settings.texts("model.fallbacks");
    const std::string first = settings.text("model.default");
    if (!first.empty()) order.insert(order.begin(), first);
    if (order.empty() && !settings.providers().empty()) {
        order.push_back(settings.providers().front().name);
    }
    return order;
}

std::vector<PassedOver> passed_over(const Settings& settings, const std::string& chosen,
                                    const flow::DataClasses& held) {
    std::vector<PassedOver> passed;
    for (const std::string& name : provider_order(settings)) {
        if (name == chosen) break;
        const ProviderSetting* provider = settings.provider(name);
        if (provider == nullptr || takes(*provider, held)) continue;
        passed.push_back({name, flow::without(flow::without(held, accepted_by(*provider)),
                                              accepted_redacted_by(*provider))});
    }
    return passed;
}

std::string refusal(const ProviderSetting& provider, const flow::DataClasses& refused) {
    return fmt::format("{} ({}) does not accept {} data, which the conversation holds",
                       provider.name,
                       provider.place.empty() ? "its place is not declared" : provider.place,
                       flow::names_of(refused));
}

std::string remedy(const Settings& settings, const ProviderSetting& provider,
                   const flow::DataClasses& held, const flow::DataClasses& refused) {
    for (const ProviderSetting& other : settings.providers()) {
        if (other.name == provider.name || !accepted_by(other).holds_all(held)) continue;
        return fmt::format(
            "{0} accepts it: hardshell config set model.fallbacks {0}, or choose it "
            "with --model {0}",
            other.name);
    }
    std::string anew = "Begin a new conversation without it (/new)";
    if (refused.has(flow::DataClass::secret) || refused.has(flow::DataClass::credential)) {
        return anew;
    }
    return fmt::format(
        "{}, run a model on this machine and set provider.NAME.place to local, or, "
        "if {} may have it, add {} to provider.{}.accepts",
        anew, provider.name, flow::names_of(refused), provider.name);
}

}  // namespace hs::gate
