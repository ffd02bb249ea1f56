#include "channels/schedules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "agent/listener.h"
#include "base/bytes.h"
#include "channels/look.h"

namespace hs::channels {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::string_view kind_names[] = {"task", "reminder", "digest"};
constexpr std::string_view missed_names[] = {"skip", "once"};
constexpr std::size_t text_bytes_max = 20'000;
constexpr std::int64_t look_again_ms = 30'000;
constexpr std::string_view note_name = "schedules";

template <class Enum, std::size_t count>
Result<Enum> named(const Json& json, std::string_view key, const std::string_view (&names)[count]) {
    const std::string name = TRY(wire::text_at_or(json, key, names[0]));
    for (std::size_t i = 0; i < count; ++i) {
        if (names[i] == name) return static_cast<Enum>(i);
    }
    return fail(Code::invalid_input, fmt::format("\"{}\" cannot be \"{}\"", key, name));
}

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 &&
           name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
               std::string_view::npos;
}

std::string when_of(const Schedule& schedule) {
    if (!schedule.on.empty()) return "when " + schedule.on + " says so";
    if (schedule.next_ms == 0) return "never again";
    return base::format_time(schedule.next_ms).substr(0, 16) + "Z";
}

os::WakeUp made_wake_up() {
    auto made = os::WakeUp::make();
    CHECK(made.ok());
    return std::move(*made);
}

}  // namespace

struct Schedules::Run {
    explicit Run(std::string whose) : person(std::move(whose)), cancel(made_wake_up()) {}
    std::string person;
    os::WakeUp cancel;
};

Json to_json(const Schedule& schedule) {
    return JsonObject{{"name", schedule.name},
                      {"kind", kind_names[static_cast<std::size_t>(schedule.kind)]},
                      {"person", schedule.person},
                      {"cron", schedule.cron},
                      {"next_ms", schedule.next_ms},
                      {"next", when_of(schedule)},
                      {"text", schedule.text},
                      {"channel", schedule.channel},
                      {"conversation", schedule.conversation},
                      {"project", schedule.project},
                      {"on", schedule.on},
                      {"missed", missed_names[static_cast<std::size_t>(schedule.missed)]},
                      {"last_ms", schedule.last_ms},
                      {"last", schedule.last}};
}

Result<Schedule> schedule_from_json(const Json& json, base::WallTime_ms now_ms) {
    Schedule made;
    made.name = TRY(wire::text_at(json, "name"));
    if (!is_name(made.name)) {
        return fail(Code::invalid_input, "a schedule's name has letters, digits, - and _");
    }
    made.kind = TRY(named<Schedule::Kind>(json, "kind", kind_names));
    made.missed = TRY(named<Schedule::Missed>(json, "missed", missed_names));
    made.person = TRY(wire::text_at_or(json, "person", ""));
    made.cron = TRY(wire::text_at_or(json, "cron", ""));
    made.next_ms = TRY(wire::integer_at_or(json, "next_ms", 0));
    made.text = TRY(wire::text_at_or(json, "text", ""));
    made.channel = TRY(wire::text_at_or(json, "channel", ""));
    made.conversation = TRY(wire::text_at_or(json, "conversation", ""));
    made.project = TRY(wire::text_at_or(json, "project", ""));
    made.on = TRY(wire::text_at_or(json, "on", ""));
    made.last_ms = TRY(wire::integer_at_or(json, "last_ms", 0));
    made.last = TRY(wire::text_at_or(json, "last", ""));
    if (made.text.size() > text_bytes_max ||
        (made.text.empty() && made.kind != Schedule::Kind::digest)) {
        return fail(Code::invalid_input, "a schedule needs a text of at most 20,000 bytes");
    }
    if (made.channel.empty() != made.conversation.empty() ||
        (made.channel.empty() && made.kind != Schedule::Kind::task)) {
        return fail(Code::invalid_input,
                    "name the channel and the conversation in which it is to be said");
    }
    if (!made.on.empty() && (!made.cron.empty() || made.next_ms != 0)) {
        return fail(Code::invalid_input, "a schedule has a time or a channel, not both");
    }
    if (made.cron.empty()) return made;
    const Cron cron = TRY(Cron::parse(made.cron));
    if (made.next_ms != 0) return made;
    const auto next = cron.next_after(now_ms);
    if (!next) return fail(Code::invalid_input, "that time never comes");
    made.next_ms = *next;
    return made;
}

