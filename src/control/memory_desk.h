// MemoryDesk: what a person asks of the memory by `hardshell memory`: every look is a Recall, every
// change a Remember, decided and recorded like the assistant's own, with the person as who acts.
//
// What it does not protect from: another program of the same user on the unix socket.
// Threads: handle() from any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "gate/gate.h"
#include "gate/settings.h"
#include "memory/memory.h"
#include "memory/recollection.h"

namespace hs::control {

class MemoryDesk {
  public:
    struct Parts {
        gate::Gate& gate;
        memory::Memory* memory;  // null: it could not be opened
        std::string problem;     // why
        const gate::Settings& settings;
        const base::Clock& clock;
        base::Random& random;
    };
    explicit MemoryDesk(Parts parts) : parts_(std::move(parts)) {}

    // A verb of docs/api.md with its arguments, for the person named. not_found for any other verb.
    base::Result<wire::Json> handle(const std::string& verb, const std::string& person,
                                    const wire::Json& body);

  private:
    using Answer = base::Result<wire::Json>;
    using Groups = std::map<std::string, std::vector<std::string>>;  // ids by compartment

    Answer list(const gate::Circumstances& who, const wire::Json& body);
    Answer search(const gate::Circumstances& who, const wire::Json& body);
    Answer show(const gate::Circumstances& who, const wire::Json& body);
    Answer about(const gate::Circumstances& who, const wire::Json& body);
    Answer forget(const gate::Circumstances& who, const wire::Json& body);
    Answer review(const gate::Circumstances& who, const wire::Json& body);
    Answer reviewed(const gate::Circumstances& who, const wire::Json& body);
    Answer keep(const gate::Circumstances& who, const wire::Json& body);
    Answer hold(const gate::Circumstances& who, const wire::Json& body);
    Answer import(const gate::Circumstances& who, const wire::Json& body);
    Answer backup(const gate::Circumstances& who, const wire::Json& body);
    Answer backed_up(const gate::Circumstances& who, const wire::Json& body);
    Answer backups(const gate::Circumstances& who, const wire::Json& body);
    Answer restore(const gate::Circumstances& who, const wire::Json& body);
    Answer verify(const gate::Circumstances& who, const wire::Json& body);
    Answer rekey(const gate::Circumstances& who, const wire::Json& body);

    base::Result<std::vector<memory::Entry>> all(const gate::Circumstances& who,
                                                 std::int64_t after_revision = 0);
    base::Result<memory::Entry> find(const gate::Circumstances& who, const std::string& id);
    base::Result<Groups> groups_of(const std::vector<std::string>& ids);
    // Changes entries of all compartments under one operation; how many.
    base::Result<std::int64_t> change(const gate::Circumstances& who,
                                      const std::vector<std::string>& ids,
                                      gate::Remember::Operation operation,
                                      const memory::Memory::Change& change);
    base::Result<std::int64_t> put_back(const gate::Circumstances& who,
                                        const std::vector<memory::Entry>& entries);

    Parts parts_;
};

}  // namespace hs::control
