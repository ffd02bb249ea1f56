#include "models/carried.h"

#include <algorithm>

#include "crypto/hash.h"

namespace hs::models {

namespace {

using flow::Source;
using flow::SourceKind;

constexpr std::size_t origin_sources_max = 1024;
// Of one series; a longer conversation begins another.
constexpr std::size_t numbers_max = 65'536;
// Kinds of what was replaced, over all pieces that are told apart: a record holds so much.
constexpr std::size_t replaced_entries_max = 200;

std::string digest_of(std::string_view text) {
    return base::to_hex(crypto::sha256(base::bytes_of(text)));
}

std::string text_of_calls(const Message& message) {
    std::string text;
    for (const Part& part : message.parts) {
        if (const auto* said = std::get_if<TextPart>(&part)) text += said->text;
        const auto* call = std::get_if<ToolCallPart>(&part);
        if (call != nullptr) text += call->name + wire::canonical_json(call->arguments);
    }
    return text;
}

class TakingApart {
  public:
    explicit TakingApart(const ChatRequest& request) : request_(request) {}

    CarriedParts run() {
        take_system();
        const auto& messages = request_.messages.all();
        for (std::size_t i = 0; i < messages.size(); ++i) message(messages[i], static_cast<int>(i));
        return std::move(parts_);
    }

  private:
    void take_system() {
        std::size_t others = 0;
        if (request_.system_origin.held) {
            for (const Source& source : request_.system_origin.held->sources) {
                others += source.bytes;
            }
        }
        place_ = {-1, -1};
        const std::size_t own = request_.system.size() - std::min(others, request_.system.size());
        // Our own words hold the time, so they are one thing whatever they say just then.
        if (own > 0) add({SourceKind::prompt, "system", {}, own, digest_of("system")}, {});
        if (request_.system_origin.held) add_all(*request_.system_origin.held, request_.system);
    }

    void message(const Message& message, int index) {
        if (message.role == Role::assistant) {
            place_ = {index, -1};
            const std::string text = text_of_calls(message);
            if (text.empty()) return;
            add({SourceKind::answer,
                 std::to_string(message.sequence),
                 {},
                 text.size(),
                 digest_of(text)},
                {});
            return;
        }
        for (std::size_t j = 0; j < message.parts.size(); ++j) {
            place_ = {index, static_cast<int>(j)};
            const auto* text = std::get_if<TextPart>(&message.parts[j]);
            const auto* result = std::get_if<ToolResultPart>(&message.parts[j]);
            if (text != nullptr) user_part(text->origin, text->text, SourceKind::earlier);
            if (result != nullptr) user_part(result->origin, result->content, SourceKind::tool);
        }
    }

    void user_part(const Origin& origin, const std::string& text, SourceKind otherwise) {
        if (text.empty()) return;
        if (origin.held && !origin.held->sources.empty()) return add_all(*origin.held, text);
        const auto classes = origin.held ? origin.held->classes : flow::DataClasses{};
        add({otherwise, "", {}, text.size(), digest_of(text)}, classes);
    }

    void add_all(const PartSources& held, const std::string& text) {
        // A text that was cut since is another one, of the same sources.
        const bool cut = held.bytes != 0 && held.bytes != text.size();
        const std::string digest = digest_of(text);
        for (Source source : held.sources) {
            const bool whole = held.sources.size() == 1 && (cut || source.bytes == 0);
            if (whole) source.bytes = text.size();
            source.bytes = std::min<std::uint64_t>(source.bytes, text.size());
            if (cut || source.digest.empty()) source.digest = digest;
            add(std::move(source), held.classes);
        }
    }

    void add(Source source, const flow::DataClasses& classes) {
        if (parts_.size() + 1 < gate::Carried::items_max) {
            parts_.push_back({std::move(source), classes, place_.first, place_.second});
            return;
        }
        // Beyond what is told one by one: how much more there is.
        if (parts_.size() < gate::Carried::items_max) {
            parts_.push_back({{SourceKind::earlier, "what is not told one by one"}, {}, -1, -1});
        }
        CarriedPart& rest = parts_.back();
        rest.source.bytes += source.bytes;
        rest.source.digest = digest_of(rest.source.digest + source.digest);
        rest.classes = rest.classes | classes;
    }