Schedules::Schedules(Parts parts)
    : parts_(std::move(parts)), stop_(made_wake_up()), crew_(at_once_max, 10'000) {}

Schedules::~Schedules() {
    stop();
}

Result<> Schedules::start() {
    const std::string held = TRY(parts_.mailbox.load_note(std::string(note_name)));
    if (!held.empty()) {
        const Json json = TRY(wire::parse_json(held));
        for (const Json& item : look_list(json, {"schedules"})) {
            Schedule schedule = TRY(schedule_from_json(item, parts_.clock.wall_ms()));
            const std::string name = schedule.name;
            schedules_[name] = std::move(schedule);
        }
    }
    thread_ = std::thread([this] { keep_time(); });
    return {};
}

void Schedules::stop() {
    stop_.raise();
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& [name, run] : running_) run->cancel.raise();
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    crew_.close();
    crew_.wait_until_idle(os::Deadline::after_ms(5'000));
}

// Called with the lock held.
Result<> Schedules::save() {
    Json list{wire::JsonArray{}};
    for (const auto& [name, schedule] : schedules_) list.push(to_json(schedule));
    return parts_.mailbox.save_note(
        std::string(note_name), wire::canonical_json(JsonObject{{"schedules", std::move(list)}}));
}

void Schedules::record(const Schedule& schedule, std::string_view what) const {
    Json fields = JsonObject{{"key", "schedule " + schedule.name},
                             {"by", schedule.person},
                             {"outcome", what},
                             {"when", schedule.cron.empty() ? when_of(schedule) : schedule.cron}};
    const auto told =
        parts_.gate.record("config.change", std::move(fields), gate::Durable::before_return);
    static_cast<void>(told.ok());  // without a keeper nothing of it will be allowed either
}

Result<> Schedules::add(Schedule schedule) {
    const std::scoped_lock lock(mutex_);
    if (schedules_.contains(schedule.name)) {
        return fail(Code::conflict,
                    fmt::format("there is a schedule {0} already; end it first: hardshell schedule "
                                "stop {0}",
                                schedule.name));
    }
    if (schedules_.size() >= schedules_max) return fail(Code::exhausted, "too many schedules");
    if (schedule.on.empty() && schedule.next_ms <= parts_.clock.wall_ms()) {
        return fail(Code::invalid_input, "that time is past");
    }
    record(schedule, "added");
    const std::string name = schedule.name;
    schedules_[name] = std::move(schedule);
    const auto saved = save();
    if (!saved) schedules_.erase(name);
    changed_.notify_all();
    return saved;
}

Result<> Schedules::remove(const std::string& name, const std::string& person) {
    const std::scoped_lock lock(mutex_);
    const auto found = schedules_.find(name);
    if (found == schedules_.end() || found->second.person != person) {
        return fail(Code::not_found, fmt::format("you have no schedule {}", name));
    }
    if (const auto run = running_.find(name); run != running_.end()) run->second->cancel.raise();
    record(found->second, "stopped");
    schedules_.erase(found);
    changed_.notify_all();
    return save();
}

std::vector<Schedule> Schedules::list() const {
    const std::scoped_lock lock(mutex_);
    std::vector<Schedule> all;
    for (const auto& [name, schedule] : schedules_) all.push_back(schedule);
    return all;
}

std::size_t Schedules::halt(const std::string& person) {
    const std::scoped_lock lock(mutex_);
    std::size_t count = 0;
    for (const auto& [name, run] : running_) {
        if (run->person != person || run->cancel.raised()) continue;
        run->cancel.raise();
        ++count;
    }
    return count;
}

std::optional<std::string> Schedules::command(const std::string& person, const std::string& text) {
    if (text == "/schedules") {
        std::string lines;
        for (const Schedule& schedule : list()) {
            if (schedule.person != person) continue;
            lines += fmt::format("{}: {}, next {}{}\n", schedule.name,
                                 !schedule.on.empty()    ? "by webhook"
                                 : schedule.cron.empty() ? "once"
                                                         : schedule.cron,
                                 when_of(schedule),
                                 schedule.last.empty() ? "" : "; last: " + schedule.last);
        }
        return lines.empty() ? "You have no schedules." : lines;
    }
    constexpr std::string_view stops = "/schedule stop ";
    if (!text.starts_with(stops)) return std::nullopt;
    const auto removed = remove(text.substr(stops.size()), person);
    return removed ? "Stopped." : removed.error().what;
}

void Schedules::keep_time() {
    std::unique_lock lock(mutex_);
    while (!stop_.raised()) {
        begin_due();
        base::WallTime_ms next_ms = parts_.clock.wall_ms() + look_again_ms;
        for (const auto& [name, schedule] : schedules_) {
            if (schedule.next_ms != 0) next_ms = std::min(next_ms, schedule.next_ms);
        }
        const std::int64_t wait_ms =
            std::clamp<std::int64_t>(next_ms - parts_.clock.wall_ms(), 10, look_again_ms);
        changed_.wait_until(lock, os::Deadline::after_ms(wait_ms).at());
    }
}

// Called with the lock held. What is due begins, and its next time is on disk before it does: after
// a crash it is not done twice.
void Schedules::begin_due() {
    const base::WallTime_ms now_ms = parts_.clock.wall_ms();
    std::vector<Schedule> due;
    for (auto& [name, schedule] : schedules_) {
        if (schedule.next_ms == 0 || schedule.next_ms > now_ms) continue;
        const bool missed = now_ms - schedule.next_ms > late_ms;
        const bool busy = running_.contains(name);
        Schedule taken = schedule;
        const auto cron = Cron::parse(schedule.cron);
        schedule.next_ms = cron ? cron->next_after(now_ms).value_or(0) : 0;
        schedule.last_ms = now_ms;
        schedule.last = busy ? "left out: the time before still ran" : "begun";
        if (missed && schedule.missed == Schedule::Missed::skip) schedule.last = "missed";
        record(schedule, schedule.last);
        if (schedule.last == "begun") due.push_back(std::move(taken));
    }
    if (due.empty()) return;
    const auto saved = save();
    if (!saved) {
        std::fprintf(stderr, "hardshelld: schedules: %s\n", saved.error().what.c_str());
        return;
    }
    for (const Schedule& schedule : due) {
        static_cast<void>(start_run(schedule, {std::to_string(schedule.next_ms), ""}).ok());
    }
}

// Called with the lock held.
Result<> Schedules::start_run(const Schedule& schedule, Occasion occasion) {
    const auto run = std::make_shared<Run>(schedule.person);
    running_[schedule.name] = run;
    const auto started = crew_.start([this, schedule, run, occasion = std::move(occasion)] {
        carry_out(schedule, occasion, run);
    });
    if (!started) running_.erase(schedule.name);
    return started;
}

Result<> Schedules::begin(const std::string& channel, const std::string& name,
                          const std::string& id, const std::string& text) {
    const std::scoped_lock lock(mutex_);
    const auto found = schedules_.find(name);
    if (found == schedules_.end() || found->second.on != channel) {
        return fail(Code::not_found, fmt::format("no schedule {} waits for {}", name, channel));
    }
    if (running_.contains(name)) {
        return fail(Code::conflict, fmt::format("the schedule {} still runs", name));
    }
    found->second.last_ms = parts_.clock.wall_ms();
    found->second.last = "begun";
    record(found->second, "begun");
    TRY(save());
    return start_run(found->second, {channel + "\n" + id, text});
}

void Schedules::carry_out(const Schedule& schedule, const Occasion& occasion,
                          const std::shared_ptr<Run>& run) {
    std::string said = schedule.text;
    if (schedule.kind == Schedule::Kind::task) said = run_task(schedule, occasion, *run);
    if (schedule.kind == Schedule::Kind::digest) said = parts_.digest();
    std::string ended = run->cancel.raised() ? "stopped" : "done";
    if (!schedule.channel.empty() && !run->cancel.raised()) {
        const auto told = parts_.say(schedule.channel, {schedule.conversation, ""}, said,
                                     fmt::format("{}\n{}", schedule.name, occasion.id));
        if (!told) ended = "it could not be said: " + told.error().what;
    }
    const std::scoped_lock lock(mutex_);
    running_.erase(schedule.name);
    const auto found = schedules_.find(schedule.name);
    if (found == schedules_.end()) return;
    found->second.last = ended;
    const bool is_over =
        found->second.next_ms == 0 && found->second.cron.empty() && found->second.on.empty();
    if (is_over) schedules_.erase(found);
    const auto saved = save();
    if (!saved) std::fprintf(stderr, "hardshelld: schedules: %s\n", saved.error().what.c_str());
}

std::string Schedules::run_task(const Schedule& schedule, const Occasion& occasion,
                                const Run& run) {
    agent::TurnRequest request;
    const std::string place = fmt::format("{}\n{}", schedule.person, schedule.name);
    request.session = "clock-" + base::to_hex(message_key("schedule", place)).substr(0, 26);
    request.missing = agent::TurnRequest::Missing::create;
    request.turn =
        "clock-" + base::to_hex(message_key("schedule", fmt::format("{}\n{}", place, occasion.id)))
                       .substr(0, 26);
    request.text = schedule.text;
    if (!occasion.said.empty()) request.text += "\n\nThe webhook says:\n" + occasion.said;
    request.person = schedule.person;
    request.origin = "schedule";
    request.agent = "schedule";
    request.project = schedule.project;
    request.label =
        occasion.said.empty() ? flow::Label::of_person(schedule.person) : flow::Label::unknown();
    // Nobody sits there: what needs consent is denied.
    request.approver = gate::Circumstances::Approver::nobody;
    agent::SilentListener listener;
    const auto outcome = parts_.assistant.run(std::move(request), listener, run.cancel);
    if (!outcome) return "The schedule " + schedule.name + " did not work: " + outcome.error().what;
    return outcome->text.empty() ? "(no answer)" : outcome->text;
}

}  // namespace hs::channels
