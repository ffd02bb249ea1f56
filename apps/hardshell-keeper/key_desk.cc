#include "hardshell-keeper/key_desk.h"

#include <fmt/format.h>

#include "gate/frames.h"

namespace hs::keeping {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

// A person types into the keyring's prompt.
constexpr std::int64_t prompt_patience_ms = 50'000;

// The argument's text; the copy in the Json is wiped with the frame's.
Result<std::string> passphrase_in(const Json& arguments, std::string_view key) {
    return wire::text_at_or(arguments, key, "");
}

void wipe_text(std::string& text) {
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

void send(const gate::Sender& sender, std::uint64_t id, gate::FrameKind kind, const Json& json) {
    const auto sent = sender.channel->send(id, static_cast<std::uint16_t>(kind),
                                           base::bytes_of(wire::canonical_json(json)));
    static_cast<void>(sent.ok());  // a peer that is gone needs no answer
}

}  // namespace

KeyDesk::KeyDesk(const std::string& state_folder, base::Random& random)
    : keyring_(secrets::session_bus_address(), random), hold_(state_folder, keyring_, random) {}

Result<> KeyDesk::open() {
    opening_ = TRY(hold_.open());
    if (!is_open()) std::fprintf(stderr, "hardshell-keeper: %s\n", locked().c_str());
    return {};
}

std::string KeyDesk::locked() const {
    return opening_.locked + "; unlock it with: hardshell key unlock";
}

void KeyDesk::tick() {
    if (is_open() || opening_.source != secrets::KeySource::keyring) return;
    if (!keyring_.usable()) return;  // which starts no service, however often it is asked
    auto again = hold_.open();
    if (again) opening_ = std::move(*again);
}

Json KeyDesk::show(const gate::Sender& sender) {
    Json shown = JsonObject{{"source", secrets::source_name(opening_.source)},
                            {"locked", !is_open()},
                            {"fresh", opening_.is_fresh},
                            {"reason", is_open() ? "" : locked()},
                            {"warning", is_open() ? master().warning : ""}};
    // The daemon asks often, and the session bus is asked for a person only.
    if (sender.kind == gate::Sender::Kind::person) shown["keyring"] = keyring_.usable();
    return shown;
}

Result<Json> KeyDesk::unlock(const gate::Sender& sender, const Json& arguments) {
    if (is_open()) return fail(Code::conflict, "the state is not locked");
    std::string given = TRY(passphrase_in(arguments, "passphrase"));
    auto opened = hold_.unlock(given, prompt_patience_ms);
    wipe_text(given);
    if (!opened) {
        ++failed_unlocks_;
        return opened.failure();
    }
    opening_.source = opened->source;
    opening_.is_fresh = false;
    opening_.master = std::move(*opened);
    return show(sender);
}

Result<Json> KeyDesk::answer_locked(const gate::Sender& sender, const os::Frame& frame) {
    const auto refused = fail(Code::denied, locked());
    if (static_cast<gate::FrameKind>(frame.kind) != gate::FrameKind::question) return refused;
    const Json payload = TRY(wire::parse_json(base::text_of(frame.payload)));
    const std::string verb = TRY(wire::text_at(payload, "verb"));
    if (verb == "key.show") return show(sender);
    if (verb != "key.unlock" || sender.kind != gate::Sender::Kind::person) return refused;
    const Json* arguments = payload.find("arguments");
    return unlock(sender, arguments != nullptr ? *arguments : Json(JsonObject{}));
}

void KeyDesk::handle_locked(const gate::Sender& sender, const os::Frame& frame) {
    const auto answer = answer_locked(sender, frame);
    if (answer) return send(sender, frame.id, gate::FrameKind::answer, *answer);
    send(sender, frame.id, gate::FrameKind::failure,
         JsonObject{{"code", base::code_name(answer.error().code)}, {"what", answer.error().what}});
}

Result<Json> KeyDesk::change(const gate::Sender& sender, const Json& arguments, audit::Log& log) {
    const auto to = TRY(secrets::parse_source(TRY(wire::text_at(arguments, "to"))));
    std::string fresh = TRY(passphrase_in(arguments, "passphrase"));
    std::string old = TRY(passphrase_in(arguments, "old_passphrase"));
    audit::Event event(audit::EventKind::config_change);
    event.set(audit::Field::person, sender.name).set(audit::Field::action, "key.change");
    event.detail("from", secrets::source_name(opening_.source));
    event.detail("to", secrets::source_name(to));
    audit::Event begun = event;
    TRY(log.append_and_wait(begun.set(audit::Field::outcome, "begun")));
    const auto moved = hold_.change(*opening_.master, {to, fresh, old});
    wipe_text(fresh);
    wipe_text(old);
    event.set(audit::Field::outcome, moved ? "done" : "failed");
    if (!moved) event.set(audit::Field::reason, moved.error().what);
    const auto noted = log.append_and_wait(event);
    TRY(moved);
    opening_.source = to;
    TRY(noted);
    return show(sender);
}

void KeyDesk::add_verbs(gate::Keeper& keeper, audit::Log& log) {
    using Access = gate::Keeper::Access;
    keeper.add_verb(
        "key.show", Access::daemon_or_person,
        [this](const gate::Sender& sender, const Json&) -> Result<Json> { return show(sender); });
    keeper.add_verb("key.unlock", Access::person_only,
                    [this](const gate::Sender& sender, const Json& arguments) -> Result<Json> {
                        return unlock(sender, arguments);
                    });
    keeper.add_verb(
        "key.change", Access::person_only,
        [this, &log](const gate::Sender& sender, const Json& arguments) -> Result<Json> {
            return change(sender, arguments, log);
        });
}

void KeyDesk::describe(audit::Event& event) const {
    event.detail("key_kept", secrets::source_name(opening_.source));
    if (failed_unlocks_ > 0) event.detail("failed_unlocks", failed_unlocks_);
}

}  // namespace hs::keeping
