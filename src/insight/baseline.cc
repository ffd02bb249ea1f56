#include "insight/baseline.h"

#include <fmt/format.h>

#include <algorithm>

namespace hs::insight {

using audit::EventKind;

namespace {

constexpr std::int64_t day_length_ms = 24 * 3'600'000;
constexpr std::uint64_t mib = 1U << 20U;
constexpr std::size_t place_parts = 3;
// First uses are told one by one where they are rare: less than one in so many days, or many more
// than usual at once.
constexpr double rare = 0.35;
constexpr std::size_t burst_floor = 3;
constexpr double burst_factor = 4;
// So many actions make an hour one in which somebody works.
constexpr std::uint32_t hour_floor = 5;

constexpr std::array<std::string_view, habit_count> habit_names = {"tool", "host", "place",
                                                                   "secret"};
constexpr std::array<std::string_view, measure_count> measure_names = {
    "actions", "reads of files", "different files", "bytes sent", "denied actions"};

std::string amount_text(Measure measure, std::uint64_t amount) {
    if (measure != Measure::sent_bytes) return std::to_string(amount);
    if (amount >= mib) return fmt::format("{} MiB", amount / mib);
    return fmt::format("{} KiB", amount >> 10U);
}

Weight raised(Weight weight) {
    return weight == Weight::low ? Weight::medium : Weight::high;
}

std::string leaving_text(const std::optional<std::int64_t>& leaving) {
    if (!leaving) return "";
    if (*leaving < 0) return fmt::format(", {} days after the leave date", -*leaving);
    return fmt::format(", {} days before the leave date", *leaving);
}

}  // namespace

std::string place_of(const audit::EventFacts& facts, const std::string& path) {
    if (!facts.project.empty() && facts.project != "none" &&
        (path == facts.project || path.starts_with(facts.project + "/"))) {
        return facts.project;
    }
    std::size_t at = 0;
    for (std::size_t part = 0; part <= place_parts && at != std::string::npos; ++part) {
        at = path.find('/', at + (part > 0 ? 1 : 0));
    }
    return at == std::string::npos ? path.substr(0, path.rfind('/')) : path.substr(0, at);
}

void Today::note(Habit habit, const std::string& value, std::uint64_t index,
                 const audit::EventFacts& facts) {
    auto& held = habits[static_cast<std::size_t>(habit)];
    if (value.empty() || (held.size() >= values_max && !held.contains(value))) return;
    Value& one = held[value];
    if (one.evidence.size() < Finding::evidence_max) one.evidence.push_back(index);
    one.untrusted = one.untrusted || facts.integrity == "untrusted";
    one.sent_bytes += facts.sent_bytes;
}

void Today::take(std::uint64_t index, const audit::EventFacts& facts, int hour) {
    const bool reads_log = facts.kind == EventKind::log_read;
    const bool acts = facts.kind == EventKind::decision || reads_log;
    const bool places_secret = facts.kind == EventKind::secret_use && facts.outcome == "placed";
    if (!acts && !places_secret && facts.kind != EventKind::connection) return;
    if (evidence.size() < Finding::evidence_max) evidence.push_back(index);
    for (const std::string& secret : facts.secrets) note(Habit::secret, secret, index, facts);
    for (const std::string& host : facts.hosts) note(Habit::host, host, index, facts);
    amounts[static_cast<std::size_t>(Measure::sent_bytes)] += facts.sent_bytes;
    if (!acts) return;
    ++amounts[static_cast<std::size_t>(Measure::actions)];
    ++hours[static_cast<std::size_t>(hour)];
    note(Habit::tool, reads_log ? "reading of the log" : facts.tool, index, facts);
    if (facts.outcome == "deny") ++amounts[static_cast<std::size_t>(Measure::denied)];
    if (facts.effect != "file.read" && facts.effect != "file.write") return;
    if (facts.effect == "file.read") ++amounts[static_cast<std::size_t>(Measure::reads)];
    for (const std::string& file : facts.files) {
        note(Habit::place, place_of(facts, file), index, facts);
        if (files.size() < values_max && ++files[file] == 1) {
            ++amounts[static_cast<std::size_t>(Measure::files)];
        }
    }
}

std::int64_t Baseline::span_days(base::WallTime_ms day_ms) const {
    return (day_ms - began_ms_) / day_length_ms;
}

// First uses a day in the last fourteen days of activity.
double Baseline::newness(Habit habit) const {
    constexpr std::size_t recent_days = 14;
    const std::size_t count = std::min(days_.size(), recent_days);
    std::size_t fresh = 0;
    for (std::size_t i = days_.size() - count; i < days_.size(); ++i) {
        fresh += days_[i].fresh[static_cast<std::size_t>(habit)];
    }
    return count == 0 ? 0 : static_cast<double>(fresh) / static_cast<double>(count);
}

std::uint64_t Baseline::usual(Measure measure) const {
    std::vector<std::uint64_t> amounts;
    for (const Day& day : days_) {
        amounts.push_back(day.amounts[static_cast<std::size_t>(measure)]);
    }
    const auto middle = amounts.begin() + static_cast<std::ptrdiff_t>(amounts.size() / 2);
    std::nth_element(amounts.begin(), middle, amounts.end());
    return *middle;
}

std::uint64_t Baseline::most(Measure measure) const {
    std::uint64_t found = 0;
    for (const Day& day : days_) {
        found = std::max(found, day.amounts[static_cast<std::size_t>(measure)]);
    }
    return found;
}

std::vector<Finding> Baseline::compare(const Today& today, const Look& look) const {
    std::vector<Finding> found;
    if (static_cast<std::int64_t>(days_.size()) < look.settings.learn_days) return found;
    compare_habits(today, look, found);
    compare_amounts(today, look, found);
    compare_hours(today, look, found);
    return found;
}

void Baseline::compare_habits(const Today& today, const Look& look,
                              std::vector<Finding>& found) const {
    for (std::size_t i = 0; i < habit_count; ++i) {
        const auto habit = static_cast<Habit>(i);
        std::vector<const std::pair<const std::string, Today::Value>*> fresh;
        for (const auto& item : today.habits[i]) {
            if (!known_[i].contains(item.first)) fresh.push_back(&item);
        }
        const double rate = newness(habit);
        const bool burst = static_cast<double>(fresh.size()) >
                           static_cast<double>(burst_floor) + burst_factor * rate;
        for (const auto* item : fresh) {
            const auto& [value, held] = *item;
            const bool heavy = held.sent_bytes >= 4 * mib;
            // A new secret is always told; for the others newness must be rare, or come with
            // something else.
            const bool told = habit == Habit::secret || rate < rare || burst || heavy ||
                              (held.untrusted && habit == Habit::host);
            if (!told) continue;
            Finding finding;
            finding.kind = habit == Habit::host ? "new_host" : "first_use";
            finding.weight = habit == Habit::secret || heavy ? Weight::medium : Weight::low;
            if (held.untrusted || burst) finding.weight = raised(finding.weight);
            if (look.leaving) finding.weight = raised(finding.weight);
            finding.subject = look.subject;
            finding.value = value;
            finding.text = fmt::format(
                "{}: {} {} after {} days{}{}{}", look.subject,
                habit == Habit::host ? "new host"
                                     : fmt::format("first use of the {}", habit_names[i]),
                value, span_days(look.day_ms),
                held.untrusted ? ", while text from strangers was about" : "",
                burst ? fmt::format(", one of {} new in a day", fresh.size()) : "",
                leaving_text(look.leaving));
            finding.day_ms = look.day_ms;
            finding.evidence = held.evidence;
            found.push_back(std::move(finding));
        }
    }
}

void Baseline::compare_amounts(const Today& today, const Look& look,
                               std::vector<Finding>& found) const {
    for (std::size_t i = 0; i < measure_count; ++i) {
        const auto measure = static_cast<Measure>(i);
        const auto floor = static_cast<std::uint64_t>(look.settings.volume_floor) *
                           (measure == Measure::sent_bytes ? mib : std::uint64_t{1}) /
                           (look.leaving ? 2 : 1) / (measure == Measure::denied ? 3 : 1);
        // Near a leave date a smaller difference counts.
        const auto factor = static_cast<std::uint64_t>(
            look.leaving ? std::min<std::int64_t>(3, look.settings.volume_factor)
                         : look.settings.volume_factor);
        const std::uint64_t amount = today.amounts[i];
        const std::uint64_t normal = usual(measure);
        const std::uint64_t least = std::max(normal, std::uint64_t{1});
        const bool unseen = amount > most(measure) + most(measure) / 2;
        if (amount < floor || amount < factor * least || !unseen) continue;
        Finding finding;
        finding.kind = "volume";
        finding.weight = look.leaving ? Weight::high : Weight::medium;
        finding.subject = look.subject;
        finding.value = measure_names[i];
        finding.text =
            normal == 0
                ? fmt::format("{}: {} {} in a day, usually none{}", look.subject,
                              amount_text(measure, amount), measure_names[i],
                              leaving_text(look.leaving))
                : fmt::format("{}: {} {} in a day, {} times the usual {}{}", look.subject,
                              amount_text(measure, amount), measure_names[i], amount / normal,
                              amount_text(measure, normal), leaving_text(look.leaving));
        finding.day_ms = look.day_ms;
        finding.evidence = today.evidence;
        found.push_back(std::move(finding));
    }
}

void Baseline::compare_hours(const Today& today, const Look& look,
                             std::vector<Finding>& found) const {
    // Hours are learned more slowly than the rest.
    if (static_cast<std::int64_t>(days_.size()) < 2 * look.settings.learn_days) return;
    const auto worked_at = [this](std::size_t hour) {
        return std::any_of(days_.begin(), days_.end(),
                           [hour](const Day& day) { return day.hours[hour]; });
    };
    std::string odd;
    for (std::size_t hour = 0; hour < 24; ++hour) {
        if (today.hours[hour] < hour_floor) continue;
        const bool near =
            worked_at(hour) || worked_at((hour + 1) % 24) || worked_at((hour + 23) % 24);
        if (!near) odd += fmt::format("{}{}:00", odd.empty() ? "" : ", ", hour);
    }
    if (odd.empty()) return;
    Finding finding;
    finding.kind = "hours";
    finding.weight = look.leaving ? Weight::medium : Weight::low;
    finding.subject = look.subject;
    finding.value = odd;
    finding.text =
        fmt::format("{}: works at {}, never within an hour of that in {} days{}", look.subject, odd,
                    span_days(look.day_ms), leaving_text(look.leaving));
    finding.day_ms = look.day_ms;
    finding.evidence = today.evidence;
    found.push_back(std::move(finding));
}

void Baseline::learn(const Today& today, base::WallTime_ms day_ms, std::int64_t window_days) {
    if (days_.empty() && began_ms_ == 0) began_ms_ = day_ms;
    Day day;
    day.day_ms = day_ms;
    day.amounts = today.amounts;
    for (std::size_t hour = 0; hour < 24; ++hour) day.hours[hour] = today.hours[hour] > 0;
    for (std::size_t i = 0; i < habit_count; ++i) {
        for (const auto& [value, held] : today.habits[i]) {
            if (known_[i].insert_or_assign(value, day_ms).second) ++day.fresh[i];
        }
    }
    days_.push_back(day);
    const base::WallTime_ms from_ms = day_ms - window_days * day_length_ms;
    while (!days_.empty() && days_.front().day_ms < from_ms) days_.pop_front();
    for (auto& known : known_) {
        std::erase_if(known, [from_ms](const auto& item) { return item.second < from_ms; });
    }
}

}  // namespace hs::insight
