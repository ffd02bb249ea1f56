// memory export, import, backup, restore: files that the person names, read and written here.

#include <fmt/format.h>

#include "crypto/secret.h"
#include "hardshell/hidden_input.h"
#include "hardshell/memory_lines.h"
#include "memory/backup.h"
#include "os/file.h"
#include "os/system.h"
#include "wire/members.h"

namespace hs::cli {

using base::Bytes;
using base::Code;
using base::fail;
using base::Result;
using memory::Entry;
using wire::Json;
using wire::JsonObject;
using wire::number_in;

namespace {

constexpr std::size_t file_bytes_max = std::size_t{256} << 20U;
constexpr std::size_t chunk_bytes = std::size_t{8} << 20U;
constexpr std::string_view head_name = "backup";

bool is_true(const Json& json, std::string_view key) {
    const Json* found = json.find(key);
    return found != nullptr && found->boolean() != nullptr && *found->boolean();
}

// What was changed after a revision, all pages of it, as of one moment.
struct Changes {
    std::int64_t revision = 0;
    std::vector<std::string> ids;
    std::vector<Json> entries;
};
Result<Changes> changes_after(const Desk& desk, std::int64_t revision) {
    Changes changes;
    for (;;) {
        const Json page = TRY(
            ask_memory(desk, "backup",
                       JsonObject{{"since", revision},
                                  {"skip", static_cast<std::int64_t>(changes.entries.size())}}));
        const std::int64_t now = number_in(page, "revision");
        if (!changes.entries.empty() && now != changes.revision) {
            return fail(Code::conflict, "the memory was changed meanwhile; try again");
        }
        changes.revision = now;
        changes.ids.clear();
        for (const Json& id : entries_in(page, "ids")) {
            if (id.text() != nullptr) changes.ids.push_back(*id.text());
        }
        for (const Json& entry : entries_in(page)) changes.entries.push_back(entry);
        if (!is_true(page, "more") || entries_in(page).empty()) return changes;
    }
}

struct Backup {
    memory::BackupHead head;
    memory::Restored restored;
    Bytes last;  // the newest file
};

// Everything that there is; corrupt names the file that is missing or was changed.
Result<Backup> read_backup(const std::string& folder, std::string_view passphrase) {
    Backup backup;
    const auto names = TRY(os::list_folder(folder, memory::segments_max + 10));
    const Bytes head = TRY(os::read_file(fmt::format("{}/{}", folder, head_name), file_bytes_max));
    backup.head = TRY(memory::open_backup_head(head, passphrase));
    backup.last = head;
    std::uint32_t there = 0;
    for (const auto& name : names) there += name.ends_with(".segment") ? 1U : 0U;
    for (std::uint32_t number = 1; number <= there; ++number) {
        const std::string name = memory::segment_name(number);
        const auto file = os::read_file(folder + "/" + name, memory::segment_bytes_max);
        if (!file) {
            return fail(Code::corrupt,
                        fmt::format("{} is missing from the backup; nothing was restored", name));
        }
        TRY(backup.restored.apply(
            TRY(memory::open_segment(backup.head, backup.last, number, *file))));
        backup.last = *file;
    }
    return backup;
}

class Passphrase {
  public:
    explicit Passphrase(const Screen& screen)
        : text_(read_hidden(screen, "The backup's passphrase (not shown): ")) {}
    ~Passphrase() { crypto::wipe({reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()}); }
    Passphrase(const Passphrase&) = delete;
    Passphrase& operator=(const Passphrase&) = delete;
    std::string_view view() const { return text_; }

