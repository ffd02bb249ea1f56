#include <fmt/format.h>

#include <cmath>

#include "models/budget.h"

namespace hs::models {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::int64_t million = 1'000'000;

// Prices are written as people read them ("3" or "0.30" for a million tokens).
Result<Money_micro> price_at(const Json& entry, std::string_view key, Money_micro otherwise) {
    const Json* member = entry.find(key);
    if (member == nullptr) return otherwise;
    double units = -1;
    if (member->integer() != nullptr) units = static_cast<double>(*member->integer());
    if (member->real() != nullptr) units = *member->real();
    if (!(units >= 0) || units * million > static_cast<double>(price_max)) {
        return fail(Code::invalid_input,
                    fmt::format("\"{}\" must be a price for a million tokens from 0 to {}", key,
                                price_max / million));
    }
    return std::llround(units * million);
}

Result<Price> price_from(const Json& entry) {
    if (entry.object() == nullptr) {
        return fail(Code::invalid_input, "expected {input = …, output = …}");
    }
    for (const auto& [key, value] : *entry.object()) {
        if (key != "input" && key != "output" && key != "cache_read" && key != "cache_write") {
            return fail(Code::invalid_input,
                        fmt::format("\"{}\" is no price; the keys are input, output, cache_read "
                                    "and cache_write",
                                    key));
        }
    }
    if (entry.find("input") == nullptr || entry.find("output") == nullptr) {
        return fail(Code::invalid_input, "both input and output are needed");
    }
    Price price;
    price.input = TRY(price_at(entry, "input", 0));
    price.output = TRY(price_at(entry, "output", 0));
    price.cache_read = TRY(price_at(entry, "cache_read", price.input));
    price.cache_write = TRY(price_at(entry, "cache_write", price.input));
    return price;
}

// tokens_max * price_max is beyond 64 bits, hence the wider product.
__extension__ typedef unsigned __int128 Wide;

Wide product(std::int64_t tokens, Money_micro price) {
    return static_cast<Wide>(std::clamp<std::int64_t>(tokens, 0, tokens_max)) *
           static_cast<Wide>(std::clamp<std::int64_t>(price, 0, price_max));
}

}  // namespace

Money_micro cost_of(const Usage& usage, const Price& price) {
    const Wide sum = product(usage.input, price.input) + product(usage.output, price.output) +
                     product(usage.cache_read, price.cache_read) +
                     product(usage.cache_write, price.cache_write);
    return static_cast<Money_micro>((sum + million - 1) / million);
}

Result<PriceTable> PriceTable::from_json(const Json& json) {
    PriceTable table;
    if (json.object() == nullptr) {
        return fail(Code::invalid_input, "the price table must be a table of \"provider/model\"");
    }
    for (const auto& [name, entry] : *json.object()) {
        const auto price = price_from(entry);
        if (!price) {
            return fail(Code::invalid_input,
                        fmt::format("the price of \"{}\": {}", name, price.error().what));
        }
        if (name.ends_with('*')) {
            table.prefixes_[name.substr(0, name.size() - 1)] = *price;
        } else {
            table.exact_[name] = *price;
        }
    }
    return table;
}

std::optional<Price> PriceTable::find(std::string_view provider, std::string_view model) const {
    const std::string name = fmt::format("{}/{}", provider, model);
    if (const auto found = exact_.find(name); found != exact_.end()) return found->second;
    const std::pair<const std::string, Price>* longest = nullptr;
    for (const auto& entry : prefixes_) {
        const bool matches = name.starts_with(entry.first);
        if (matches && (longest == nullptr || entry.first.size() > longest->first.size())) {
            longest = &entry;
        }
    }
    if (longest == nullptr) return {};
    return longest->second;
}

std::string money_text(Money_micro amount, std::string_view currency) {
    const std::int64_t shown = std::max<std::int64_t>(amount, 0);
    if (shown == 0 || shown % 10'000 == 0 || shown >= million) {
        const std::int64_t cents = (shown + 5'000) / 10'000;
        return fmt::format("{}.{:02} {}", cents / 100, cents % 100, currency);
    }
    return fmt::format("0.{:06} {}", shown, currency);
}

}  // namespace hs::models
