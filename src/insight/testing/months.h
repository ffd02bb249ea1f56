// Months: a record of people at work over months, with its seasons and chances, clean or with
// misuse planted on known days. For tests and bench/drift; no part of the product.
//
// The clean part is not tuned to the detectors: people change projects, meet new hosts and tools at
// rates of their own, have heavy days, travel, and are away.
// Threads: one thread.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "audit/event.h"

namespace hs::insight::testing {

enum class Misuse : std::uint8_t {
    bulk_reads,       // hundreds of files in an evening
    bulk_upload,      // much sent to a host that is new
    personal_upload,  // to a personal destination
    night_work,       // at hours that were never theirs
    new_secret,       // a credential that the person never used
    hijack,           // strangers' text about, a new host, a new tool
    log_attempt,      // at Hardshell's own state
    new_account,      // a credential for a host that had none
    policy_edit,      // the files, while nothing ran
    rug_pull,         // a skill's definition
    leaver_reads,     // somewhat more reads, near the leave date
};
constexpr std::size_t misuse_count = 11;

struct Planted {
    Misuse misuse = Misuse::bulk_reads;
    std::string person;
    base::WallTime_ms day_ms = 0;
};

struct Plan {
    std::uint64_t seed = 1;
    int people = 6;
    int days = 120;
    bool plants = false;  // each misuse a few times, after two months
};

struct Month {
    std::vector<Planted> planted;
    std::map<std::string, base::WallTime_ms> leaving;  // for DriftSettings
    std::uint64_t events = 0;
};

using Take = std::function<void(const audit::Event& event, base::WallTime_ms time_ms)>;
using audit::Event;
using audit::EventKind;
using audit::Field;
using wire::Json;
using wire::JsonObject;

namespace detail {

constexpr base::WallTime_ms day_ms = 24 * 3'600'000;
constexpr base::WallTime_ms hour_ms = 3'600'000;
constexpr base::WallTime_ms began_ms = 1'767'571'200'000;  // Monday, 2026-01-05
constexpr int plants_from_day = 60;

class Chance {
  public:
    explicit Chance(std::uint64_t seed) : random_(seed) {}
    std::uint64_t below(std::uint64_t end) { return random_.next() % end; }
    double unit() { return static_cast<double>(random_.next() >> 11U) / 9007199254740992.0; }
    bool with(double probability) { return unit() < probability; }
    double normal() {
        return std::sqrt(-2 * std::log(1 - unit())) * std::cos(6.283185307179586 * unit());
    }
    // Small indexes are much more frequent (about 1/i).
    std::size_t favourite(std::size_t count) {
        const double place = std::pow(static_cast<double>(count) + 1, unit()) - 1;
        return std::min(count - 1, static_cast<std::size_t>(place));
    }

  private:
    base::ScriptedRandom random_;
};

struct Person {
    std::string name;
    int begins = 9;        // hour
    double actions = 40;   // on an ordinary day
    double newness = 0.1;  // new hosts a day
    std::vector<std::string> tools;
    std::vector<std::string> hosts;
    std::vector<std::string> secrets;
    std::string project;
    int away_from = -1;  // a day
};

struct Act {
    std::string effect;
    std::string value;  // path, host or program
    std::string outcome = "allow";
    std::string integrity = "person";
    std::uint64_t sent_bytes = 0;
    bool own_state = false;
};

class Maker {
  public:
    Maker(const Plan& plan, const Take& take) : plan_(plan), take_(take), chance_(plan.seed) {}

    Month make() {
        for (int i = 0; i < plan_.people; ++i) people_.push_back(make_person(i));
        if (plan_.plants) plant();
        for (day_ = 0; day_ < plan_.days; ++day_) make_day();
        return std::move(month_);
    }

  private:
    Person make_person(int number) {
        static const std::vector<std::string> tools = {"git",  "make", "rg",    "python3", "ls",
                                                       "node", "npm",  "cmake", "jq",      "sed"};
        Person person;
        person.name = fmt::format("uid {}", 1000 + number);
        person.begins = 7 + static_cast<int>(chance_.below(4));
        person.actions = 15 + 60 * chance_.unit();
        person.newness = 0.03 + 0.3 * chance_.unit();
        for (std::size_t i = 0; i < 4 + chance_.below(4); ++i) {
            person.tools.push_back(tools[(i + static_cast<std::size_t>(number)) % tools.size()]);
        }
        for (std::size_t i = 0; i < 6 + chance_.below(8); ++i) {
            person.hosts.push_back(fmt::format("h{}.example.com", chance_.below(40)));
        }
        person.secrets = {fmt::format("git-{}", number)};
        person.project = fmt::format("/home/p{}/project-1", number);
        return person;
    }

