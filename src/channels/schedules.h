// Schedules: what runs by the clock, or when a webhook says so: tasks, reminders and a digest, each
// for its owner.
//
// A task is a turn of the agent "schedule", so rules can hold it closer than what a person asks for
// directly; nobody can be asked meanwhile, so whatever needs consent is denied. What was due while
// hardshelld did not run is left out or made up for once, as the schedule says.
// What it does not protect from: a task that does harm within what policy allows unasked.
// Threads: all functions from any thread; a thread of its own, and one a task that runs.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "agent/assistant.h"
#include "channels/cron.h"
#include "channels/mailbox.h"
#include "net/crew.h"

namespace hs::channels {

struct Schedule {
    enum class Kind : std::uint8_t { task, reminder, digest };
    enum class Missed : std::uint8_t { skip, once };
    std::string name;
    Kind kind = Kind::task;
    std::string person;
    std::string cron;               // empty: once, at next_ms
    base::WallTime_ms next_ms = 0;  // 0: never again
    std::string text;
    std::string channel;  // where its outcome is said; empty: nowhere
    std::string conversation;
    std::string project;
    std::string on;  // the channel whose webhook begins it; then it has no time of its own
    Missed missed = Missed::skip;
    base::WallTime_ms last_ms = 0;
    std::string last;  // how it ended
};
wire::Json to_json(const Schedule& schedule);
// invalid_input names what is wrong: a name, a time that is past, a cron that never comes.
base::Result<Schedule> schedule_from_json(const wire::Json& json, base::WallTime_ms now_ms);

class Schedules {
  public:
    static constexpr std::size_t schedules_max = 200;
    static constexpr std::size_t at_once_max = 4;
    // What is due for longer was missed.
    static constexpr std::int64_t late_ms = 120'000;

    struct Parts {
        gate::Gate& gate;
        agent::Assistant& assistant;
        Mailbox& mailbox;
        const base::Clock& clock;
        std::function<base::Result<>(const std::string& channel, const Spot& spot,
                                     const std::string& text, const std::string& key)>
            say;
        std::function<std::string()> digest;  // what there is to tell today
    };
    explicit Schedules(Parts parts);
    ~Schedules();

    base::Result<> start();
    void stop();

    // conflict when the name is taken.
    base::Result<> add(Schedule schedule);
    // Ends it, and what of it runs. not_found when there is none of that person's.
    base::Result<> remove(const std::string& name, const std::string& person);
    std::vector<Schedule> list() const;
    // Begins one that waits for that channel, once for an id. `text` is a stranger's word beside
    // the schedule's own. not_found, or conflict while it runs.
    base::Result<> begin(const std::string& channel, const std::string& name, const std::string& id,
                         const std::string& text);
    // "/schedules" and "/schedule stop NAME" of a chat.
    std::optional<std::string> command(const std::string& person, const std::string& text);
    // Halts what runs for a person.
    std::size_t halt(const std::string& person);

  private:
    struct Run;
    void keep_time();
    void begin_due();
    // What makes it run now: the time that was due, or a webhook's request.
    struct Occasion {
        std::string id;
        std::string said;  // by a stranger
    };
    base::Result<> start_run(const Schedule& schedule, Occasion occasion);
    void carry_out(const Schedule& schedule, const Occasion& occasion,
                   const std::shared_ptr<Run>& run);
    std::string run_task(const Schedule& schedule, const Occasion& occasion, const Run& run);
    base::Result<> save();
    void record(const Schedule& schedule, std::string_view what) const;

    Parts parts_;
    os::WakeUp stop_;
    mutable std::mutex mutex_;  // guards all below but crew_
    std::condition_variable changed_;
    std::map<std::string, Schedule> schedules_;
    std::map<std::string, std::shared_ptr<Run>> running_;  // by name
    std::thread thread_;
    net::Crew crew_;
};

}  // namespace hs::channels
