#include "sandbox/background.h"

#include "wire/utf8.h"

namespace hs::sandbox {

using base::Code;
using base::fail;
using base::Result;

namespace {

base::Failure unknown_number() {
    return fail(Code::not_found,
                "no background command has this number; list them to see which do");
}

}  // namespace

BackgroundCommands::Entry* BackgroundCommands::find(Table& table, const std::string& owner,
                                                    std::uint64_t number) {
    const auto found = table.entries.find(number);
    if (found == table.entries.end() || found->second.owner != owner) return nullptr;
    return &found->second;
}

Result<std::uint64_t> BackgroundCommands::add(const std::string& owner, const std::string& title,
                                              std::unique_ptr<CommandRun> run) {
    return table_.with([&](Table& table) -> Result<std::uint64_t> {
        if (table.entries.size() >= commands_max) {
            std::erase_if(table.entries,
                          [](const auto& pair) { return pair.second.looked_at_end; });
        }
        if (table.entries.size() >= commands_max) {
            return fail(Code::exhausted, "64 background commands are kept; kill or look at some");
        }
        const std::uint64_t number = table.next_number++;
        Entry entry;
        entry.owner = owner;
        entry.title = title;
        entry.started_ms = clock_.wall_ms();
        entry.run = std::move(run);
        table.entries.emplace(number, std::move(entry));
        return number;
    });
}

std::vector<BackgroundLine> BackgroundCommands::list(const std::string& owner) const {
    return table_.with([&](const Table& table) {
        std::vector<BackgroundLine> lines;
        for (const auto& [number, entry] : table.entries) {
            if (entry.owner != owner) continue;
            lines.push_back({number, entry.title, entry.started_ms, !entry.run->finished()});
        }
        return lines;
    });
}

BackgroundNews BackgroundCommands::news_of(Entry& entry) {
    BackgroundNews news;
    news.running = !entry.run->finished();
    std::uint64_t skipped = 0;
    const auto output =
        entry.run->output_since(Stream::standard_output, entry.output_position, skipped);
    news.bytes_skipped += skipped;
    const auto error =
        entry.run->output_since(Stream::standard_error, entry.error_position, skipped);
    news.bytes_skipped += skipped;
    news.standard_output = wire::mend_utf8(base::text_of(output));
    news.standard_error = wire::mend_utf8(base::text_of(error));
    if (news.running) return news;
    // Its output has ended; the launcher's word on how it ended may still be on its way.
    constexpr std::int64_t ending_patience_ms = 2000;
    const auto completed = entry.run->wait(os::Deadline::after_ms(ending_patience_ms));
    news.ending = completed ? jail::describe(completed->outcome) : completed.error().what;
    entry.looked_at_end = true;
    return news;
}

Result<BackgroundNews> BackgroundCommands::look(const std::string& owner, std::uint64_t number) {
    return table_.with([&](Table& table) -> Result<BackgroundNews> {
        Entry* const entry = find(table, owner, number);
        if (entry == nullptr) return unknown_number();
        return news_of(*entry);
    });
}

Result<> BackgroundCommands::kill(const std::string& owner, std::uint64_t number) {
    return table_.with([&](Table& table) -> Result<> {
        Entry* const entry = find(table, owner, number);
        if (entry == nullptr) return unknown_number();
        entry->run->kill();
        return {};
    });
}

void BackgroundCommands::kill_all(const std::string& owner) {
    table_.with([&](Table& table) {
        for (auto& [number, entry] : table.entries) {
            if (entry.owner == owner) entry.run->kill();
        }
    });
}

}  // namespace hs::sandbox
