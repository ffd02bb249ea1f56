// The choice of a provider by what the conversation holds: which classes of data each declares to
// accept, what counts as gone once it was replaced, which stand before another, and what a person
// can do where none is left.
//
// What it does not protect from: a provider that is declared to accept more than it should, or that
// is elsewhere and keeps more than it says. The settings are a person's word.
// Threads: pure functions over the settings.
#pragma once

#include <string>
#include <vector>

#include "flow/data_classes.h"
#include "gate/action.h"
#include "gate/settings.h"

namespace hs::gate {

flow::DataClasses accepted_by(const ProviderSetting& provider);
// That it accepts once what was found of them is replaced by placeholders.
flow::DataClasses accepted_redacted_by(const ProviderSetting& provider);

// What still counts of a context's classes. A class goes only where something of it was found and
// replaced in every piece that is of it: where nothing was, what made it so is still in there.
flow::DataClasses left_after(const ProviderSetting& provider, const flow::DataClasses& held,
                             const Infer& call);

// The names in the order in which they are asked: model.default, then model.fallbacks; the first
// that is configured where there is neither.
std::vector<std::string> provider_order(const Settings& settings);

// A provider that stands before the chosen one and does not accept all that the context holds.
struct PassedOver {
    std::string provider;
    flow::DataClasses refused;
};
std::vector<PassedOver> passed_over(const Settings& settings, const std::string& chosen,
                                    const flow::DataClasses& held);

// "cloud (eu) does not accept customer data, which the conversation holds".
std::string refusal(const ProviderSetting& provider, const flow::DataClasses& refused);
// What to type next.
std::string remedy(const Settings& settings, const ProviderSetting& provider,
                   const flow::DataClasses& held, const flow::DataClasses& refused);

}  // namespace hs::gate
