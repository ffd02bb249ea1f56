#include "hardshell-keeper/recording.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "crypto/mac.h"
#include "os/file.h"
#include "os/wait.h"

namespace hs::keeping {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t text_bytes_max = std::size_t{1} << 20U;
constexpr std::int64_t log_patience_ms = 5000;
constexpr int forks_max = 1000;

// The present log's origin, which every one of its notes carries; nothing where there is no log.
std::optional<std::string> present_origin(const RecordPlaces& places) {
    const auto text = os::read_text(places.audit() + "/epochs/000000", text_bytes_max);
    const auto note = text ? audit::parse_note(*text) : text.failure();
    const auto epoch = note ? audit::parse_epoch_note(note->text) : note.failure();
    if (!epoch) return std::nullopt;
    return epoch->origin;
}

// Each machine's log has a name of its own, so that one witness can serve many.
std::string fresh_origin(const crypto::PublicKey& key) {
    return "hardshell.local/" + base::to_hex(crypto::sha256(key)).substr(0, 16);
}

std::string forked_origin(const std::string& origin) {
    const std::size_t at = origin.rfind("/fork-");
    int number = 0;
    if (at != std::string::npos) number = std::atoi(origin.c_str() + at + 6);
    return fmt::format("{}/fork-{}", origin.substr(0, at), number + 1);
}

// Puts the old folder aside. A crash after this finds no audit folder and goes on.
Result<> put_aside(const RecordPlaces& places) {
    if (!os::facts_of_path(places.audit())) return {};
    for (int number = 1; number <= forks_max; ++number) {
        const std::string to = fmt::format("{}.before-fork-{}", places.audit(), number);
        if (os::facts_of_path(to)) continue;
        return os::rename_file(places.audit(), to);
    }
    return fail(Code::exhausted, "there are too many forked logs in the state folder");
}

struct Fork {
    Json request;
    std::string origin;  // of the new log
};

// Half a fork that a crash left is completed: the request stays until the record of it is durable.
Result<std::optional<Fork>> begin_fork(const RecordPlaces& places) {
    const auto text = os::read_text(places.fork_request(), text_bytes_max);
    if (!text && text.error().code == Code::not_found) return std::optional<Fork>();
    if (!text) return text.failure();
    Fork fork{TRY(wire::parse_json(*text)), ""};
    const std::string old_origin = TRY(wire::text_at(fork.request, "origin"));
    fork.origin = forked_origin(old_origin);
    if (present_origin(places) != fork.origin) TRY(put_aside(places));
    return std::optional<Fork>(std::move(fork));
}

Result<> end_fork(const RecordPlaces& places, const Fork& fork, audit::Log& log) {
    if (log.status().size == 0) {
        audit::Event event(audit::EventKind::log_fork);
        event.set(audit::Field::reason, TRY(wire::text_at_or(fork.request, "reason", "")));
        event.set(audit::Field::person, TRY(wire::text_at_or(fork.request, "person", "")));
        for (const char* key : {"origin", "conflict"}) {
            if (const Json* value = fork.request.find(key)) event.detail(key, *value);
        }
        TRY(log.append_and_wait(event));
    }
    // What a witness cosigned of the old log says nothing about the new one.
    const auto names = os::list_folder(places.witness(), 1000);
    if (names) {
        for (const std::string& name : *names) {
            TRY(os::remove_file(places.witness() + "/" + name));
        }
    }
    const auto removed = os::remove_file(places.conflict());
    static_cast<void>(removed.ok());  // it may be gone from the try before
    return os::remove_file(places.fork_request());
}

Result<> write_keys(const RecordPlaces& places, const audit::Log& log) {
    // What a verifier needs, beside the log; the genesis key belongs off this machine.
    TRY(os::write_file_atomic(places.state + "/log-key",
                              base::bytes_of(log.log_key().text() + "\n")));
    return os::write_file_atomic(places.state + "/genesis-key",
                                 base::bytes_of(log.genesis_key().text() + "\n"));
}

Result<audit::LogKeys> keys_of(const crypto::SecretBytes& master) {
    const auto seed = crypto::derive_key(master, "audit log signing");
    return audit::LogKeys{TRY(crypto::SigningKey::from_seed(seed.view())),
                          crypto::derive_key(master, "audit epoch sealing")};
}

// After a crash of the daemon the keeper of before may still be ending; it holds the log's lock.
Result<std::unique_ptr<audit::Log>> open_patiently(const std::string& folder,
                                                   const crypto::SecretBytes& master,
                                                   const audit::LogOptions& options,
                                                   audit::Log::Seams seams) {
    const os::Deadline patience = os::Deadline::after_ms(log_patience_ms);
    for (;;) {
        auto log = audit::Log::open(folder, TRY(keys_of(master)), options, seams);
        if (log || log.error().code != Code::conflict || patience.passed()) return log;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

}  // namespace

Result<std::unique_ptr<audit::Log>> open_log(const RecordPlaces& places,
                                             const crypto::SecretBytes& master,
                                             audit::Log::Seams seams) {
    const audit::LogKeys keys = TRY(keys_of(master));
    TRY(os::make_private_folder(places.witness()));
    const auto fork = TRY(begin_fork(places));
    audit::LogOptions options;
    options.origin = fork
                         ? fork->origin
                         : present_origin(places).value_or(fresh_origin(keys.signing.public_key()));
    TRY(os::make_private_folder(places.audit()));
    auto log = TRY(open_patiently(places.audit(), master, options, seams));
    if (fork) TRY(end_fork(places, *fork, *log));
    TRY(write_keys(places, *log));
    const auto conflict = os::read_text(places.conflict(), text_bytes_max);
    const auto json = conflict ? wire::parse_json(*conflict) : conflict.failure();
    if (json) {
        log->refuse(Code::conflict,
                    TRY(wire::text_at_or(*json, "text", "a witness contradicts this log")));
    } else if (conflict) {
        log->refuse(Code::conflict,
                    "a witness contradicts this log; see witness-conflict in the "
                    "state folder");
    }
    return log;
}

void note_conflict(const RecordPlaces& places, audit::Log& log, const ship::Conflict& conflict) {
    log.refuse(Code::conflict, conflict.text());
    const Json json = JsonObject{{"witness", conflict.witness},
                                 {"seen", static_cast<std::int64_t>(conflict.seen.size)},
                                 {"seen_root", base::to_base64(conflict.seen.root)},
                                 {"ours", static_cast<std::int64_t>(conflict.ours.size)},
                                 {"ours_root", base::to_base64(conflict.ours.root)},
                                 {"note", conflict.note},
                                 {"text", conflict.text()}};
    const auto kept =
        os::write_file_atomic(places.conflict(), base::bytes_of(wire::canonical_json(json)));
    if (!kept) std::fprintf(stderr, "hardshell-keeper: %s\n", kept.error().what.c_str());
    std::fprintf(stderr, "hardshell-keeper: %s\n", conflict.text().c_str());
}

}  // namespace hs::keeping