    void plant() {
        int at = plants_from_day;
        for (int round = 0; round < 3; ++round) {
            for (std::size_t i = 0; i < misuse_count; ++i) {
                const int day = weekday(at + static_cast<int>(chance_.below(3)));
                at += 1;
                if (day >= plan_.days) continue;
                const auto misuse = static_cast<Misuse>(i);
                const Person& who = people_[chance_.below(people_.size())];
                month_.planted.push_back({misuse, who.name, began_ms + day * day_ms});
                if (misuse == Misuse::leaver_reads) {
                    month_.leaving[who.name] = began_ms + (day + 12) * day_ms;
                }
            }
        }
    }
    static int weekday(int day) { return day % 7 >= 5 ? day + 2 : day; }

    void make_day() {
        const base::WallTime_ms midnight = began_ms + day_ * day_ms;
        if (day_ % 21 == 0) start_processes(midnight);
        std::vector<std::pair<base::WallTime_ms, std::function<void()>>> acts;
        for (Person& person : people_) plan_person(person, midnight, acts);
        for (const Planted& planted : month_.planted) {
            if (planted.day_ms == midnight) plan_misuse(planted, midnight, acts);
        }
        std::stable_sort(acts.begin(), acts.end(), [](const auto& left, const auto& right) {
            return left.first < right.first;
        });
        for (const auto& [time_ms, act] : acts) {
            now_ms_ = time_ms;
            act();
        }
    }