    const ChatRequest& request_;
    CarriedParts parts_;
    std::pair<int, int> place_;
};

std::string key_of(const CarriedPart& part) {
    wire::Json json = flow::to_json(part.source);
    json["classes"] = flow::to_json(part.classes);
    return wire::canonical_json(json);
}

using Kinds = std::map<std::string, std::int64_t, std::less<>>;

void add_kinds(gate::ReplacedKinds& into, const Kinds& kinds) {
    for (const auto& [kind, count] : kinds) {
        const bool fits = into.size() < gate::Carried::kinds_max;
        if (fits || into.contains(kind)) into[kind] += count;
    }
}

void tell_replaced(std::vector<gate::ReplacedIn>& told, std::int64_t item, const Kinds& kinds) {
    for (gate::ReplacedIn& each : told) {
        if (each.item == item) return add_kinds(each.kinds, kinds);
    }
    std::size_t entries = kinds.size();
    for (const gate::ReplacedIn& each : told) entries += each.kinds.size();
    const bool fits = entries <= replaced_entries_max && told.size() < gate::Carried::replaced_max;
    if (!fits) return;  // the call's total has them
    told.push_back({item, {}});
    add_kinds(told.back().kinds, kinds);
}

}  // namespace

CarriedParts parts_of(const ChatRequest& request) {
    return TakingApart(request).run();
}

Origin make_origin(std::vector<Source> sources, const flow::DataClasses& classes,
                   std::string_view text) {
    return {
        std::make_shared<const PartSources>(PartSources{std::move(sources), classes, text.size()})};
}

Origin origin_of_all(const std::vector<Message>& messages, std::size_t end) {
    PartSources all;
    ChatRequest request;
    request.messages =
        std::vector<Message>(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(end));
    for (CarriedPart& part : parts_of(request)) {
        if (all.sources.size() >= origin_sources_max) break;
        all.classes = all.classes | part.classes;
        all.sources.push_back(std::move(part.source));
    }
    return {std::make_shared<const PartSources>(std::move(all))};
}

LeftOver left_over(const CarriedParts& parts, const Redacted& redacted) {
    using Place = std::pair<int, int>;
    std::map<Place, std::int64_t> secrets, personal;
    for (const Replaced& one : redacted.places) {
        // A piece that is all of a message is told with -1 for its part.
        for (const int part : {one.part, -1}) {
            secrets[{one.message, part}] += one.secrets;
            personal[{one.message, part}] += one.personal;
            if (one.part == -1) break;
        }
    }
    const auto spend = [](std::map<Place, std::int64_t>& replaced, const CarriedPart& part) {
        const auto at = replaced.find({part.message, part.part});
        if (at == replaced.end() || at->second <= 0) return false;
        --at->second;
        return true;
    };
    LeftOver left;
    for (const CarriedPart& part : parts) {
        if (part.classes.has(flow::DataClass::credential) && !spend(secrets, part)) {
            ++left.credential_pieces;
        }
        if (part.classes.has(flow::DataClass::personal) && !spend(personal, part)) {
            ++left.personal_pieces;
        }
    }
    return left;
}

void SentBook::begin(Series& series) {
    series.id = base::make_id(clock_, random_);
    series.numbers.clear();
}

SentBook::Series& SentBook::series_of(std::list<Series>& all, const std::string& session) {
    for (auto at = all.begin(); at != all.end(); ++at) {
        if (at->session != session) continue;
        all.splice(all.begin(), all, at);
        return all.front();
    }
    all.push_front({session, "", {}});
    begin(all.front());
    if (all.size() > sessions_max) all.pop_back();
    return all.front();
}

void SentBook::forget(const std::string& session) {
    series_.with([&](auto& all) {
        std::erase_if(all, [&](const Series& one) { return one.session == session; });
    });
}

gate::Carried SentBook::number(Series& series, const CarriedParts& parts, Numbers& numbers) {
    gate::Carried carried;
    carried.series = series.id;
    carried.first = static_cast<std::int64_t>(series.numbers.size());
    for (const CarriedPart& part : parts) {
        const auto next = static_cast<std::int64_t>(series.numbers.size());
        const auto [known, fresh] = series.numbers.emplace(key_of(part), next);
        if (fresh) carried.items.push_back({part.source, part.classes});
        const std::int64_t number = known->second;
        numbers[{part.message, part.part}].push_back(number);
        auto& ranges = carried.numbers;
        if (!ranges.empty() && ranges.back().last + 1 == number) {
            ++ranges.back().last;
        } else {
            ranges.push_back({number, number});
        }
    }
    return carried;
}

gate::Carried SentBook::take(const std::string& session, const CarriedParts& parts,
                             const Redacted& redacted) {
    return series_.with([&](auto& all) {
        Series& series = series_of(all, session);
        if (series.numbers.size() > numbers_max) begin(series);
        Numbers numbers;
        gate::Carried carried = number(series, parts, numbers);
        for (const Replaced& one : redacted.places) {
            add_kinds(carried.kinds, one.kinds);
            auto at = numbers.find({one.message, one.part});
            if (at == numbers.end()) at = numbers.find({one.message, -1});
            // Where one text is of several sources, which of them it was in is not known.
            if (at == numbers.end() || at->second.size() != 1) continue;
            tell_replaced(carried.replaced, at->second.front(), one.kinds);
        }
        return carried;
    });
}

}  // namespace hs::models
