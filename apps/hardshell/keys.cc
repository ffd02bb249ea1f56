// key: where the key of the sealed state is kept, and unlocking it.
#include "hardshell/keys.h"

#include <fmt/format.h>

#include <thread>

#include "hardshell/hidden_input.h"
#include "os/file.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::int64_t open_patience_ms = 15'000;

Result<Json> ask_keeper(const Desk& desk, std::string_view verb, Json arguments) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    return keeper.question(verb, std::move(arguments));
}

bool is_set(const Json& json, std::string_view key) {
    const Json* found = json.find(key);
    return found != nullptr && found->boolean() != nullptr && *found->boolean();
}

// Whether a keeper runs and has no key yet.
bool is_locked(const Desk& desk) {
    const auto shown = ask_keeper(desk, "key.show", Json(JsonObject{}));
    return shown && is_set(*shown, "locked");
}

Result<> wait_until_open(const Desk& desk) {
    const os::Deadline deadline = os::Deadline::after_ms(open_patience_ms);
    while (!deadline.passed()) {
        auto line = DaemonLine::open(desk.places, Start::no);
        if (line && line->request("GET", "/v1/status")) return {};
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return fail(Code::timed_out, fmt::format("the state is unlocked, but hardshelld does not "
                                             "answer; see {}",
                                             desk.places.daemon_log));
}

// Twice where somebody types, since nobody sees what was typed.
Result<std::string> read_new_passphrase(const Screen& screen, std::string_view words) {
    std::string first = read_hidden(screen, words);
    if (!has_terminal() || first.empty()) return first;
    std::string again = read_hidden(screen, "Again (not shown): ");
    const bool same = first == again;
    wipe_text(again);
    if (same) return first;
    wipe_text(first);
    return fail(Code::invalid_input, "the two are not the same; nothing was changed");
}

Result<Json> send_passphrase(const Desk& desk, std::string passphrase) {
    Json arguments = JsonObject{{"passphrase", passphrase}};
    wipe_text(passphrase);
    return ask_keeper(desk, "key.unlock", std::move(arguments));
}

Result<Json> unlock(const Desk& desk) {
    const Json shown = TRY(ask_keeper(desk, "key.show", Json(JsonObject{})));
    if (!is_set(shown, "locked")) return shown;
    if (is_set(shown, "fresh")) {
        return send_passphrase(
            desk,
            TRY(read_new_passphrase(
                desk.screen,
                "A passphrase for the new state (not shown; empty: its key lies in a file): ")));
    }
    if (text_in(shown, "source") == "keyring") {
        desk.screen.note("The keyring asks in a window of its own.");
        return send_passphrase(desk, "");
    }
    return send_passphrase(desk, read_hidden(desk.screen, "Passphrase (not shown): "));
}

void print_key(const Desk& desk, const Json& shown) {
    if (desk.screen.form() == Form::json) return desk.screen.json(shown);
    const std::string source = text_in(shown, "source");
    std::string place = "in the file " + desk.places.state + "/master.key";
    if (source == "keyring") place = "in the session's keyring (Secret Service)";
    if (source == "passphrase") place = "under a passphrase (Argon2id)";
    if (is_set(shown, "fresh")) place = "nowhere yet";
    desk.screen.line("kept    " + place);
    desk.screen.line(fmt::format("state   {}", is_set(shown, "locked") ? "locked" : "open"));
    desk.screen.line(
        fmt::format("keyring {}", is_set(shown, "keyring") ? "there and open" : "none, or locked"));
    for (const char* key : {"reason", "warning"}) {
        const std::string text = text_in(shown, key);
        if (!text.empty()) desk.screen.line(desk.screen.tone(Tone::bad, clean(text)));
    }
}

}  // namespace

Result<DaemonLine> open_unlocked(const Desk& desk, Start start) {
    auto line = DaemonLine::open(desk.places, start);
    if (!has_terminal()) return line;
    // Without a terminal the daemon's own refusal says what to do.
    if ((!line && line.error().code != Code::denied) || !is_locked(desk)) return line;
    TRY(unlock(desk));
    TRY(wait_until_open(desk));
    return DaemonLine::open(desk.places, Start::no);
}

Result<> choose_key(const Desk& desk) {
    const std::string& state = desk.places.state;
    if (!has_terminal() || os::facts_of_path(state + "/master.key")) return {};
    TRY(os::write_file_atomic(desk.places.key_wanted, {}));
    TRY(open_unlocked(desk, Start::yes));
    print_key(desk, TRY(ask_keeper(desk, "key.show", Json(JsonObject{}))));
    return {};
}

Result<int> run_key_show(const Desk& desk) {
    print_key(desk, TRY(ask_keeper(desk, "key.show", Json(JsonObject{}))));
    return exit_done;
}

Result<int> run_key_unlock(const Desk& desk) {
    if (!KeeperLine::open(desk.places)) {
        const auto started = start_daemon(desk.places);
        if (!started && !is_locked(desk)) return started.failure();
    }
    const Json shown = TRY(unlock(desk));
    TRY(wait_until_open(desk));
    print_key(desk, shown);
    return exit_done;
}

Result<int> run_key_change(const Desk& desk) {
    const std::string& to = desk.options.second;
    const Json shown = TRY(ask_keeper(desk, "key.show", Json(JsonObject{})));
    Json arguments = JsonObject{{"to", to}};
    if (text_in(shown, "source") == "passphrase") {
        std::string old = read_hidden(desk.screen, "The present passphrase (not shown): ");
        arguments["old_passphrase"] = old;
        wipe_text(old);
    }
    if (to == "passphrase") {
        std::string fresh =
            TRY(read_new_passphrase(desk.screen, "The new passphrase (not shown): "));
        arguments["passphrase"] = fresh;
        wipe_text(fresh);
    }
    print_key(desk, TRY(ask_keeper(desk, "key.change", std::move(arguments))));
    return exit_done;
}

}  // namespace hs::cli
