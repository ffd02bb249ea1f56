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

constexpr std::array<std::string_view, 7> kind_names = {"equal", "subset", "day",     "pattern",
                                                        "exact", "prefix", "sequence"};
constexpr std::size_t pins_max = 100;
constexpr std::size_t pin_values_max = 200;
constexpr std::size_t pin_bytes_max = 4096;

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
    const wire::JsonArray* values = TRY(wire::array_at(json, "values"));
    if (values->size() > pin_values_max) return fail(Code::invalid_input, "a pin of many values");
    for (const Json& value : *values) {
        if (value.text() == nullptr) return fail(Code::invalid_input, "a pin's values are texts");
        pin.values.push_back(*value.text());
    }
    return pin;
}

bool fits_sequence(const Json& value, const std::vector<std::string>& wanted) {
    if (value.array() == nullptr) return false;
    const wire::JsonArray& list = *value.array();
    const bool is_open = !wanted.empty() && wanted.back() == "*";
    const std::size_t fixed = wanted.size() - (is_open ? 1 : 0);
    if (is_open ? list.size() < fixed : list.size() != fixed) return false;
    return std::equal(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(fixed),
                      list.begin(), [](const std::string& word, const Json& item) {
                          return item.text() != nullptr && *item.text() == word;
                      });
}

Result<Pin> declared_pin(const std::string& argument, const Json& value) {
    const auto refuse = [&](std::string_view why) {
        return fail(Code::invalid_input, "the plan's \"" + argument + "\": " + std::string(why));
    };
    Pin pin;
    pin.argument = argument;
    if (const auto* list = value.array()) {
        pin.kind = Pin::Kind::sequence;
        if (list->empty() || list->size() > pin_values_max) return refuse("1 to 200 texts");
        for (const Json& item : *list) {
            if (item.text() == nullptr || item.text()->size() > pin_bytes_max) {
                return refuse("a list of short texts");
            }
            pin.values.push_back(*item.text());
        }
        if (pin.values.front() == "*") return refuse("\"*\" alone pins nothing; leave it out");
        return pin;
    }
    if (value.object() != nullptr) return refuse("a text, a number or a list of texts");
    std::string text = value_text(value);
    if (text.empty() || text.size() > pin_bytes_max) return refuse("1 to 4096 bytes");
    pin.kind = text.ends_with('*') ? Pin::Kind::prefix : Pin::Kind::exact;
    if (pin.kind == Pin::Kind::prefix) text.pop_back();
    if (text.empty()) return refuse("\"*\" alone pins nothing; leave it out");
    pin.values = {std::move(text)};
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
    if (kind == Kind::sequence) return fits_sequence(value, values);
    const bool is_flat = value.array() == nullptr && value.object() == nullptr;
    const std::string text = value_text(value);
    const std::string low = lowered(text);
    switch (kind) {
        case Kind::equal:
            return low == values.front();
        case Kind::day:
            return meet(days_in(low), days_in(values.front()));
        case Kind::pattern:
            return fits_template(low, values.front());
        case Kind::exact:
            return is_flat && text == values.front();
        case Kind::prefix:
            return is_flat && text.starts_with(values.front());
        case Kind::subset:
        case Kind::sequence:
            break;
    }
    return false;
}

bool PlannedCall::fixes(std::string_view argument) const {
    return std::any_of(pins.begin(), pins.end(), [&](const Pin& pin) {
        return pin.argument == argument &&
               (pin.kind == Pin::Kind::exact || pin.kind == Pin::Kind::equal);
    });
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

Result<PlannedCall> Plan::declared(std::string_view tool, const Json& arguments) {
    PlannedCall call;
    call.tool = tool;
    if (arguments.is_null()) return call;
    if (arguments.object() == nullptr || arguments.object()->size() > pins_max) {
        return fail(Code::invalid_input, "a planned call's arguments: expected an object");
    }
    for (const auto& [name, value] : *arguments.object()) {
        if (!value.is_null()) call.pins.push_back(TRY(declared_pin(name, value)));
    }
    return call;
}

const PlannedCall* Plan::find(std::string_view tool, const Json& arguments) const {
    const auto found = std::find_if(calls_.begin(), calls_.end(), [&](const PlannedCall& call) {
        return call.fits(tool, arguments);
    });
    return found == calls_.end() ? nullptr : &*found;
}

bool Plan::fits(std::string_view tool, const Json& arguments) const {
    return find(tool, arguments) != nullptr;
}

bool Plan::narrows(const Plan& wider) const {
    return std::all_of(calls_.begin(), calls_.end(), [&](const PlannedCall& mine) {
        return std::any_of(wider.calls_.begin(), wider.calls_.end(), [&](const PlannedCall& held) {
            return held.tool == mine.tool &&
                   std::all_of(held.pins.begin(), held.pins.end(), [&](const Pin& pin) {
                       return std::find(mine.pins.begin(), mine.pins.end(), pin) != mine.pins.end();
                   });
        });
    });
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
