// House: a memory in a folder of its own, and Permits that carry keys, for tests and benchmarks.
//
// What it does not protect from: anything; it permits what it is asked for.
// Threads: one thread.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <map>
#include <string>

#include "crypto/mac.h"
#include "gate/testing/scripted_keeper.h"
#include "memory/memory.h"

namespace hs::memory::testing {

// The keys of compartments as the keeper would hold them.
class Keys {
  public:
    explicit Keys(base::Random& random) : random_(random) {}
    std::string packed(const std::string& compartment, bool erases) {
        auto& keys = held_[compartment];
        if (keys.empty() || (erases && keys.size() == 1)) {
            keys.push_back({next_++, crypto::SecretBytes::random(crypto::key_bytes, random_)});
        }
        if (erases && keys.size() == 1) return packed(compartment, erases);
        return base::to_base64(gate::pack_compartment_keys(keys));
    }
    void finish(const std::string& compartment, std::uint64_t generation) {
        std::erase_if(held_[compartment],
                      [&](const auto& key) { return key.generation < generation; });
    }
    void lose(const std::string& compartment) { held_.erase(compartment); }

  private:
    base::Random& random_;
    std::uint64_t next_ = 1;
    std::map<std::string, std::vector<gate::CompartmentKey>> held_;
};

class House {
  public:
    static constexpr std::string_view open_name = "personal/all/open";

    House() {
        char name[] = "/tmp/hs-memory-XXXXXX";
        CHECK(::mkdtemp(name) != nullptr);
        folder = name;
        test_gate.keeper().decide_with([this](const wire::Json& action, const std::string&) {
            wire::Json answer = gate::testing::ScriptedKeeper::allow();
            const std::string operation = wire::text_at_or(action, "operation", "").value();
            const bool erases =
                operation == "forget" || operation == "expire" || operation == "rekey";
            answer["envelope"] = keys.packed(wire::text_at(action, "compartment").value(), erases);
            for (const auto& item : redact) answer["redact"].push(item);
            return answer;
        });
    }
    ~House() { std::filesystem::remove_all(folder); }
    House(const House&) = delete;
    House& operator=(const House&) = delete;
    std::string file() const { return folder + "/memory.db"; }
    base::Result<std::unique_ptr<Memory>> open() { return Memory::open(file(), clock, random); }

    gate::Permit<gate::Recall> recall(const std::string& compartment = std::string(open_name)) {
        return test_gate.permit(gate::Recall{compartment, ""});
    }
    gate::Permit<gate::Remember> remember(const Entry& entry) {
        gate::Remember action;
        action.compartment = entry.compartment;
        action.kind = kind_name(entry.kind);
        action.content_sha256 = content_digest(entry);
        action.content_bytes = entry.text.size();
        action.is_quarantined = entry.state == State::quarantined;
        return test_gate.permit(action);
    }
    gate::Permit<gate::Remember> change(gate::Remember::Operation operation,
                                        const std::vector<std::string>& ids,
                                        const std::string& compartment = std::string(open_name)) {
        gate::Remember action;
        action.compartment = compartment;
        action.operation = operation;
        action.content_sha256 = ids_digest(ids);
        action.entries = ids.size();
        return test_gate.permit(action);
    }
    static Entry entry(const std::string& text, Kind kind = Kind::fact) {
        Entry entry;
        entry.text = text;
        entry.kind = kind;
        entry.compartment = std::string(open_name);
        entry.label = flow::Label::of_person("alice");
        entry.salt = "salt";
        return entry;
    }

    std::string folder;
    base::ScriptedClock clock{1'764'000'000'000};
    base::ScriptedRandom random{5};
    Keys keys{random};
    std::vector<std::string> redact;
    gate::testing::TestGate test_gate{clock};
};

}  // namespace hs::memory::testing
