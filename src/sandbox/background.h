// BackgroundCommands: commands that go on while the assistant does other things: list them, read
// what they printed since the last look, kill them.
//
// What it does not protect from: one session reading another's command. The caller passes the
// owner, and only commands of that owner are found.
// Threads: all functions from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "sandbox/command_run.h"

namespace hs::sandbox {

struct BackgroundLine {
    std::uint64_t number = 0;
    std::string title;  // the command as shown to people
    base::WallTime_ms started_ms = 0;
    bool running = false;
};

struct BackgroundNews {
    std::string standard_output;  // since the last look, valid UTF-8
    std::string standard_error;
    std::uint64_t bytes_skipped = 0;  // printed in between and no longer held
    bool running = false;
    std::string ending;  // jail::describe() once it has ended
};

class BackgroundCommands {
  public:
    static constexpr std::size_t commands_max = 64;

    explicit BackgroundCommands(const base::Clock& clock) : clock_(clock) {}

    // Takes a started command over; its number. exhausted when commands_max are kept: ended ones
    // that were looked at make room first.
    base::Result<std::uint64_t> add(const std::string& owner, const std::string& title,
                                    std::unique_ptr<CommandRun> run);
    std::vector<BackgroundLine> list(const std::string& owner) const;
    // not_found for a number of another owner. The news of an ended command are given once more
    // at most: after that it may be forgotten.
    base::Result<BackgroundNews> look(const std::string& owner, std::uint64_t number);
    base::Result<> kill(const std::string& owner, std::uint64_t number);
    // Kills every command of the owner, for example when the session ends.
    void kill_all(const std::string& owner);

  private:
    struct Entry {
        std::string owner;
        std::string title;
        base::WallTime_ms started_ms = 0;
        std::unique_ptr<CommandRun> run;
        std::uint64_t output_position = 0;
        std::uint64_t error_position = 0;
        bool looked_at_end = false;
    };
    struct Table {
        std::uint64_t next_number = 1;
        std::map<std::uint64_t, Entry> entries;
    };
    static Entry* find(Table& table, const std::string& owner, std::uint64_t number);
    static BackgroundNews news_of(Entry& entry);

    const base::Clock& clock_;  // outlives the table
    base::Guarded<Table> table_;
};

}  // namespace hs::sandbox
