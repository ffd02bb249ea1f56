// exit: somebody leaves: what their assistant could reach, its keys revoked, what it keeps handed
// over or made unreadable, and a last report.

#include <fcntl.h>
#include <fmt/format.h>

#include <thread>

#include "gate/tokens.h"
#include "hardshell/incident_scope.h"
#include "hardshell/leave_memory.h"
#include "hardshell/lines.h"
#include "hardshell/policy_words.h"
#include "hardshell/review_report.h"
#include "os/file.h"
#include "os/system.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::int64_t stop_patience_ms = 15'000;

Result<> note_step(const Desk& desk, const std::string& id, std::string_view text) {
    TRY(record_entry(desk, "leaver.record",
                     JsonObject{{"id", id}, {"outcome", "step"}, {"reason", text}}));
    return {};
}

// Secrets first: what they open is elsewhere and stays open until it is closed there.
Result<JsonArray> revoke_secrets(const Desk& desk) {
    JsonArray removed;
    const Json held = TRY(ask_keeper_about(desk, "secrets.list", Json(JsonObject{})));
    for (const Json& item : *TRY(wire::array_at(held, "secrets"))) {
        const std::string name = text_in(item, "name");
        TRY(ask_keeper_about(desk, "secrets.remove", JsonObject{{"name", name}}));
        removed.push_back(JsonObject{{"secret", name}, {"hosts", text_in(item, "hosts")}});
    }
    return removed;
}

Result<JsonArray> revoke_tokens(const Desk& desk) {
    JsonArray removed;
    auto tokens = TRY(gate::Tokens::load(desk.places.tokens_file));
    const auto entries = tokens.all();
    for (const auto& entry : entries) {
        TRY(tokens.remove(desk.places.tokens_file, entry.name));
        removed.push_back(JsonObject{{"token", entry.name}, {"scopes", entry.scopes.names()}});
    }
    return removed;
}

// Every conversation as a file, readable by whoever gets the bundle.
Result<> hand_over(const Desk& desk, Bundle& bundle) {
    auto daemon = TRY(DaemonLine::open(desk.places, Start::no));
    const Json sessions = TRY(daemon.request("GET", "/v1/sessions"));
    for (const Json& one : *TRY(wire::array_at(sessions, "sessions"))) {
        const std::string id = text_in(one, "id");
        const Json whole = TRY(daemon.request("GET", "/v1/sessions/" + id));
        bundle.files["sessions/" + id + ".json"] = wire::canonical_json(whole) + "\n";
    }
    return {};
}

Result<> stop_daemon(const Desk& desk) {
    auto daemon = DaemonLine::open(desk.places, Start::no);
    if (daemon) TRY(daemon->request("POST", "/v1/stop"));
    const os::Deadline deadline = os::Deadline::after_ms(stop_patience_ms);
    while (!os::lock_file(desk.places.lock_file, "")) {
        if (deadline.passed()) return fail(Code::timed_out, "hardshelld does not stop");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return {};
}

// Without it nothing that is sealed can be read: sessions, memory, secrets, undo, blobs. Bytes of
// it may remain on a disk that moves its blocks; whoever has a copy of the file has the key.
Result<> destroy_master_key(const Desk& desk) {
    const std::string path = desk.places.state + "/master.key";
    const auto facts = TRY(os::facts_of_path(path));
    const os::Fd file = TRY(os::open_file(path, O_WRONLY));
    base::Bytes noise(facts.size_bytes);
    os::SystemRandom random;
    random.fill(noise);
    TRY(os::write_all_at(file.get(), noise, 0));
    TRY(os::sync_data(file.get()));
    return os::remove_file(path);
}

struct Exit {
    std::string id;
    Json inventory;
    JsonArray secrets;
    JsonArray tokens;
    PartedMemory memory;
};

Result<> write_report(const Desk& desk, const Exit& leaving) {
    Bundle bundle;
    bundle.folder = desk.options.text;
    bundle.verb = "leaver.record";
    bundle.id = leaving.id;
    bundle.outcome = "report";
    bundle.reason = desk.options.reason;
    bundle.files["inventory.json"] = wire::canonical_json(leaving.inventory) + "\n";
    const Json revoked = JsonObject{{"secrets", leaving.secrets}, {"tokens", leaving.tokens}};
    bundle.files["revoked.json"] = wire::canonical_json(revoked) + "\n";
    bundle.files["memory.json"] = wire::canonical_json(leaving.memory.summary) + "\n";
    const bool erase = desk.options.erase;
    bundle.files["report.txt"] = fmt::format(
        "{}\nSecrets removed here: {}. Each must be revoked where it was issued.\n"
        "Tokens removed: {}.\nConversations: {}.\nMemories: {}.\n",
        desk.options.reason, leaving.secrets.size(), leaving.tokens.size(),
        erase ? "made unreadable by destroying the master key" : "handed over here",
        leaving.memory.words);
    if (!erase) {
        bundle.files["memory.jsonl"] = leaving.memory.lines;
        TRY(hand_over(desk, bundle));
    }
    return write_bundle(desk, bundle);
}

}  // namespace

Result<int> run_exit(const Desk& desk) {
    if (!desk.options.policy.yes) {
        return fail(Code::invalid_input,
                    "this removes every secret and token of this installation, and with --erase "
                    "makes all that it keeps unreadable for ever; say so with --yes");
    }
    if (const auto names = os::list_folder(desk.options.text, 1); names && !names->empty()) {
        return fail(Code::conflict, desk.options.text + " is not empty; name a new folder");
    }
    const Parting parting = desk.options.erase ? Parting::erase : Parting::hand_over;
    const auto memories = TRY(memories_to_part(desk, parting));
    Exit leaving;
    leaving.inventory = TRY(review_report(desk));
    leaving.id = text_in(
        TRY(record_entry(desk, "leaver.record",
                         JsonObject{{"outcome", "begun"}, {"reason", desk.options.reason}})),
        "id");
    leaving.secrets = TRY(revoke_secrets(desk));
    leaving.tokens = TRY(revoke_tokens(desk));
    TRY(note_step(desk, leaving.id,
                  fmt::format("{} secrets and {} tokens were removed", leaving.secrets.size(),
                              leaving.tokens.size())));
    leaving.memory = TRY(part_memory(desk, parting, memories));
    TRY(note_step(desk, leaving.id, "memories: " + leaving.memory.words));
    if (desk.options.erase) {
        TRY(note_step(desk, leaving.id, "the master key is destroyed next: what is sealed ends"));
    }
    TRY(write_report(desk, leaving));
    TRY(stop_daemon(desk));
    if (desk.options.erase) TRY(destroy_master_key(desk));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{
            {"exit", leaving.id}, {"folder", desk.options.text}, {"erased", desk.options.erase}});
    } else {
        desk.screen.line(
            fmt::format("The report is in {}; it verifies with its verify_evidence.py."
                        "\nRevoke each of its secrets where it was issued.",
                        desk.options.text));
    }
    return exit_done;
}

}  // namespace hs::cli
