#include "hardshell-keeper/memory_keys.h"

#include "crypto/mac.h"
#include "gate/compartment_keys.h"

namespace hs::keeping {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

Result<std::unique_ptr<MemoryKeys>> MemoryKeys::open(const std::string& state_folder,
                                                     const crypto::SecretBytes& master,
                                                     base::Random& random) {
    auto cabinet = TRY(secrets::KeyCabinet::open(
        state_folder, crypto::derive_key(master, "memory wrapping key"), random));
    return std::unique_ptr<MemoryKeys>(new MemoryKeys(std::move(cabinet)));
}

Result<base::Bytes> MemoryKeys::keys_for(const std::string& compartment, bool erases) {
    if (erases) TRY(cabinet_.begin_rekey(compartment));
    std::vector<gate::CompartmentKey> keys;
    for (const auto& held : *TRY(cabinet_.take(compartment))) {
        keys.push_back({held.generation, crypto::SecretBytes::copy_of(held.key.view())});
    }
    return gate::pack_compartment_keys(keys);
}

// The destruction first, then its record: the log must not prove what has not happened. Between the
// two a crash leaves the daemon to ask again, and the key is as gone.
Result<Json> MemoryKeys::erased(const gate::Sender& sender, const Json& arguments,
                                audit::Log& log) {
    if (sender.kind != gate::Sender::Kind::daemon) {
        return fail(Code::denied, "only the daemon says what it has sealed anew");
    }
    const std::string compartment = TRY(wire::text_at(arguments, "compartment"));
    const std::int64_t generation = TRY(wire::integer_at(arguments, "generation"));
    const std::int64_t left = TRY(wire::integer_at(arguments, "left"));
    audit::Event event(audit::EventKind::memory_write);
    event.set(audit::Field::action, "erased").set(audit::Field::outcome, "key destroyed");
    for (const char* key : {"decision", "person"}) {
        const std::string value = TRY(wire::text_at_or(arguments, key, ""));
        if (value.empty()) continue;
        event.set(std::string_view(key) == "person" ? audit::Field::person : audit::Field::decision,
                  value);
    }
    event.detail("compartment", compartment);
    event.detail("left", left);
    for (const char* key : {"entries", "ids_sha256", "backups"}) {
        if (const Json* value = arguments.find(key)) event.detail(key, *value);
    }
    if (left == 0) {
        TRY(cabinet_.destroy(compartment));
    } else {
        TRY(cabinet_.finish_rekey(compartment, static_cast<std::uint64_t>(generation)));
    }
    const std::uint64_t index = TRY(log.append_and_wait(event));
    return Json(JsonObject{{"index", static_cast<std::int64_t>(index)}});
}

void MemoryKeys::add_verbs(gate::Keeper& keeper, audit::Log& log) {
    keeper.add_verb("memory.erased", gate::Keeper::Access::daemon_or_person,
                    [this, &log](const gate::Sender& sender, const Json& arguments) {
                        return erased(sender, arguments, log);
                    });
}

}  // namespace hs::keeping
