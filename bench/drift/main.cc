// bench_drift [SEEDS]: what drift finds of planted misuse in made months, and how often it speaks
// on clean ones.
//
// The months are made (src/insight/testing/months.h), so the numbers compare versions and settings;
// they are no promise for an organisation of its own.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "insight/drift.h"
#include "insight/testing/months.h"

namespace hs {
namespace {

using insight::Finding;
namespace months = insight::testing;

struct Run {
    months::Month month;
    std::vector<Finding> found;
    double seconds = 0;
};

Run run(const months::Plan& plan) {
    Run made;
    std::vector<base::Bytes> leaves;
    made.month = months::make_months(plan, [&](const audit::Event& event, base::WallTime_ms ms) {
        leaves.push_back(*event.encode(ms));
    });
    insight::DriftSettings settings;
    settings.personal_hosts = {"drive.google.com", "dropbox.com"};
    settings.leaving = made.month.leaving;
    const auto start = std::chrono::steady_clock::now();
    insight::Drift drift(settings);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        drift.add(i, *audit::parse_event(leaves[i]));
    }
    made.found = drift.finish();
    made.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return made;
}

bool tells(const Finding& finding, const months::Planted& planted) {
    const auto kinds = months::told_by(planted.misuse);
    const bool of_somebody = finding.subject.starts_with("person ");
    return finding.day_ms == planted.day_ms &&
           std::find(kinds.begin(), kinds.end(), finding.kind) != kinds.end() &&
           (!of_somebody || finding.subject == "person " + planted.person);
}

void measure(int seeds) {
    std::map<std::string_view, std::pair<int, int>> by_misuse;  // found, planted
    std::map<std::string, int> alarms;                          // by kind and severity
    std::uint64_t events = 0;
    double seconds = 0;
    int days = 0;
    int people = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
        months::Plan plan;
        plan.seed = static_cast<std::uint64_t>(seed);
        plan.plants = true;
        const Run planted = run(plan);
        for (const auto& one : planted.month.planted) {
            auto& [found, all] = by_misuse[months::misuse_name(one.misuse)];
            ++all;
            found += std::any_of(planted.found.begin(), planted.found.end(),
                                 [&](const Finding& finding) { return tells(finding, one); });
        }
        plan.plants = false;
        const Run clean = run(plan);
        for (const Finding& finding : clean.found) {
            ++alarms[fmt::format("{} {}", insight::weight_name(finding.weight), finding.kind)];
        }
        events += clean.month.events + planted.month.events;
        seconds += clean.seconds + planted.seconds;
        days += plan.days;
        people = plan.people;
    }
    int found = 0;
    int all = 0;
    for (const auto& [name, counts] : by_misuse) {
        fmt::print("{:<16} {} of {} found\n", name, counts.first, counts.second);
        found += counts.first;
        all += counts.second;
    }
    fmt::print("planted misuse: {} of {} found ({:.0f} %)\n", found, all, 100.0 * found / all);
    int total = 0;
    int weighty = 0;
    for (const auto& [name, count] : alarms) {
        fmt::print("clean months, {:<20} {:.3f} a day\n", name, 1.0 * count / days);
        total += count;
        weighty += name.starts_with("low") ? 0 : count;
    }
    fmt::print("false alarms: {:.2f} a day, {:.2f} of medium or high, for {} people ({} days)\n",
               1.0 * total / days, 1.0 * weighty / days, people, days);
    fmt::print("{:.0f} events/s\n", static_cast<double>(events) / seconds);
}

}  // namespace
}  // namespace hs

int main(int count, char** arguments) {
    hs::measure(count > 1 ? std::max(1, std::atoi(arguments[1])) : 10);
    return 0;
}