    template <class Acts>
    void plan_person(Person& person, base::WallTime_ms midnight, Acts& acts) {
        if (person.away_from < 0 && chance_.with(0.01)) person.away_from = day_;
        if (person.away_from >= 0 && day_ - person.away_from < 10) return;
        person.away_from = -1;
        const bool weekend = day_ % 7 >= 5;
        if (weekend && !chance_.with(0.08)) return;
        // Once in a while a new project, with new places.
        if (chance_.with(0.02)) {
            person.project =
                fmt::format("{}-{}", person.project.substr(0, person.project.rfind('-')),
                            2 + chance_.below(30));
        }
        if (chance_.with(0.01)) person.tools.push_back(fmt::format("tool-{}", chance_.below(1000)));
        if (chance_.with(person.newness)) {
            person.hosts.push_back(fmt::format("n{}.example.net", chance_.below(100'000)));
        }
        // Most days are alike; some are two or three times as heavy.
        const double weight = std::exp(0.45 * chance_.normal()) * (chance_.with(0.03) ? 2.5 : 1);
        const int count = std::max(3, static_cast<int>(person.actions * weight));
        const bool late = chance_.with(0.05);
        for (int i = 0; i < count; ++i) {
            const double hours =
                person.begins + 8.5 * chance_.unit() + (late && i % 6 == 0 ? 2 : 0);
            const auto time_ms = midnight + static_cast<base::WallTime_ms>(hours * hour_ms);
            acts.emplace_back(time_ms, [this, &person] { ordinary(person); });
        }
    }

    void ordinary(Person& person) {
        const std::uint64_t what = chance_.below(10);
        if (what < 4) {
            return act(
                person,
                {"file.read", fmt::format("{}/src/f{}.cc", person.project, chance_.favourite(400)),
                 outcome(0.01)});
        }
        if (what < 5) {
            return act(
                person,
                {"file.write", fmt::format("{}/src/f{}.cc", person.project, chance_.favourite(200)),
                 outcome(0.02)});
        }
        if (what < 8) {
            return act(person, {"run", person.tools[chance_.favourite(person.tools.size())],
                                outcome(0.03)});
        }
        Act http{"http", person.hosts[chance_.favourite(person.hosts.size())], outcome(0.02)};
        http.integrity = chance_.with(0.3) ? "untrusted" : "person";
        http.sent_bytes = 300 + chance_.below(20'000);
        act(person, http);
        if (chance_.with(0.2)) {
            take(Event(EventKind::secret_use)
                     .set(Field::person, person.name)
                     .set(Field::secret, person.secrets[chance_.below(person.secrets.size())])
                     .set(Field::outcome, "placed"));
        }
    }
    std::string outcome(double denied) { return chance_.with(denied) ? "deny" : "allow"; }

    void act(const Person& person, const Act& what) {
        const std::string id = fmt::format("D{:025}", ++number_);
        Json action = JsonObject{{"effect", what.effect}};
        if (what.effect == "run") {
            action["executable"] = "/usr/bin/" + what.value;
        } else {
            action[what.effect == "http" ? "host" : "path"] = what.value;
        }
        Json question =
            JsonObject{{"label", JsonObject{{"integrity", what.integrity}}},
                       {"project", JsonObject{{"name", person.project}, {"use", "internal"}}}};
        Event event(EventKind::decision);
        event.set(Field::decision, id).set(Field::person, person.name).set(Field::agent, "main");
        event.set(Field::outcome, what.outcome).set(Field::session, "S" + person.name);
        event.detail("request",
                     JsonObject{{"action", std::move(action)}, {"question", std::move(question)}});
        if (what.own_state) {
            event.detail("explanation",
                         JsonObject{{"forbidden_by",
                                     wire::JsonArray{JsonObject{{"id", "builtin-own-state"}}}}});
        }
        take(event);
        if (what.effect != "http" || what.outcome != "allow") return;
        Event connection(EventKind::connection);
        connection.detail("decision", id).detail("host", what.value);
        connection.detail("sent_bytes", static_cast<std::int64_t>(what.sent_bytes));
        take(connection);
    }

    template <class Acts>
    void plan_misuse(const Planted& planted, base::WallTime_ms midnight, Acts& acts) {
        const auto who = std::find_if(people_.begin(), people_.end(), [&](const Person& one) {
            return one.name == planted.person;
        });
        const int count = planted.misuse == Misuse::bulk_reads     ? 700
                          : planted.misuse == Misuse::leaver_reads ? 350
                          : planted.misuse == Misuse::night_work   ? 25
                          : planted.misuse == Misuse::bulk_upload  ? 12
                                                                   : 1;
        const double hour = planted.misuse == Misuse::night_work ? 2.2 : who->begins + 6;
        for (int i = 0; i < count; ++i) {
            const auto time_ms =
                midnight + static_cast<base::WallTime_ms>((hour + 0.001 * i) * hour_ms);
            acts.emplace_back(time_ms, [this, &person = *who, misuse = planted.misuse, i] {
                misdo(person, misuse, i);
            });
        }
    }

    void misdo(Person& person, Misuse misuse, int i) {
        constexpr std::uint64_t mib = 1U << 20U;
        switch (misuse) {
            case Misuse::bulk_reads:
            case Misuse::leaver_reads:
                return act(person, {"file.read", fmt::format("{}/docs/d{}.md", person.project, i)});
            case Misuse::bulk_upload:
                return act(person, {"http", "collect.example.org", "allow", "person", 20 * mib});
            case Misuse::personal_upload:
                return act(person, {"http", "drive.google.com", "allow", "person", 3 * mib});
            case Misuse::night_work:
                return act(person, {"run", person.tools.front()});
            case Misuse::new_secret:
                return take(Event(EventKind::secret_use)
                                .set(Field::person, person.name)
                                .set(Field::secret, fmt::format("production-{}", day_))
                                .set(Field::outcome, "placed"));
            case Misuse::hijack:
                act(person, {"run", fmt::format("nc-{}", day_), "deny", "untrusted"});
                return act(person, {"http", fmt::format("evil{}.example.org", day_), "allow",
                                    "untrusted", 9'000});
            case Misuse::log_attempt: {
                Act attempt{"file.write", "/home/p/.local/state/hardshell/audit/checkpoint",
                            "deny"};
                attempt.own_state = true;
                return act(person, attempt);
            }
            case Misuse::new_account:
                return take(Event(EventKind::secret_use)
                                .set(Field::person, person.name)
                                .set(Field::secret, "mine")
                                .set(Field::outcome, "set")
                                .detail("hosts", fmt::format("api{}.example.io", day_)));
            case Misuse::policy_edit:
                digest_ = fmt::format("{:064}", day_);
                return start_processes(now_ms_);
            case Misuse::rug_pull:
                skill("notes", "01");
                return skill("notes", fmt::format("{:02}", day_));
        }
    }

    void skill(const std::string& name, const std::string& digest) {
        take(Event(EventKind::skill_change).detail("skill", name).detail("digest", digest));
    }
    void start_processes(base::WallTime_ms time_ms) {
        now_ms_ = time_ms;
        take(Event(EventKind::process_start)
                 .set(Field::process, "hardshell-keeper")
                 .detail("policy", JsonObject{{"digest", digest_}}));
    }
    void take(const Event& event) {
        ++month_.events;
        take_(event, now_ms_);
    }

    Plan plan_;
    const Take& take_;
    Chance chance_;
    std::vector<Person> people_;
    Month month_;
    int day_ = 0;
    base::WallTime_ms now_ms_ = began_ms;
    std::uint64_t number_ = 0;
    std::string digest_ = "0000";
};

}  // namespace detail

inline std::string_view misuse_name(Misuse misuse) {
    constexpr std::array<std::string_view, misuse_count> names = {
        "bulk reads",  "bulk upload", "personal upload", "night work", "new secret",    "hijack",
        "log attempt", "new account", "policy edit",     "rug pull",   "leaver's reads"};
    return names[static_cast<std::size_t>(misuse)];
}

// The kinds of findings that tell it.
inline std::vector<std::string> told_by(Misuse misuse) {
    switch (misuse) {
        case Misuse::bulk_reads:
        case Misuse::leaver_reads:
            return {"volume"};
        case Misuse::bulk_upload:
            return {"volume", "new_host"};
        case Misuse::personal_upload:
            return {"personal"};
        case Misuse::night_work:
            return {"hours"};
        case Misuse::new_secret:
            return {"first_use"};
        case Misuse::hijack:
            return {"first_use", "new_host"};
        case Misuse::log_attempt:
            return {"log_attempt"};
        case Misuse::new_account:
            return {"account"};
        case Misuse::policy_edit:
            return {"policy_by_hand"};
        case Misuse::rug_pull:
            return {"definition"};
    }
    return {};
}

// Makes the record, event after event in time's order.
inline Month make_months(const Plan& plan, const Take& take) {
    return detail::Maker(plan, take).make();
}

}  // namespace hs::insight::testing