  private:
    std::string text_;
};

// Opens what was written, from the disk, and compares it with what the memory holds.
Result<> test_by_opening(const std::string& folder, std::string_view passphrase,
                         const Changes& changes) {
    const Backup backup = TRY(read_backup(folder, passphrase));
    const auto& entries = backup.restored.entries();
    bool same = entries.size() == changes.ids.size();
    for (const auto& id : changes.ids) same = same && entries.contains(id);
    for (const Json& entry : changes.entries) {
        const auto found = entries.find(text_in(entry, "id"));
        same = same && found != entries.end() && memory::to_json(found->second) == entry;
    }
    if (same) return {};
    return fail(Code::corrupt,
                "the backup was written, but what it gives back is not what is remembered; remove "
                "the folder and begin a new one");
}

Result<int> list_backups(const Desk& desk) {
    const Json json = TRY(ask_memory(desk, "backups"));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    std::vector<std::vector<std::string>> rows;
    for (const Json& one : entries_in(json, "backups")) {
        const std::string place = text_in(one, "place");
        rows.push_back({base::format_time(number_in(one, "made_ms")).substr(0, 16),
                        std::to_string(number_in(one, "revision")),
                        os::facts_of_path(place) ? place : place + " (gone)"});
    }
    if (rows.empty()) {
        desk.screen.line("No backup was made yet: hardshell memory backup FOLDER");
        return exit_done;
    }
    desk.screen.table({"made", "changes", "folder"}, rows);
    return exit_done;
}

// Ends with the number of the last segment that was there.
Result<Backup> begin_or_read(const std::string& folder, std::string_view passphrase) {
    const std::string head_file = fmt::format("{}/{}", folder, head_name);
    if (os::facts_of_path(head_file)) return read_backup(folder, passphrase);
    if (!TRY(os::list_folder(folder, 10)).empty()) {
        return fail(Code::conflict,
                    fmt::format("{} is not empty and is no backup; name a new folder", folder));
    }
    const os::SystemClock clock;
    os::SystemRandom random;
    Backup backup;
    backup.head = TRY(memory::make_backup_head(passphrase, clock, random));
    TRY(os::write_file_atomic(head_file, backup.head.file));
    backup.last = backup.head.file;
    return backup;
}

Json entries_chunk(const std::vector<Json>& entries, std::size_t& at) {
    Json chunk{wire::JsonArray{}};
    std::size_t bytes = 0;
    for (; at < entries.size() && bytes < chunk_bytes; ++at) {
        bytes += wire::canonical_json(entries[at]).size();
        chunk.push(entries[at]);
    }
    return chunk;
}

}  // namespace

Result<std::vector<Json>> all_memories(const Desk& desk) {
    return TRY(changes_after(desk, 0)).entries;
}

std::string lines_of(const std::vector<Json>& entries) {
    std::string lines;
    for (const Json& entry : entries) lines += wire::canonical_json(entry) + "\n";
    return lines;
}

Result<int> run_memory_export(const Desk& desk) {
    const auto entries = TRY(all_memories(desk));
    TRY(os::write_file_atomic(desk.options.text, base::bytes_of(lines_of(entries))));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"exported", static_cast<std::int64_t>(entries.size())}});
        return exit_done;
    }
    desk.screen.line(
        fmt::format("{} memories written to {}, not sealed: whoever reads the file "
                    "reads them.",
                    entries.size(), clean(desk.options.text)));
    return exit_done;
}

// Every line is read before the first is sent.
Result<int> run_memory_import(const Desk& desk) {
    const std::string text = TRY(os::read_text(desk.options.text, file_bytes_max));
    std::vector<Json> entries;
    std::size_t line_number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = std::string_view(text).substr(at, end - at);
        at = end + 1;
        ++line_number;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        auto json = wire::parse_json(line);
        const auto entry = json ? memory::entry_from_json(*json) : Result<Entry>(json.failure());
        if (!entry) {
            return fail(Code::invalid_input, fmt::format("line {}: {}; nothing was imported",
                                                         line_number, entry.error().what));
        }
        entries.push_back(*std::move(json));
    }
    std::int64_t imported = 0;
    std::int64_t refused = 0;
    for (std::size_t at = 0; at < entries.size();) {
        const Json answer = TRY(ask_memory(desk, "import",
                                           JsonObject{{"entries", entries_chunk(entries, at)},
                                                      {"file", desk.options.text},
                                                      {"own", desk.options.memory.vouch}}));
        imported += number_in(answer, "imported");
        refused += number_in(answer, "refused");
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"imported", imported}, {"refused", refused}});
        return exit_done;
    }
    desk.screen.line(fmt::format(
        "{} imported{}.{}", imported,
        desk.options.memory.vouch ? "" : ", to wait for your review (hardshell memory review)",
        refused > 0 ? fmt::format(" {} refused: they look like "
                                  "credentials.",
                                  refused)
                    : ""));
    return exit_done;
}

