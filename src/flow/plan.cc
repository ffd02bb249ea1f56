#include "flow/plan.h"

#include <algorithm>
#include <array>

#include "flow/manifest.h"

namespace hs::flow {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::array<std::string_view, 4> kind_names = {"equal", "subset", "day", "pattern"};
constexpr std::size_t pins_max = 100;

bool in_words(std::string_view value, const std::vector<std::string>& words) {
    const std::string low = lowered(trimmed(value));
    return std::any_of(words.begin(), words.end(), [&](const std::string& text) {
        return is_literal(low, text, kind_of(low));
    });
}

// "50.0" → "50"
std::string without_zero(std::string text) {
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text;
}

bool is_all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

bool looks_like_day(std::string_view text) {
    return kind_of(text) == ValueKind::date;
}

std::optional<Pin> list_pin(const Json& value, const std::vector<std::string>& words) {
    Pin pin;
    pin.kind = Pin::Kind::subset;
    for (const Json& item : *value.array()) {
        if (item.text() == nullptr || !in_words(*item.text(), words)) return std::nullopt;
        pin.values.push_back(lowered(*item.text()));
    }
    return pin.values.empty() ? std::nullopt : std::optional(std::move(pin));
}

std::optional<Pin> text_pin(const std::string& text, const std::vector<std::string>& words) {
    Pin pin;
    if (looks_like_day(text)) {
        const Days wanted = days_in(lowered(text));
        const bool met = std::any_of(words.begin(), words.end(), [&](const std::string& said) {
            return meet(wanted, days_in(said));
        });
        if (!met) return std::nullopt;
        pin.kind = Pin::Kind::day;
        pin.values = {lowered(text)};
        return pin;
    }
    const bool named = !is_all_digits(text) &&
                       std::any_of(words.begin(), words.end(), [&](const std::string& said) {
                           return is_named(text, words_of(said));
                       });
    if (in_words(without_zero(text), words) || named) {
        pin.values = {lowered(text)};
        return pin;
    }
    const std::string low = lowered(text);
    for (const std::string& said : words) {
        for (std::string& pattern : templates_in(said)) {
            if (!fits_template(low, pattern)) continue;
            pin.kind = Pin::Kind::pattern;
            pin.values = {std::move(pattern)};
            return pin;
        }
    }
    return std::nullopt;
}

Json texts_to_json(const std::vector<std::string>& texts) {
    wire::JsonArray array;
    for (const std::string& text : texts) array.emplace_back(text);
    return Json(std::move(array));
}

Result<Pin> pin_from_json(const Json& json) {
    Pin pin;
    pin.argument = TRY(wire::text_at(json, "argument"));
    const std::string kind = TRY(wire::text_at(json, "kind"));
    const auto* found = std::find(kind_names.begin(), kind_names.end(), kind);
    if (found == kind_names.end()) return fail(Code::invalid_input, "a pin of no known kind");
    pin.kind = static_cast<Pin::Kind>(found - kind_names.begin());
    for (const Json& value : *TRY(wire::array_at(json, "values"))) {
        if (value.text() == nullptr) return fail(Code::invalid_input, "a pin's values are texts");
        pin.values.push_back(*value.text());
    }
    return pin;
}

}  // namespace

bool Pin::fits(const Json& value) const {
    if (value.is_null()) return false;
    if (kind == Kind::subset) {
        if (value.array() == nullptr) return false;
        return std::all_of(value.array()->begin(), value.array()->end(), [&](const Json& item) {
            return std::find(values.begin(), values.end(), lowered(value_text(item))) !=
                   values.end();
        });
    }
    if (values.empty()) return false;
    const std::string low = lowered(value_text(value));
    switch (kind) {
        case Kind::equal:
            return low == values.front();
        case Kind::day:
            return meet(days_in(low), days_in(values.front()));
        case Kind::pattern:
            return fits_template(low, values.front());
        case Kind::subset:
            break;
    }
    return false;
}

bool PlannedCall::fits(std::string_view called, const Json& arguments) const {
    if (called != tool) return false;
    return std::all_of(pins.begin(), pins.end(), [&](const Pin& pin) {
        const Json* value = arguments.find(pin.argument);
        return value != nullptr && pin.fits(*value);
    });
}

PlannedCall Plan::pinned(std::string_view tool, const Json& arguments,
                         const std::vector<std::string>& lowered_words) {
    PlannedCall call;
    call.tool = tool;
    if (arguments.object() == nullptr) return call;
    for (const auto& [name, value] : *arguments.object()) {
        if (value.is_null() || value.boolean() != nullptr || call.pins.size() >= pins_max) continue;
        auto pin = value.array() != nullptr ? list_pin(value, lowered_words)
                                            : text_pin(value_text(value), lowered_words);
        if (!pin) continue;
        pin->argument = name;
        call.pins.push_back(*std::move(pin));
    }
    return call;
}

bool Plan::fits(std::string_view tool, const Json& arguments) const {
    return std::any_of(calls_.begin(), calls_.end(),
                       [&](const PlannedCall& call) { return call.fits(tool, arguments); });
}

void Plan::shrink_to(const std::vector<std::string>& tools) {
    std::erase_if(calls_, [&](const PlannedCall& call) {
        return std::find(tools.begin(), tools.end(), call.tool) == tools.end();
    });
}

Json Plan::to_json() const {
    wire::JsonArray calls;
    for (const PlannedCall& call : calls_) {
        wire::JsonArray pins;
        for (const Pin& pin : call.pins) {
            Json one;
            one["argument"] = pin.argument;
            one["kind"] = kind_names[static_cast<std::size_t>(pin.kind)];
            one["values"] = texts_to_json(pin.values);
            pins.push_back(std::move(one));
        }
        Json one;
        one["tool"] = call.tool;
        one["pins"] = std::move(pins);
        calls.push_back(std::move(one));
    }
    return Json(std::move(calls));
}

Result<Plan> Plan::from_json(const Json& json) {
    if (json.array() == nullptr || json.array()->size() > calls_max) {
        return fail(Code::invalid_input, "a plan: expected a list of at most 200 calls");
    }
    Plan plan;
    for (const Json& item : *json.array()) {
        PlannedCall call;
        call.tool = TRY(wire::text_at(item, "tool"));
        const wire::JsonArray* pins = TRY(wire::array_at(item, "pins"));
        if (pins->size() > pins_max) return fail(Code::invalid_input, "a plan: too many pins");
        for (const Json& pin : *pins) call.pins.push_back(TRY(pin_from_json(pin)));
        plan.add(std::move(call));
    }
    return plan;
}

}  // namespace hs::flow