Result<int> run_memory_backup(const Desk& desk) {
    if (desk.options.memory.list) return list_backups(desk);
    if (desk.options.text.empty()) {
        return fail(Code::invalid_input, "name a folder: hardshell memory backup FOLDER");
    }
    TRY(os::make_private_folder(desk.options.text));
    const std::string folder = TRY(os::resolve_path(desk.options.text));
    const Passphrase passphrase(desk.screen);
    const Backup before = TRY(begin_or_read(folder, passphrase.view()));
    const Changes changes = TRY(changes_after(desk, before.restored.revision()));
    if (changes.revision < before.restored.revision()) {
        return fail(Code::conflict,
                    fmt::format("the backup in {} is newer than the memory; restore it, or name "
                                "another folder",
                                folder));
    }
    const os::SystemClock clock;
    os::SystemRandom random;
    memory::Segment segment;
    segment.number = before.restored.segments() + 1;
    segment.made_ms = clock.wall_ms();
    segment.revision = changes.revision;
    segment.ids = changes.ids;
    for (const Json& entry : changes.entries) {
        segment.entries.push_back(TRY(memory::entry_from_json(entry)));
    }
    const std::string file = folder + "/" + memory::segment_name(segment.number);
    TRY(os::write_file_atomic(
        file, TRY(memory::seal_segment(before.head, before.last, segment, random))));
    TRY(test_by_opening(folder, passphrase.view(), changes));
    TRY(ask_memory(desk, "backed-up",
                   JsonObject{{"place", folder}, {"revision", changes.revision}}));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"folder", folder},
                                    {"segment", static_cast<std::int64_t>(segment.number)},
                                    {"written", static_cast<std::int64_t>(segment.entries.size())},
                                    {"entries", static_cast<std::int64_t>(changes.ids.size())}});
        return exit_done;
    }
    desk.screen.line(fmt::format("{} of {} memories written to {}, and opened again from there.",
                                 segment.entries.size(), changes.ids.size(), file));
    return exit_done;
}

Result<int> run_memory_restore(const Desk& desk) {
    const std::string folder = TRY(os::resolve_path(desk.options.text));
    const Passphrase passphrase(desk.screen);
    const Backup backup = TRY(read_backup(folder, passphrase.view()));
    // Files taken away from the end are an older backup; the memory knows of the newest.
    const Json known = TRY(ask_memory(desk, "backups"));
    for (const Json& one : entries_in(known, "backups")) {
        if (text_in(one, "place") != folder) continue;
        if (number_in(one, "revision") > backup.restored.revision()) {
            return fail(Code::corrupt,
                        fmt::format("the newest files of the backup in {} are missing; nothing was "
                                    "restored",
                                    folder));
        }
    }
    std::vector<Json> entries;
    for (const auto& [id, entry] : backup.restored.entries()) {
        entries.push_back(memory::to_json(entry));
    }
    std::int64_t restored = 0;
    bool merge = desk.options.memory.merge;
    for (std::size_t at = 0; at < entries.size();) {
        const Json answer = TRY(ask_memory(desk, "restore",
                                           JsonObject{{"entries", entries_chunk(entries, at)},
                                                      {"revision", backup.restored.revision()},
                                                      {"merge", merge}}));
        restored += number_in(answer, "restored");
        merge = true;  // the first part has settled that
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"restored", restored},
                                    {"entries", static_cast<std::int64_t>(entries.size())}});
        return exit_done;
    }
    desk.screen.line(fmt::format("{} memories restored of {} in the backup of {}.", restored,
                                 entries.size(),
                                 base::format_time(backup.restored.made_ms()).substr(0, 16)));
    return exit_done;
}

}  // namespace hs::cli
